"""The links to a cluster against three real nodes: which node is spoken to, what waits while one is
away, what is sent again, and what is given up.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from publisher.bus import calls, shards
from publisher.bus.calls import Call, Kind
from publisher.bus.keys import StreamKeys
from publisher.bus.link import Address, Reply
from publisher.bus.rights import Right
from publisher.bus.ring import Ring, RingBudget
from publisher.bus.shards import PLAIN_MOST, Shards, keeper_of
from publisher.bus.slots import slot_of
from publisher.bus.stream import Stream
from publisher.errors import RedisRefused
from tests.polling import wait_until
from tests.topology.cluster import Cluster, cluster

KEYS = ["{b}:x", "{c}:x", "{a}:x"]
"""One in each third of the slots."""


class Desk:
    """Shards with their selector, and what they told."""

    def __init__(self, url: str, *needed: Right) -> None:
        self.told: list[str] = []
        self.got: list[tuple[Call, Reply]] = []
        self.full: list[Call] = []
        self.selector = selectors.DefaultSelector()
        made = keeper_of(
            "data",
            Address(url, 1.0),
            self,
            selector=self.selector,
            wake=lambda: None,
            needed=needed,
        )
        assert isinstance(made, Shards)
        self.shards = made

    def link_up(self) -> None:
        self.told.append("up")

    def link_down(self) -> None:
        self.told.append("down")

    def answers(self, answers: list[tuple[Call, Reply]]) -> None:
        self.got += answers

    def is_full(self, call: Call) -> list[Call]:
        self.full.append(call)
        return []

    def turn(self) -> None:
        now = time.monotonic()
        for key, mask in self.selector.select(0.01):
            key.data.ready(mask, now)
        self.shards.ticked(now)

    def wait(self, condition: Callable[[], object], what: str) -> None:
        def is_so() -> bool:
            self.turn()
            return bool(condition())

        wait_until(is_so, 15, what)

    def send(self, *sent: Call) -> None:
        self.shards.send(list(sent), time.monotonic())

    def ask(self, *sent: Call) -> list[Reply]:
        """Send calls; return the answers, once all are there."""
        before = len(self.got)
        self.send(*sent)
        self.wait(lambda: len(self.got) >= before + len(sent), "all answers")
        return [reply for _, reply in self.got[before:]]

    def close(self) -> None:
        self.shards.end()
        self.selector.close()


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path / "redis", kind="valkey") as made:
        yield made


@pytest.fixture
def desk(group: Cluster) -> Iterator[Desk]:
    fresh = Desk(group.url)
    fresh.wait(lambda: fresh.told == ["up"], "the map")
    yield fresh
    fresh.close()


def put(key: str, value: str) -> Call:
    return calls.plain("SET", key, value)


def get(key: str) -> Call:
    # Not of the kind that is given up when much waits.
    return Call(Kind.LOOK, ("GET", key))


def snapshot(stream: Stream, body: bytes) -> Call:
    return Call(Kind.SNAPSHOT, ("SET", stream.keys.stream, body), (stream,))


def clients(group: Cluster) -> list[int]:
    """Return how many links each node has."""
    return [
        sum(each["name"] == "pykraken" for each in node.client().client_list())
        for node in group.primaries
    ]


def test_the_keys_lie_apart(group: Cluster) -> None:
    assert [group.owner(slot_of(key)) for key in KEYS] == group.primaries


def test_a_link_for_each_node_that_has_slots_of_ours(group: Cluster, desk: Desk) -> None:
    assert clients(group) == [0, 0, 0]
    assert desk.ask(put(KEYS[0], "1"), get(KEYS[0])) == ["OK", "1"]
    assert clients(group) == [1, 0, 0]
    desk.ask(*(put(key, "2") for key in KEYS))
    assert clients(group) == [1, 1, 1]
    assert desk.shards.is_idle
    desk.shards.drop("a test", time.monotonic())
    assert desk.ask(*(get(key) for key in KEYS)) == ["2", "2", "2"]
    assert desk.told == ["up"], "its user hears of no node"


def test_answers_of_a_slot_come_in_order(desk: Desk) -> None:
    sent = [Call(Kind.LOOK, ("APPEND", KEYS[i % 3], "x")) for i in range(300)]
    desk.ask(*sent)
    for key in KEYS:
        lengths = [reply for call, reply in desk.got if call.command[1] == key]
        assert lengths == list(range(1, 101))


def test_a_node_away_costs_its_own_slots_and_is_sent_again_what_it_owed(
    group: Cluster, desk: Desk
) -> None:
    desk.ask(*(put(key, "1") for key in KEYS))
    group.primaries[1].pause()
    desk.send(put(KEYS[1], "2"), get(KEYS[1]))
    assert desk.ask(put(KEYS[0], "2"), put(KEYS[2], "2")) == ["OK", "OK"]
    assert not desk.shards.is_idle
    desk.wait(lambda: not desk.shards._shards[_node(group, 1)].keeper.is_up, "it counts as away")
    before = len(desk.got)
    group.primaries[1].resume()
    desk.wait(lambda: len(desk.got) >= before + 2, "its answers")
    assert [reply for _, reply in desk.got[before:]] == ["OK", "2"]
    assert desk.shards.is_idle


def _node(group: Cluster, number: int) -> object:
    return shards.Node("127.0.0.1", group.primaries[number].port)


def test_what_waits_is_bounded(group: Cluster, desk: Desk) -> None:
    """Of a stream's snapshots the newest, of plain calls the newest few."""
    desk.ask(*(put(key, "1") for key in KEYS))
    group.primaries[1].kill()
    ring = Ring(RingBudget(1), 1.0)
    streams = [Stream(n, StreamKeys(f"{{c}}:{n}", "", ""), ring) for n in ("one", "two")]
    desk.wait(lambda: not desk.shards._shards[_node(group, 1)].keeper.is_up, "it counts as away")
    for number in range(3 * PLAIN_MOST):
        desk.send(put(KEYS[1], f"{number}"), *(snapshot(s, b"%d" % number) for s in streams))
    waiting = [each.call for each in desk.shards._waiting]
    assert sum(call.kind is Kind.PLAIN for call in waiting) == PLAIN_MOST
    newest = b"%d" % (3 * PLAIN_MOST - 1)
    assert [c.command[2] for c in waiting if c.kind is Kind.SNAPSHOT] == [newest, newest]


