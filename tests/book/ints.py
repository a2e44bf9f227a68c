"""A book for tests that think in scaled integers: the publisher's, whose levels come as text."""

from __future__ import annotations

from collections.abc import Iterable

from publisher.book import l2
from publisher.kraken.messages import LevelText
from tests.model import unscaled

Level = tuple[int, int]
PRICE_PRECISION, QTY_PRECISION = 1, 8


class Book(l2.Book):
    """`apply` and `replace` take (price, qty) in integers; everything else is the publisher's."""

    __slots__ = ()

    def __init__(self, depth: int) -> None:
        super().__init__(depth, PRICE_PRECISION, QTY_PRECISION)

    def apply(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        self.update(texts(bids), texts(asks))

    def take(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Replace the book."""
        self.replace(texts(bids), texts(asks))


def texts(levels: Iterable[Level]) -> list[LevelText]:
    """Return levels as Kraken writes them."""
    return [
        LevelText(unscaled(price, PRICE_PRECISION), unscaled(qty, QTY_PRECISION))
        for price, qty in levels
    ]


def deltas(levels: Iterable[LevelText], precisions: tuple[int, int]) -> list[Level]:
    """Return the integers that a book reads from levels; raises as the book does."""
    return l2.Book(1000, *precisions).update(list(levels), ())[0]
