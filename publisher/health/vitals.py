"""What the health endpoint may look at. Knows neither Prometheus nor HTTP, so that a publisher
without the endpoint loads neither.

Everything is read from threads that are not the daemon's: only what is whole at any moment, and
never changed.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from publisher.bus.writer import Writer
from publisher.changes import ChangeTally
from publisher.endings import FeedTally
from publisher.health.pulse import Pulse
from publisher.model import FeedPlan
from publisher.session import SessionGroup
from publisher.state import StateFolder

LIVE_WITHIN_S = 5.0
"""A loop that turns twenty times a second and did not for so long hangs."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Vitals:
    """One publisher. `connects_left` of the machine's budget."""

    plan: FeedPlan
    session: SessionGroup
    writer: Writer
    pulse: Pulse
    feed: FeedTally
    state: StateFolder
    is_connected: Callable[[], bool]
    connects_left: Callable[[], int]
    audits: Mapping[str, int]
    """Verdicts on books that were compared with a second subscription's."""
    fetch_errors: Counter[str]
    frame_limit: int
    changes: ChangeTally

    def idle_s(self) -> float:
        """Return how long ago the daemon's loop last turned."""
        return max(0.0, time.monotonic() - self.pulse.last_turn)

    @property
    def is_live(self) -> bool:
        """True while the loop turns."""
        return self.idle_s() < LIVE_WITHIN_S


def steady(read: Callable[[], T]) -> T:
    """Return what `read` returns, as often as it takes while another thread makes things grow."""
    while True:
        with contextlib.suppress(RuntimeError):
            return read()
