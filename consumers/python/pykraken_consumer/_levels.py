"""Price levels, and what every book says of its best ones: exact numbers, no floats.

Pure. Prices and quantities are scaled integers (unit = 10^-precision); `Decimal` appears only at
the edge. A side that is empty gives None, never a made-up number.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar
from zlib import crc32

Side = Literal["bid", "ask"]

CHECKSUM_LEVELS = 10  # WIRE §5.2: "the best 10 asks from the best, then the best 10 bids"
BEST = slice(None, -CHECKSUM_LEVELS - 1, -1)


class Level(NamedTuple):
    """One price and the total qty resting there, as scaled integers."""

    price: int
    qty: int


class DecimalLevel(NamedTuple):
    """One price and the total qty resting there, as exact decimals."""

    price: Decimal
    qty: Decimal


class BookSide(Protocol):
    """A side of a book, L2 or L3, as far as `AnyBook` looks at it."""

    text: bytes

    def levels(self, limit: int | None) -> list[Level]:
        """Return at most `limit` levels, best first."""


S = TypeVar("S", bound=BookSide)


def scaled(value: int, precision: int) -> Decimal:
    """Return `value` x 10^-`precision`, exact whatever the decimal context."""
    return Decimal(f"{value}E-{precision}")


_STANDING = (
    "channel",
    "depth",
    "epoch",
    "is_stale",
    "is_valid",
    "price_precision",
    "qty_precision",
    "seq",
    "symbol",
    "ts_event",
)


class AnyBook(Generic[S]):
    """What books of both kinds are to their readers; how each changes is its own affair.

    `is_valid`: joined, contiguous and checksum-proven. `is_stale`: valid, but nothing was heard for
    longer than allowed, the publisher said goodbye, or Redis is away.
    """

    __slots__ = ("_asks", "_asks_crc", "_bids", *_STANDING)

    def __init__(self, bids: S, asks: S) -> None:
        self._bids = bids
        self._asks = asks
        self._asks_crc = 0  # of the asks' text: they come first in the checksum
        self.channel = ""
        self.symbol = ""
        self.depth = 0
        self.price_precision = 0
        self.qty_precision = 0
        self.epoch = 0
        self.seq = 0
        self.ts_event = 0
        self.is_valid = False
        self.is_stale = False

    def __repr__(self) -> str:
        state = ("stale" if self.is_stale else "valid") if self.is_valid else "invalid"
        what = f"{type(self).__name__} {self.symbol or '?'} {self.channel}.{self.depth}"
        return f"<{what} at {self.epoch}-{self.seq} {state}>"

    def checksum(self) -> int:
        """Return Kraken's CRC-32 of the best ten levels a side, of L3 of all their orders; 0 for an
        empty book (WIRE §5.2, §5.4).
        """
        return crc32(self._bids.text, self._asks_crc)

    def levels(self, side: Side, limit: int | None = None) -> list[Level]:
        """Return the levels of `side` as scaled integers, of L3 with their total qty, best first,
        at most `limit`.
        """
        return (self._bids if side == "bid" else self._asks).levels(limit)

    def decimal_levels(self, side: Side, limit: int | None = None) -> list[DecimalLevel]:
        """Return the levels of `side` as exact decimals, best first, at most `limit`."""
        prices, qtys = self.price_precision, self.qty_precision
        return [
            DecimalLevel(scaled(level.price, prices), scaled(level.qty, qtys))
            for level in self.levels(side, limit)
        ]

    def best(self, side: Side) -> Level | None:
        """Return the best level of `side` as scaled integers, None when the side is empty."""
        return next(iter(self.levels(side, 1)), None)

    @property
    def best_bid(self) -> DecimalLevel | None:
        """The highest bid, None when there is none."""
        return next(iter(self.decimal_levels("bid", 1)), None)

    @property
    def best_offer(self) -> DecimalLevel | None:
        """The lowest ask, None when there is none."""
        return next(iter(self.decimal_levels("ask", 1)), None)

    @property
    def spread(self) -> Decimal | None:
        """Best offer minus best bid, None when a side is empty."""
        bid, offer = self.best("bid"), self.best("ask")
        if bid is None or offer is None:
            return None
        return scaled(offer.price - bid.price, self.price_precision)

    @property
    def mid(self) -> Decimal | None:
        """The exact mean of best bid and best offer, None when a side is empty."""
        bid, offer = self.best("bid"), self.best("ask")
        if bid is None or offer is None:
            return None
        return scaled((bid.price + offer.price) * 5, self.price_precision + 1)

    def _stand_like(self, other: AnyBook[S]) -> None:
        for name in _STANDING:
            setattr(self, name, getattr(other, name))
