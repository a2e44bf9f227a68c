"""RFC 3339 UTC text of Kraken to integer nanoseconds of Unix time (protocol.md 2.2). Pure and
exact.
"""

from __future__ import annotations

from calendar import timegm
from functools import lru_cache
from time import strptime

from publisher.errors import BadFrame

NANOSECONDS = 1_000_000_000


@lru_cache(maxsize=64)
def _second(text: str) -> int:
    """Return the Unix time in ns of `2026-01-02T03:04:05`; most messages share their second."""
    return timegm(strptime(text, "%Y-%m-%dT%H:%M:%S")) * NANOSECONDS


def nanoseconds(text: str) -> int:
    """Return Unix time in ns; 0 for empty text, which means that the venue gave none. Raise
    BadFrame.

    The fraction may have 0 to 9 digits, and `Z` may be missing: Kraken's channels differ.
    """
    if not text:
        return 0
    try:
        if len(text) == 27 and text[26] == "Z" and text[20:26].isdigit():  # nearly all
            return _second(text[:19]) + int(text[20:26]) * 1000
        fraction = text[20:].rstrip("Z")
        if len(fraction) > 9 or text[19:20] not in (".", "Z", "") or not (fraction or "0").isdigit():
            raise ValueError(text)
        return _second(text[:19]) + (int(fraction.ljust(9, "0")) if fraction else 0)
    except ValueError:
        raise BadFrame(f"timestamp {text[:40]!r}") from None
