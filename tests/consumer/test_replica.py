"""The replica driven by hand: joins, losses, epochs, silence, and stories with every entry harmed.

The rule of the harmed stories: a book that says it is valid is the model's, and what was not told
in order was announced. The journeys that WIRE spells out step by step are in test_vectors.py.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pykraken_consumer._events import (
    Disconnected,
    Gap,
    Joined,
    Missed,
    Quarantined,
    Range,
    Reconnected,
    TrimWarning,
)
from pykraken_consumer.errors import Code, NoStream
from pykraken_consumer.replica import Replica
from pykraken_consumer.wire import EntryId, Epoch, Heartbeat, Reset, Snapshot, Unknown, parse_id

from tests.consumer.judging import Judge, Source
from tests.consumer.packing import EPOCH, STREAM, TIME, Story, checksum, pack

Entry = tuple[bytes, bytes]


def _joined(story: Story) -> tuple[Replica, Judge, Source]:
    replica, judge, source = Replica(STREAM, 0), Judge(story), Source(story)
    source.snap()
    source.settle(replica, judge, 0)
    return replica, judge, source


def _drop(entries: list[Entry], at: int) -> list[Entry]:
    return entries[:at] + entries[at + 1 :]


def _double(entries: list[Entry], at: int) -> list[Entry]:
    return entries[: at + 1] + entries[at:]


def _swap(entries: list[Entry], at: int) -> list[Entry]:
    return entries[:at] + entries[at + 1 : at + 2] + entries[at : at + 1] + entries[at + 2 :]


def _cut(entries: list[Entry], at: int) -> list[Entry]:
    entry_id, data = entries[at]
    return [*entries[:at], (entry_id, data[: len(data) // 2]), *entries[at + 1 :]]


def _flip(entries: list[Entry], at: int) -> list[Entry]:
    entry_id, data = entries[at]
    return [
        *entries[:at],
        (entry_id, data[:-2] + bytes([data[-2] ^ 1]) + data[-1:]),
        *entries[at + 1 :],
    ]


def _full_story() -> Story:
    """Every event type, an epoch change with losses named, a reset and its snapshot."""
    story = Story().grow(3)
    story.append(pack("heartbeat", s="live", c=_checksum(story)))
    story.grow(2)
    story.append(pack("reset", why="checksum"))
    story.append(pack("heartbeat", s="awaiting_snapshot"))
    story.append(story.snapshot())
    story.grow(2)
    story.append(pack("novelty", x=1))
    story.grow(1)
    last = story.seq
    story.append(pack("bye", n="stopping"))
    story.begin(EPOCH + 5, pe=EPOCH, ps=last + 1)
    return story.grow(3)


def _checksum(story: Story) -> int:
    return checksum(*story.sides())


@pytest.mark.parametrize("harm", [_drop, _double, _swap, _cut, _flip])
@pytest.mark.parametrize("batch", [1, 1000])
def test_each_entry_harmed_ends_right_or_announced(
    harm: Callable[[list[Entry], int], list[Entry]], batch: int
) -> None:
    whole = _full_story().entries
    for at in range(2, len(whole)):
        story = _full_story()
        replica, judge, source = Replica(STREAM, 0), Judge(story), Source(story)
        first_book = Story()
        judge.take(replica.snapshot_read(EntryId(EPOCH, 1), first_book.snapshot(), 0))
        harmed = harm(whole, at)[2:]
        for start in range(0, len(harmed), batch):
            judge.take(replica.received(harmed[start : start + batch], 0))
        source.snap()
        source.settle(replica, judge, 1)
        assert replica.state.is_valid
        assert (replica.state.levels("bid"), replica.state.levels("ask")) == story.sides()
        assert replica.cursor == parse_id(whole[-1][0])
        assert len(judge.of(Gap)) <= 1, f"{harm.__name__} {at}: one gap is told once"
        if harm is _double:
            assert len(judge.bodies) == len(whole) - 1  # all but the two joined by, and Joined


def test_a_gap_is_told_once_with_its_ends() -> None:
    story = Story().grow(5)
    replica, judge, source = _joined(story)
    story.grow(6)
    judge.take(replica.received(story.entries[-2:], 1))
    assert judge.of(Gap) == [Gap(EntryId(EPOCH, 6), EntryId(EPOCH, 11))]
    assert not replica.state.is_valid
    # The newest snapshot lies before the hole, as if what is missing were trimmed.
    for now in range(2, 5):
        judge.take(replica.snapshot_read(*_pair(source.snaps[-1]), now))
        judge.take(replica.received([], now))
    assert len(judge.of(Gap)) == 1
    source.snap()
    source.settle(replica, judge, 5)
    assert judge.of(Joined)[-1] == Joined(EntryId(EPOCH, 12), EntryId(EPOCH, 6))
    assert replica.state.is_valid


def _pair(entry: Entry) -> tuple[EntryId, bytes]:
    return parse_id(entry[0]), entry[1]


def test_it_joins_late_and_reads_on() -> None:
    story = Story().grow(50)
    replica, judge, source = _joined(story)
    assert judge.bodies == [Joined(EntryId(EPOCH, 51), None)]
    story.grow(20)
    source.settle(replica, judge, 1)
    assert len(judge.bodies) == 21
    assert replica.state.symbol == "BTC/USD"
    assert replica.state.depth == 10


def test_entries_are_ignored_before_the_join() -> None:
    replica = Replica(STREAM, 0)
    assert replica.position is None
    assert list(replica.received(Story().entries, 0)) == []
    assert replica.wants == "join"


def test_no_snapshot_is_an_error_for_those_who_do_not_wait() -> None:
    assert Replica(STREAM, 0).snapshot_read(None, None, 0) == []
    with pytest.raises(NoStream, match="nothing is published"):
        Replica(STREAM, 0, "raise").snapshot_read(None, None, 0)


def test_the_book_of_an_event_is_the_book_right_after_it() -> None:
    story = Story().grow(1)
    replica, _, _ = _joined(story)
    story.grow(30)
    for event in replica.received(story.entries[3:], 1):
        bids, asks = story.books[str(replica.cursor).encode()]
        assert (event.book.levels("bid"), event.book.levels("ask")) == (bids, asks)


def test_a_pointer_is_followed() -> None:
    story = Story().grow(2)
    replica, judge, source = _joined(story)
    pointed = story.append(story.snapshot_pointer())
    story.grow(2)
    judge.take(replica.received(story.entries[-3:], 1))
    assert replica.wants == "pointer"
    assert replica.position is None
    assert not replica.state.is_valid
    judge.take(replica.pointer_read(story.pointed[pointed], 2))
    assert replica.state.is_valid
    source.settle(replica, judge, 3)
    told = judge.of(Snapshot)
    assert len(told) == 1
    assert isinstance(told[0], Snapshot)
    assert told[0].pointer is None


def test_a_pointer_to_nothing_is_quarantined() -> None:
    story = Story().grow(2)
    replica, judge, source = _joined(story)
    story.append(story.snapshot_pointer())
    judge.take(replica.received(story.entries[-1:], 1))
    judge.take(replica.pointer_read(None, 2))
    bad = judge.of(Quarantined)
    assert [body.code for body in bad if isinstance(body, Quarantined)] == [Code.POINTER]
    judge.take(replica.snapshot_read(*_pair(source.snaps[-1]), 3))
    assert replica.wants == "join", "the older snapshot would lead to the same pointer"
    source.snap()
    source.settle(replica, judge, 4)
    assert replica.state.is_valid


def test_an_epoch_names_what_was_unseen_and_what_nobody_got() -> None:
    story = Story().grow(2)
    replica, judge, source = _joined(story)
    story.begin(EPOCH + 9, pe=EPOCH, ps=5, mf=6, ml=8)
    source.settle(replica, judge, 1)
    first, last = EntryId(EPOCH, 4), EntryId(EPOCH, 5)
    lost = Range(EntryId(EPOCH, 6), EntryId(EPOCH, 8))
    assert judge.of(Missed) == [Missed(Range(first, last), lost)]
    assert len(judge.of(Epoch)) == 1
    assert replica.state.is_valid


def test_an_epoch_without_loss_tells_no_loss() -> None:
    story = Story().grow(2)
    replica, judge, source = _joined(story)
    story.begin(EPOCH + 9, pe=EPOCH, ps=3)
    source.settle(replica, judge, 1)
    assert judge.of(Missed) == []


def test_an_entry_without_its_field_is_quarantined() -> None:
    story = Story().grow(2)
    replica, judge, _ = _joined(story)
    story.grow(1)
    judge.take(replica.received([(story.entries[-1][0], None)], 1))
    assert judge.bodies[-1] == Quarantined(Code.SCHEMA, EntryId(EPOCH, 4), "field d")


def test_after_a_bad_entry_what_comes_is_told_once() -> None:
    """While a good snapshot is awaited, resets are told; what follows does not repeat them."""
    story = Story().grow(2)
    replica, judge, source = _joined(story)
    bad = story.append(pack("update", b=[], a=[], c=1))
    story.append(pack("reset", why="stale"))
    story.append(pack("heartbeat", s="awaiting_snapshot"))
    story.append(story.snapshot())
    story.grow(1)
    source.settle(replica, judge, 1)
    quarantined = judge.of(Quarantined)
    assert quarantined == [Quarantined(Code.CHECKSUM, parse_id(bad), "c")]
    assert len(judge.of(Reset)) == 1
    assert judge.of(Heartbeat) == []
    assert replica.state.is_valid


def test_unknown_events_are_counted_and_keep_their_place() -> None:
    story = Story().grow(2)
    replica, judge, source = _joined(story)
    story.append(pack("novelty"))
    story.append(pack("feed", s="live", ns=1, nl=1, sys="online"))
    story.grow(1)
    source.settle(replica, judge, 1)
    assert replica.skipped == 2
    assert len(judge.of(Unknown)) == 2
    assert judge.of(Gap) == []


def test_updates_with_new_keys_and_huge_numbers_go_the_long_way_to_the_same_book() -> None:
    story = Story().grow(2)
    replica, judge, source = _joined(story)
    price = 100_020
    for extra in ({"zz": 1}, {"zz": [1, {"y": [2]}]}):
        qty = 2**64 + 7
        story.asks[price] = qty
        kept = sorted(story.asks)[:10]
        story.asks = {key: story.asks[key] for key in kept}
        story.append(pack("update", b=[], a=[[price, str(qty)]], c=_checksum(story), **extra))
        price += 10
    source.settle(replica, judge, 1)
    assert replica.state.is_valid
    assert replica.cursor == EntryId(EPOCH, 5)


@pytest.mark.row("C8")
def test_stale_is_told_once_and_ends_with_an_entry() -> None:
    """By the reader's own monotonic clock: no stamp of another host is compared."""
    story = Story().grow(2)
    replica, judge, source = _joined(story)
    replica.tick(14.9)
    assert replica.heads_read(replica.cursor, 14.9) == []
    for now in (15.0, 30.0, 45.0):
        replica.tick(now)
        judge.take(replica.heads_read(replica.cursor, now))
    assert [type(body).__name__ for body in judge.bodies] == ["Joined", "Stale"]
    assert replica.state.is_stale
    assert replica.state.is_valid
    story.grow(1)
    source.settle(replica, judge, 46)
    assert not replica.state.is_stale


