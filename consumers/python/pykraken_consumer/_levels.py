"""Price levels, and what every book says of its best ones: exact numbers, no floats.

Pure. Prices and quantities are scaled integers (unit = 10^-precision); `Decimal` appears only at
the edge. A side that is empty gives None, never a made-up number.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple, Protocol

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


class Priced(Protocol):
    """A book, L2 or L3, as far as these functions look at it."""

    price_precision: int
    qty_precision: int

    def best(self, side: Side) -> Level | None:
        """Return the best level of `side`."""


def scaled(value: int, precision: int) -> Decimal:
    """Return `value` x 10^-`precision`, exact whatever the decimal context."""
    return Decimal(f"{value}E-{precision}")


def decimal(book: Priced, level: Level) -> DecimalLevel:
    """Return one of the book's levels as exact decimals."""
    return DecimalLevel(
        scaled(level.price, book.price_precision), scaled(level.qty, book.qty_precision)
    )


def best_decimal(book: Priced, side: Side) -> DecimalLevel | None:
    """Return the best level of `side` as exact decimals."""
    level = book.best(side)
    return None if level is None else decimal(book, level)


def spread(book: Priced) -> Decimal | None:
    """Return best offer minus best bid."""
    bid, offer = book.best("bid"), book.best("ask")
    if bid is None or offer is None:
        return None
    return scaled(offer.price - bid.price, book.price_precision)


def mid(book: Priced) -> Decimal | None:
    """Return the exact mean of best bid and best offer."""
    bid, offer = book.best("bid"), book.best("ask")
    if bid is None or offer is None:
        return None
    return scaled((bid.price + offer.price) * 5, book.price_precision + 1)
