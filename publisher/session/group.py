"""The sessions of one feed, looked at as one: a channel of more symbols than a connection takes has
several. Pure.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Mapping, Sequence

from publisher.model import BookState
from publisher.session.session import Session
from publisher.session.subscription import Subscription
from publisher.wire import AnySnapshot, TopSnapshot


class SessionGroup:
    """Every symbol belongs to one session."""

    def __init__(self, sessions: Sequence[Session]) -> None:
        self.sessions = sessions
        self._of = {symbol: session for session in sessions for symbol in session.subscriptions}

    @property
    def subscriptions(self) -> Mapping[str, Subscription]:
        """All subscriptions, by symbol."""
        return ChainMap(*(session.subscriptions for session in self.sessions))

    @property
    def live(self) -> int:
        """How many symbols are live."""
        return sum(session.live for session in self.sessions)

    @property
    def refused(self) -> list[str]:
        """Symbols that Kraken refused for good."""
        return [symbol for session in self.sessions for symbol in session.refused]

    @property
    def system(self) -> str:
        """Kraken's system state as told last; empty before it was."""
        return next((s.system for s in self.sessions if s.system), "")

    @property
    def counts(self) -> Counter[str]:
        """What befell messages and symbols, by kind."""
        return sum((session.counts for session in self.sessions), Counter())

    def capture(self, symbol: str) -> AnySnapshot | None:
        """Return a symbol's live state as a snapshot event, if there is one."""
        return self._of[symbol].capture(symbol)

    def capture_top(self, symbol: str) -> TopSnapshot | None:
        """Return the best prices of a symbol's live book, if there is one."""
        return self._of[symbol].capture_top(symbol)

    def state_of(self, symbol: str) -> tuple[BookState, int | None, int]:
        """Return a symbol's state, its checksum while live, and ts_event of its last message."""
        return self._of[symbol].state_of(symbol)
