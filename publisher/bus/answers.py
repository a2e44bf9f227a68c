"""What an error answer of Redis means: the one place that decides (faults 2.2). Pure."""

from __future__ import annotations

from enum import Enum, auto


class Verdict(Enum):
    """What to do about an error answer."""

    WAIT = auto()
    """Redis cannot now; the same call again, after a while, on the same connection."""
    TRIM = auto()
    """Out of memory: give up what is past the newest snapshots, then wait (R8)."""
    RECONNECT = auto()
    """This connection is of no use: a replica, lost scripts, other credentials (R4, R11, R21)."""
    FATAL = auto()
    """Nobody but a person can mend it (R12)."""


_BY_PREFIX = {
    "OOM": Verdict.TRIM,
    "LOADING": Verdict.WAIT,
    "BUSY": Verdict.WAIT,
    "TRYAGAIN": Verdict.WAIT,
    "MISCONF": Verdict.WAIT,
    "NOREPLICAS": Verdict.RECONNECT,
    "MASTERDOWN": Verdict.RECONNECT,
    "CLUSTERDOWN": Verdict.WAIT,
    "READONLY": Verdict.RECONNECT,
    "UNBLOCKED": Verdict.RECONNECT,
    "NOSCRIPT": Verdict.RECONNECT,
    "NOAUTH": Verdict.RECONNECT,
    "WRONGPASS": Verdict.FATAL,
    "NOPERM": Verdict.FATAL,
}

WAIT_S = 0.5


def judge(error: str) -> Verdict:
    """Return what an error text means; one never met before asks for a fresh connection."""
    return _BY_PREFIX.get(error.removeprefix("ERR ").split(" ", 1)[0], Verdict.RECONNECT)
