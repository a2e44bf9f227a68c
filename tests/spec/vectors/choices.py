"""Which stream of the catalogue a reader takes that was told less than a stream's key (§4.9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.builders import BOOK
from tests.spec.vectors.events import short
from tests.spec.vectors.packing import pack

Row = tuple[str, str, str]
"""Symbol, depth, line."""

BTC10, BTC100, BTC1000 = ("BTC/USD", "10", ""), ("BTC/USD", "100", ""), ("BTC/USD", "1000", "")
LINE_A, LINE_B = ("BTC/USD", "10", "a"), ("BTC/USD", "10", "b")
ETH10 = ("ETH/USD", "10", "")

CASES: tuple[tuple[str, str, list[Row], dict[str, str], Row | str], ...] = (
    ("one-stream", "One stream of the symbol.", [ETH10, BTC100], {}, BTC100),
    ("smallest-depth", "Several depths: the smallest.", [BTC1000, BTC10, BTC100], {}, BTC10),
    ("depth-given", "The depth asked for.", [BTC10, BTC100], {"depth": "100"}, BTC100),
    ("depth-not-there", "No stream of that depth.", [BTC10], {"depth": "25"}, "NO_STREAM"),
    ("symbol-not-there", "No stream of the symbol.", [ETH10], {}, "NO_STREAM"),
    ("catalogue-empty", "Nothing at all.", [], {}, "NO_STREAM"),
    ("lines", "Two lines of one depth, none asked for.", [LINE_A, LINE_B], {}, "AMBIGUOUS"),
    ("line-given", "The line asked for.", [LINE_A, LINE_B], {"line": "b"}, LINE_B),
)


def choice_cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the content of each choice."""
    for name, about, rows, wish, chosen in CASES:
        outcome = {"code": chosen} if isinstance(chosen, str) else {"chosen": stream(chosen)}
        yield (
            name,
            {
                "name": name,
                "clause": "4.9",
                "about": about,
                "rows": [{"field": stream(row), "hex": _value(row).hex()} for row in rows],
                "wish": {"symbol": "BTC/USD", **wish},
                **outcome,
            },
        )


def stream(row: Row) -> str:
    """Return the key of a stream (§2)."""
    symbol, depth, line = row
    return "{kraken." + symbol + "}:book." + depth + (f"/{line}" if line else "")


def _value(row: Row) -> bytes:
    symbol, depth, line = row
    value = {
        "version": "1", "feed": f"book.{depth}.{symbol}", **BOOK, "symbol": symbol, "depth": depth,
        "line": line, "epoch": "1767323045000",
    }  # fmt: skip
    return pack(short(value))
