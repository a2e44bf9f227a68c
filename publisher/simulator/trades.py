"""Trades as the market makes them, and one symbol's record of them.

A sweep is what one incoming order consumed; each fill of it becomes a trade, all of them with
one time. Ids of a symbol are consecutive from its first trade on, whatever is sent of them. The
record is bounded: `KEPT` trades a symbol, which is as far back as REST and the 24 hours reach.
Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, NamedTuple
from zlib import crc32

TakerSide = Literal["buy", "sell"]
OrdType = Literal["limit", "market"]

KEPT = 20_000
"""Trades kept a symbol: minutes of the wildest market, hours of a usual one, 5 MB at most."""


@dataclass(slots=True)
class Sweep:
    """What one incoming order took: its side and type, and (price, qty) of each fill."""

    side: TakerSide
    ord_type: OrdType
    fills: list[tuple[int, int]] = field(default_factory=list)


class Trade(NamedTuple):
    """One trade; price and qty are scaled integers, the time is Unix time in ns."""

    trade_id: int
    side: TakerSide
    price: int
    qty: int
    ord_type: OrdType
    ts_ns: int


class Tape:
    """One symbol's trades in the order of their ids."""

    def __init__(self, symbol: str) -> None:
        self.trades: deque[Trade] = deque(maxlen=KEPT)
        # Eight digits, as on the busy pairs; another range for each symbol finds mixed-up ids.
        self.next_id = 10_000_000 + crc32(symbol.encode()) % 80_000_000

    def record(self, sweep: Sweep, ts_ns: int) -> list[Trade]:
        """Give each fill its id and the sweep's time, and keep it."""
        made = [
            Trade(number, sweep.side, price, qty, sweep.ord_type, ts_ns)
            for number, (price, qty) in enumerate(sweep.fills, self.next_id)
        ]
        self.next_id += len(made)
        self.trades.extend(made)
        return made

    def latest(self, count: int) -> list[Trade]:
        """Return the last `count` trades, oldest first."""
        return list(islice(self.trades, max(0, len(self.trades) - count), None))

    def since(self, after_ns: int, count: int) -> list[Trade]:
        """Return the first `count` trades later than `after_ns`, which is excluded, by time; of one
        time by id (10.4)."""
        later = sorted((t for t in self.trades if t.ts_ns > after_ns), key=lambda t: t.ts_ns)
        return later[:count]

    def restate(self, price_shift: int, qty_shift: int) -> None:
        """Rewrite the trades in precisions that are so many decimals longer or shorter."""
        self.trades = deque(_restated(self.trades, price_shift, qty_shift), maxlen=KEPT)


def _restated(trades: Iterable[Trade], price_shift: int, qty_shift: int) -> Iterable[Trade]:
    for trade in trades:
        price = max(1, shifted(trade.price, price_shift))
        yield trade._replace(price=price, qty=max(1, shifted(trade.qty, qty_shift)))


def shifted(value: int, shift: int) -> int:
    """Return the scaled integer with `shift` decimals more; fewer cut digits off."""
    return value * 10**shift if shift >= 0 else int(value // 10**-shift)


def vwap(cost: int, volume: int) -> int:
    """Return cost / volume as a price, rounded half up: 0 where nothing was traded."""
    return (2 * cost + volume) // (2 * volume) if volume else 0
