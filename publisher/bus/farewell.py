"""The wait for a leader's farewell, by a process that stands by. Pure.

A lease cannot be waited for, the feed's status stream can: between two looks at the lease the
lease's own connection, on which nothing else is due, blocks on it. What comes is a hint and no
more, since the lease alone says who leads: after a `bye` (WIRE.md 4.8) the lease is looked at every
few milliseconds, until it is released or somebody's again. A server that refuses the read costs the
hint; the lease is looked at as ever.
"""

from __future__ import annotations

import math

from publisher.bus import calls
from publisher.bus.calls import Call

REFUSED_S = 10.0
BYE = "t\ufffdbye"
"""How the msgpack of a `bye` reads where bytes that are no text are replaced. That a note reads so
too costs some looks."""


class Farewell:
    """The read of one feed's status stream. `longest_s` is the longest it may block."""

    def __init__(self, key: str, longest_s: float) -> None:
        self._key = key
        self._longest_s = longest_s
        self._after = "$"
        self._deaf_until = 0.0
        self.is_awaited = False
        """True while the read is outstanding."""

    def ticked(self, now: float, until: float | None) -> Call | None:
        """Return the read that waits `until` the lease is looked at next (None: not now)."""
        if self.is_awaited or until is None or now < self._deaf_until:
            return None
        # Rounded up: who wakes a moment early finds nothing due, and sleeps until the loop turns.
        block_ms = math.ceil(1000 * min(until - now, self._longest_s))
        if block_ms < 1:
            return None  # 0 would wait for ever
        self.is_awaited = True
        return calls.await_entry(self._key, self._after, block_ms)

    def answered(self, reply: object) -> bool:
        """Take what came; True when it ends with a farewell."""
        self.is_awaited = False
        entries = calls.entries_of(reply)
        if not entries:
            return False
        self._after, newest = entries[-1]
        return BYE in newest

    def refused(self, now: float) -> None:
        """The read was answered with an error."""
        self.is_awaited = False
        self._deaf_until = now + REFUSED_S

    def failed(self) -> None:
        """The read outstanding will not be answered."""
        self.is_awaited = False

    def forget(self) -> None:
        """Whatever is there by now is the past."""
        self._after = "$"
