"""Candles of one symbol and interval, built from its trades as they come (protocol.md 4.4).

An interval without trades has no candle. A late trade changes the candle that its own time
belongs to, and comes to the front or the back of it only if its time does. Candles lie on
multiples of the interval since 1970. Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from publisher.simulator.trades import Trade

INTERVALS = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
"""In minutes."""

MINUTE_NS = 60_000_000_000

KEPT = 20
"""Candles kept: twice what a snapshot shows, so that a late trade finds its candle."""


@dataclass(slots=True)
class Candle:
    """One candle in scaled integers; `cost` is the sum of price times qty."""

    begin_ns: int
    open: int
    high: int
    low: int
    close: int
    trades: int
    volume: int
    cost: int
    first_ns: int
    last_ns: int


class Candles:
    """The latest candles of one interval, oldest first."""

    __slots__ = ("_begins", "_candles", "_length_ns")

    def __init__(self, interval: int) -> None:
        self._length_ns = interval * MINUTE_NS
        self._begins: list[int] = []
        self._candles: list[Candle] = []

    def add(self, trade: Trade) -> None:
        """Count the trade in the candle of its time; one older than all that are kept is lost."""
        begin = self._begin(trade.ts_ns)
        if self._begins and self._begins[-1] == begin:
            _grow(self._candles[-1], trade)
            return
        index = bisect_left(self._begins, begin)
        if index < len(self._begins) and self._begins[index] == begin:
            _grow(self._candles[index], trade)
        elif index or len(self._begins) < KEPT:
            self._begins.insert(index, begin)
            self._candles.insert(index, _opened(begin, trade))
            del self._begins[:-KEPT], self._candles[:-KEPT]

    def _begin(self, ts_ns: int) -> int:
        return ts_ns - ts_ns % self._length_ns

    def holding(self, trades: Iterable[Trade]) -> list[Candle]:
        """Return the candles that these trades belong to, as far as they are kept, oldest first."""
        begins = {self._begin(trade.ts_ns) for trade in trades}
        return [candle for candle in self._candles if candle.begin_ns in begins]

    def latest(self, count: int) -> list[Candle]:
        """Return the last `count` candles, oldest first."""
        return self._candles[-count:]


def _opened(begin_ns: int, trade: Trade) -> Candle:
    price, qty, ts_ns = trade.price, trade.qty, trade.ts_ns
    return Candle(begin_ns, price, price, price, price, 1, qty, price * qty, ts_ns, ts_ns)


def _grow(candle: Candle, trade: Trade) -> None:
    price = trade.price
    if price > candle.high:
        candle.high = price
    elif price < candle.low:
        candle.low = price
    if trade.ts_ns >= candle.last_ns:
        candle.close, candle.last_ns = price, trade.ts_ns
    elif trade.ts_ns < candle.first_ns:
        candle.open, candle.first_ns = price, trade.ts_ns
    candle.trades += 1
    candle.volume += trade.qty
    candle.cost += price * trade.qty
