"""The emergency brake of one stream: how much it may hold when its rate runs wild (WIRE.md 6).
Pure.

Retention goes by age; this only looks at the bytes written between snapshots (`written`, a running
total that the stream keeps). When those that would be kept pass the limit, the retention of the
next snapshot is shortened to what fits, and `struck` says so.
"""

from __future__ import annotations

from collections import deque

SHARE = 4
"""A snapshot is asked for early when this part of the limit has been written since the last one."""


class Brake:
    """Remembers the total at each recent snapshot of one stream."""

    __slots__ = ("_limit", "_marks", "struck")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._marks: deque[tuple[float, int]] = deque()
        self.struck = False

    def asks_for_snapshot(self, written: int) -> bool:
        """Tell whether too much was written since the last snapshot to wait for the next."""
        since = self._marks[-1][1] if self._marks else 0
        return (written - since) * SHARE > self._limit

    def retention_ms(self, now: float, written: int, wished_ms: int) -> int:
        """Note a snapshot at `now`; return the retention to use with it."""
        self._marks.append((now, written))
        while len(self._marks) > 1 and (now - self._marks[1][0]) * 1000 >= wished_ms:
            self._marks.popleft()
        self.struck = written - self._marks[0][1] > self._limit
        if not self.struck:
            return wished_ms
        while len(self._marks) > 2 and written - self._marks[1][1] > self._limit // 2:
            self._marks.popleft()
        return int((now - self._marks[1][0]) * 1000)
