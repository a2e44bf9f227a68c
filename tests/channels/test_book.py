"""Verify, then publish: a message becomes an event only with Kraken's own checksum.

Books and checksums are the model's, which shares no code with the book judged.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from publisher.actions import Action, Emit
from publisher.channels.book import BookChannel
from publisher.channels.channel import FAULTS, WrongChecksum, told
from publisher.errors import BadFrame, BadNumber
from publisher.kraken.messages import BookData, LevelText
from publisher.model import Instrument, Now, ResetReason
from publisher.wire import Event, Flag, Snapshot, Update
from tests.model import ModelBook
from tests.session.desk import ASKS, BIDS, BTC, Text

STAMP = "2026-01-02T03:04:05.123456Z"
STAMP_NS = 1_767_323_045_123_456_000
NOW = Now(1000.0, 7_000)
LATER = Now(1003.0, 9_000)


class Desk:
    """A keeper with its book, and the model's beside it."""

    def __init__(self, *, depth: int = 10) -> None:
        self.keeper = BookChannel(depth).keeper(BTC)
        self.keeper.is_of(Instrument(BTC, 1, 8, "online"))
        self.model = ModelBook(depth)

    def message(
        self, bids: list[Text], asks: list[Text], *, off: int = 0, stamp: str = STAMP
    ) -> BookData:
        told_bids, told_asks = ([LevelText(*level) for level in side] for side in (bids, asks))
        return BookData(BTC, self.model.checksum() + off, told_bids, told_asks, stamp)

    def whole(self, bids: list[Text] = BIDS, asks: list[Text] = ASKS, *, off: int = 0) -> BookData:
        """Return a snapshot message, its checksum wrong by `off`."""
        self.model.snapshot(bids, asks)
        return self.message(bids, asks, off=off)

    def change(
        self, *bids: Text, asks: tuple[Text, ...] = (), off: int = 0, stamp: str = STAMP
    ) -> BookData:
        """Return an update message."""
        self.model.update(bids, asks)
        return self.message(list(bids), list(asks), off=off, stamp=stamp)

    def update(self, data: BookData, *, freq: int = 1, now: Now = NOW) -> int:
        """Apply an update; return the event's flags."""
        return self.updated(data, freq=freq, now=now).flags

    def updated(self, data: BookData, *, freq: int = 1, now: Now = NOW) -> Update:
        """Apply an update; return the event."""
        self.keeper.terms = replace(self.keeper.terms, checksum_freq=freq)
        out: list[Action] = []
        self.keeper.updated(data, now, out)
        event = only(out)
        assert isinstance(event, Update)
        return event

    def replaced(self, data: BookData, *, now: Now = NOW) -> Snapshot:
        """Take a snapshot; return the event."""
        out: list[Action] = []
        self.keeper.replaced(data, now, out)
        event = only(out)
        assert isinstance(event, Snapshot)
        return event

    def capture(self) -> Snapshot | None:
        """Return the book as it stands, if it is proven."""
        event = self.keeper.capture()
        assert event is None or isinstance(event, Snapshot)
        return event

    def said(self) -> tuple[int, int, int | None]:
        """Return what the keeper says of its last message."""
        return self.keeper.ts_event, self.keeper.ts_recv, self.keeper.checksum

    def bids(self) -> list[tuple[int, int]]:
        """Return the book's bids as it stands, which is proven."""
        event = self.capture()
        assert event is not None
        assert event.bids is not None
        return event.bids

    @classmethod
    def begun(cls, *, depth: int = 10) -> Desk:
        desk = cls(depth=depth)
        desk.replaced(desk.whole())
        return desk


def only(out: list[Action]) -> Event:
    """Return the one event among actions."""
    (action,) = out
    assert isinstance(action, Emit)
    assert action.symbol == BTC
    return action.event


# A whole book


