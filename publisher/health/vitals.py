"""What the health endpoint may look at. Knows neither Prometheus nor HTTP, so that a publisher
without the endpoint loads neither.

Everything is read from threads that are not the daemon's: only what is whole at any moment, and
never changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from publisher.bus.writer import Writer
from publisher.model import FeedPlan
from publisher.session import SessionGroup


@dataclass(frozen=True, slots=True)
class Vitals:
    """One publisher. `last_turn` is monotonic seconds; `connects_left` of the machine's budget."""

    plan: FeedPlan
    session: SessionGroup
    writer: Writer
    last_turn: Callable[[], float]
    is_connected: Callable[[], bool]
    connects_left: Callable[[], int]
    audits: Mapping[str, int]
    """Verdicts on books that were compared with a second subscription's."""

    def idle_s(self) -> float:
        """Return how long ago the daemon's loop last turned."""
        return max(0.0, time.monotonic() - self.last_turn())
