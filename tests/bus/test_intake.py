"""Events take their places: in order, once, and what is no event comes back."""

from __future__ import annotations

from typing import Any

import msgpack
import msgspec

from publisher import wire
from publisher.actions import Action, Close, Emit, EmitTop, Log, Send
from publisher.bus.ring import Entry
from publisher.bus.stream import Stream
from publisher.bus.tally import MEASURED
from tests.bus.desk import A, B, Desk, snapshot, top, update

RESET = wire.Reset(ts_event=0, ts_recv=0, ts_pub=0, flags=0, reason="checksum")


def said(stream: Stream) -> list[dict[str, Any]]:
    """Return what waits to be sent."""
    waiting = (entry.payload if isinstance(entry, Entry) else entry for entry in stream.fresh)
    return [msgpack.unpackb(entry) for entry in waiting]


def test_events_keep_their_order_in_each_stream_and_carry_the_stamp() -> None:
    desk = Desk.opened()
    books = desk.publication.books
    actions: list[Action] = [Emit(A, update(1)), Emit(A, update(2)), Emit(B, update(3))]
    actions += [Emit(A, update(4)), Emit(A, RESET), Emit(A, snapshot(A)), Emit(A, update(5))]
    assert desk.publication.publish_all(actions, 77) == []
    kinds = [event["t"] for event in said(books[A])]
    assert kinds == ["update", "update", "update", "reset", "snapshot", "update"]
    assert [event["te"] for event in said(books[A]) if event["t"] == "update"] == [1, 2, 4, 5]
    assert [event["te"] for event in said(books[B])] == [3]
    assert {event["tp"] for event in said(books[A]) + said(books[B])} == {77}


def test_what_is_no_event_comes_back_in_order() -> None:
    desk = Desk.opened()
    others: list[Action] = [Log("a", ""), Send(b"x"), Close("y", "silent")]
    actions = [others[0], Emit(A, update(1)), others[1], others[2], Emit(A, update(2))]
    assert desk.publication.publish_all(actions, 1) == others
    assert len(said(desk.publication.books[A])) == 2


def test_a_stream_that_takes_no_entries_is_left_out_and_others_are_not() -> None:
    desk = Desk.opened()
    books = desk.publication.books
    books[A].takes_entries = False
    actions: list[Action] = [Emit(A, update(1)), Emit(B, update(2)), Emit(A, snapshot(A))]
    assert desk.publication.publish_all([*actions, Emit(A, RESET)], 1) == []
    assert said(books[A]) == []
    assert [event["te"] for event in said(books[B])] == [2]


def test_an_update_makes_a_snapshot_due_and_a_reset_does_not() -> None:
    desk = Desk.opened()
    books = desk.publication.books
    books[A].is_changed = books[B].is_changed = False
    desk.publication.publish_all([Emit(A, update(1)), Emit(B, RESET)], 1)
    assert (books[A].is_changed, books[B].is_changed) == (True, False)


def test_a_reset_is_told_in_the_stream_of_tops_too() -> None:
    desk = Desk.opened(bbo=True)
    tops = desk.publication.data.tops
    desk.publication.publish_all([EmitTop(A, top(5)), Emit(A, RESET), EmitTop(B, top(6))], 1)
    assert [event["t"] for event in said(tops[A])] == ["top", "reset"]
    assert [event["t"] for event in said(tops[B])] == ["top"]


def test_the_first_message_of_a_read_is_measured_and_what_is_old_is_not() -> None:
    desk = Desk.opened()
    tally = desk.publication.tally
    desk.publication.publish_all([Emit(A, update(1)), Emit(A, update(2)), Emit(B, update(3))], 90)
    first = update(1)
    assert tally.skew_ns == first.ts_recv - first.ts_event
    assert (tally.event_recv.count, tally.recv_publish.count) == (1, 1)
    assert tally.recv_publish.sum_ns == 90 - first.ts_recv
    past = [msgspec.structs.replace(old, ts_event=5) for old in (RESET, snapshot(A))]
    for old in past * MEASURED:
        desk.publication.publish_all([Emit(A, old)], 90)
    desk.publication.publish_all([Log("a", "")], 90)
    desk.publication.publish_all([], 90)
    assert tally.event_recv.count == 1
    for _ in range(2 * MEASURED):
        desk.publication.publish_all([Emit(A, update(2))], 90)
    assert tally.event_recv.count == 3, "one read in so many"


def test_what_is_told_late_and_what_is_lost_are_counted_where_they_are_published() -> None:
    desk = Desk.opened()
    tally = desk.publication.tally
    late = msgspec.structs.replace(top(5), flags=wire.Flag.BACKFILL)
    gap = wire.Gap(ts_event=1, ts_recv=1, ts_pub=0, flags=0, first=1, last=2, reason="x")
    actions: list[Action] = [Emit(A, late), Emit(A, gap)]
    desk.publication.publish_all(actions, 9)
    assert (tally.backfilled, tally.gaps, tally.event_recv.count) == (1, 1, 0)
    desk.publication.books[A].takes_entries = False
    desk.publication.publish_all(actions, 9)
    assert (tally.backfilled, tally.gaps) == (1, 1)


def test_tops_that_replace_one_that_waits_are_counted() -> None:
    desk = Desk.opened(bbo=True)
    desk.publication.data.tops[A].is_in_flight = True
    for price in (5, 6, 7):
        desk.publication.publish_all([EmitTop(A, top(price))], 1)
    assert desk.publication.tally.conflated == 2