def test_a_snapshot_says_all_of_the_book_with_its_stamps() -> None:
    desk = Desk()
    data = desk.whole()
    event = desk.replaced(data)
    assert event.bids == [(1000 - 10 * i, 100_000_000) for i in range(10)]
    assert event.asks == [(1010 + 10 * i, 200_000_000) for i in range(10)]
    assert (event.ts_event, event.ts_recv, event.ts_pub, event.flags) == (STAMP_NS, 7_000, 0, 0)
    assert (event.symbol, event.depth, event.checksum) == (BTC, 10, data.checksum)
    assert (event.price_precision, event.qty_precision) == (1, 8)
    assert desk.said() == (event.ts_event, event.ts_recv, event.checksum)


def test_a_snapshot_replaces_what_was_there() -> None:
    desk = Desk.begun()
    event = desk.replaced(desk.whole(BIDS[3:5], []))
    assert (event.bids, event.asks) == ([(970, 100_000_000), (960, 100_000_000)], [])


def test_a_snapshot_with_another_checksum_is_no_event() -> None:
    desk = Desk.begun()
    before = desk.said()
    data = desk.whole(BIDS[:3], ASKS, off=1)
    with pytest.raises(WrongChecksum) as caught:
        desk.replaced(data)
    assert (caught.value.stated, caught.value.own) == (data.checksum, data.checksum - 1)
    assert desk.said() == before


# Changes


def test_an_update_has_the_deltas_as_they_came() -> None:
    """In array order, deletions and what changes nothing too (protocol.md 5.2)."""
    desk = Desk.begun()
    deltas: list[Text] = [("99.0", "0.00000000"), ("99.5", "3.00000000"), ("98.7", "0.00000000")]
    data = desk.change(*deltas, asks=(("101.0", "0.50000000"),))
    event = desk.updated(data, now=LATER)
    assert event.bids == [(990, 0), (995, 300_000_000), (987, 0)]
    assert event.asks == [(1010, 50_000_000)]
    assert (event.ts_event, event.ts_recv, event.ts_pub, event.flags) == (STAMP_NS, 9_000, 0, 0)
    assert event.checksum == data.checksum
    assert desk.said() == (event.ts_event, event.ts_recv, event.checksum)


def test_the_book_is_cut_before_it_is_compared() -> None:
    """A level pushed out comes not back when one before it goes (protocol.md 5.2)."""
    desk = Desk.begun()
    desk.update(desk.change(("100.5", "1.00000000")))
    desk.update(desk.change(("100.5", "0.00000000")))
    assert desk.bids() == [(1000 - 10 * i, 100_000_000) for i in range(9)]


def test_an_update_with_another_checksum_is_no_event() -> None:
    desk = Desk.begun()
    before = desk.said()
    with pytest.raises(WrongChecksum):
        desk.update(desk.change(("99.5", "1.00000000"), off=1))
    assert desk.said() == before
    assert desk.capture() is None, "the book is not what was last proven"


@pytest.mark.parametrize("bad", [("99.55", "1.00000000"), ("99.5", "-1"), ("99.5", "1.000000001")])
def test_a_number_that_is_none_is_no_event(bad: Text) -> None:
    desk = Desk.begun()
    before = desk.said()
    data = desk.message([bad], [])
    with pytest.raises(BadNumber):
        desk.update(data)
    assert desk.said() == before


def test_a_stamp_that_is_none_is_no_event_and_changes_no_book() -> None:
    desk = Desk.begun()
    data = desk.message([("99.5", "1.00000000")], [], stamp="yesterday")
    with pytest.raises(BadFrame):
        desk.update(data)
    assert desk.bids() == [(1000 - 10 * i, 100_000_000) for i in range(10)]


# Comparing every nth alone


def test_every_nth_is_compared_and_the_others_say_that_they_were_not() -> None:
    desk = Desk.begun()
    flags = [
        desk.update(desk.change(("99.5", f"{number}.00000000")), freq=3) for number in range(1, 8)
    ]
    unverified = Flag.UNVERIFIED
    assert flags == [unverified, unverified, 0, unverified, unverified, 0, unverified]


