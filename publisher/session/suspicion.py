"""What time tells of a live symbol that no message does: it has been crossed for too long (fault
X18), or it is muted: acknowledged, its snapshot sent, and nothing more, while the connection lives
(X3). Pure.

Kraken says nothing of a muted symbol, so its own past is asked. Once a second every live symbol is
looked at. One that has been silent for ten times its longest silence until then, and for a minute
at least, is to be asked for anew; who is asked for anew begins without a past, so a market that
only fell quiet is asked once. Without some minutes and a hundred changes there is no past.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from publisher.model import ResetReason
from publisher.session.subscription import Subscription

CROSSED_S = 1.0
"""A verified book may be crossed for so long before it is asked for again."""
LOOK_S = 1.0
LEAST_S = 60.0
TIMES = 10.0
PAST_S = 120.0
CHANGES = 100
AT_WORK = ("", "online")
"""States of Kraken's system in which its markets move; empty before it was told."""

Suspect = tuple[Subscription, ResetReason, str]
"""Who is to be asked for anew, why, and a note."""


class _Past:
    """What was seen of one symbol since it was live."""

    __slots__ = ("changed_at", "changes", "longest", "mark", "since")

    def __init__(self, since: float, mark: int, now: float) -> None:
        self.since = since
        self.mark = mark
        self.changed_at = now
        self.changes = 0
        self.longest = LOOK_S


class Suspicion:
    """The symbols of one connection."""

    def __init__(self) -> None:
        self._pasts: dict[str, _Past] = {}
        self._due = 0.0

    def looked(
        self, subscriptions: Collection[Subscription], system: str, now: float
    ) -> Iterator[Suspect]:
        """Yield the suspects; call it ten times a second. While Kraken's `system` is not online no
        silence is a symbol's own.
        """
        for subscription in subscriptions:
            since = subscription.keeper.crossed_since
            if since is not None and subscription.is_live and now - since >= CROSSED_S:
                yield subscription, ResetReason.CROSSED, ""
        if now < self._due:
            return
        self._due = now + LOOK_S
        if system not in AT_WORK:
            self._pasts.clear()
            return
        for subscription in subscriptions:
            # What has no symbol (instruments, an account) may be silent for hours.
            if subscription.symbol and (note := self._silence(subscription, now)):
                yield subscription, ResetReason.STALE, note

    def _silence(self, subscription: Subscription, now: float) -> str:
        """Return what is strange about a symbol's silence, or nothing."""
        past = self._pasts.get(subscription.symbol)
        if not subscription.is_live:
            self._pasts.pop(subscription.symbol, None)
            return ""
        mark = subscription.keeper.ts_recv
        if past is None or past.since != subscription.live_since:
            self._pasts[subscription.symbol] = _Past(subscription.live_since, mark, now)
            return ""
        silence = now - past.changed_at
        if mark != past.mark:
            past.mark, past.changed_at = mark, now
            past.changes += 1
            past.longest = max(past.longest, silence)
            return ""
        has_past = past.changes >= CHANGES and past.changed_at - past.since >= PAST_S
        if not has_past or silence < max(LEAST_S, TIMES * past.longest):
            return ""
        return f"silent for {silence:.0f} s, never before for more than {past.longest:.0f}"
