"""A keeper put around a book's: it tells each event when the book has it, not a batch later.

What a channel publishes to Redis may come in batches; whoever reads `socket.book` in a callback
wants the book of this event. Promises: the live book is dropped before anything doubtful happens to
it, and no lock is held while an event is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from publisher.actions import Action, Emit, Fetch
from publisher.channels.book import BookKeeper
from publisher.model import Instrument, Now
from publisher.sockets.books import LiveBook
from publisher.wire import AnySnapshot, Event


class TellingKeeper:
    """A book's keeper whose events are told at once."""

    def __init__(self, keeper: BookKeeper, live: LiveBook, tell: Callable[[Event], None]) -> None:
        self._keeper = keeper
        self._live = live
        self._tell = tell

    @property
    def ts_event(self) -> int:
        """The book's."""
        return self._keeper.ts_event

    @property
    def ts_recv(self) -> int:
        """The book's."""
        return self._keeper.ts_recv

    @property
    def crossed_since(self) -> float | None:
        """The book's."""
        return self._keeper.crossed_since

    @property
    def checksum(self) -> int | None:
        """The book's."""
        return self._keeper.checksum

    def is_of(self, instrument: Instrument) -> None:
        """Hand the instrument on; the book begins anew with it."""
        self._live.drop()
        self._keeper.is_of(instrument)

    def updated(self, data: Any, now: Now, out: list[Action]) -> None:
        """Let the book take an update."""
        told: list[Action] = []
        self._live.change(self._keeper, lambda: self._keeper.updated(data, now, told))
        self._tell_all(told)

    def replaced(self, data: Any, now: Now, out: list[Action]) -> None:
        """Let the book take a snapshot."""
        told: list[Action] = []
        self._live.change(self._keeper, lambda: self._keeper.replaced(data, now, told))
        self._tell_all(told)

    def capture(self) -> AnySnapshot | None:
        """Return the book as it stands."""
        return self._keeper.capture()

    def ticked(self, now: Now, out: list[Action]) -> None:
        """Nothing is due by time."""

    def fetched(self, fetch: Fetch, answer: object, now: Now, out: list[Action]) -> None:
        """Nothing was asked for."""

    def _tell_all(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Emit):
                self._tell(action.event)