def test_a_wrong_one_is_found_at_the_next_comparison() -> None:
    desk = Desk.begun()
    for _ in range(2):
        assert desk.update(desk.change(("99.5", "1.00000000"), off=1), freq=3) == Flag.UNVERIFIED
    with pytest.raises(WrongChecksum):
        desk.update(desk.change(("99.5", "2.00000000"), off=1), freq=3)


def test_a_snapshot_begins_the_count_anew() -> None:
    desk = Desk.begun()
    desk.update(desk.change(("99.5", "1.00000000")), freq=2)
    desk.replaced(desk.whole())
    assert desk.update(desk.change(("99.5", "1.00000000")), freq=2) == Flag.UNVERIFIED
    assert desk.update(desk.change(("99.5", "2.00000000")), freq=2) == 0


# Crossed books


def test_a_crossed_book_is_flagged_from_when_on() -> None:
    """The checksum is right: published, and flagged (WIRE.md 4.1)."""
    desk = Desk.begun()
    keeper = desk.keeper
    assert desk.update(desk.change(("101.0", "1.00000000"))) == Flag.CROSSED
    assert keeper.crossed_since == 1000.0
    assert desk.update(desk.change(("99.5", "1.00000000")), now=LATER) == Flag.CROSSED
    assert keeper.crossed_since == 1000.0, "not later: how long it lasts is what counts"
    assert desk.update(desk.change(("101.0", "0.00000000")), now=LATER) == 0
    assert keeper.crossed_since is None
    crossing: list[Text] = [("102.0", "1.00000000")]
    event = desk.replaced(desk.whole(crossing, ASKS), now=LATER)
    assert (event.flags, keeper.crossed_since) == (Flag.CROSSED, 1003.0)
    desk.replaced(desk.whole(), now=LATER)
    assert keeper.crossed_since is None


def test_crossed_and_not_compared() -> None:
    desk = Desk.begun()
    crossed = desk.change(("101.0", "1.00000000"))
    assert desk.update(crossed, freq=2) == Flag.CROSSED | Flag.UNVERIFIED


# As it stands


def test_a_capture_has_the_stamps_of_the_last_event() -> None:
    desk = Desk.begun()
    data = desk.change(("99.5", "3.00000000"))
    desk.update(data, now=LATER)
    event = desk.capture()
    assert event is not None
    assert desk.bids()[:2] == [(1000, 100_000_000), (995, 300_000_000)]
    assert (event.ts_event, event.ts_recv, event.checksum) == (STAMP_NS, 9_000, data.checksum)


def test_a_capture_is_proved_once_more_and_says_so() -> None:
    desk = Desk.begun()
    crossed = desk.change(("101.0", "1.00000000"))
    desk.update(crossed, freq=100)
    event = desk.capture()
    assert event is not None
    assert event.flags == Flag.CROSSED, "no longer unverified"
    desk.update(desk.change(("99.5", "1.00000000"), off=1), freq=100)
    assert desk.capture() is None


def test_a_book_of_which_nothing_was_told_is_not_captured() -> None:
    assert Desk().capture() is None


# The reset's words


@pytest.mark.parametrize(
    ("fault", "reason", "note"),
    [
        (WrongChecksum(1, 2), ResetReason.CHECKSUM, "stated 1, own 2"),
        (BadNumber("1e", 8), ResetReason.MALFORMED, "'1e' is not a number of at most 8 decimals"),
        (BadFrame("no"), ResetReason.MALFORMED, "bad frame: no"),
    ],
)
def test_a_fault_is_told_by_its_reason(fault: Exception, reason: str, note: str) -> None:
    assert isinstance(fault, FAULTS)
    assert told(fault) == (reason, note)
