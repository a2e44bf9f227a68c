"""The channel `book`, and the keeper of a verified book, which `level3` shares.

Verify, then publish. The order is always the same: exact numbers, apply, cut to the depth, compare
with Kraken's checksum, and only then an event. With `checksum_freq` N at least every Nth update is
compared; events between carry UNVERIFIED. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any, Protocol

from publisher.actions import Action, Emit, Fetch
from publisher.book.l2 import Book
from publisher.channels.channel import Keeper, Precisions, WrongChecksum
from publisher.kraken import messages
from publisher.model import Instrument, Now
from publisher.numbers import Level
from publisher.timestamps import nanoseconds
from publisher.wire import WIRE_VERSION, Flag, Orders, OrdersSnapshot, Snapshot, Update

UNVERIFIED = int(Flag.UNVERIFIED)
CROSSED = int(Flag.CROSSED)


class BookLike(Protocol):
    """What L2 and L3 books have in common."""

    is_crossed: bool

    def replace(self, bids: Any, asks: Any) -> None: ...
    def update(self, bids: Any, asks: Any) -> tuple[list[Any], list[Any]]: ...
    def checksum(self) -> int: ...
    def top(self) -> tuple[Level | None, Level | None]: ...
    @property
    def longest(self) -> int: ...
    @property
    def bids(self) -> list[Any]: ...
    @property
    def asks(self) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class BookTerms:
    """How books are kept: which kind, how deep, how often compared, in which events."""

    name: str
    depth: int
    checksum_freq: int
    make: Callable[[int, int, int], BookLike]
    update: type[Update] | type[Orders]
    snapshot: type[Snapshot] | type[OrdersSnapshot]
    counts: Counter[str]
    """Shared by all books of a channel: `doubled` updates."""


def alone(keeper: BookKeeper) -> BookKeeper:
    """Put nothing around a keeper."""
    return keeper


@dataclass(frozen=True, slots=True)
class BookChannel:
    """Kraken's `book` of `depth` levels a side."""

    depth: int
    checksum_freq: int = 1
    name: str = "book"
    precisions: Precisions = "subscribed"
    symbols_per_s: float = inf
    is_timed: bool = False
    decode: Callable[[bytes], messages.BookMessage] = messages.decode_book
    around: Callable[[BookKeeper], Keeper] = alone
    """What is put around each keeper (bbo.py)."""
    counts: Counter[str] = field(default_factory=Counter, compare=False)

    @property
    def terms(self) -> dict[str, object]:
        """The depth, which an unsubscribe names too: Kraken takes 10 otherwise."""
        return {"depth": self.depth}

    def unknown_fields(self, payload: bytes) -> list[str]:
        """Return the paths of fields that protocol.md 5.1 does not name."""
        return messages.unknown_fields(payload)

    def keeper(self, symbol: str) -> Keeper:
        """Return the keeper of one L2 book."""
        freq, counts = self.checksum_freq, self.counts
        terms = BookTerms("book", self.depth, freq, Book, Update, Snapshot, counts)
        return self.around(BookKeeper(symbol, terms))


class BookKeeper:
    """One book and the proof of it. `book` is there from the instrument on."""

    def __init__(self, symbol: str, terms: BookTerms) -> None:
        self.symbol = symbol
        self.terms = terms
        self.book: BookLike
        self.ts_event = 0
        self.ts_recv = 0
        self.checksum: int | None = None
        self.crossed_since: float | None = None
        self.instrument: Instrument
        self.flags = 0
        self._unverified = 0

    def is_of(self, instrument: Instrument) -> None:
        """Take the instrument, and an empty book of its precisions."""
        self.instrument = instrument
        precisions = instrument.price_precision, instrument.qty_precision
        self.book = self.terms.make(self.terms.depth, *precisions)

    def updated(self, data: Any, now: Now, out: list[Action]) -> None:
        """Apply one update to a live book; raise WrongChecksum, BadNumber or BadFrame."""
        ts_event = nanoseconds(data.timestamp)
        book, terms = self.book, self.terms
        bids, asks = book.update(data.bids, data.asks)
        flags = 0
        stated = data.checksum
        if terms.checksum_freq > 1 and not self._is_turn():
            flags = UNVERIFIED
        elif book.checksum() != stated:
            raise WrongChecksum(stated, book.checksum())
        if book.is_crossed:
            flags |= CROSSED
            if self.crossed_since is None:
                self.crossed_since = now.mono
        elif self.crossed_since is not None:
            self.crossed_since = None
        if ts_event == self.ts_event and stated == self.checksum:
            terms.counts["doubled"] += 1  # quantities are absolute: it has changed nothing (X16)
        self.ts_event = ts_event
        self.ts_recv = ts_recv = now.unix
        self.checksum = stated
        self.flags = flags
        out.append(Emit(self.symbol, terms.update(ts_event, ts_recv, 0, flags, bids, asks, stated)))

    def replaced(self, data: Any, now: Now, out: list[Action]) -> None:
        """Take a snapshot, which always replaces (protocol.md 5.1); raise as `updated` does."""
        ts_event = nanoseconds(data.timestamp)
        book = self.book
        book.replace(data.bids, data.asks)
        own = book.checksum()
        if own != data.checksum:
            raise WrongChecksum(data.checksum, own)
        self._unverified = 0
        self.crossed_since = now.mono if book.is_crossed else None
        self.ts_event, self.ts_recv, self.checksum = ts_event, now.unix, own
        self.flags = CROSSED if book.is_crossed else 0
        out.append(Emit(self.symbol, self._snapshot(own)))

    def capture(self) -> Snapshot | OrdersSnapshot | None:
        """Return the book as it stands, proved once more; None if it proves wrong.

        With `checksum_freq` above 1 the latest updates may not have been compared before.
        """
        checksum = self.proven()
        return None if checksum is None else self._snapshot(checksum)

    def proven(self) -> int | None:
        """Return the book's checksum if it is the one that Kraken stated last, else None."""
        return self.checksum if self.book.checksum() == self.checksum else None

    def ticked(self, now: Now, out: list[Action]) -> None:
        """Nothing is due by time."""

    def fetched(self, fetch: Fetch, answer: object, now: Now, out: list[Action]) -> None:
        """Nothing was asked for."""

    def _is_turn(self) -> bool:
        """Count updates; every `checksum_freq`th is to be compared."""
        self._unverified = (self._unverified + 1) % self.terms.checksum_freq
        return self._unverified == 0

    def _snapshot(self, checksum: int) -> Snapshot | OrdersSnapshot:
        instrument, terms = self.instrument, self.terms
        return terms.snapshot(
            ts_event=self.ts_event,
            ts_recv=self.ts_recv,
            ts_pub=0,
            flags=self.flags & ~UNVERIFIED,
            version=WIRE_VERSION,
            channel=terms.name,
            symbol=self.symbol,
            depth=terms.depth,
            price_precision=instrument.price_precision,
            qty_precision=instrument.qty_precision,
            checksum=checksum,
            bids=self.book.bids,
            asks=self.book.asks,
        )
