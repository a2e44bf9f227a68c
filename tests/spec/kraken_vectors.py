"""Kraken's checksum vectors for L2, read from the shared material as plain text levels."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.model import Levels
from tests.requirements import captures_folder, require


@dataclass(frozen=True)
class Step:
    """One message of a vector: a snapshot first, then updates, each with the venue's checksum."""

    bids: Levels
    asks: Levels
    checksum: int
    checksum_if_not_truncated: int


@dataclass(frozen=True)
class Vector:
    """A named sequence of messages and the precisions of its numbers."""

    name: str
    price_precision: int
    qty_precision: int
    steps: tuple[Step, ...]


# The file leaves the precisions of some vectors to protocol.md §5.5.
PRECISIONS = {
    "synthetic_l2_depth10": (2, 8),
    "synthetic_l2_thin": (2, 8),
    "synthetic_l2_onesided": (2, 8),
    "doc_l2_btcusd": (1, 8),
    "doc_l2_maticusd": (4, 8),
    "cap_l2_ethbtc_20260826": (6, 8),
    "cap_l2_ethusdt_20260119": (2, 8),
}


def load_vectors() -> dict[str, Vector]:
    """Return all L2 vectors by name; skip the test where the shared material is absent."""
    path = captures_folder().parent / "kraken" / "vectors.json"
    require(path.is_file(), f"no vectors at {path}")
    document: dict[str, Any] = json.loads(path.read_text())
    found = {name for name in document if "_l2_" in name}
    assert found == set(PRECISIONS), "vectors.json has L2 vectors that nobody here reads"
    return {name: _vector(name, document[name]) for name in PRECISIONS}


def _vector(name: str, body: dict[str, Any]) -> Vector:
    raw = body.get("steps") or [body, *([body["then_update"]] if "then_update" in body else [])]
    steps = tuple(
        Step(
            bids=[(price, qty) for price, qty in step["bids"]],
            asks=[(price, qty) for price, qty in step["asks"]],
            checksum=int(step["checksum"]),
            checksum_if_not_truncated=int(step.get("checksum_if_not_truncated", step["checksum"])),
        )
        for step in raw
    )
    price_precision, qty_precision = PRECISIONS[name]
    return Vector(name, price_precision, qty_precision, steps)
