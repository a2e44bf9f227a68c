"""What all events of WIRE.md share: version, flags, limits, and the short keys of common fields.

Field names are the glossary's; the short keys of the wire stand in each class's `rename`.
"""

from __future__ import annotations

from enum import IntFlag

WIRE_VERSION = 1
UINT64_END = 1 << 64
POINTER_BYTES = 16 * 1024
"""A snapshot event longer than this is written as a pointer (WIRE.md 4.3)."""
TEXT_BYTES = 4096
"""The longest string on the wire (3.3)."""

Level = tuple[int, int]
"""Price, qty."""
Order = tuple[str, int, int, int]
"""Order id, price, qty, time (4.10)."""
Change = tuple[int, str, int, int, int]
"""Kind (0 add, 1 modify, 2 delete), order id, price, qty, time (4.10)."""
Trade = tuple[int, int, int, int, int, int]
"""Trade id, side (0 buy, 1 sell), price, qty, order type (0 limit, 1 market, 2 other), time."""
Json = str | list[str]
"""A JSON text; a long one in pieces (3.7)."""

TIMES = {"ts_event": "te", "ts_recv": "tr", "ts_pub": "tp", "flags": "f"}
HEADER = {
    "version": "v",
    "channel": "ch",
    "symbol": "y",
    "depth": "d",
    "price_precision": "pp",
    "qty_precision": "qp",
    "source": "sc",
    "trigger": "tg",
    "interval": "iv",
    "account": "ac",
}
"""What a stream is (4.3): of snapshots, epochs and the catalogue's rows."""
BOOK = {"bids": "b", "asks": "a", "checksum": "c"}
TOP = {"bid": "bp", "bid_qty": "bq", "ask": "ap", "ask_qty": "aq"}
TICKER = {
    **TOP,
    "last": "la",
    "low": "lo",
    "high": "hi",
    "volume": "vo",
    "vwap": "vw",
    "change": "cg",
    "change_pct": "cp",
    "trades": "n",
}
CANDLE = {
    "interval_begin": "ib",
    "open": "op",
    "high": "hi",
    "low": "lo",
    "close": "cl",
    "volume": "vo",
    "vwap": "vw",
    "trades": "n",
}
POINTER = {"pointer": "ptr"}


class Flag(IntFlag):
    """WIRE.md 4.1."""

    UNVERIFIED = 1
    CROSSED = 2
    BACKFILL = 4
    REVISED = 8
    CONFLATED = 16


def json_text(text: str) -> Json:
    """Return a JSON text as the wire carries it: whole, or in pieces of TEXT_BYTES (3.7)."""
    if len(text) * 4 <= TEXT_BYTES:
        return text
    data = text.encode()
    if len(data) <= TEXT_BYTES:
        return text
    pieces: list[str] = []
    while data:
        piece = data[:TEXT_BYTES].decode(errors="ignore")  # a character cut in two goes to the next
        pieces.append(piece)
        data = data[len(piece.encode()) :]
    return pieces
