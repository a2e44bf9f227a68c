"""What the valid cases are made of: the case, and a usual event of each type to vary.

The usual events are plain on purpose, so that what a case changes is the fact it shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.spec.vectors.events import Event, checksum, event, short
from tests.spec.vectors.packing import Raw, pack

BOOK = {
    "channel": "book",
    "symbol": "BTC/USD",
    "depth": "10",
    "price_precision": "1",
    "qty_precision": "8",
}


@dataclass(frozen=True)
class ValidCase:
    """One entry that every reader accepts.

    `extra` are keys of the map that the event does not show; `shown` is what a reader understands,
    where that is not the whole event; `unit` is what a long value repeats.
    """

    name: str
    clause: str
    about: str
    event: Event
    stream: str = "book"
    id: str = "1767323045000-7"
    extra: Mapping[str, Any] = field(default_factory=dict)
    shown: Event | None = None
    unit: bytes = b""

    def map(self) -> dict[str, Any]:
        """Return the map that travels."""
        return {**short(self.event), **self.extra}


@dataclass(frozen=True)
class InvalidCase:
    """One entry that every reader refuses with `code`."""

    name: str
    clause: str
    code: str
    about: str
    data: bytes
    stream: str = "book"
    id: str = "1767323045000-7"
    unit: bytes = b""


def update(**fields: Any) -> Event:
    """Return an update of two deltas a side, with any checksum."""
    usual = {
        "bids": [["628070", "125000000"], ["628061", "0"]],
        "asks": [["628071", "50000000"], ["628090", "1"]],
        "checksum": "3310070434",
    }
    return event("update", **{**usual, **fields})


def snapshot(**fields: Any) -> Event:
    """Return a snapshot of two levels a side whose checksum is right unless it is given."""
    usual = {
        "version": "1",
        **BOOK,
        "bids": [["628070", "125000000"], ["628061", "900000000"]],
        "asks": [["628071", "50000000"], ["628090", "1"]],
    }
    whole = event("snapshot", **{**usual, **fields})
    if "bids" in whole and "asks" in whole:
        whole.setdefault("checksum", checksum(whole))
    return whole


def epoch(**fields: Any) -> Event:
    """Return the epoch event of a book's stream that had no entry before."""
    usual = {
        "version": "1",
        "reason": "start",
        "feed": "book.10.BTC/USD",
        "writer": "81985529216486895",
    }
    return event("epoch", **{**usual, **BOOK, **fields})


def status_epoch(**fields: Any) -> Event:
    """Return the epoch event of a status stream: nothing about a book."""
    return epoch(**{**dict.fromkeys(BOOK), **fields})


def feed(**fields: Any) -> Event:
    """Return a feed event."""
    return event(
        "feed", **{"state": "live", "symbols": "3", "live": "2", "system": "online", **fields}
    )


def notice(**fields: Any) -> Event:
    """Return a notice."""
    usual = {"kind": "refused", "symbol": "NOPE/USD", "note": "not supported"}
    return event("notice", **{**usual, **fields})


LONGEST_TEXT = b"\xda\x10\x00" + b"x" * 4096


def filling(event: Event, size: int) -> Raw:
    """Return an array of texts that under the key `zz` makes the event `size` bytes long."""
    room = size - len(pack({**short(event), "zz": Raw(b"")})) - 5
    whole, rest = divmod(room, len(LONGEST_TEXT))
    text = b"\xda" + max(rest - 3, 0).to_bytes(2, "big") + b"x" * (rest - 3)
    tail = [text] if rest >= 3 else [b"\xc0"] * rest
    head = b"\xdd" + (whole + len(tail)).to_bytes(4, "big")
    return Raw(head + LONGEST_TEXT * whole + b"".join(tail))
