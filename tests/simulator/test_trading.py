"""The channel `trade`: shapes as recorded, ids consecutive, the book consistent with it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.model import ModelBook, book_frames
from tests.simulator.venue import Venue, decoded, nanoseconds

TRADE = (
    r'\{"symbol":"BTC/USD","side":"(buy|sell)","price":\d+\.\d,"qty":\d+\.\d{8},'
    r'"ord_type":"(limit|market)","trade_id":\d+,"timestamp":"[-\dT:]{19}\.\d{6}Z"\}'
)


def items(texts: list[str], channel: str = "trade") -> list[dict[str, Any]]:
    """Return the items of every message of a channel."""
    return [
        item
        for message in map(decoded, texts)
        if message["channel"] == channel
        for item in message["data"]
    ]


def test_without_being_asked_there_is_no_snapshot() -> None:
    venue = Venue()
    (ack,) = venue.subscribe("trade", "BTC/USD")
    assert ack["result"] == {"channel": "trade", "snapshot": False, "symbol": "BTC/USD"}


def test_the_snapshot_holds_the_last_50_oldest_first() -> None:
    venue = Venue()
    venue.subscribe("trade", "BTC/USD")
    venue.move(500)
    venue.ask("unsubscribe", channel="trade", symbol=["BTC/USD"])
    ack, snapshot = venue.subscribe("trade", "BTC/USD", snapshot=True)
    assert ack["result"]["snapshot"] is True
    assert (snapshot["channel"], snapshot["type"]) == ("trade", "snapshot")
    told = [item["trade_id"] for item in snapshot["data"]]
    assert told == [deal.trade_id for deal in venue.trades("BTC/USD")][-50:]


def test_a_symbol_that_never_traded_has_an_empty_snapshot() -> None:
    _, snapshot = Venue("METAx/USD").subscribe("trade", "METAx/USD", snapshot=True)
    assert snapshot == {"channel": "trade", "type": "snapshot", "data": []}


def test_updates_look_as_recorded_and_miss_no_id() -> None:
    venue = Venue()
    before = len(venue.trades("BTC/USD"))
    venue.subscribe("trade", "BTC/USD", "ETH/USD")
    texts = venue.move(4000)
    bitcoin = [text for text in texts if "BTC/USD" in text]
    update = rf'\{{"channel":"trade","type":"update","data":\[{TRADE}(,{TRADE})*\]\}}'
    assert all(re.fullmatch(update, text) for text in bitcoin)
    for symbol in ("BTC/USD", "ETH/USD"):
        told = [item for item in items(texts) if item["symbol"] == symbol]
        made = venue.trades(symbol)[before:]
        assert [item["trade_id"] for item in told] == [deal.trade_id for deal in made]
        assert [(item["price"], item["qty"]) for item in told] == [
            (deal.price, deal.qty) for deal in made
        ]
        assert [nanoseconds(item["timestamp"]) for item in told] == [
            deal.ts_ns // 1000 * 1000 for deal in made
        ]
        ids = [item["trade_id"] for item in told]
        assert ids == list(range(ids[0], ids[0] + len(ids)))
    sizes = [len(decoded(text)["data"]) for text in bitcoin]
    assert max(sizes) > 1, "some order took several"
    for text in bitcoin:
        message = decoded(text)
        assert len({(item["timestamp"], item["side"]) for item in message["data"]}) == 1
    assert {item["ord_type"] for item in items(texts)} == {"limit", "market"}


def test_the_keys_are_those_of_real_messages(captures: Path) -> None:
    venue = Venue()
    venue.subscribe("trade", "BTC/USD")
    ours = list(items(venue.move(200))[0])
    recorded = (captures / "l2-btc-eth-d10-20260707.ndjson").read_text().splitlines()
    real = next(json.loads(line) for line in recorded if line.startswith('{"channel":"trade"'))
    assert ours == list(real["data"][0])


def test_what_was_traded_left_the_book() -> None:
    """Each trade's price is at the front of the book of the message before; its qty is gone."""
    venue = Venue("ETH/USD", seed=8)
    _, snapshot = venue.ask("subscribe", channel="book", symbol=["ETH/USD"], depth=1000)
    venue.subscribe("trade", "ETH/USD")
    book = ModelBook(1000)
    (frame,) = book_frames([snapshot])
    book.snapshot(frame.bids, frame.asks)
    seen = 0
    for _ in range(3000):
        before = {**book.bids}, {**book.asks}
        texts = venue.move(1)
        for frame in book_frames(texts):
            book.update(frame.bids, frame.asks)
            assert book.checksum() == frame.checksum
        traded = items(texts)
        for price in {item["price"] for item in traded}:
            seen += 1
            sold = traded[0]["side"] == "sell"
            was, now = (before[0], book.bids) if sold else (before[1], book.asks)
            taken = sum(item["qty"] for item in traded if item["price"] == price)
            assert level(was, price) - level(now, price) == taken
    assert seen > 50


def level(side: Mapping[Decimal, tuple[str, str]], price: Decimal) -> Decimal:
    """Return the qty at a price."""
    return Decimal(side[price][1]) if price in side else Decimal(0)


@pytest.mark.parametrize("channel", ["trade", "ticker", "ohlc"])
def test_a_second_subscription_is_refused_and_unsubscribing_nothing_too(channel: str) -> None:
    venue = Venue()
    params = {"interval": 5} if channel == "ohlc" else {}
    assert venue.subscribe(channel, "BTC/USD", **params)[0]["success"]
    assert venue.refused(channel, "BTC/USD", **params) == "Already subscribed"
    assert venue.refused(channel, "XBT/USD", **params) == "Currency pair not supported XBT/USD"
    for success in (True, False):
        (text,) = venue.ask("unsubscribe", channel=channel, symbol=["BTC/USD"])
        assert decoded(text)["success"] is success
    assert decoded(text)["error"] == "Subscription Not Found"


def test_trading_goes_on_behind_the_back_of_a_client_that_left() -> None:
    venue = Venue("BTC/USD")
    venue.subscribe("trade", "BTC/USD")
    venue.exchange.disconnected(venue.connection)
    before = len(venue.trades("BTC/USD"))
    assert venue.move(500) == []
    assert len(venue.trades("BTC/USD")) > before
