"""When to connect to Kraken again (protocol.md 1.1, 3.5; faults X1, X7, X8, X10). Pure: chance
comes as a number.

A first drop is retried within a second, further ones after an exponential backoff with full jitter;
an answer that says "too many" waits out Kraken's block. Over all processes of the machine an
address may make 150 attempts in ten minutes; the budget stops at 100 and is kept across restarts.
"""

from __future__ import annotations

import json

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
BLOCKED_WAIT_S = 600.0
TOO_MANY = (429,)
HEALTHY_S = 30.0
"""A connection that lived so long starts the backoff from the beginning."""

BUDGET = 100
BUDGET_WINDOW_S = 600


class Backoff:
    """The wait before each attempt."""

    def __init__(self) -> None:
        self._failures = 0
        self._connected_at: float | None = None

    def connected(self, now: float) -> None:
        """Note that a connection stands."""
        self._connected_at = now

    def wait_s(self, now: float, status: int | None, chance: float) -> float:
        """Return the wait after a drop or failed attempt; `status` of a refused upgrade, `chance`
        in [0, 1).
        """
        if self._connected_at is not None and now - self._connected_at >= HEALTHY_S:
            self._failures = 0
        self._connected_at = None
        self._failures += 1
        if status in TOO_MANY:
            return BLOCKED_WAIT_S * (1 + chance / 10)
        # The exponent ends early: after hours of failures the power would be no float.
        return chance * min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(self._failures - 1, 10))


def spend(stored: str | None, unix_s: int) -> tuple[str, int]:
    """Take one attempt from the stored budget; return what to store and the seconds to wait first.

    Zero seconds means that the attempt is granted and counted. What is stored is a JSON list of
    Unix times.
    """
    recent = _recent(stored, unix_s)
    if len(recent) >= BUDGET:
        return json.dumps(recent), max(1, recent[0] + BUDGET_WINDOW_S - unix_s)
    return json.dumps([*recent, unix_s]), 0


def left(stored: str | None, unix_s: int) -> int:
    """Return how many attempts the stored budget still grants."""
    return BUDGET - len(_recent(stored, unix_s))


def _recent(stored: str | None, unix_s: int) -> list[int]:
    try:
        attempts = [int(when) for when in json.loads(stored or "[]")]
    except (ValueError, TypeError, OverflowError, RecursionError):  # whatever a disk may hold
        attempts = []
    return [when for when in attempts if 0 <= unix_s - when < BUDGET_WINDOW_S][-BUDGET:]
