"""Events as the vectors state them: full names, every number a string of digits.

From such an event come its map of short keys (WIRE.md §4), its bytes and its canonical line (§9).
The tables here are a second reading of the spec, made for the vectors alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.model import ModelBook, unscaled

Event = dict[str, Any]

KEYS = {
    "type": "t", "ts_event": "te", "ts_recv": "tr", "ts_pub": "tp", "flags": "f",
    "version": "v", "reason": "why", "feed": "fd", "writer": "w", "channel": "ch", "symbol": "y",
    "depth": "d", "price_precision": "pp", "qty_precision": "qp", "prev_epoch": "pe",
    "prev_seq": "ps", "missed_first": "mf", "missed_last": "ml", "checksum": "c", "bids": "b",
    "asks": "a", "pointer": "ptr", "state": "s", "symbols": "ns", "live": "nl", "system": "sys",
    "kind": "k", "note": "n", "line": "l", "epoch": "ep",
}  # fmt: skip
"""Full name to short key, in the order of §9 (the last two are the catalogue's, §4.9)."""

TEXTS = {"type", "reason", "feed", "channel", "symbol", "state", "system", "kind", "note", "line"}
LEVELS = {"bids", "asks"}

STAMPS = {
    "ts_event": "1767323045123456000",
    "ts_recv": "1767323045130000001",
    "ts_pub": "1767323045130100002",
    "flags": "0",
}
"""2026-01-02T03:04:05.123456Z, and two readings of a clock shortly after."""


def event(kind: str, /, **fields: Any) -> Event:
    """Return an event of a type with the usual stamps; `fields` add or replace, None takes away."""
    whole: Event = {"type": kind, **STAMPS, **fields}
    return {name: value for name, value in whole.items() if value is not None}


def number(digits: str) -> int | str:
    """Return a price or qty as it travels: an int below 2^64, its digits from there on (§3.5)."""
    return int(digits) if int(digits) < 1 << 64 else digits


def short(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the map that travels: short keys, integers, levels as arrays of two numbers."""
    return {KEYS[name]: _travelling(name, value) for name, value in event.items()}


def _travelling(name: str, value: Any) -> object:
    if name in TEXTS:
        return value
    if name in LEVELS:
        return [[number(price), number(qty)] for price, qty in value]
    return int(value)


def canonical(entry_id: str, event: Mapping[str, Any]) -> str:
    """Return the line of §9 for an entry."""
    members = [f'"id":{quoted(entry_id)}']
    members += [f'"{name}":{_printed(name, event[name])}' for name in KEYS if name in event]
    return "{" + ",".join(members) + "}"


def canonical_error(entry_id: str, code: str) -> str:
    """Return the line of §9 for an entry that does not decode."""
    return "{" + f'"id":{quoted(entry_id)},"error":{quoted(code)}' + "}"


def _printed(name: str, value: Any) -> str:
    if name in TEXTS:
        return quoted(value)
    if name in LEVELS:
        return "[" + ",".join(f"[{price},{qty}]" for price, qty in value) + "]"
    return str(value)


ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
    "\r": "\\r",
}


def quoted(text: str) -> str:
    """Return JSON text with the shortest escapes, everything else as it is."""
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def _escaped(letter: str) -> str:
    if letter in ESCAPES:
        return ESCAPES[letter]
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x20 else letter


def checksum(event: Mapping[str, Any]) -> str:
    """Return the checksum of a snapshot event's levels, by the model on decimal text."""
    book = ModelBook(depth=int(event["depth"]))
    precisions = int(event["price_precision"]), int(event["qty_precision"])
    book.snapshot(_texts(event["bids"], precisions), _texts(event["asks"], precisions))
    return str(book.checksum())


def _texts(levels: Any, precisions: tuple[int, int]) -> list[tuple[str, str]]:
    return [
        (unscaled(int(price), precisions[0]), unscaled(int(qty), precisions[1]))
        for price, qty in levels
    ]
