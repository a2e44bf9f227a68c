"""Virtual time and chance: one queue of things to happen, one source of randomness, one trace.

Nothing in the simulation waits or looks at a clock of its own: it asks `at` to be called later. The
trace keeps the last happenings for people; `Violation` carries it out of a failing run.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter, deque
from collections.abc import Callable
from itertools import count

UNIX_NS = 1_767_323_045_000_000_000
"""Unix time at virtual second 0."""
TRACE_LINES = 60


class Violation(AssertionError):
    """A promise was broken. `str()` names it; `trace` holds what happened before."""

    def __init__(self, promise: str, detail: str, trace: list[str]) -> None:
        super().__init__(promise, detail)
        self.promise = promise
        self.detail = detail
        self.trace = trace

    def __str__(self) -> str:
        return f"{self.promise}: {self.detail}"


class World:
    """The stage of one run, decided by its seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.now = 0.0
        self.counts: Counter[str] = Counter()
        self.is_calm = False
        """True from the end of the faults on."""
        self._trace: deque[str] = deque(maxlen=TRACE_LINES)
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def at(self, delay: float, act: Callable[[], None]) -> None:
        """Call `act` in `delay` seconds; what falls on one instant keeps its order."""
        heapq.heappush(self._queue, (self.now + delay, next(self._numbers), act))

    def run(self, until: float) -> None:
        """Let everything happen up to `until`."""
        queue = self._queue
        while queue and queue[0][0] <= until:
            self.now, _, act = heapq.heappop(queue)
            act()
        self.now = until

    def unix_ns(self) -> int:
        """Return Unix time as a good clock shows it."""
        return UNIX_NS + int(self.now * 1e9)

    def chance(self, probability: float) -> bool:
        """Return True with `probability`."""
        return self.random.random() < probability

    def tell(self, line: str) -> None:
        """Add a line to the trace."""
        self._trace.append(f"{self.now:9.4f}  {line}")

    def fault(self, kind: str, detail: str = "") -> None:
        """Count an injected fault and tell of it."""
        self.counts[f"fault {kind}"] += 1
        self.tell(f"FAULT {kind} {detail}".rstrip())

    def violated(self, promise: str, detail: str) -> Violation:
        """Return the error that ends the run."""
        return Violation(promise, f"seed {self.seed}, {self.now:.4f} s: {detail}", [*self._trace])
