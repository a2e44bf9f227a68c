"""The rules of a cluster, publisher's and consumer's: slots against the server's own reckoning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pykraken_consumer import _slots as consumer_slots

from publisher.bus import batches, calls, keys, slots
from publisher.bus.ring import Ring, RingBudget
from publisher.bus.slots import Redirect, SlotMap, key_of, map_of, redirect_of, slot_of
from publisher.bus.stream import Stream
from publisher.channels.plans import plan_of
from publisher.redis_url import Node
from publisher.settings import Settings
from tests.servers import RedisServer, server_binary

KEYS = [
    "{kraken.BTC/USD}:book.10",
    "{kraken.BTC/USD}:book.10.snap",
    "{kraken.feed.f}:lease",
    "{priv.kraken.main}:executions",
    "foo",
    "{}foo",
    "foo{bar",
    "foo}bar{",
    "{{a}}b",
    "x{a}{b}",
    "",
    "{ü}x",
]
A, B, C = Node("a", 1), Node("b", 2), Node("c", 3)


@pytest.mark.row("R19")
def test_slots_are_those_of_the_server(tmp_path: Path) -> None:
    """Both libraries reckon a key's slot as CLUSTER KEYSLOT does."""
    options = ("--cluster-enabled", "yes")
    with RedisServer(server_binary("redis"), tmp_path / "node", options=options) as node:
        with node.client() as client:
            for key in KEYS:
                slot = client.execute_command("CLUSTER", "KEYSLOT", key)
                assert slot_of(key) == slot, key
                assert consumer_slots.slot_of(key) == slot, key


@given(st.text(max_size=30))
def test_both_libraries_reckon_alike(key: str) -> None:
    assert slot_of(key) == consumer_slots.slot_of(key)
    assert 0 <= slot_of(key) < slots.SLOTS


@pytest.mark.row("R19")
@pytest.mark.parametrize(
    "given",
    [
        {"symbols": "BTC/USD,ETH/USD", "bbo": True},
        {"channel": "executions"},
        {"channel": "instrument"},
        {"symbols": "BTC/USD", "line": "a"},
    ],
)
def test_every_call_s_keys_share_a_slot(given: dict[str, Any]) -> None:
    """Keys come from one tag function, and calls are made apart by slot."""
    plan = plan_of(Settings(redis_url="redis+cluster://h", **given))
    assert plan.is_sharded
    streams = []
    for symbol in plan.symbols:
        names = [keys.data_keys(plan, symbol)]
        names += [keys.top_keys(plan, symbol)] if plan.bbo else []
        streams += [Stream(symbol, name, Ring(RingBudget(1), 1.0)) for name in names]
    streams.append(Stream(None, keys.status_keys(plan.space, plan.feed), Ring(RingBudget(1), 1.0)))
    for call in batches.inspections(streams, plan):
        count = int(call.command[2])
        assert len({slot_of(str(key)) for key in call.command[3 : 3 + count]}) == 1
    for stream in streams:
        assert {slot_of(key) for key in stream.keys} == {stream.slot}
    assert sum(len(call.streams) for call in batches.inspections(streams, plan)) == len(streams)
    # Elsewhere they go together.
    together = plan_of(Settings(redis_url="redis://h", **given))
    assert len(list(batches.inspections(streams, together))) == 1


def test_the_key_that_decides() -> None:
    assert key_of(calls.renew("{k.feed.f}:lease", "me", 1, 2).command) == "{k.feed.f}:lease"
    assert key_of(calls.plain("XTRIM", "{k.a}:book.10", "MINID", "1-1").command) == "{k.a}:book.10"
    assert (
        key_of(("XREAD", "BLOCK", 100, "STREAMS", "{k.feed.f}:status", "$")) == "{k.feed.f}:status"
    )
    assert key_of(calls.take_requests("{k.feed.f}:requests").command) == "{k.feed.f}:requests"


def test_the_map_that_a_node_tells() -> None:
    reply = [
        [0, 99, [b"10.0.0.1", 7000, b"id", []], [b"10.0.0.9", 7009, b"id2", []]],
        [200, 200, ["", 7001, "id"]],
        [300, 300, [None, 7002]],
        [400, 400, ["?", 0]],
    ]
    found = map_of(reply, A)
    assert [found.owner(slot) for slot in (0, 99, 100, 200, 300, 400)] == [
        *(Node("10.0.0.1", 7000), Node("10.0.0.1", 7000), None),
        *(Node("a", 7001), Node("a", 7002), Node("a", 1)),
    ]
    assert len(found.nodes) == 4
    found.move(100, B)
    assert found.owner(100) == B
    for bad in ([[1]], [None], [[0, 1, None]]):
        with pytest.raises(ValueError, match="CLUSTER SLOTS"):
            map_of(bad, A)


@pytest.mark.row("R18")
def test_redirections() -> None:
    """MOVED and ASK as servers word them."""
    assert redirect_of("MOVED 3999 127.0.0.1:6381", A) == Redirect(
        3999, Node("127.0.0.1", 6381), False
    )
    assert redirect_of("ASK 3999 host.name:6381", A).is_ask
    assert redirect_of("MOVED 1 :7001", A).node == Node("a", 7001)
    assert redirect_of("MOVED 1 ::1:7001", A).node == Node("::1", 7001)
    for bad in ("MOVED", "MOVED x y:1", "MOVED 1 nowhere"):
        with pytest.raises(ValueError, match=r".+"):
            redirect_of(bad, A)


def test_a_read_of_many_streams_comes_apart() -> None:
    streams = ["{k.a}:trade", "{k.b}:trade", "{k.a}:book.10"]
    command = ("XREAD", "COUNT", 5, "BLOCK", 1000, "STREAMS", *streams, "1-1", "2-2", "3-3")
    parts = consumer_slots.by_slot(command)
    assert parts == {
        slot_of("{k.a}"): (
            *("XREAD", "COUNT", 5, "BLOCK", 1000, "STREAMS"),
            *("{k.a}:trade", "{k.a}:book.10", "1-1", "3-3"),
        ),
        slot_of("{k.b}"): (*("XREAD", "COUNT", 5, "BLOCK", 1000, "STREAMS", "{k.b}:trade", "2-2"),),
    }
    assert consumer_slots.block_ms(command) == 1000
    (plain,) = consumer_slots.by_slot(
        consumer_slots.without_block(parts[slot_of("{k.b}")])
    ).values()
    assert plain == ("XREAD", "COUNT", 5, "STREAMS", "{k.b}:trade", "2-2")
    assert consumer_slots.block_ms(plain) == 0
    range_of = ("XRANGE", "{k.a}:x.snap", "1-1", "1-1")
    assert consumer_slots.by_slot(range_of) == {slot_of("{k.a}"): range_of}


def test_nobody_has_a_slot_before_a_map_says_so() -> None:
    assert SlotMap([]).owner(0) is None
    assert SlotMap([]).nodes == set()
