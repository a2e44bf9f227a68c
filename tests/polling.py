"""Waiting for a condition: the only way in which a test lets time pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_S = 0.01


def wait_until(predicate: Callable[[], T], timeout_s: float, what: str) -> T:
    """Return the first true value of `predicate`; after `timeout_s` raise AssertionError."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {timeout_s} s: {what} (last: {value!r})")
        time.sleep(PAUSE_S)