def test_bye_and_a_lost_server_leave_a_stale_book() -> None:
    story = Story().grow(2)
    replica, judge, source = _joined(story)
    as_of = replica.state.ts_event
    assert as_of > 0
    story.append(pack("bye", te=0))
    source.settle(replica, judge, 1)
    assert replica.state.ts_event == as_of, "a farewell has no time of the venue's"
    assert replica.state.is_valid
    assert replica.state.is_stale
    story.begin(EPOCH + 1, pe=EPOCH, ps=4)
    source.settle(replica, judge, 2)
    assert not replica.state.is_stale
    assert replica.disconnected("gone").body == Disconnected("gone")
    assert replica.state.is_stale
    assert replica.reconnected().body == Reconnected()


@pytest.mark.row("C6")
def test_a_rolled_back_lineage_is_a_regression_even_while_a_snapshot_is_awaited() -> None:
    """An older lineage is told as a regression; its own snapshot makes the book valid again."""
    story = Story(epoch=EPOCH + 7).grow(2)
    replica, judge, _ = _joined(story)
    story.append(b"\xc1")
    judge.take(replica.received(story.entries[-1:], 1))
    assert not replica.state.is_valid
    for now, seq in ((16.0, 40), (31.0, 41)):
        replica.tick(now)
        judge.take(replica.heads_read(EntryId(EPOCH, seq), now))
    assert [type(body).__name__ for body in judge.bodies][-1] == "Regression"
    assert replica.cursor is None
    older = Story().grow(3)
    judge.story = older
    judge.take(replica.snapshot_read(*_pair((older.entries[-1][0], older.snapshot())), 32))
    assert replica.state.is_valid


