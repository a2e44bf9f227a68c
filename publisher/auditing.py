"""The auditor: from time to time a second connection to Kraken, for as long as an audit takes.

A shell around session/audit.py. Books take turns, a share of them on each connection, so that each
is audited once in `audit_interval_s` and never more than ten connections are made in it; none is
made while the machine's budget of connects is short, since a feed may need it. What the second
session says goes nowhere. One of `level3` fetches a token of its own, and is given the instruments
that the feed knows.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from math import ceil

from publisher import venue
from publisher.actions import Action, Emit, EmitTop
from publisher.channels.plans import audited_by
from publisher.connection import Connection, Ground
from publisher.endings import FeedTally
from publisher.kraken.messages import Instruments
from publisher.logs import get_logger
from publisher.model import BookState, FeedPlan, Now
from publisher.session import Session, SessionGroup
from publisher.session.audit import Audit
from publisher.settings import Settings

AUDIT_S = 30.0
"""A book whose sessions have not met by then is left for its next turn. Subscribing comes before,
which of `level3` takes a while."""
LEAST_SHARE = 25
CONNECTIONS = 10
BUDGET_KEPT = 50
"""Connects that an audit leaves to the feeds of the machine."""


class Auditor:
    """Audits the books of `group` in turn; does nothing for feeds that have no unproven levels."""

    def __init__(
        self, settings: Settings, plan: FeedPlan, group: SessionGroup, ground: Ground
    ) -> None:
        self.counts: Counter[str] = Counter(right=0, wrong=0, unjudged=0)
        """Verdicts so far."""
        self._settings = settings
        self._plan = plan
        self._group = group
        self._budget = ground.budget
        self._ground = dataclasses.replace(
            ground, publish=_others, obey=_ignored, tally=FeedTally()
        )
        self._interval_s = settings.audit_interval_s
        channel = audited_by(plan)
        if channel is None:
            self._interval_s = 0.0
        else:
            self._channel = channel
        self._waiting: list[str] = []
        self._due: float | None = None
        self._until = 0.0
        self._connection: Connection | None = None
        self._symbols: Sequence[str] = ()
        self._audit: Audit
        self._log = get_logger("audit")

    def ticked(self, now: Now) -> list[str]:
        """Do what is due; return the symbols whose published book was found wrong."""
        if not self._interval_s:
            return []
        if self._due is None:  # the first audit waits too: books have just been snapshots
            self._due = now.mono + self._interval_s
        if self._connection is None:
            if now.mono >= self._due:
                self._begin(now)
            return []
        self._connection.ticked(now)
        self._audit.forget({*self._symbols} - {*self._group.symbols})
        wrong = self._audit.look()
        for symbol in wrong:
            self._log.error("book.audit_failed", symbol=symbol)
        self.counts["wrong"] += len(wrong)
        if not self._audit.unjudged or now.mono >= self._until:
            self._finish()
        return wrong

    def close(self) -> None:
        """Close the second connection, if there is one, and audit no more."""
        self._interval_s = 0.0
        if self._connection is not None:
            self._connection.close()

    def end(self) -> None:
        """Close for good; waits a moment for a thread that dials."""
        self._interval_s = 0.0
        if self._connection is not None:
            self._connection.end()

    def _begin(self, now: Now) -> None:
        share = self._share()
        rounds = ceil(len(self._group.symbols) / self._share_size)
        self._due = now.mono + self._interval_s / max(1, rounds)
        if not share or self._budget.left() <= BUDGET_KEPT:
            return
        session = Session(share, self._channel)
        if self._channel.precisions == "given":
            known = [self._group.subscriptions[symbol].instrument for symbol in share]
            pairs = [instrument for instrument in known if instrument is not None]
            session.listed(Instruments(is_snapshot=False, pairs=pairs), now)
        self._symbols = share
        self._audit = Audit(share, self._group, session)
        self._connection = venue.connection(self._settings, session, self._ground)
        self._until = now.mono + AUDIT_S + len(share) / self._channel.symbols_per_s

    @property
    def _share_size(self) -> int:
        return max(LEAST_SHARE, ceil(len(self._group.symbols) / CONNECTIONS))

    def _share(self) -> Sequence[str]:
        """Return the next live books; those that are not live wait for the next round."""
        if not self._waiting:
            self._waiting = list(self._group.symbols)
        size = self._share_size
        share, self._waiting = self._waiting[:size], self._waiting[size:]
        here = [symbol for symbol in share if symbol in self._group.symbols]
        return [s for s in here if self._group.state_of(s)[0] is BookState.LIVE]

    def _finish(self) -> None:
        assert self._connection is not None
        self._connection.close()
        self._connection = None
        self.counts["right"] += self._audit.right
        self.counts["unjudged"] += self._audit.unjudged
        self._log.info("audit.done", right=self._audit.right, unjudged=self._audit.unjudged)


def _others(actions: list[Action], _ts_pub: int) -> list[Action]:
    return [action for action in actions if not isinstance(action, Emit | EmitTop)]


def _ignored(action: Action, now: Now) -> None:
    """The feed's own connection tells the same."""
