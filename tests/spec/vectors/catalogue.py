"""Values of the catalogue (§4.9): maps, but no events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.builders import BOOK
from tests.spec.vectors.events import short
from tests.spec.vectors.packing import pack


def catalogue_cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the content of each vector of the catalogue."""
    for name, line, suffix in (("no-line", "", ""), ("line-a", "a", "/a")):
        value = {
            "version": "1",
            "feed": "book.10.BTC/USD",
            **BOOK,
            "line": line,
            "epoch": "1767323045000",
        }
        yield (
            name,
            {
                "name": name,
                "clause": "4.9",
                "about": "A stream's place and shape, under its key.",
                "key": "{kraken.catalogue}:streams",
                "field": "{kraken.BTC/USD}:book.10" + suffix,
                "hex": pack(short(value)).hex(),
                "alternatives": [pack({**short(value), "zz": 1}, "wide").hex()],
                "value": value,
            },
        )
