"""Stamps: exact to the nanosecond in every form that Kraken writes, refused in every other."""

from __future__ import annotations

import pytest

from publisher.errors import BadFrame
from publisher.kraken.timestamps import nanoseconds

SECOND = 1767323045_000_000_000
"""2026-01-02T03:04:05Z: `date -u -d @1767323045`."""

GOOD = {
    "2026-01-02T03:04:05Z": SECOND,
    "2026-01-02T03:04:05": SECOND,
    "2026-01-02T03:04:05.1Z": SECOND + 100_000_000,
    "2026-01-02T03:04:05.123456Z": SECOND + 123_456_000,
    "2026-01-02T03:04:05.123456": SECOND + 123_456_000,
    "2026-01-02T03:04:05.000001Z": SECOND + 1_000,
    "2026-01-02T03:04:05.123456789Z": SECOND + 123_456_789,
    "1970-01-01T00:00:00.000000Z": 0,
    "2024-02-29T23:59:59.999999Z": 1709251199_999_999_000,
    "": 0,
}
BAD = [
    "x",
    "2026-01-02",
    "2026-01-02 03:04:05.123456Z",
    "2026-01-02T03:04:05,123456Z",
    "2026-01-02T03:04:05X123456Z",
    "2026-01-02T03:04:05.1234567890Z",
    "2026-01-02T03:04:05.12_456Z",
    "2026-01-02T03:04:05.-12345Z",
    "2026-01-02T03:04:05. 12345Z",
    "2026-01-02T03:04:05.12²456Z",
    "2026-01-02T03:04:05.123456+00:00",
    "2026-01-02T03:04:05.123456ZZ",
    "2026-13-02T03:04:05.123456Z",
    "2026-02-30T03:04:05.123456Z",
    "2026-01-02T24:04:05.123456Z",
    "0001-01-01T00:00:00Z",  # Go's zero time
    "1969-12-31T23:59:59.999999Z",
    "2554-07-21T23:34:34.000000Z",  # past 2^64 ns
    "9999-12-31T23:59:59Z",
]


@pytest.mark.parametrize("text", GOOD)
def test_every_form(text: str) -> None:
    assert nanoseconds(text) == GOOD[text]


@pytest.mark.parametrize("text", BAD)
def test_no_stamp(text: str) -> None:
    with pytest.raises(BadFrame):
        nanoseconds(text)
