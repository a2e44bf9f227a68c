"""Kraken's words for a request that it refused, and what they mean (protocol.md 11). Pure.

Words are matched by their beginning, since suffixes vary.
"""

from __future__ import annotations

from typing import Literal

Meaning = Literal["standing", "spent_token", "transient", "final"]

SPENT_TOKEN = "ESession:Invalid session"
STANDING = "Already subscribed"
TRANSIENT = (
    "Exceeded msg rate",
    "EAPI:Rate limit",
    "EService",
    "EGeneral:Internal error",
    "Market data",
)


def meaning(error: str) -> Meaning:
    """Return what to do: `standing` it is subscribed and no snapshot will come, `spent_token` the
    next connection brings a new one, `transient` ask again later, `final` do not.
    """
    if error.startswith(STANDING):
        return "standing"
    if error.startswith(SPENT_TOKEN):
        return "spent_token"
    return "transient" if error.startswith(TRANSIENT) else "final"
