"""Kraken's checksum vectors for L3, read from the shared material as orders of plain text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.level3_model import Item
from tests.requirements import captures_folder, require

NAMES = {"synthetic_l3_depth10", "doc_l3_btcusd"}


@dataclass(frozen=True)
class Level3Step:
    """One message of a vector; `checksum_if_array_order` is what ignoring the times gives."""

    bids: list[Item]
    asks: list[Item]
    checksum: int
    checksum_if_array_order: int


def load_level3_vectors() -> dict[str, list[Level3Step]]:
    """Return all L3 vectors by name, each a snapshot and updates, of 1 and 8 decimals (§6.4)."""
    path = captures_folder().parent / "kraken" / "vectors.json"
    require(path.is_file(), f"no vectors at {path}")
    document: dict[str, Any] = json.loads(path.read_text())
    found = {name for name in document if "_l3_" in name}
    assert found == NAMES, "vectors.json has L3 vectors that nobody here reads"
    synthetic, official = document["synthetic_l3_depth10"], document["doc_l3_btcusd"]
    assert (synthetic["price_precision"], synthetic["qty_precision"]) == (1, 8)
    return {
        "synthetic_l3_depth10": [_step(step) for step in synthetic["steps"]],
        "doc_l3_btcusd": [
            Level3Step(
                bids=_queued("B", official["bids"]),
                asks=_queued("A", official["asks"]),
                checksum=official["checksum"],
                checksum_if_array_order=official["checksum"],
            )
        ],
    }


def _step(step: dict[str, Any]) -> Level3Step:
    return Level3Step(
        bids=[item for item in step["events"] if item["side"] == "b"],
        asks=[item for item in step["events"] if item["side"] == "a"],
        checksum=step["checksum"],
        checksum_if_array_order=step["checksum_if_array_order"],
    )


def _queued(prefix: str, orders: list[list[str]]) -> list[Item]:
    """Give orders that are listed in queue order the ids and the rising times that they lack."""
    return [
        {
            "order_id": f"O{prefix}{number:04}",
            "limit_price": price,
            "order_qty": qty,
            "timestamp": f"2026-01-01T00:00:{number:02}.000000000Z",
        }
        for number, (price, qty) in enumerate(orders)
    ]
