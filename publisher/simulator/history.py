"""What one symbol's market remembers of its trades: the tape, the day's statistics, the candles.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from publisher.simulator.candles import INTERVALS, Candles
from publisher.simulator.day import Day
from publisher.simulator.instruments import Instrument
from publisher.simulator.trades import Sweep, Tape, Trade

PAST_TRADES = 80
"""Trades from before the venue opened: more than the 50 of a snapshot."""

PAST_STEP_NS = 20_000_000_000
"""They lie up to twice this far apart: most of half an hour, so that some minutes have none."""


class History:
    """The trades of one symbol, and what the channels tell of them."""

    def __init__(self, instrument: Instrument) -> None:
        self.tape = Tape(instrument.symbol)
        self.day = Day()
        self._charts = {interval: Candles(interval) for interval in INTERVALS}

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
        return self._charts[interval]

    def restate(self, price_shift: int, qty_shift: int) -> None:
        """Rewrite all of it in precisions that are so many decimals longer or shorter.

        Statistics and candles are counted again, from the trades that are kept.
        """
        self.tape.restate(price_shift, qty_shift)
        self.day = Day()
        self._charts = {interval: Candles(interval) for interval in INTERVALS}
        self._count(self.tape.trades)


def live_through(history: History, instrument: Instrument, seed: int, until_ns: int) -> None:
    """Give a market the past that ends at `until_ns`; a thin market has none (10 levels)."""
    if instrument.levels < 10:
        return
    random = Random(f"{seed}/{instrument.symbol}/past")
    steps = [random.randrange(2 * PAST_STEP_NS) for _ in range(PAST_TRADES)]
    ts_ns = until_ns - sum(steps)
    for step in steps:
        ts_ns += step
        ticks = random.randrange(-20, 21) * instrument.gap
        price = max(1, instrument.reference // instrument.tick_size + ticks) * instrument.tick_size
        qty = max(1, instrument.typical_qty * random.randrange(1, 200) // 100)
        sweep = Sweep("buy" if random.getrandbits(1) else "sell", "limit", [(price, qty)])
        history.record(sweep, ts_ns)
