"""The best bid and offer of a book: told when it changes and never else, as the model has it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from publisher.actions import Action, Emit, EmitTop
from publisher.channels.bbo import TopKeeper
from publisher.channels.book import BookChannel
from publisher.channels.channel import WrongChecksum
from publisher.channels.level3 import Level3Channel
from publisher.kraken.level3 import decode_level3
from publisher.kraken.messages import BookData, LevelText
from publisher.model import Instrument, Now
from publisher.session import Session
from publisher.wire import Flag, Top, TopSnapshot
from tests.level3_model import ModelLevel3, replay_level3, totals
from tests.model import ModelBook, rescaled, unscaled
from tests.requirements import captures_folder
from tests.session.desk import ASKS, BIDS, BTC, Text, book_frame, pair

NOW = Now(1000.0, 7_000)
STAMP = "2026-01-02T03:04:05.123456Z"
Best = tuple[int | None, int | None, int | None, int | None]


def best_of(event: Top | TopSnapshot) -> Best:
    return event.bid, event.bid_qty, event.ask, event.ask_qty


def tops(out: list[Action]) -> list[Top | TopSnapshot]:
    """Return the tops, each of which stands behind the event that it came of."""
    kinds = [type(action) for action in out]
    assert kinds in ([Emit], [Emit, EmitTop])
    return [action.event for action in out if isinstance(action, EmitTop)]


class Desk:
    """A book with its top, and the model of the book."""

    def __init__(self, checksum_freq: int = 1) -> None:
        channel = BookChannel(10, checksum_freq, around=TopKeeper)
        self.keeper = channel.keeper(BTC)
        self.keeper.is_of(Instrument(BTC, 1, 8, "online"))
        self.model = ModelBook(10)

    def data(self, bids: list[Text], asks: list[Text], off: int) -> BookData:
        sides = ([LevelText(*level) for level in side] for side in (bids, asks))
        return BookData(BTC, self.model.checksum() + off, *sides, STAMP)

    def snapshot(self, bids: list[Text] = BIDS, asks: list[Text] = ASKS) -> TopSnapshot:
        self.model.snapshot(bids, asks)
        out: list[Action] = []
        self.keeper.replaced(self.data(bids, asks, 0), NOW, out)
        (event,) = tops(out)
        assert isinstance(event, TopSnapshot)
        return event

    def update(self, *bids: Text, asks: list[Text] | None = None, off: int = 0) -> Any:
        """Apply an update; return the top that it gave, if any."""
        self.model.update(list(bids), asks or [])
        out: list[Action] = []
        self.keeper.updated(self.data(list(bids), asks or [], off), NOW, out)
        found = tops(out)
        return found[0] if found else None

    def best(self) -> Best:
        """Return the model's."""
        found: list[int | None] = []
        for levels in (self.model.sorted_bids(), self.model.sorted_asks()):
            price, qty = levels[0] if levels else ("", "")
            found += [rescaled(text) if text else None for text in (price, qty)]
        return found[0], found[1], found[2], found[3]


def test_a_snapshot_says_what_the_stream_is() -> None:
    event = Desk().snapshot()
    assert best_of(event) == (1000, 100_000_000, 1010, 200_000_000)
    assert (event.channel, event.symbol, event.source, event.depth) == ("bbo", BTC, "book", 10)
    assert (event.price_precision, event.qty_precision) == (1, 8)


def test_a_change_below_the_top_is_not_told() -> None:
    desk = Desk()
    desk.snapshot()
    assert desk.update(("98.0", "9.00000000")) is None
    assert desk.update(("100.0", "1.00000000")) is None, "the same qty again"
    assert best_of(desk.update(("100.0", "1.50000000"))) == (1000, 150_000_000, 1010, 200_000_000)
    assert best_of(desk.update(("100.5", "0.10000000"))) == (1005, 10_000_000, 1010, 200_000_000)
    assert best_of(desk.update(("100.5", "0.00000000"))) == (1000, 150_000_000, 1010, 200_000_000)


