"""Whether a book is right below the levels that Kraken's checksum covers (fault X15). Pure.

A second session of the same channel, on a connection of its own, begins with a fresh snapshot and
takes the same messages. Wherever both have taken the same one (by its time and checksum) their
books must be equal, level by level. A book that differs at two such meetings is wrong: the fresh
one has had no time to go astray. Nothing is known of a book whose sessions never met.

Of `level3` the orders must be the same ones, of the same prices and quantities. Their places in the
queues are not asked for: which time a modified order has in a snapshot is not established
(protocol.md 6.2), and the checksum proves a queue as soon as it is among the best ten.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from publisher.model import BookState
from publisher.wire import AnySnapshot, OrdersSnapshot


class Books(Protocol):
    """Books by their symbol: a session, or a group of them."""

    def state_of(self, symbol: str) -> tuple[BookState, int | None, int]:
        """Return the state, the checksum while it is live, and ts_event of the last message."""

    def capture(self, symbol: str) -> AnySnapshot | None:
        """Return the live book; None while it is not live, or proves wrong."""


class Audit:
    """One audit of some books: those `published` against those of a `fresh` session."""

    def __init__(self, symbols: Iterable[str], published: Books, fresh: Books) -> None:
        self._published = published
        self._fresh = fresh
        self._differed: dict[str, int] = dict.fromkeys(symbols, -1)
        """ts_event of the meeting at which a book differed, -1 before: of those not yet judged."""
        self.right = 0
        """How many were found equal."""

    @property
    def unjudged(self) -> int:
        """How many books have not met, or only once while they differed."""
        return len(self._differed)

    def forget(self, symbols: Iterable[str]) -> None:
        """Leave out symbols that the feed gave up."""
        for symbol in symbols:
            self._differed.pop(symbol, None)

    def look(self) -> list[str]:
        """Compare what stands at the same message now; return the symbols found wrong, once."""
        wrong: list[str] = []
        for symbol, differed_at in list(self._differed.items()):
            state, _, ts_event = told = self._published.state_of(symbol)
            if state is not BookState.LIVE or ts_event == differed_at:
                continue
            if told != self._fresh.state_of(symbol):
                continue
            published, fresh = self._published.capture(symbol), self._fresh.capture(symbol)
            if fresh is None or not _is_alike(published, fresh):
                continue
            if _content(published) == _content(fresh):
                self.right += 1
                del self._differed[symbol]
            elif differed_at < 0:
                self._differed[symbol] = ts_event
            else:
                wrong.append(symbol)
                del self._differed[symbol]
        return wrong


def _is_alike(published: AnySnapshot | None, fresh: AnySnapshot) -> bool:
    """True for books of one precision: a change of it may have reached but one of them yet."""
    names = ("price_precision", "qty_precision")
    return published is None or all(
        getattr(published, name, None) == getattr(fresh, name, None) for name in names
    )


def _content(snapshot: AnySnapshot | None) -> object:
    if isinstance(snapshot, OrdersSnapshot):
        return [{order[:3] for order in side or ()} for side in (snapshot.bids, snapshot.asks)]
    return getattr(snapshot, "bids", None), getattr(snapshot, "asks", None)
