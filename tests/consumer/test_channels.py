"""The replica on streams of every channel: the same joins, losses and epochs, each with its state.

What WIRE §7 says of a book holds for all; test_replica.py and the vectors have its fine points.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pykraken_consumer import (
    Code,
    Epoch,
    Event,
    Execution,
    Gap,
    Joined,
    Quarantined,
    Replica,
    Reset,
    Stale,
    Trades,
    TradesGap,
    Unknown,
)
from pykraken_consumer.wire import EntryId, parse_id

from tests.consumer.channels import BALANCES, CHANNELS, EXECUTIONS, TRADE, Channel, Telling, held
from tests.consumer.packing import EPOCH, TIME, pack


def joined(telling: Telling) -> Replica:
    """Return a replica at the end of a telling that has just begun."""
    replica = Replica(telling.channel.stream, 0)
    events = replica.snapshot_read(EntryId(telling.epoch, telling.seq), telling.snapshot(), 0)
    assert [type(event.body) for event in events] == [Joined]
    return replica


def bodies(events: Iterator[Event] | list[Event]) -> list[Any]:
    return [event.body for event in events]


@pytest.fixture(params=sorted(CHANNELS))
def telling(request: pytest.FixtureRequest) -> Telling:
    return Telling(CHANNELS[request.param]).begin()


def test_every_event_leaves_the_state_as_it_should(telling: Telling) -> None:
    channel, replica = telling.channel, joined(telling)
    state: Any = replica.state
    assert held(state, channel.held) == channel.held
    assert (state.is_valid, state.epoch, state.seq, state.channel) == (True, EPOCH, 1, channel.name)
    kept = state.copy()
    telling.story()
    events = replica.received(telling.entries[2:], 1)
    for number, (event, (kind, _, after)) in enumerate(zip(events, channel.events, strict=True)):
        assert event.state is state
        assert held(state, after) == after, (number, kind)
        assert (state.seq, state.ts_event, state.is_valid) == (number + 2, TIME, True)
        assert event.body.entry_id == EntryId(EPOCH, number + 2)
    assert held(kept, channel.held) == channel.held, "a copy stands still"
    assert kept.seq == 1


def test_a_heartbeat_and_a_bye_leave_it(telling: Telling) -> None:
    channel, replica = telling.channel, joined(telling)
    beat = {"c": channel.content["c"]} if channel.name == "level3" else {}
    telling.add("heartbeat", s="live", **beat).add("novelty").add("feed", s="live").add("bye")
    assert len(list(replica.received(telling.entries[2:], 1))) == 4
    assert replica.skipped == 2
    assert (replica.state.is_valid, replica.state.is_stale) == (True, True)
    assert held(replica.state, channel.held) == channel.held


def test_after_a_reset_a_snapshot_mends(telling: Telling) -> None:
    channel, replica = telling.channel, joined(telling)
    telling.add("reset", why="disconnected").add("heartbeat", s="awaiting_snapshot")
    telling.add_bytes(telling.snapshot())
    events = replica.received(telling.entries[2:], 1)
    assert [event.state.is_valid for event in events] == [False, False, True]
    assert held(replica.state, channel.held) == channel.held


def test_a_pointer_is_followed(telling: Telling) -> None:
    replica = joined(telling)
    telling.add_bytes(telling.pointer())
    assert bodies(replica.received(telling.entries[2:], 1)) == []
    assert (replica.wants, replica.state.is_valid) == ("pointer", False)
    [event] = replica.pointer_read(telling.snapshot(), 1)
    assert (event.state.is_valid, event.state.seq, replica.wants) == (True, 2, "entries")


def test_a_gap_is_told_and_joined_over(telling: Telling) -> None:
    channel, replica = telling.channel, joined(telling)
    telling.add("bye").story()
    assert bodies(replica.received(telling.entries[3:], 1)) == [
        Gap(EntryId(EPOCH, 1), EntryId(EPOCH, 3))
    ]
    assert not replica.state.is_valid
    last = parse_id(telling.entries[-1][0])
    [event] = replica.snapshot_read(last, telling.snapshot(), 2)
    assert event.body == Joined(last, EntryId(EPOCH, 1))
    assert held(replica.state, channel.held) == channel.held


def test_a_bad_entry_is_quarantined(telling: Telling) -> None:
    channel, replica = telling.channel, joined(telling)
    kind = channel.events[0][0]
    telling.add(kind, te=-1).story()
    [bad] = bodies(replica.received(telling.entries[2:], 1))
    assert (bad.entry_id, replica.state.is_valid) == (EntryId(EPOCH, 2), False)
    telling.add_bytes(telling.snapshot())
    [event] = replica.received(telling.entries[-1:], 1)
    assert event.state.is_valid
    assert held(replica.state, channel.held) == channel.held


def test_an_epoch_goes_on_with_its_snapshot(telling: Telling) -> None:
    channel, replica = telling.channel, joined(telling)
    telling.epoch += 5
    telling.begin(pe=EPOCH, ps=1).story()
    first, second, *rest = replica.received(telling.entries[2:], 1)
    assert isinstance(first.body, Epoch)
    assert second.state.is_valid
    assert len(rest) == len(channel.events)
    after = channel.events[-1][2]
    assert held(replica.state, after) == after


def test_silence_is_told_once(telling: Telling) -> None:
    replica = joined(telling)
    replica.tick(16)
    assert replica.wants == "heads"
    assert bodies(replica.heads_read(EntryId(EPOCH, 1), 16)) == [Stale(16)]
    assert (replica.state.is_valid, replica.state.is_stale) == (True, True)


def test_only_books_are_books(telling: Telling) -> None:
    event = Event(telling.channel.stream, joined(telling).state, Reset(*[0] * 7))  # type: ignore[arg-type]
    if telling.channel.name == "level3":
        assert event.book is event.state
    else:
        with pytest.raises(TypeError, match=r"event\.state"):
            _ = event.book


def test_a_snapshot_of_another_channel_is_none(telling: Telling) -> None:
    replica = Replica(telling.channel.stream, 0)
    header = {**telling.channel.header, "ch": "nothing"}
    data = pack("snapshot", v=1, **header, **telling.channel.content)
    assert bodies(replica.snapshot_read(EntryId(EPOCH, 1), data, 0)) == [
        Quarantined(Code.RANGE, EntryId(EPOCH, 1), "ch")
    ]


def _trades(*ids: int) -> dict[str, Any]:
    return {"x": [[number, 0, 100, 1, 0, 5] for number in ids]}


@pytest.mark.parametrize(
    ("kind", "keys", "where"),
    [
        ("trades", _trades(9), "x"),
        ("trades", _trades(7), "x"),
        ("gap", {"gf": 9, "gl": 10, "why": "unfilled"}, "gf"),
    ],
)
@pytest.mark.parametrize("is_reset", [False, True])
def test_trades_that_do_not_follow_are_a_bad_entry(
    kind: str, keys: dict[str, Any], where: str, is_reset: bool
) -> None:
    telling = Telling(TRADE).begin()
    replica = joined(telling)
    if is_reset:
        telling.add("reset", why="disconnected")
    telling.add(kind, **keys)
    last = bodies(replica.received(telling.entries[2:], 1))[-1]
    assert last == Quarantined(Code.ORDER, EntryId(EPOCH, telling.seq), where)
    # Nothing is known any more: the next snapshot decides where ids go on.
    telling.add("trades", **_trades(40)).add_bytes(telling.snapshot()).add("trades", **_trades(8))
    assert len(list(replica.received(telling.entries, 2))) == 2
    assert replica.state.is_valid


def test_backfilled_trades_are_told_before_the_snapshot() -> None:
    telling = Telling(TRADE).begin()
    replica = joined(telling)
    telling.add("reset", why="disconnected").add("trades", **_trades(8, 9), f=4)
    telling.add("gap", gf=10, gl=12, why="unfilled").add("trades", **_trades(13), f=4)
    told = bodies(replica.received(telling.entries[2:], 1))
    assert [type(body) for body in told] == [Reset, Trades, TradesGap, Trades]
    assert not replica.state.is_valid
    telling.add_bytes(telling.snapshot(lt=13, x=_trades(13)["x"])).add("trades", **_trades(14))
    assert len(list(replica.received(telling.entries[6:], 1))) == 2
    assert replica.state.last_trade_id == 14  # type: ignore[union-attr]


def test_the_latest_fifty_trades_are_kept() -> None:
    telling = Telling(TRADE).begin()
    replica = joined(telling)
    telling.add("trades", **_trades(*range(8, 100))).add("trades", **_trades())
    list(replica.received(telling.entries[2:], 1))
    state: Any = replica.state
    assert [trade[0] for trade in state.trades] == list(range(50, 100))


def test_before_the_first_trade_any_id_may_come() -> None:
    replica = Replica(TRADE.stream, 0)
    telling = Telling(TRADE).begin()
    replica.snapshot_read(EntryId(EPOCH, 1), telling.snapshot(lt=0, x=[]), 0)
    telling.add("trades", **_trades(500))
    [event] = replica.received(telling.entries[2:], 1)
    assert isinstance(event.body, Trades)


def test_executions_of_a_reset_account_are_told() -> None:
    telling = Telling(EXECUTIONS).begin()
    replica = joined(telling)
    telling.add("reset", why="disconnected").add("execution", oi="Z", rp="{}", st="no", sq=0, f=4)
    told = bodies(replica.received(telling.entries[2:], 1))
    assert [type(body) for body in told] == [Reset, Execution]


@pytest.mark.parametrize("text", ["", "[]", "[" * 4000, '{"order_id":1}', "{}", '{"order_id"'])
def test_words_that_name_no_order_are_bad_where_they_are_needed(text: str) -> None:
    telling = Telling(EXECUTIONS).begin()
    replica = Replica(EXECUTIONS.stream, 0)
    [event] = replica.snapshot_read(EntryId(EPOCH, 1), telling.snapshot(os=[text]), 0)
    assert event.body == Quarantined(
        Code.SCHEMA, EntryId(EPOCH, 1), "order_id" if text.endswith("}") else "json"
    )
    replica = joined(Telling(BALANCES).begin())
    telling = Telling(BALANCES).begin().add_bytes(Telling(BALANCES).snapshot(bs=[text]))
    [event] = replica.received(telling.entries[2:], 1)
    assert isinstance(event.body, Quarantined)


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=lambda channel: channel.name)
def test_events_of_other_channels_are_skipped(channel: Channel) -> None:
    telling = Telling(channel).begin()
    replica = joined(telling)
    own = {kind for kind, _, _ in channel.events}
    kinds = {kind for other in CHANNELS.values() for kind, _, _ in other.events} | {"update"}
    for kind in sorted(kinds - own):
        telling.add(kind)
    told = bodies(replica.received(telling.entries[2:], 1))
    assert replica.skipped == len(told) == len(kinds - own)
    assert all(isinstance(body, Unknown) for body in told)
    assert replica.state.is_valid
