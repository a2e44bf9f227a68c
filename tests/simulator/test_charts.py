"""The channel `ohlc`: candles counted anew from the trades, and what it says when."""

from __future__ import annotations

import re
from typing import Any

import pytest

from publisher.simulator.candles import INTERVALS
from tests.simulator import tally
from tests.simulator.tally import MINUTE_NS
from tests.simulator.venue import Venue, decoded, nanoseconds

NUMBERS = ("open", "high", "low", "close", "trades", "volume", "vwap")
WARNING = "timestamp is deprecated, use interval_begin"


@pytest.mark.parametrize("interval", INTERVALS)
def test_the_ack_and_the_snapshot(interval: int) -> None:
    venue = Venue("ETH/USD")
    ack, snapshot = venue.subscribe("ohlc", "ETH/USD", interval=interval)
    assert list(ack["result"]) == ["channel", "interval", "snapshot", "symbol", "warnings"]
    assert ack["result"]["warnings"] == [WARNING]
    assert (snapshot["channel"], snapshot["type"]) == ("ohlc", "snapshot")
    expected = tally.candles(venue.trades("ETH/USD"), interval, 2)
    compare(snapshot["data"], dict(list(expected.items())[-10:]), interval)
    assert interval > 1 or len(snapshot["data"]) == 10
    (text,) = venue.ask("unsubscribe", channel="ohlc", symbol=["ETH/USD"], interval=interval)
    result = decoded(text)["result"]
    assert result == {"channel": "ohlc", "interval": interval, "symbol": "ETH/USD"}


def compare(told: list[dict[str, Any]], expected: dict[int, Any], interval: int) -> None:
    """Assert that these candles are the expected ones, in order."""
    assert [nanoseconds(item["interval_begin"]) for item in told] == list(expected)
    for item, begin in zip(told, expected, strict=True):
        assert {name: item[name] for name in NUMBERS} == expected[begin]
        assert item["interval"] == interval
        assert nanoseconds(item["timestamp"]) == begin + interval * MINUTE_NS


def test_the_text_is_that_of_real_messages() -> None:
    venue = Venue("ETH/USD")
    venue.ask("subscribe", channel="ohlc", symbol=["ETH/USD"], interval=1, snapshot=False)
    (text, *_) = venue.move(300)
    price = r"\d+\.\d\d"
    assert re.fullmatch(
        r'\{"channel":"ohlc","type":"update","timestamp":"[^"]{19}\.\d{9}Z","data":\['
        rf'\{{"symbol":"ETH/USD","open":{price},"high":{price},"low":{price},"close":{price},'
        rf'"trades":\d+,"volume":\d+\.\d{{8}},"vwap":{price},'
        r'"interval_begin":"[^"]{17}00\.000000000Z","interval":1,'
        r'"timestamp":"[^"]{17}00\.000000Z"\}\]\}',
        text,
    )


@pytest.mark.parametrize("interval", [1, 15])
def test_a_candle_is_told_at_each_trade_and_only_then(interval: int) -> None:
    venue = Venue("ETH/USD")
    venue.subscribe("ohlc", "ETH/USD", interval=interval)
    told: set[int] = set()
    for number in range(1500):
        next_id = venue.next_id("ETH/USD")
        texts = venue.move(1)
        assert len(texts) == (venue.next_id("ETH/USD") > next_id)
        if texts:
            candles = tally.candles(venue.trades("ETH/USD"), interval, 2)
            begin = max(candles)
            compare(decoded(texts[0])["data"], {begin: candles[begin]}, interval)
            told.add(begin)
        if number % 100 == 99:
            venue.now_ns += 3 * MINUTE_NS  # minutes without a trade
    assert told
    skipped = range(min(told), max(told), interval * MINUTE_NS)
    assert interval > 1 or len(told) < len(skipped)


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, "Subscription ohlc requires interval"),
        ({"interval": None}, "Subscription ohlc requires interval"),
        ({"interval": "5"}, "Subscription ohlc interval must be an integer"),
        ({"interval": True}, "Subscription ohlc interval must be an integer"),
        ({"interval": 7}, "Subscription ohlc interval not supported"),
        ({"interval": 0}, "Subscription ohlc interval not supported"),
    ],
)
def test_refused_intervals(params: dict[str, Any], error: str) -> None:
    assert Venue().refused("ohlc", "BTC/USD", **params) == error


def test_one_interval_a_symbol_and_connection() -> None:
    venue = Venue()
    venue.subscribe("ohlc", "BTC/USD", interval=5)
    error = venue.refused("ohlc", "BTC/USD", interval=15)
    assert error == "Already subscribed to one ohlc interval on this symbol"
    assert venue.subscribe("ohlc", "ETH/USD", interval=15)[0]["success"]
    other, _ = venue.exchange.connected(venue.now_ns)
    first, venue.connection = venue.connection, other
    assert venue.subscribe("ohlc", "BTC/USD", interval=15)[0]["success"]
    venue.connection = first
    (text,) = venue.ask("unsubscribe", channel="ohlc", symbol=["BTC/USD"], interval=15)
    assert decoded(text)["error"] == "Subscription Not Found"
