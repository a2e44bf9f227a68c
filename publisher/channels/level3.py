"""The channel `level3`: books by order, verified as those of `book` are.

Kraken gives it on an endpoint of its own, for a token, at a pace by depth, and no instruments
beside it. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from publisher.book.l3 import OrderBook
from publisher.channels.book import BookKeeper, BookTerms, alone
from publisher.channels.channel import Keeper, Precisions
from publisher.kraken import level3
from publisher.wire import Orders, OrdersSnapshot

SYMBOLS_PER_CONNECTION = 200
BUDGET_PER_S = 200.0
"""What a standard account may spend on subscriptions (protocol.md 1.1)."""
COSTS = {10: 5.0, 100: 25.0, 1000: 100.0}
"""What a symbol costs of it, by depth."""


@dataclass(frozen=True, slots=True)
class Level3Channel:
    """Kraken's `level3` of `depth` price levels a side, for one of `connections`."""

    depth: int
    checksum_freq: int = 1
    connections: int = 1
    name: str = "level3"
    precisions: Precisions = "given"
    is_timed: bool = False
    decode: Callable[[bytes], level3.Level3Message] = level3.decode_level3
    around: Callable[[BookKeeper], Keeper] = alone
    counts: Counter[str] = field(default_factory=Counter, compare=False)

    @property
    def terms(self) -> dict[str, object]:
        """The depth."""
        return {"depth": self.depth}

    @property
    def symbols_per_s(self) -> float:
        """How many symbols this connection may subscribe in a second."""
        return BUDGET_PER_S / COSTS[self.depth] / self.connections

    def unknown_fields(self, payload: bytes) -> list[str]:
        """Return the paths of fields that protocol.md 6.1 does not name."""
        return level3.unknown_fields(payload)

    def keeper(self, symbol: str) -> Keeper:
        """Return the keeper of one L3 book."""
        freq, counts = self.checksum_freq, self.counts
        terms = BookTerms("level3", self.depth, freq, OrderBook, Orders, OrdersSnapshot, counts)
        return self.around(BookKeeper(symbol, terms))
