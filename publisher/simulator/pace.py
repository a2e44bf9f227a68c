"""How many messages are due: a bucket that fills at the set rate. Pure; the time is an argument in
seconds."""

from __future__ import annotations

LATE_S = 0.1
"""What a stalled loop may catch up; the rest is forgotten, so that a pause is not followed by a
flood."""


class Pace:
    """Messages due at `rate` a second; a burst multiplies the rate until it ends."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._burst_factor = 1.0
        self._burst_ends = 0.0
        self._due = 0.0
        self._last: float | None = None

    def burst(self, factor: float, until: float) -> None:
        """Multiply the rate by `factor` until the given time."""
        self._burst_factor = factor
        self._burst_ends = until

    def rate_at(self, now: float) -> float:
        """Return the rate in force."""
        return self.rate * self._burst_factor if now < self._burst_ends else self.rate

    def due(self, now: float) -> int:
        """Return the whole messages due now and take them from the bucket."""
        if self._last is None:
            self._last = now
        rate = self.rate_at(now)
        self._due = min(self._due + (now - self._last) * rate, rate * LATE_S + 1)
        self._last = now
        whole = int(self._due)
        self._due -= whole
        return whole

    def interval_s(self, now: float) -> float:
        """Return how long to sleep: a millisecond when busy, so that batches stay small."""
        rate = self.rate_at(now)
        return 0.02 if rate <= 0 else min(max(1 / rate, 0.001), 0.02)
