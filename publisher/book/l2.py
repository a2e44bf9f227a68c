"""One L2 book (market by price), kept as Kraken's clients must keep it, with Kraken's checksum.

Rules (protocol.md 5.2, 5.3): apply deltas in array order, last wins; qty 0 removes, also unknown
prices; cut each side to the subscribed depth after every message, since levels pushed out are never
deleted by the venue; the checksum covers the best ten levels, asks first. Levels are scaled
integers. Pure; never repairs a book.

Each side is two parallel lists sorted with the best level last, because changes are near the top:
`keys` (the price; negated for asks, so that both sides sort alike) and `tokens` (price and qty
digits as the checksum wants them). A token also is the level's only copy of its qty.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from zlib import crc32

Level = tuple[int, int]
"""Scaled price and scaled qty."""

CHECKSUM_LEVELS = 10
TOP = -CHECKSUM_LEVELS - 1
"""`tokens[:TOP:-1]` are the best ten, best first."""


class Side:
    """One side of a book, best level last. `sign` is 1 for bids and -1 for asks."""

    __slots__ = ("is_top_changed", "keys", "sign", "tokens")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.tokens: list[str] = []
        self.is_top_changed = True

    def apply(self, deltas: Iterable[Level], depth: int) -> None:
        """Apply deltas in order, then keep the best `depth` levels."""
        keys, tokens, sign = self.keys, self.tokens, self.sign
        for price, qty in deltas:
            key = price * sign
            place = bisect_left(keys, key)
            size = len(keys)
            if place < size and keys[place] == key:
                if qty:
                    tokens[place] = f"{price}{qty}"
                else:
                    del keys[place], tokens[place]
            elif qty:
                keys.insert(place, key)
                tokens.insert(place, f"{price}{qty}")
                size += 1
            else:
                continue
            if size - place <= CHECKSUM_LEVELS:
                self.is_top_changed = True
        surplus = len(keys) - depth
        if surplus > 0:
            del keys[:surplus], tokens[:surplus]
            if depth < CHECKSUM_LEVELS:
                self.is_top_changed = True

    def levels(self) -> list[Level]:
        """Return all levels, best first."""
        sign = self.sign
        prices = [key * sign for key in reversed(self.keys)]
        return [
            (price, int(token[len(str(price)) :]))
            for price, token in zip(prices, reversed(self.tokens), strict=True)
        ]


class Book:
    """An L2 book of at most `depth` levels a side. Sides are changed only through `replace` and
    `apply`.
    """

    __slots__ = ("_asks", "_asks_crc", "_bids", "_bids_text", "depth", "is_crossed")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self._bids = Side(1)
        self._asks = Side(-1)
        self._asks_crc = 0
        self._bids_text = b""
        self.is_crossed = False
        """True when the best bid is at or above the best offer (WIRE.md 4.1, `CROSSED`)."""

    def replace(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Forget everything and take a snapshot's levels, in any order."""
        self._bids, self._asks = Side(1), Side(-1)
        self.apply(bids, asks)

    def apply(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Apply the deltas of one message to both sides and cut them to the depth."""
        if bids:
            self._bids.apply(bids, self.depth)
        if asks:
            self._asks.apply(asks, self.depth)
        bid_keys, ask_keys = self._bids.keys, self._asks.keys
        self.is_crossed = bool(bid_keys and ask_keys) and bid_keys[-1] + ask_keys[-1] >= 0

    def checksum(self) -> int:
        """Return Kraken's CRC-32 of the best ten levels, unsigned (protocol.md 5.3)."""
        asks, bids = self._asks, self._bids
        if asks.is_top_changed:
            self._asks_crc = crc32("".join(asks.tokens[:TOP:-1]).encode())
            asks.is_top_changed = False
        if bids.is_top_changed:
            self._bids_text = "".join(bids.tokens[:TOP:-1]).encode()
            bids.is_top_changed = False
        return crc32(self._bids_text, self._asks_crc)

    @property
    def bids(self) -> list[Level]:
        """All bids as (price, qty), highest price first."""
        return self._bids.levels()

    @property
    def asks(self) -> list[Level]:
        """All asks as (price, qty), lowest price first."""
        return self._asks.levels()

    @property
    def best_bid(self) -> int | None:
        """The highest bid's price; None on an empty side."""
        return self._bids.keys[-1] if self._bids.keys else None

    @property
    def best_offer(self) -> int | None:
        """The lowest ask's price; None on an empty side."""
        return -self._asks.keys[-1] if self._asks.keys else None
