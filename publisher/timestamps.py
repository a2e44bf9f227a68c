"""RFC 3339 UTC text of Kraken to integer nanoseconds of Unix time (protocol.md 2.2). Pure and
exact.
"""

from __future__ import annotations

from calendar import timegm
from functools import lru_cache
from time import strptime

from publisher.errors import BadFrame

NANOSECONDS = 1_000_000_000
UINT64_END = 1 << 64


def nanoseconds(text: str) -> int:
    """Return Unix time in ns; 0 for empty text: the venue gave none. Raise BadFrame.

    The fraction may have 0 to 9 digits, and `Z` may be missing: Kraken's channels differ. A time
    that the wire cannot carry (before 1970, or past 2^64 ns) is a BadFrame too.
    """
    if text[26:] == "Z" and (fraction := text[20:26]).isdecimal():  # of books: always six digits
        stamp = _second(text[:20]) + int(fraction) * 1000
    else:
        stamp = _any_digits(text) if text else 0
    if stamp < UINT64_END:
        return stamp
    raise BadFrame(f"timestamp {text[:40]!r}")


def _any_digits(text: str) -> int:
    fraction = text[20:].removesuffix("Z")
    if len(fraction) > 9 or text[19:20] not in (".", "Z", "") or not ("0" + fraction).isdecimal():
        raise BadFrame(f"timestamp {text[:40]!r}")
    return _second(text[:19] + ".") + int(fraction.ljust(9, "0"))


@lru_cache(maxsize=256)  # stamps of one second come together
def _second(text: str) -> int:
    """Return the ns of Unix time at which a second begins, of text up to the fraction's point;
    raise BadFrame.
    """
    try:
        second = timegm(strptime(text, "%Y-%m-%dT%H:%M:%S.")) * NANOSECONDS
    except ValueError:
        raise BadFrame(f"timestamp {text[:40]!r}") from None
    if second < 0:
        raise BadFrame(f"timestamp {text[:40]!r}")
    return second