def test_an_empty_side_has_neither_price_nor_qty() -> None:
    desk = Desk()
    desk.snapshot(BIDS[:1], ASKS[:1])
    assert best_of(desk.update((BIDS[0][0], "0.00000000"))) == (None, None, 1010, 200_000_000)
    captured = desk.keeper.capture_top() if isinstance(desk.keeper, TopKeeper) else None
    assert captured is not None
    assert best_of(captured) == (None, None, 1010, 200_000_000)
    assert best_of(desk.snapshot([], [])) == (None, None, None, None)


def test_what_the_checksum_refuses_is_never_told() -> None:
    desk = Desk()
    desk.snapshot()
    with pytest.raises(WrongChecksum):
        desk.update(("100.5", "1.00000000"), off=1)
    assert isinstance(desk.keeper, TopKeeper)
    assert desk.keeper.capture_top() is None


def test_a_top_has_the_flags_of_its_update() -> None:
    desk = Desk(checksum_freq=2)
    desk.snapshot()
    assert desk.update(("100.5", "1.00000000")).flags == Flag.UNVERIFIED
    assert desk.update(("100.6", "1.00000000")).flags == 0
    assert desk.update(("101.5", "1.00000000")).flags == Flag.UNVERIFIED | Flag.CROSSED
    assert desk.update(("101.6", "1.00000000")).flags == Flag.CROSSED


@pytest.mark.parametrize("seed", range(5))
def test_each_change_of_the_model_s_top_is_told_and_no_other(seed: int) -> None:
    chance = random.Random(seed)
    desk = Desk()
    desk.snapshot(BIDS[:3], ASKS[:3])
    before = desk.best()
    for _ in range(400):
        qty = chance.choice(["0.00000000", f"{chance.randint(1, 3)}.00000000"])
        if chance.random() < 0.5:
            event = desk.update((f"{chance.randint(96, 100)}.0", qty))
        else:
            event = desk.update(asks=[(f"{chance.randint(101, 105)}.0", qty)])
        after = desk.best()
        assert (None if event is None else best_of(event)) == (after if after != before else None)
        before = after


def test_the_recorded_level3_book_has_the_model_s_top() -> None:
    lines = (captures_folder() / "l3-btc-d10-20240924.ndjson").read_text().splitlines()
    keeper = Level3Channel(10, around=TopKeeper).keeper(BTC)
    assert isinstance(keeper, TopKeeper)
    keeper.is_of(Instrument(BTC, 1, 8, "online"))
    told: Best = None, None, None, None
    count = 0
    payloads = (line.encode() for line in lines if '"channel":"level3","type"' in line)
    for payload, (_, model) in zip(payloads, replay_level3(lines, depth=10), strict=True):
        message = decode_level3(payload)
        out: list[Action] = []
        take = keeper.replaced if message.type == "snapshot" else keeper.updated
        take(message.data[0], NOW, out)
        found = tops(out)
        best = _level3_best(model)
        assert bool(found) == (best != told or message.type == "snapshot")
        told = best_of(found[0]) if found else told
        assert told == best
        count += 1
    assert count == 296


def _level3_best(model: ModelLevel3) -> Best:
    found: list[int | None] = []
    for side in (model.bids, model.asks):
        found += totals(side, 1, 8)[0]
    return found[0], found[1], found[2], found[3]


def test_a_session_shows_the_top_of_a_live_book_only() -> None:
    session = Session((BTC,), BookChannel(10, around=TopKeeper))
    session.connected(NOW)
    listing = f'{{"channel":"instrument","type":"snapshot","data":{{"pairs":[{_text()}]}}}}'
    session.received(listing.encode(), NOW)
    assert session.capture_top(BTC) is None
    model = ModelBook(10)
    model.snapshot(BIDS, ASKS)
    session.received(book_frame("snapshot", BTC, BIDS, ASKS, model.checksum()), NOW)
    top = session.capture_top(BTC)
    assert top is not None
    assert unscaled(top.bid or 0, 1) == "100.0"
    session.disconnected(NOW)
    assert session.capture_top(BTC) is None
    assert Session((BTC,), BookChannel(10)).capture_top(BTC) is None


def _text() -> str:
    return str(pair(BTC)).replace("'", '"')
