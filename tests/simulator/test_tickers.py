"""The channel `ticker`: counted anew from trades and book, at the moments of its trigger."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.model import ModelBook, book_frames
from tests.simulator import tally
from tests.simulator.tally import DAY_NS
from tests.simulator.venue import Venue, decoded, nanoseconds

STATISTICS = ("last", "volume", "vwap", "low", "high", "change", "change_pct", "trades")


def test_the_snapshot_looks_as_recorded(captures: Path) -> None:
    ack, snapshot = Venue().subscribe("ticker", "BTC/USD")
    assert list(ack["result"]) == ["channel", "event_trigger", "snapshot", "symbol"]
    assert ack["result"]["event_trigger"] == "trades"
    lines = (captures / "control-ohlc-ticker-2026.ndjson").read_text().splitlines()
    real = next(decoded(line) for line in lines if line.startswith('{"channel":"ticker"'))
    assert list(snapshot) == list(real)
    assert list(snapshot["data"][0]) == list(real["data"][0])


def test_unsubscribing_names_the_trigger() -> None:
    venue = Venue()
    venue.subscribe("ticker", "BTC/USD", event_trigger="bbo")
    (text,) = venue.ask("unsubscribe", channel="ticker", symbol=["BTC/USD"], event_trigger="bbo")
    assert decoded(text)["result"] == {
        "channel": "ticker",
        "event_trigger": "bbo",
        "symbol": "BTC/USD",
    }


@pytest.mark.parametrize("trigger", ["never", 7])
def test_an_unknown_trigger_is_refused(trigger: object) -> None:
    error = Venue().refused("ticker", "BTC/USD", event_trigger=trigger)
    assert error == "EGeneral:Invalid arguments:event_trigger"


def test_without_snapshot_there_is_none() -> None:
    (ack,) = Venue().subscribe("ticker", "BTC/USD", snapshot=False)
    assert ack["result"]["snapshot"] is False


@pytest.mark.parametrize(("symbol", "digits"), [("BTC/USD", 1), ("XRP/USD", 5)])
@pytest.mark.parametrize("trigger", ["bbo", "trades"])
def test_each_ticker_is_that_of_the_trades_and_the_book(
    symbol: str, digits: int, trigger: str
) -> None:
    venue = Venue(symbol)
    book = ModelBook(10)
    _, snapshot = venue.ask("subscribe", channel="book", symbol=[symbol])
    (frame,) = book_frames([snapshot])
    book.snapshot(frame.bids, frame.asks)
    venue.subscribe("ticker", symbol, event_trigger=trigger)
    seen = 0
    for _ in range(800):
        prices = book.sorted_bids()[0][0], book.sorted_asks()[0][0]
        traded = venue.next_id(symbol)
        texts = venue.move(1)
        for frame in book_frames(text for text in texts if '"book"' in text):
            book.update(frame.bids, frame.asks)
        told = [text for text in texts if '"ticker"' in text]
        best_bid, best_ask = book.sorted_bids()[0], book.sorted_asks()[0]
        is_due = (
            prices != (best_bid[0], best_ask[0])
            if trigger == "bbo"
            else venue.next_id(symbol) > traded
        )
        assert len(told) == is_due
        if told:
            seen += 1
            deals = venue.trades(symbol)
            (item,) = decoded(told[0])["data"]
            assert (item["bid"], item["bid_qty"]) == tuple(map(Decimal, best_bid))
            assert (item["ask"], item["ask_qty"]) == tuple(map(Decimal, best_ask))
            expected = tally.ticker(deals, venue.now_ns, digits)
            assert {name: item[name] for name in STATISTICS} == expected
            assert nanoseconds(item["timestamp"]) == venue.now_ns // 1000 * 1000
            assert f'"last":{deals[-1].price:.{digits}f},' in told[0], "padded"
    assert seen > 10


def test_statistics_reach_back_24_hours_and_no_further() -> None:
    venue = Venue("BTC/USD")
    venue.subscribe("trade", "BTC/USD")
    venue.move(300)
    venue.now_ns += DAY_NS - 60 * 10**9
    venue.move(300)
    _, snapshot = venue.subscribe("ticker", "BTC/USD")
    expected = tally.ticker(venue.trades("BTC/USD"), venue.now_ns, 1)
    (item,) = snapshot["data"]
    assert {name: item[name] for name in STATISTICS} == expected
    assert 0 < item["trades"] < len(venue.trades("BTC/USD"))


def test_what_is_not_known_is_left_out() -> None:
    venue = Venue("METAx/USD", seed=2)
    _, snapshot = venue.subscribe("ticker", "METAx/USD", event_trigger="bbo")
    assert not {"last", "volume", "trades"} & set(snapshot["data"][0])
    sides: set[tuple[bool, bool]] = set()
    for text in venue.move(5000):
        item: dict[str, Any] = decoded(text)["data"][0]
        assert ("bid" in item, "ask" in item) == ("bid_qty" in item, "ask_qty" in item)
        sides.add(("bid" in item, "ask" in item))
    assert len(sides) > 1