@pytest.mark.row("R18")
def test_slots_that_move_are_followed(group: Cluster, desk: Desk) -> None:
    """MOVED for a slot that has moved, ASK for a key that has."""
    desk.ask(*(put(key, "1") for key in KEYS))
    slot = slot_of(KEYS[0])
    group.move(slot, group.primaries[2])
    assert desk.ask(get(KEYS[0])) == ["1"]
    assert desk.shards.tally.redirects == 1
    assert desk.ask(get(KEYS[0])) == ["1"]
    assert desk.shards.tally.redirects == 1, "remembered"
    with group.moving(slot, group.primaries[1], keys=1):
        assert desk.ask(get(KEYS[0])) == ["1"]
        assert desk.shards.tally.redirects == 2
        assert desk.ask(get(KEYS[0])) == ["1"]
        assert desk.shards.tally.redirects == 3, "asked anew: the slot has not moved"
    assert desk.ask(get(KEYS[0])) == ["1"]


@pytest.mark.row("R8")
def test_memory_is_asked_for_where_it_lacks(group: Cluster, desk: Desk) -> None:
    """OOM: the user frees some, and the call is sent again."""
    desk.ask(*(put(key, "1") for key in KEYS))
    group.primaries[1].client().config_set("maxmemory", "1")
    desk.send(put(KEYS[1], "2"))
    desk.wait(lambda: desk.full, "it asks")
    assert desk.ask(put(KEYS[0], "2")) == ["OK"]
    group.primaries[1].client().config_set("maxmemory", "0")
    desk.wait(lambda: desk.shards.is_idle, "sent again")
    assert desk.ask(get(KEYS[1])) == ["2"]
    assert {call.command[1] for call in desk.full} == {KEYS[1]}


