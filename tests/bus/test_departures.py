"""Streams that join and leave a running feed: a farewell for those, nothing for the others."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from publisher.bus.calls import Call, Kind
from publisher.bus.scripts import Code
from publisher.bus.stream import StreamState
from tests.bus.desk import A, B, Desk, of, top
from tests.bus.test_tops import TOPS, appended

C = "C/USD"
BOOK_A, BOOK_B, BOOK_C = (f"{{t.{symbol}}}:book.10" for symbol in (A, B, C))


def change(desk: Desk, joining: str = "", leaving: str = "") -> None:
    """Let one symbol join, one leave, or both."""
    desk.publication.changed(*([s] if s else [] for s in (joining, leaving)), desk.instant())


def confirm(desk: Desk) -> None:
    """Let the lease be found ours, and everything be answered."""
    desk.publication.confirmed()
    desk.settle()
    desk.tick()
    desk.settle()


def said(desk: Desk, name: str) -> list[str]:
    """Return the types of the entries that were sent to a stream, first to last."""
    found: list[str] = []
    for call in desk.sent:
        if call.kind is Kind.OPEN and call.streams[0].keys.stream == name:
            found += ["epoch", "snapshot"]
        if call.kind is Kind.APPEND:
            entries: list[dict[str, Any]] = appended(call).get(name, [])
            found += [entry["t"] for entry in entries]
    return found


def opened(desk: Desk, name: str) -> list[Call]:
    return [c for c in of(desk.sent, Kind.OPEN) if c.streams[0].keys.stream == name]


def test_one_that_leaves_says_bye_behind_all_else_and_has_a_last_snapshot_there() -> None:
    desk = Desk.opened()
    desk.update(A, 3)
    change(desk, leaving=A)
    stream = next(iter(desk.publication.data.leaving))
    desk.settle()
    assert said(desk, BOOK_A) == ["update", "update", "update", "bye"]
    (snapshot,) = [c for c in of(desk.sent, Kind.SNAPSHOT) if c.streams[0] is stream]
    assert snapshot.command[-3] == 5, "under the id of the farewell: epoch, snapshot, 3 updates"
    desk.tick()
    assert list(desk.publication.data.leaving) == []
    assert stream.state is StreamState.CLOSED
    assert desk.publication.is_settled


def test_its_last_snapshot_is_of_when_it_left() -> None:
    """The session forgets the book at once."""
    desk = Desk.opened()
    desk.publication._hold_until = desk.now + 1
    change(desk, leaving=A)
    desk.live.discard(A)
    desk.tick(2)
    desk.settle()
    assert [c.streams[0].keys.stream for c in of(desk.sent, Kind.SNAPSHOT)] == [BOOK_A]


def test_the_other_hears_nothing_of_it() -> None:
    desk = Desk.opened()
    change(desk, joining=C, leaving=A)
    desk.live.add(C)
    desk.update(B)
    confirm(desk)
    assert said(desk, BOOK_B) == ["update"]
    assert said(desk, BOOK_C) == ["epoch", "snapshot"]


def test_one_that_left_gets_no_heartbeats() -> None:
    desk = Desk.opened()
    change(desk, leaving=A)
    for _ in range(20):
        desk.tick(1.0)
        desk.settle()
    assert said(desk, BOOK_A) == ["bye"]
    assert set(said(desk, BOOK_B)) == {"heartbeat"}


def test_one_that_joins_waits_for_its_book_and_for_the_lease() -> None:
    desk = Desk.opened()
    change(desk, joining=C)
    desk.settle()
    desk.tick()
    desk.settle()
    assert desk.publication.needs_confirmation
    assert opened(desk, BOOK_C) == []
    confirm(desk)
    assert opened(desk, BOOK_C) == []
    desk.live.add(C)
    confirm(desk)
    assert len(opened(desk, BOOK_C)) == 1
    entry = msgpack.unpackb(bytes(opened(desk, BOOK_C)[0].command[-3]))
    assert (entry["t"], entry["why"]) == ("epoch", "start")


def test_one_that_joins_while_another_process_leads_is_looked_at() -> None:
    desk = Desk()
    desk.publication.inspect()
    desk.publication.connected()
    desk.settle()
    change(desk, joining=C, leaving=A)
    assert desk.publication.floor is None
    desk.settle()
    assert desk.publication.floor == 0
    assert list(desk.publication.data.leaving) == []


def test_back_at_once_it_opens_behind_its_own_farewell() -> None:
    desk = Desk.opened()
    change(desk, leaving=A)
    change(desk, joining=A)
    desk.update(A)
    confirm(desk)
    confirm(desk)
    assert said(desk, BOOK_A) == ["bye", "epoch", "snapshot"]
    desk.update(A)
    desk.settle()
    assert said(desk, BOOK_A) == ["bye", "epoch", "snapshot", "update"]


def test_away_redis_hears_the_farewell_when_it_is_back() -> None:
    desk = Desk.opened()
    desk.publication.disconnected()
    for _ in range(3):
        change(desk, leaving=A)
        change(desk, joining=A)
    change(desk, joining=C, leaving=A)
    desk.live.add(C)
    desk.tick(1.0)
    desk.publication.connected()
    confirm(desk)
    confirm(desk)
    assert said(desk, BOOK_A) == ["bye"]
    assert said(desk, BOOK_C) == ["epoch", "snapshot"]
    assert set(desk.publication.books) == {B, C}
    assert desk.publication.is_settled


def test_never_opened_it_has_no_farewell_to_say() -> None:
    desk = Desk.opened()
    change(desk, joining=C)
    change(desk, leaving=C)
    assert list(desk.publication.data.leaving) == []
    confirm(desk)
    assert said(desk, BOOK_C) == []
    assert not desk.publication.needs_confirmation


def test_fenced_on_its_way_out_it_opens_once_more_for_its_farewell() -> None:
    desk = Desk.opened()
    change(desk, leaving=A)
    (call,) = of(desk.calls(), Kind.APPEND)
    desk.sent.clear()
    desk.fail(call, Code.FENCED, "0-0")
    confirm(desk)
    assert said(desk, BOOK_A) == ["epoch", "snapshot", "bye"]
    desk.tick(0.2)
    desk.settle()
    desk.tick()
    assert list(desk.publication.data.leaving) == []


def test_a_book_that_was_not_live_leaves_without_a_snapshot() -> None:
    desk = Desk.opened()
    desk.live.discard(A)
    change(desk, leaving=A)
    desk.settle()
    desk.tick()
    assert said(desk, BOOK_A) == ["bye"]
    assert of(desk.sent, Kind.SNAPSHOT) == []
    assert list(desk.publication.data.leaving) == []


def test_whoever_leads_no_more_says_no_farewell() -> None:
    desk = Desk.opened()
    change(desk, leaving=A)
    change(desk, joining=A)
    desk.publication.stand_by()
    desk.publication.inspect()
    assert list(desk.publication.data.leaving) == []
    desk.settle()
    assert desk.publication.floor == 0


def test_one_that_comes_back_after_a_failover_never_takes_its_former_ids_again() -> None:
    """The stream that is found is empty: it was written on the branch that is gone."""
    desk = Desk.opened()
    former = desk.publication.books[A].epoch
    for _ in range(2):
        change(desk, leaving=A)
        desk.settle()
        desk.tick()
        change(desk, joining=A)
        confirm(desk)
        assert desk.publication.books[A].epoch > former
        former = desk.publication.books[A].epoch


@pytest.mark.parametrize("is_held", [False, True])
def test_the_top_leaves_with_its_book(is_held: bool) -> None:
    desk = Desk.opened(bbo=True)
    sent = []
    if is_held:
        desk.publication.publish_top(A, top(2), 1)
        sent = desk.calls()
        desk.publication.publish_top(A, top(3), 1)
    change(desk, leaving=A)
    desk.answer(*sent)
    desk.settle()
    desk.tick()
    assert said(desk, TOPS) == [*["top", "top"][: 2 * is_held], "bye"]
    assert list(desk.publication.data.leaving) == []


def test_its_memory_is_given_back_and_its_bytes_still_count() -> None:
    desk = Desk.opened()
    desk.update(A, 50)
    desk.settle()
    used, written = desk.publication.budget.used, desk.publication.written
    change(desk, leaving=A)
    desk.settle()
    desk.tick()
    assert desk.publication.budget.used < used / 2
    assert desk.publication.written > written


def test_at_the_end_a_farewell_under_way_is_waited_for() -> None:
    desk = Desk.opened()
    change(desk, leaving=A)
    desk.publication.bye(desk.instant())
    assert not desk.publication.is_settled
    desk.settle()
    assert desk.publication.is_settled
    assert said(desk, BOOK_A) == ["bye"]
