"""The ticker's statistics over the trades of the last 24 hours (protocol.md 4.1). Pure."""

from __future__ import annotations

from collections import deque

from publisher.simulator.trades import KEPT, Trade, vwap

DAY_NS = 24 * 60 * 60 * 1_000_000_000


class Day:
    """A rolling window of trades, the last `KEPT` of a day at most, and its sums."""

    __slots__ = ("_cost", "_trades", "high", "low", "volume")

    def __init__(self) -> None:
        self._trades: deque[Trade] = deque()
        self._cost = 0
        self.volume = 0
        self.low = 0
        self.high = 0

    def __len__(self) -> int:
        return len(self._trades)

    def add(self, trade: Trade) -> None:
        """Take a trade in."""
        price = trade.price
        if not self._trades:
            self.low = self.high = price
        elif price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self._trades.append(trade)
        self.volume += trade.qty
        self._cost += price * trade.qty
        if len(self._trades) > KEPT:
            self._forget_oldest()

    def expire(self, now_ns: int) -> None:
        """Let go of what is older than a day at `now_ns`."""
        while self._trades and self._trades[0].ts_ns <= now_ns - DAY_NS:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        gone = self._trades.popleft()
        self.volume -= gone.qty
        self._cost -= gone.price * gone.qty
        if self._trades and gone.price in (self.low, self.high):
            prices = [trade.price for trade in self._trades]
            self.low, self.high = min(prices), max(prices)

    @property
    def first(self) -> int:
        """Return the oldest trade's price. Raises IndexError when nothing was traded."""
        return self._trades[0].price

    @property
    def last(self) -> int:
        """Return the newest trade's price. Raises IndexError when nothing was traded."""
        return self._trades[-1].price

    @property
    def vwap(self) -> int:
        """Return the mean price weighted by qty, rounded half up."""
        return vwap(self._cost, self.volume)

    @property
    def change_pct(self) -> int:
        """Return the change since the oldest trade in hundredths of a per cent, rounded half
        away from 0."""
        change = self.last - self.first
        size = (20_000 * abs(change) + self.first) // (2 * self.first)
        return size if change >= 0 else -size