@pytest.mark.row("R12")
def test_what_only_a_person_mends_is_raised(group: Cluster) -> None:
    """A right that a node refuses is named, at the first look and later."""
    for node in group.primaries:
        rights = ("~*", "+@all", "-get", "-cluster")
        node.client().execute_command("ACL", "SETUSER", "poor", "on", ">s3cret", *rights)
    url = group.url.replace("://", "://poor:s3cret@")
    desk = Desk(url)
    with pytest.raises(RedisRefused, match=r"\+cluster\|slots"):
        desk.wait(lambda: desk.told, "never")
    desk.close()
    desk = Desk(url, Right("CLUSTER SLOTS"), Right("GET {a}:x"))
    with pytest.raises(RedisRefused, match=r"\+cluster\|slots \+get"):
        desk.wait(lambda: desk.told, "never")
    desk.close()
    for node in group.primaries:
        node.client().execute_command("ACL", "SETUSER", "poor", "+cluster")
    desk = Desk(url)
    desk.wait(lambda: desk.told == ["up"], "the map")
    with pytest.raises(RedisRefused, match=r"\+get"):
        desk.ask(get(KEYS[0]))
    desk.close()


def test_each_node_is_asked_for_the_rights(
    group: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each has users of its own: one may know less of them than the others."""
    for node, denied in zip(group.primaries, ("+get", "-get", "+get"), strict=True):
        rules = ("reset", "on", ">s3cret", "~*", "+@all", denied)
        node.client().execute_command("ACL", "SETUSER", "poor", *rules)
    url = group.url.replace("://", "://poor:s3cret@")
    desk = Desk(url, Right("GET {a}:x", "not much"))
    desk.wait(lambda: desk.told == ["up"], "the map")
    assert desk.ask(*(put(key, "1") for key in KEYS)) == ["OK"] * 3
    (warned,) = [line for line in capsys.readouterr().out.splitlines() if "rights.missing" in line]
    assert f"{group.primaries[1].port}" in warned
    desk.close()
    desk = Desk(url, Right("GET {a}:x"))
    desk.wait(lambda: desk.told == ["up"], "the map")
    with pytest.raises(RedisRefused, match=r"may not run GET on \{a\}:x\. Grant the user \+get"):
        desk.ask(*(put(key, "1") for key in KEYS))
    desk.close()


def test_a_cluster_that_is_away_is_dialed_until_it_is_back(group: Cluster) -> None:
    for node in group.nodes:
        node.kill()
    desk = Desk(group.url)
    for _ in range(30):
        desk.turn()
    assert not desk.shards.is_up
    desk.send(put(KEYS[0], "1"))
    assert desk.shards.is_idle, "nothing is taken before the map is known"
    for node in group.nodes:
        node.start()
    desk.wait(lambda: desk.told == ["up"], "the map")
    desk.close()


def test_a_call_sent_on_comes_back_from_a_node_that_is_gone(group: Cluster, desk: Desk) -> None:
    """ASK names a node that dies before it is reached: the owner is asked again, and again."""
    source, target = group.primaries[:2]
    slot = slot_of(KEYS[0])
    with source.client() as owner, target.client() as other:
        away = other.execute_command("CLUSTER", "MYID")
        owner.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", away)
        target.kill()
        desk.send(get(KEYS[0]))
        desk.wait(lambda: desk.shards.tally.redirects > 1, "the owner asked again")
        owner.execute_command("CLUSTER", "SETSLOT", slot, "STABLE")
    desk.wait(lambda: desk.got, "the answer")
    assert [reply for _, reply in desk.got] == [None]
