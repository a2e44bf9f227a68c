"""How the daemon's loop fares, as it notes it itself twenty times a second; nothing is decided by
it. Another thread may read it at any time.
"""

from __future__ import annotations

from publisher.histogram import Histogram

STALL_S = 0.25
"""As the watchdog has it."""


class Pulse:
    """One loop. Times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self.began = self.last_turn = now
        self.has_begun = False
        """True once the loop turns."""
        self.lag = Histogram()
        """How late it came to what is due by time."""
        self.stalls = 0
        self.unavailable_s = 0.0
        """Seconds in which books were not live that ought to be, of all books together."""
        self.stopping_since: float | None = None
        self.due = now
        """When the loop is to do what is due by time; the loop itself sets `last_turn`."""
        self._told_at = now

    def beats(self, now: float, every_s: float) -> None:
        """Note that the loop came to what is due by time, which is due again in `every_s`."""
        if self.has_begun:
            late_s = now - self.due
            self.lag.observe(int(late_s * 1e9))
            self.stalls += late_s >= STALL_S
        self.has_begun = True
        self.due = now + every_s

    def missing(self, books: int, now: float) -> None:
        """Note how many books are not live that ought to be."""
        self.unavailable_s += max(0, books) * (now - self._told_at)
        self._told_at = now

    def stops(self, now: float) -> None:
        """Note that the loop was told to stop."""
        if self.stopping_since is None:
            self.stopping_since = now
