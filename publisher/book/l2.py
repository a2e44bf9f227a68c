"""One L2 book (market by price), kept as Kraken's clients must keep it, with Kraken's checksum.

Rules (protocol.md 5.2, 5.3): apply deltas in array order, last wins; qty 0 removes, also unknown
prices; cut each side to the subscribed depth after every message, since levels pushed out are never
deleted by the venue; the checksum covers the best ten levels, asks first. Pure; never repairs a
book: after a BadNumber it is half changed and must be dropped.

Levels come as the text of the wire and leave as scaled integers. Reading and applying are one loop,
because together they are most of the publisher's work: Kraken pads numbers to the instrument's
precisions, so the digits without the point are the scaled integer, and nine prices in ten have been
read before. Whatever looks different takes the general way of numbers.py.

Each side is two parallel lists sorted with the best level last, because changes are near the top:
`keys` (the price; negated for asks, so that both sides sort alike) and `tokens` (price and qty
digits as the checksum wants them). A token also is the level's only copy of its qty.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from zlib import crc32

from publisher.numbers import LIMIT, Level, LevelText, decimal_text, scaled

CHECKSUM_LEVELS = 10
TOP = -CHECKSUM_LEVELS - 1
"""`tokens[:TOP:-1]` are the best ten, best first."""
PRICES, PRICES_PER_LEVEL = 256, 4
"""How many price texts a side remembers; then it begins anew, so that memory stays in bounds."""


class Side:
    """One side of a book, best level last. `sign` is 1 for bids and -1 for asks."""

    __slots__ = (
        "_depth",
        "_precisions",
        "_prices",
        "_qty_point",
        "_remembered",
        "_sign",
        "_zero",
        "is_top_changed",
        "keys",
        "tokens",
    )

    def __init__(self, sign: int, depth: int, precisions: tuple[int, int]) -> None:
        self.keys: list[int] = []
        self.tokens: list[str] = []
        self.is_top_changed = True
        self._sign = sign
        self._depth = depth
        self._precisions = precisions
        self._qty_point = -1 - precisions[1]
        self._zero = decimal_text(0, precisions[1])
        self._prices: dict[str, tuple[int, int, str]] = {}
        self._remembered = PRICES + PRICES_PER_LEVEL * depth

    def update(self, levels: Iterable[LevelText]) -> list[Level]:
        """Apply deltas in order, keep the best `depth` levels, return the deltas as integers."""
        keys, tokens, prices = self.keys, self.tokens, self._prices
        zero, point = self._zero, self._qty_point
        deltas: list[Level] = []
        for level in levels:
            text = level.qty
            try:
                known = prices.get(level.price)
                if text == zero:
                    qty = 0
                elif text[point] == "." and (plain := text.replace(".", "", 1)).isdecimal():
                    qty = int(plain)  # which alone would take `1_0`, and blanks
                else:
                    qty = self._qty(text)
            except (TypeError, LookupError, ValueError, AttributeError):
                known, qty = None, self._qty(text)  # a bare integer, an exponent, no number at all
            price, key, digits = known or self._price(level.price)
            if qty >= LIMIT:
                qty = self._qty(text)  # says why not
            deltas.append((price, qty))
            place = bisect_left(keys, key)
            size = len(keys)
            if place < size and keys[place] == key:
                if qty:
                    tokens[place] = f"{digits}{qty}"
                else:
                    del keys[place], tokens[place]
            elif qty:
                keys.insert(place, key)
                tokens.insert(place, f"{digits}{qty}")
                size += 1
            else:
                continue
            if size - place <= CHECKSUM_LEVELS:
                self.is_top_changed = True
        surplus = len(keys) - self._depth
        if surplus > 0:
            del keys[:surplus], tokens[:surplus]
            if self._depth < CHECKSUM_LEVELS:
                self.is_top_changed = True
        return deltas

    def levels(self) -> list[Level]:
        """Return all levels, best first."""
        prices = [key * self._sign for key in reversed(self.keys)]
        return [
            (price, int(token[len(str(price)) :]))
            for price, token in zip(prices, reversed(self.tokens), strict=True)
        ]

    def best(self) -> Level | None:
        """Return the best level; None of an empty side."""
        if not self.keys:
            return None
        price = self.keys[-1] * self._sign
        return price, int(self.tokens[-1][len(str(price)) :])

    def _qty(self, number: str | int) -> int:
        return scaled(number, self._precisions[1])

    def _price(self, number: str | int) -> tuple[int, int, str]:
        """Return price, key and digits of a price met for the first time, and remember them."""
        price = scaled(number, self._precisions[0])
        known = price, price * self._sign, str(price)
        if isinstance(number, str):
            if len(self._prices) >= self._remembered:
                self._prices.clear()
            self._prices[number] = known
        return known


class Book:
    """An L2 book of at most `depth` levels a side, of an instrument with these precisions.

    `update` and `replace` take levels as text and raise BadNumber.
    """

    __slots__ = ("_asks", "_asks_crc", "_bids", "_bids_text", "_precisions", "depth", "is_crossed")

    def __init__(self, depth: int, price_precision: int, qty_precision: int) -> None:
        self.depth = depth
        self._precisions = price_precision, qty_precision
        self._asks_crc = 0
        self._bids_text = b""
        self.is_crossed = False
        """True when the best bid is at or above the best offer (WIRE.md 4.1, `CROSSED`)."""
        self.replace((), ())

    def replace(self, bids: Iterable[LevelText], asks: Iterable[LevelText]) -> None:
        """Forget everything and take a snapshot's levels, in any order."""
        self._bids = Side(1, self.depth, self._precisions)
        self._asks = Side(-1, self.depth, self._precisions)
        self.update(bids, asks)

    def update(
        self, bids: Iterable[LevelText], asks: Iterable[LevelText]
    ) -> tuple[list[Level], list[Level]]:
        """Apply the deltas of one message to both sides; return them as scaled integers."""
        new_bids = self._bids.update(bids) if bids else []
        new_asks = self._asks.update(asks) if asks else []
        bid_keys, ask_keys = self._bids.keys, self._asks.keys
        self.is_crossed = bid_keys[-1] + ask_keys[-1] >= 0 if bid_keys and ask_keys else False
        return new_bids, new_asks

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
    def longest(self) -> int:
        """How many levels the side has that has more."""
        return max(len(self._bids.keys), len(self._asks.keys))

    @property
    def bids(self) -> list[Level]:
        """All bids as (price, qty), highest price first."""
        return self._bids.levels()

    @property
    def asks(self) -> list[Level]:
        """All asks as (price, qty), lowest price first."""
        return self._asks.levels()

    def top(self) -> tuple[Level | None, Level | None]:
        """Return the best bid's level and the best offer's; None for an empty side."""
        return self._bids.best(), self._asks.best()

    @property
    def best_bid(self) -> int | None:
        """The highest bid's price; None on an empty side."""
        return self._bids.keys[-1] if self._bids.keys else None

    @property
    def best_offer(self) -> int | None:
        """The lowest ask's price; None on an empty side."""
        return -self._asks.keys[-1] if self._asks.keys else None
