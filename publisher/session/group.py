"""The sessions of one feed, looked at as one: a channel of more symbols than a connection takes has
several. Pure.
"""

from __future__ import annotations

import sys
from collections import ChainMap, Counter
from collections.abc import Collection, Mapping, Sequence

from publisher.actions import Action, Notify
from publisher.model import BookState, Now
from publisher.session.session import Session
from publisher.session.subscription import Subscription
from publisher.wire import AnySnapshot, TopSnapshot


class SessionGroup:
    """Every symbol belongs to one session, and a session has `most` at most."""

    def __init__(self, sessions: Sequence[Session], most: int = sys.maxsize) -> None:
        self.sessions = sessions
        self._most = most
        self._of = {symbol: session for session in sessions for symbol in session.subscriptions}
        self._gist = b""

    @property
    def symbols(self) -> Collection[str]:
        """The symbols that are kept, without those that are leaving."""
        return self._of.keys()

    @property
    def subscriptions(self) -> Mapping[str, Subscription]:
        """All subscriptions, by symbol."""
        return ChainMap(*(session.subscriptions for session in self.sessions))

    def room(self, leaving: Collection[str]) -> int:
        """Return how many symbols there is room for, once some have left."""
        return len(self.sessions) * self._most - len(self._of) + len(leaving)

    def changed(
        self, joining: Sequence[str], leaving: Sequence[str], now: Now
    ) -> list[list[Action]]:
        """Keep other symbols from now on, no more than there is `room` for; return what each
        session asks.
        """
        going = [[s for s in leaving if self._of[s] is session] for session in self.sessions]
        for symbol in leaving:
            del self._of[symbol]
        for symbol in joining:
            self._of[symbol] = self._place(symbol)
        coming = [[s for s in joining if self._of[s] is session] for session in self.sessions]
        changes = zip(self.sessions, coming, going, strict=True)
        return [session.changed(here, gone, now) for session, here, gone in changes]

    def _place(self, symbol: str) -> Session:
        """Return the session that has the symbol still, if it has room, else the emptiest."""
        taken = Counter(map(id, self._of.values()))
        open_ones = [s for s in self.sessions if taken[id(s)] < self._most]
        return min(open_ones, key=lambda s: (symbol not in s.subscriptions, taken[id(s)]))

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

    def is_news(self, notify: Notify) -> bool:
        """Return False for what another connection of the feed has told already: Kraken says the
        state of its system on each of them.
        """
        if not notify.gist:
            return True
        before, self._gist = self._gist, notify.gist
        return self._gist != before

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
