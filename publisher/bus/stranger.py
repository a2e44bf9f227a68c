"""Is another feed, whose name stands in a stream's `.own`, still alive? (decisions, Keys: two feeds
never share a stream).

Pure. It is alive if its lease's heartbeat moves while we look; it is gone if it has no owner, or if
nothing moves for a whole lease. Until one of the two is known, nothing is claimed.
"""

from __future__ import annotations

from publisher.bus.calls import Call, Kind
from publisher.bus.keys import lease_key


class Stranger:
    """The feed `feed` that wrote `stream` last."""

    def __init__(self, space: str, feed: str, stream: str, lease_s: float) -> None:
        self.feed = feed
        self.stream = stream
        self.is_alive = False
        self.is_gone = False
        self._key = lease_key(space, feed)
        self._lease_s = lease_s
        self._seen: list[str] | None = None
        self._first_look = 0.0
        self._due = 0.0

    def look(self, now: float) -> Call | None:
        """Return the next look at its lease, when due."""
        if now < self._due or self.is_gone or self.is_alive:
            return None
        self._due = now + self._lease_s / 5
        return Call(Kind.LOOK_STRANGER, ("HMGET", self._key, "owner", "epoch", "hb"))

    def asks(self, call: Call) -> bool:
        """True when the call is a look at this feed's lease."""
        return call.command[1] == self._key

    def answered(self, reply: list[str], now: float) -> None:
        """Take what the lease says now."""
        if not reply[0]:
            self.is_gone = True
        elif self._seen is None:
            self._seen, self._first_look = reply, now
        elif reply != self._seen:
            self.is_alive = True
        elif now - self._first_look >= self._lease_s:
            self.is_gone = True
