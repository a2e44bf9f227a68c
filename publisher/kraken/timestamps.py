"""RFC 3339 UTC text of Kraken to integer nanoseconds of Unix time (protocol.md 2.2). Pure and
exact.
"""

from __future__ import annotations

from calendar import timegm
from time import strptime

from publisher.errors import BadFrame

NANOSECONDS = 1_000_000_000
UINT64_END = 1 << 64


class Stamps:
    """Reads the stamps of one stream of messages; most share their second with the one before."""

    __slots__ = ("_nanoseconds", "_second")

    def __init__(self) -> None:
        self._second = ""
        self._nanoseconds = 0

    def read(self, text: str) -> int:
        """Return what `nanoseconds` returns."""
        fraction = text[20:26]
        is_usual = text[19:20] == "." and text[26:] == "Z" and fraction.isdecimal()
        if is_usual and text[:19] == self._second:
            return self._nanoseconds + int(fraction) * 1000
        stamp = nanoseconds(text)
        if stamp:
            self._second = text[:19]
            self._nanoseconds = stamp - stamp % NANOSECONDS
        return stamp


def nanoseconds(text: str) -> int:
    """Return Unix time in ns; 0 for empty text: the venue gave none. Raise BadFrame.

    The fraction may have 0 to 9 digits, and `Z` may be missing: Kraken's channels differ. A time
    that the wire cannot carry (before 1970, or past 2^64 ns) is a BadFrame too.
    """
    if not text:
        return 0
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
