"""Trades, candles and the day's statistics: consistent with the book, and with a naive count."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from publisher.simulator.candles import INTERVALS, Candles
from publisher.simulator.day import Day
from publisher.simulator.history import PAST_TRADES
from publisher.simulator.instruments import WELL_KNOWN, Instrument
from publisher.simulator.market import Market
from publisher.simulator.regimes import restate, with_precision
from publisher.simulator.trades import KEPT, Sweep, Tape, Trade, vwap
from tests.simulator import tally
from tests.simulator.tally import Deal

BY_SYMBOL = {instrument.symbol: instrument for instrument in WELL_KNOWN}
NOW = 1_782_000_000_123_456_789
SECOND = 10**9


def deal(trade: Trade, instrument: Instrument) -> Deal:
    """Return a scaled trade in decimals."""
    price = Decimal(trade.price).scaleb(-instrument.price_precision)
    return Deal(
        trade.trade_id, price, Decimal(trade.qty).scaleb(-instrument.qty_precision), trade.ts_ns
    )


@pytest.mark.parametrize("symbol", ["BTC/USD", "LTC/USD", "METAx/USD"])
def test_each_trade_takes_exactly_its_qty_from_the_book(symbol: str) -> None:
    market = Market(BY_SYMBOL[symbol], seed=3)
    last_id = market.history.tape.next_id - 1
    seen = 0
    for number in range(6000):
        change = market.step(NOW + number)
        if not change.trades:
            continue
        seen += 1
        assert [trade.trade_id for trade in change.trades] == [
            last_id + 1 + offset for offset in range(len(change.trades))
        ]
        last_id = change.trades[-1].trade_id
        assert {trade.ts_ns for trade in change.trades} == {NOW + number}
        (side,) = {trade.side for trade in change.trades}
        ladder, touched, sign = (
            (market.asks, change.asks, 1) if side == "buy" else (market.bids, change.bids, -1)
        )
        taken: dict[int, int] = {}
        for trade in change.trades:
            taken[sign * trade.price] = taken.get(sign * trade.price, 0) + trade.qty
        gone = {key: before - ladder.totals.get(key, 0) for key, before in touched.items()}
        assert taken == gone
        keys = [sign * trade.price for trade in change.trades]
        assert keys == sorted(keys), "the best price is taken first"
    assert seen > 100


@pytest.mark.parametrize("interval", INTERVALS)
def test_candles_are_those_of_the_trades(interval: int) -> None:
    instrument = BY_SYMBOL["ETH/USD"]
    market = Market(instrument, seed=2, opened_ns=NOW)
    random = Random(interval)
    now = NOW
    for _ in range(3000):
        now += random.randrange(interval * 2 * SECOND)
        market.step(now)
    deals = [deal(trade, instrument) for trade in market.history.tape.trades]
    expected = tally.candles(deals, interval, instrument.price_precision)
    kept = market.history.candles(interval).latest(10)
    assert [candle.begin_ns for candle in kept] == list(expected)[-10:]
    for candle in kept:
        numbers = expected[candle.begin_ns]
        scaled = [numbers[name] for name in ("open", "high", "low", "close", "vwap")]
        found = (candle.open, candle.high, candle.low, candle.close)
        assert [
            Decimal(value).scaleb(-2) for value in (*found, vwap(candle.cost, candle.volume))
        ] == scaled
        assert candle.trades == numbers["trades"]
        assert Decimal(candle.volume).scaleb(-8) == numbers["volume"]


def test_a_late_trade_changes_the_candle_of_its_own_time() -> None:
    candles = Candles(1)
    minute = NOW - NOW % (60 * SECOND)
    times = [minute + 10, minute + 20, minute + 60 * SECOND, minute + 15, minute + 5, minute + 30]
    prices = [100, 101, 102, 150, 99, 98]
    trades = [
        Trade(number, "buy", price, 1, "limit", ts)
        for number, (ts, price) in enumerate(zip(times, prices, strict=True))
    ]
    for trade in trades:
        candles.add(trade)
    first, second = candles.latest(10)
    assert (first.open, first.high, first.low, first.close, first.trades) == (99, 150, 98, 98, 5)
    assert (second.open, second.close, second.trades) == (102, 102, 1)
    assert candles.holding(trades[3:]) == [first]


def test_the_day_forgets_what_is_older_than_24_hours() -> None:
    random = Random(5)
    day, deals, now = Day(), [], NOW
    for number in range(1500):
        now += random.randrange(600 * SECOND)
        price = 1000 + random.randrange(-300, 300)
        trade = Trade(number, "sell", price, random.randrange(1, 99), "limit", now)
        day.add(trade)
        day.expire(now)
        deals.append(Deal(number, Decimal(trade.price), Decimal(trade.qty), now))
        if number % 20:
            continue
        expected = tally.ticker(deals, now, 0)
        assert (day.low, day.high, day.volume) == (
            expected["low"],
            expected["high"],
            expected["volume"],
        )
        assert (day.last, day.vwap, len(day)) == (
            expected["last"],
            expected["vwap"],
            expected["trades"],
        )
        assert day.last - day.first == expected["change"]
        assert Decimal(day.change_pct).scaleb(-2) == expected["change_pct"]
    assert len(day) < 400
    day.expire(now + tally.DAY_NS)
    assert not day
    assert day.volume == 0


def test_a_market_opens_with_a_past_that_depends_on_the_seed_alone() -> None:
    one, other = (Market(BY_SYMBOL["BTC/USD"], seed=4, opened_ns=NOW) for _ in range(2))
    past = list(one.history.tape.trades)
    assert past == list(other.history.tape.trades)
    assert len(past) == PAST_TRADES
    assert [trade.ts_ns for trade in past] == sorted(trade.ts_ns for trade in past)
    assert past[-1].ts_ns <= NOW
    assert len(one.history.candles(1).latest(10)) == 10
    assert one.bids.levels(50) == Market(BY_SYMBOL["BTC/USD"], seed=4).bids.levels(50)
    assert not Market(BY_SYMBOL["METAx/USD"], seed=4, opened_ns=NOW).history.tape.trades


def test_the_tape_is_bounded_and_its_pages_exclude_their_start() -> None:
    tape = Tape("BTC/USD")
    for number in range(KEPT + 10):
        tape.record(Sweep("buy", "limit", [(100, 1)] * (1 + number % 3)), NOW + number)
    assert len(tape.trades) == KEPT
    assert tape.trades[-1].trade_id == tape.next_id - 1
    (at,) = {trade.ts_ns for trade in tape.latest(1)}
    assert tape.since(at, 10) == []
    assert {trade.ts_ns for trade in tape.since(at - 1, 10)} == {at}
    assert len(tape.since(0, 7)) == 7


@pytest.mark.parametrize(("price", "qty"), [(4, 8), (1, 6)])
def test_a_change_of_precision_restates_what_was_traded(price: int, qty: int) -> None:
    instrument = BY_SYMBOL["ETH/USD"]
    market = Market(instrument, seed=2, opened_ns=NOW)
    before = list(market.history.tape.trades)
    restate(market, with_precision(instrument, price, qty))
    after = list(market.history.tape.trades)
    assert [trade.trade_id for trade in after] == [trade.trade_id for trade in before]
    digits = Decimal(1).scaleb(-price)
    for old, new in zip(before, after, strict=True):
        was = deal(old, instrument).price
        assert abs(deal(new, market.instrument).price - was) < digits
    deals = [deal(trade, market.instrument) for trade in after]
    expected = tally.ticker(deals, NOW, price)
    day = market.history.day
    assert Decimal(day.volume).scaleb(-qty) == expected["volume"]
    assert Decimal(day.vwap).scaleb(-price) == expected["vwap"]
