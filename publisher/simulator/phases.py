"""What a market may do, from the venue's state and the pair's own status (protocol.md 3.1, 4.5).

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from publisher.simulator.market import System

STRICTNESS: tuple[System, ...] = ("online", "post_only", "cancel_only", "maintenance")
"""From all is allowed to nothing is."""

STATUSES: Mapping[str, System] = MappingProxyType({
    "online": "online",
    "limit_only": "online",
    "reduce_only": "online",
    "post_only": "post_only",
    "cancel_only": "cancel_only",
    "maintenance": "maintenance",
    "work_in_progress": "maintenance",
    "delisted": "maintenance",
})  # fmt: skip
"""Each status of a pair, and what its market may do."""


def phase(system: System, status: str) -> System:
    """Return the stricter of the venue's state and the pair's."""
    return max(system, STATUSES[status], key=STRICTNESS.index)
