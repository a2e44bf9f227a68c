"""What a watcher measures: events a second, and the time each hop took. Pure; time is handed in.

Hops: the venue's stamp to our receipt (two clocks, so it may be negative), receipt to publish,
publish to here. Times are integer nanoseconds of Unix time.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

WINDOW_NS = 3_000_000_000
# A burst of 20,000 events a second stays within bounds: the oldest of the window go first.
SAMPLES_MAX = 4096


class Stamps(NamedTuple):
    """The times that one event carries, and when it was here; `ts_event` is 0 when unknown."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    ts_here: int


class Hop(NamedTuple):
    """One hop's latency over the window in nanoseconds: the median and the worst of a hundred."""

    name: str
    p50_ns: int
    p99_ns: int


class Meter:
    """Events of the last three seconds. One thread writes and reads it."""

    def __init__(self) -> None:
        self._samples: deque[Stamps] = deque(maxlen=SAMPLES_MAX)
        self._began_ns: int | None = None

    def observe(self, stamps: Stamps) -> None:
        """Count one event."""
        if self._began_ns is None:
            self._began_ns = stamps.ts_here
        self._samples.append(stamps)

    def per_second(self, now_ns: int) -> float:
        """Return the events a second over the window, or over the time since the first."""
        self._forget(now_ns)
        if not self._samples or self._began_ns is None:
            return 0.0
        since = self._began_ns
        if len(self._samples) == SAMPLES_MAX:
            since = self._samples[0].ts_here
        span_ns = min(WINDOW_NS, max(now_ns - since, WINDOW_NS // 10))
        return len(self._samples) * 1e9 / span_ns

    def hops(self, now_ns: int) -> list[Hop]:
        """Return the latency of each hop that was seen in the window."""
        self._forget(now_ns)
        venue = [s.ts_recv - s.ts_event for s in self._samples if s.ts_event]
        within = [s.ts_pub - s.ts_recv for s in self._samples]
        here = [s.ts_here - s.ts_pub for s in self._samples]
        named = {"event→recv": venue, "recv→pub": within, "pub→here": here}
        return [_hop(name, sorted(spans)) for name, spans in named.items() if spans]

    def _forget(self, now_ns: int) -> None:
        while self._samples and self._samples[0].ts_here < now_ns - WINDOW_NS:
            self._samples.popleft()


def _hop(name: str, spans: list[int]) -> Hop:
    last = len(spans) - 1
    return Hop(name, spans[last // 2], spans[last * 99 // 100])
