"""Price levels, and what every book says of its best ones: exact numbers, no floats.

Pure. Prices and quantities are scaled integers (unit = 10^-precision); `Decimal` appears only at
the edge. A side that is empty gives None, never a made-up number.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

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


def scaled(value: int, precision: int) -> Decimal:
    """Return `value` x 10^-`precision`, exact whatever the decimal context."""
    return Decimal(f"{value}E-{precision}")


class PricedBook:
    """A book, L2 or L3, at entry `(epoch, seq)` of its stream: what it is of, and what it says of
    its best prices. Where its levels are, the book itself knows.
    """

    __slots__ = (
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

    def __init__(self) -> None:
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
        at = f"{self.epoch}-{self.seq}"
        name = type(self).__name__
        return f"<{name} {self.symbol or '?'} {self.channel}.{self.depth} at {at} {state}>"

    def levels(self, side: Side, limit: int | None = None) -> list[Level]:
        """Return the levels of `side` as scaled integers, best first, at most `limit`; of an L3
        book with their total qty.
        """
        raise NotImplementedError

    def decimal_levels(self, side: Side, limit: int | None = None) -> list[DecimalLevel]:
        """Return the levels of `side` as exact decimals, best first, at most `limit`."""
        return [self._decimal(level) for level in self.levels(side, limit)]

    def best(self, side: Side) -> Level | None:
        """Return the best level of `side` as scaled integers, None when the side is empty."""
        return next(iter(self.levels(side, 1)), None)

    @property
    def best_bid(self) -> DecimalLevel | None:
        """The highest bid's level, None when there is none."""
        return next(iter(self.decimal_levels("bid", 1)), None)

    @property
    def best_offer(self) -> DecimalLevel | None:
        """The lowest ask's level, None when there is none."""
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

    def _decimal(self, level: Level) -> DecimalLevel:
        price, qty = level
        return DecimalLevel(scaled(price, self.price_precision), scaled(qty, self.qty_precision))
