"""Durations counted by powers of two of a nanosecond: the highest bit is the bucket, so that one
more costs less than a look at the clock. Pure; another thread may read it at any time.
"""

from __future__ import annotations

from itertools import accumulate

LOWEST, HIGHEST = 14, 34
"""Told from 16 microseconds to 17 seconds, each bound twice the one before."""
BEYOND = HIGHEST + 1


class Histogram:
    """How many durations lay below each power of two, and their sum."""

    __slots__ = ("_counts", "sum_ns")

    def __init__(self) -> None:
        self._counts = [0] * (BEYOND + 1)
        self.sum_ns = 0

    def observe(self, ns: int) -> None:
        """Count one duration; two clocks may have made it negative, which counts as none."""
        if ns < 0:
            ns = 0
        place = ns.bit_length()
        self._counts[place if place < BEYOND else BEYOND] += 1
        self.sum_ns += ns

    @property
    def count(self) -> int:
        """How many were counted."""
        return sum(self._counts)

    def buckets(self) -> list[tuple[float, int]]:
        """Return (bound in seconds, how many lay below it), the last bound without end."""
        below = list(accumulate(self._counts))
        told = [((1 << place) / 1e9, below[place]) for place in range(LOWEST, BEYOND)]
        return [*told, (float("inf"), below[BEYOND])]
