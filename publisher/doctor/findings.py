"""What a finding is: how bad, what was seen, and what to do about it."""

from __future__ import annotations

from typing import Literal, NamedTuple

Level = Literal["ok", "warn", "bad"]

AGAIN = "start it again; if nobody wants it, `pykraken retire` removes what it left"
"""The mend of what stopped on request."""


class Finding(NamedTuple):
    """One thing looked at. `mend` is empty where nothing need be done."""

    level: Level
    what: str
    mend: str = ""


def seconds_text(nanoseconds: int) -> str:
    """Return a span for people: `0.3 s`, `12 s`, `7 min`."""
    tenths = abs(nanoseconds) // 100_000_000
    if tenths < 100:
        return f"{tenths // 10}.{tenths % 10} s"
    seconds = tenths // 10
    return f"{seconds} s" if seconds < 180 else f"{seconds // 60} min"