def test_a_frozen_lower_epoch_is_stale_not_a_regression() -> None:
    story = Story(epoch=EPOCH + 7).grow(2)
    replica, judge, _ = _joined(story)
    for now in (15.0, 30.0):
        replica.tick(now)
        judge.take(replica.heads_read(EntryId(EPOCH, 40), now))
    assert [type(body).__name__ for body in judge.bodies] == ["Joined", "Stale"]


@pytest.mark.parametrize(
    ("cursor", "first", "last", "is_near"),
    [
        ((EPOCH, 60), (EPOCH, 0), (EPOCH, 100), False),
        ((EPOCH, 40), (EPOCH, 0), (EPOCH, 100), True),
        ((EPOCH, 40), (EPOCH, 35), (EPOCH + 1, 2), False),
        ((EPOCH, 40), (EPOCH, 35), (EPOCH + 1, 9), True),
    ],
)
def test_a_warning_before_what_is_unread_is_trimmed(
    cursor: tuple[int, int], first: tuple[int, int], last: tuple[int, int], is_near: bool
) -> None:
    replica = Replica(STREAM, 0)
    replica.snapshot_read(EntryId(*cursor), Story().snapshot(), 0)
    ends = EntryId(*first), EntryId(*last)
    told = [event.body for event in replica.horizon_read(*ends)]
    assert told == ([TrimWarning(EntryId(*cursor), *ends)] if is_near else [])
    assert replica.horizon_read(*ends) == [], "one warning a time of lagging"
    replica.caught_up()
    assert len(replica.horizon_read(*ends)) == is_near


def test_an_update_becomes_a_fact_when_asked_for() -> None:
    story = Story().grow(1)
    replica = Replica(STREAM, 0)
    replica.snapshot_read(EntryId(EPOCH, 1), Story().snapshot(), 0)
    (event,) = replica.received(story.entries[-1:], 0)
    assert event.body == event.body
    assert event.body.entry_id == EntryId(EPOCH, 2)  # type: ignore[union-attr]
    assert event.book.ts_event == TIME
