"""Values of the catalogue (§4.9): maps, but no events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.events import short
from tests.spec.vectors.packing import pack
from tests.spec.vectors.samples import HEADERS

CASES = (
    ("no-line", "{kraken.BTC/USD}:book.10", ""),
    ("line-a", "{kraken.BTC/USD}:book.10/a", "a"),
    ("level3", "{kraken.BTC/USD}:level3.10", ""),
    ("bbo", "{kraken.BTC/USD}:bbo.book.10", ""),
    ("ticker", "{kraken.BTC/USD}:ticker.bbo", ""),
    ("trade-line-b", "{kraken.BTC/USD}:trade/b", "b"),
    ("ohlc", "{kraken.BTC/USD}:ohlc.1", ""),
    ("instrument", "{kraken.instrument}:instrument", ""),
    ("executions", "{priv.kraken.main}:executions", ""),
    ("balances-line-a", "{priv.kraken.main}:balances/a", "a"),
)
"""Name, stream, line."""


def catalogue_cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the content of each vector of the catalogue."""
    for name, stream, line in CASES:
        channel = re.split(r"[./]", stream.partition("}:")[2])[0]
        value = {
            "version": "1",
            "feed": f"{channel}.x",
            **HEADERS[channel],
            "line": line,
            "epoch": "1767323045000",
        }
        namespace = "{priv.kraken.catalogue}" if "priv." in stream else "{kraken.catalogue}"
        yield (
            name,
            {
                "name": name,
                "clause": "4.9",
                "about": "A stream's header and writer, under its key.",
                "key": f"{namespace}:streams",
                "field": stream,
                "hex": pack(short(value)).hex(),
                "alternatives": [pack({**short(value), "zz": 1}, "wide").hex()],
                "value": value,
            },
        )
