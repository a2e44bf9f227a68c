"""The L2 book of one stream: two sides of price levels, kept by WIRE §5. (The L3 book stands in a
room of its own, `_order_book`, and is given out here.)

Knows nothing of Redis, msgpack or sequences. Prices and quantities are scaled integers (unit =
10^-precision); `Decimal` appears only at the edge, never a float. Each side is three parallel lists
sorted so that the best level is last: the sort key, the qty, and the level's checksum text, made
once per change. Promises: after `load` or `apply` the sides hold at most `depth` levels, and
`checksum()` is Kraken's CRC-32 of what they hold.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import islice
from zlib import crc32

from ._levels import BEST, CHECKSUM_LEVELS, AnyBook, DecimalLevel, Level, Side, scaled
from ._order_book import Order, OrderBook, orders_checksum

__all__ = [
    "Book",
    "DecimalLevel",
    "Level",
    "Order",
    "OrderBook",
    "Side",
    "checksum_of",
    "orders_checksum",
    "scaled",
]


class _Side:
    """Levels of one side, best last. `sign` is 1 for bids, -1 for asks; keys are `sign * price`.

    `text` is the side's part of the checksum's input, always that of the levels as they are.
    """

    __slots__ = ("keys", "qtys", "sign", "text", "texts")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.qtys: list[int] = []
        self.texts: list[bytes] = []
        self.text = b""

    def load(self, levels: Iterable[tuple[int, int]], depth: int) -> None:
        """Replace all levels; `levels` come best first."""
        kept = list(levels)[:depth][::-1]
        self.keys = [self.sign * price for price, _ in kept]
        self.qtys = [qty for _, qty in kept]
        self.texts = [b"%d%d" % (price, qty) for price, qty in kept]
        self.text = b"".join(self.texts[BEST])

    def apply(self, deltas: Sequence[tuple[int, int]], depth: int) -> None:
        """Set or remove each level in array order, then cut to `depth` (WIRE §5.1)."""
        keys, qtys, texts, sign = self.keys, self.qtys, self.texts, self.sign
        is_text_old = False
        for price, qty in deltas:
            key = sign * price
            at = bisect_left(keys, key)
            if at < len(keys) and keys[at] == key:
                if qty:
                    qtys[at] = qty
                    texts[at] = b"%d%d" % (price, qty)
                else:
                    del keys[at], qtys[at], texts[at]
            elif qty:
                keys.insert(at, key)
                qtys.insert(at, qty)
                texts.insert(at, b"%d%d" % (price, qty))
            else:
                continue
            if at >= len(keys) - CHECKSUM_LEVELS:
                is_text_old = True
        if len(keys) > depth:
            over = len(keys) - depth
            del keys[:over], qtys[:over], texts[:over]
        if is_text_old:
            self.text = b"".join(texts[BEST])

    def levels(self, limit: int | None) -> list[Level]:
        """Return at most `limit` levels, best first."""
        stop = None if limit is None else -limit - 1
        pairs = zip(self.keys[:stop:-1], self.qtys[:stop:-1], strict=True)
        return [Level(self.sign * key, qty) for key, qty in pairs]


class Book(AnyBook[_Side]):
    """The book of one stream at entry `(epoch, seq)`. Changed in place by its replica, read by
    anyone. Use `copy()` to keep a moment.
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(_Side(1), _Side(-1))

    def load(
        self, bids: Iterable[tuple[int, int]], asks: Iterable[tuple[int, int]], depth: int
    ) -> None:
        """Replace both sides by a snapshot's levels, best first, and keep `depth` a side from now
        on.
        """
        self.depth = depth
        self._bids.load(bids, depth)
        self._asks.load(asks, depth)
        self._asks_crc = crc32(self._asks.text)

    def apply(self, bids: Sequence[tuple[int, int]], asks: Sequence[tuple[int, int]]) -> int:
        """Apply one update's deltas, bids then asks, a qty of 0 removing; return `checksum()`."""
        if bids:
            self._bids.apply(bids, self.depth)
        if asks:
            self._asks.apply(asks, self.depth)
            self._asks_crc = crc32(self._asks.text)
        return crc32(self._bids.text, self._asks_crc)

    def copy(self) -> Book:
        """Return a book of its own that no replica changes."""
        twin = Book()
        twin.load(self.levels("bid"), self.levels("ask"), self.depth)
        twin._stand_like(self)
        return twin


def checksum_of(bids: Iterable[tuple[int, int]], asks: Iterable[tuple[int, int]]) -> int:
    """Return the checksum of two sides that come best first (WIRE §5.2)."""
    best = [*islice(asks, CHECKSUM_LEVELS), *islice(bids, CHECKSUM_LEVELS)]
    return crc32(b"".join([b"%d%d" % (price, qty) for price, qty in best]))
