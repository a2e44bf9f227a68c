"""What one symbol's market remembers of its trades: the tape, the day's statistics, the candles.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from publisher.simulator.candles import Candles
from publisher.simulator.day import Day
from publisher.simulator.instruments import Instrument
from publisher.simulator.trades import Sweep, Tape, Trade

PAST_TRADES = 80
"""Trades from before the venue opened: more than the 50 of a snapshot."""

PAST_STEP_BITS = 35
"""They lie up to 2^35 ns (34 s) apart: most of half an hour, so that some minutes have none."""


class History:
    """The trades of one symbol, and what the channels tell of them.

    The candles of an interval are counted once somebody asks for them: from the trades kept, and
    from then on as they come.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.tape = Tape(instrument.symbol)
        self.day = Day()
        self._charts: dict[int, Candles] = {}

    def record(self, sweep: Sweep, ts_ns: int) -> list[Trade]:
        """Keep the sweep's fills as trades at that time, and return them."""
        made = self.tape.record(sweep, ts_ns)
        self._count(made)
        return made

    def _count(self, trades: Iterable[Trade]) -> None:
        for trade in trades:
            self.day.add(trade)
            for candles in self._charts.values():
                candles.add(trade)

    def candles(self, interval: int) -> Candles:
        """Return the candles of that many minutes."""
        candles = self._charts.get(interval)
        if candles is None:
            candles = self._charts[interval] = Candles(interval)
            for trade in self.tape.trades:
                candles.add(trade)
        return candles

    def restate(self, price_shift: int, qty_shift: int) -> None:
        """Rewrite all of it in precisions that are so many decimals longer or shorter.

        Statistics and candles are counted again, from the trades that are kept.
        """
        self.tape.restate(price_shift, qty_shift)
        self.day = Day()
        self._charts.clear()
        self._count(self.tape.trades)


def live_through(history: History, instrument: Instrument, seed: int, until_ns: int) -> None:
    """Give a market the past that ends at `until_ns`; a thin market has none (10 levels)."""
    if instrument.levels < 10:
        return
    random = Random(f"{seed}/{instrument.symbol}/past")
    draw = random.getrandbits
    steps = [draw(PAST_STEP_BITS) for _ in range(PAST_TRADES)]
    ts_ns = until_ns - sum(steps)
    for step in steps:
        ts_ns += step
        ticks = (draw(6) - 32) * instrument.gap
        price = max(1, instrument.reference // instrument.tick_size + ticks) * instrument.tick_size
        qty = max(1, instrument.typical_qty * (1 + draw(8)) >> 7)
        sweep = Sweep("buy" if draw(1) else "sell", "limit", [(price, qty)])
        history.record(sweep, ts_ns)
