"""A book as its reader sees it, in any thread: exact decimals, or nothing while it is not proven.

The loop puts a book in (keeper.py) and takes it out at the first doubt. Each read is of one moment;
nobody can change a book from here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from publisher.channels.book import BookKeeper
from publisher.model import Instrument
from publisher.numbers import decimal_text
from publisher.wire import Event, Reset

T = TypeVar("T")


class Level(NamedTuple):
    """A price and the qty that rests there."""

    price: Decimal
    qty: Decimal


class Order(NamedTuple):
    """A resting order; `time`, in ns of Unix time, rules its place in the queue."""

    order_id: str
    price: Decimal
    qty: Decimal
    time: int


class LiveBook:
    """The book of a socket while it is live, shared by the loop and its readers."""

    def __init__(self) -> None:
        self.instrument: Instrument
        """Of the last live book; there is none before the first."""
        self._lock = threading.Lock()
        self._keeper: BookKeeper | None = None

    def change(self, keeper: BookKeeper, change: Callable[[], None]) -> None:
        """Let `change` work on the keeper's book, which is live if it raises nothing."""
        with self._lock:
            self._keeper = None
            change()
            self._keeper = keeper
            self.instrument = keeper.instrument

    def take(self, event: Event) -> None:
        """Drop the book that an event says is gone; the others' books are there already."""
        if isinstance(event, Reset):
            self.drop()

    def drop(self) -> None:
        """The book is not to be read."""
        with self._lock:
            self._keeper = None

    def look(self, at: Callable[[BookKeeper], T]) -> T | None:
        """Return what `at` sees in the live book, None while there is none."""
        with self._lock:
            return None if self._keeper is None else at(self._keeper)


class BookView:
    """The book of a socket, by price. While it is not valid it is empty."""

    def __init__(self, live: LiveBook, sides: Callable[[Any], tuple[list[Any], list[Any]]]) -> None:
        self._live = live
        self._sides = sides

    def __repr__(self) -> str:
        return f"<BookView {'valid' if self.is_valid else 'not valid'}>"

    @property
    def is_valid(self) -> bool:
        """True while the book is what Kraken's checksums say."""
        return self._live.look(lambda _: True) or False

    @property
    def checksum(self) -> int | None:
        """Kraken's checksum of the last message."""
        return self._live.look(lambda keeper: keeper.checksum)

    @property
    def ts_event(self) -> int | None:
        """Kraken's stamp on the last message, ns of Unix time."""
        return self._live.look(lambda keeper: keeper.ts_event)

    @property
    def best_bid(self) -> Level | None:
        """The highest bid; None when there is none."""
        level = self._live.look(lambda keeper: keeper.book.top()[0])
        return None if level is None else self._level(level)

    @property
    def best_offer(self) -> Level | None:
        """The lowest ask; None when there is none."""
        level = self._live.look(lambda keeper: keeper.book.top()[1])
        return None if level is None else self._level(level)

    @property
    def bids(self) -> list[Level]:
        """All bids, highest price first."""
        return self.sides()[0]

    @property
    def asks(self) -> list[Level]:
        """All asks, lowest price first."""
        return self.sides()[1]

    def sides(self) -> tuple[list[Level], list[Level]]:
        """Return bids and asks of the same moment."""
        bids, asks = self._live.look(lambda keeper: self._sides(keeper.book)) or ((), ())
        return list(map(self._level, bids)), list(map(self._level, asks))

    def price(self, scaled: int) -> Decimal:
        """Return a price of an event as a decimal."""
        return Decimal(decimal_text(scaled, self._live.instrument.price_precision))

    def qty(self, scaled: int) -> Decimal:
        """Return a qty of an event as a decimal."""
        return Decimal(decimal_text(scaled, self._live.instrument.qty_precision))

    def _level(self, level: tuple[int, int]) -> Level:
        return Level(self.price(level[0]), self.qty(level[1]))


class OrdersView:
    """The orders of an L3 book. While it is not valid there are none."""

    def __init__(self, live: LiveBook, book: BookView) -> None:
        self._live = live
        self._book = book

    @property
    def bids(self) -> list[Order]:
        """All bids, highest price first, each level as its queue stands."""
        return self._orders(self._live.look(lambda keeper: keeper.book.bids))

    @property
    def asks(self) -> list[Order]:
        """All asks, lowest price first, each level as its queue stands."""
        return self._orders(self._live.look(lambda keeper: keeper.book.asks))

    def _orders(self, orders: Iterable[tuple[str, int, int, int]] | None) -> list[Order]:
        price, qty = self._book.price, self._book.qty
        return [Order(each[0], price(each[1]), qty(each[2]), each[3]) for each in orders or ()]
