"""RFC 3339 UTC text of Kraken to integer nanoseconds of Unix time (protocol.md 2.2). Pure and
exact.
"""

from __future__ import annotations

from calendar import timegm
from datetime import datetime
from time import strptime

from publisher.errors import BadFrame

NANOSECONDS = 1_000_000_000
UINT64_END = 1 << 64
UNIX_TIME = datetime(1970, 1, 1)
DAY_S = 86_400
MICROSECONDS = len("2026-01-02T03:04:05.123456")
"""So much of a stamp the standard library reads at once and exactly; what may follow is three
digits more, and `Z`. Nearly all stamps are so (seven times cheaper than the general way)."""


def nanoseconds(text: str) -> int:
    """Return Unix time in ns; 0 for empty text: the venue gave none. Raise BadFrame.

    The fraction may have 0 to 9 digits, and `Z` may be missing: Kraken's channels differ. A time
    that the wire cannot carry (before 1970, or past 2^64 ns) is a BadFrame too.
    """
    finer = text[MICROSECONDS:]
    if finer == "Z" or (len(finer) == 4 and finer[3] == "Z" and finer[:3].isdecimal()):
        try:
            since = datetime.fromisoformat(text[:MICROSECONDS]) - UNIX_TIME
            second = (since.days * DAY_S + since.seconds) * NANOSECONDS
            stamp = second + since.microseconds * 1000 + int(finer[:-1] or 0)
            if text[10] == "T" and text[19] == "." and 0 <= stamp < UINT64_END:
                return stamp
        except (ValueError, TypeError):  # TypeError: a time of a zone
            pass
    return _any_digits(text) if text else 0


def _any_digits(text: str) -> int:
    fraction = text[20:].removesuffix("Z")
    try:
        if (
            len(fraction) > 9
            or text[19:20] not in (".", "Z", "")
            or not ("0" + fraction).isdecimal()
        ):
            raise ValueError(text)
        second = timegm(strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
        stamp = second * NANOSECONDS + int(fraction.ljust(9, "0"))
        if not 0 <= stamp < UINT64_END:
            raise ValueError(text)
        return stamp
    except ValueError:
        raise BadFrame(f"timestamp {text[:40]!r}") from None
