"""Events as the vectors state them: full names, every number a string of digits.

From such an event come its map of short keys (WIRE.md §4), its bytes and its canonical line (§9).
The tables here are a second reading of the spec, made for the vectors alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.level3_model import Item, ModelLevel3
from tests.model import ModelBook, unscaled

Event = dict[str, Any]

KEYS = {
    "type": "t", "ts_event": "te", "ts_recv": "tr", "ts_pub": "tp", "flags": "f",
    "version": "v", "reason": "why", "feed": "fd", "writer": "w", "channel": "ch", "symbol": "y",
    "depth": "d", "price_precision": "pp", "qty_precision": "qp", "prev_epoch": "pe",
    "prev_seq": "ps", "missed_first": "mf", "missed_last": "ml", "checksum": "c", "bids": "b",
    "asks": "a", "pointer": "ptr", "state": "s", "symbols": "ns", "live": "nl", "system": "sys",
    "kind": "k", "note": "n", "source": "sc", "trigger": "tg", "interval": "iv", "account": "ac",
    "bid": "bp", "bid_qty": "bq", "ask": "ap", "ask_qty": "aq", "first": "gf", "last": "la",
    "interval_begin": "ib", "open": "op", "high": "hi", "low": "lo", "close": "cl",
    "volume": "vo", "vwap": "vw", "change": "cg", "change_pct": "cp", "trades": "x",
    "last_trade_id": "lt", "pairs": "ps", "assets": "as", "order_id": "oi", "report": "rp",
    "order": "st", "orders": "os", "asset": "as", "balances": "bs", "sequence": "sq",
    "line": "l", "epoch": "ep",
}  # fmt: skip
"""Full name to short key, in the order of §9 (the last two are the catalogue's, §4.9)."""

COUNTED = {"trades": "n"}
LISTED = {"pairs": "ps", "assets": "as"}
OTHER_KEYS: dict[str, dict[str, str]] = {
    "ticker": COUNTED, "candle": COUNTED, "closed": COUNTED, "ohlc": COUNTED,
    "gap": {"last": "gl"}, "balance": {"state": "st", "asset": "as"},
    "epoch": {"prev_seq": "ps"}, "instruments": LISTED, "instrument": LISTED,
}  # fmt: skip
"""By event type, of snapshots by channel: names that have another key there than usual (§9), and
whose a key is that several names have."""

JSONS = {"report", "order", "orders", "balances"}
IN_PIECES = JSONS | {"state"}
DECIMALS = {"vwap", "change", "change_pct"}
TEXTS = {
    "type", "reason", "feed", "channel", "symbol", "state", "system", "kind", "note", "line",
    "source", "trigger", "account", "order_id", "asset",
} | JSONS | DECIMALS  # fmt: skip
LISTS_OF_TEXTS = {"orders", "balances", "order_id"}
ROWS = {
    ("bids", 2): "nn", ("asks", 2): "nn", ("bids", 4): "tnnn", ("asks", 4): "tnnn",
    ("bids", 5): "ntnnn", ("asks", 5): "ntnnn", ("trades", 6): "nnnnnn",
    ("pairs", 5): "ttnnt", ("assets", 4): "ttnt",
}  # fmt: skip
"""What the cells of a row are, by name and length: numbers or texts (§3.4, §4.10 to §4.15)."""
LONGEST_TEXT_BYTES = 4096

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


def pieces(text: str) -> str | list[str]:
    """Return a text as it travels: one over 4,096 bytes in pieces of ASCII (§3.7)."""
    if len(text.encode()) <= LONGEST_TEXT_BYTES or not text.isascii():
        return text
    starts = range(0, len(text), LONGEST_TEXT_BYTES)
    return [text[start : start + LONGEST_TEXT_BYTES] for start in starts]


def keys_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the short keys by full name in an event of this type and channel."""
    return {**KEYS, **_others(event.get("type"), event.get("channel"))}


def names_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the full names by short key in a map that travels, the other way round."""
    others = _others(fields.get("t"), fields.get("ch"))
    return {short: name for name, short in [*KEYS.items(), *others.items()]}


def _others(kind: Any, channel: Any) -> dict[str, str]:
    return OTHER_KEYS.get(channel if kind == "snapshot" else kind, {})


def shaped(name: str, value: Any, text: Callable[[Any], Any], number: Callable[[Any], Any]) -> Any:
    """Return a value with each of its texts and numbers turned into something else."""
    if isinstance(value, list | tuple) and name in LISTS_OF_TEXTS:
        return [text(part) for part in value]
    if name in TEXTS:
        return text(value)
    if not isinstance(value, list | tuple):
        return number(value)
    turn = {"t": text, "n": number}
    return [
        [turn[kind](cell) for kind, cell in zip(ROWS[name, len(row)], row, strict=True)]
        for row in value
    ]


def short(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the map that travels: short keys, integers, rows as arrays."""
    keys = keys_of(event)
    return {
        keys[name]: shaped(name, value, pieces if name in IN_PIECES else str, number)
        for name, value in event.items()
    }


def full_names(fields: Mapping[str, Any]) -> Event:
    """Return a map that travels as its event: full names, numbers as digits, no unknown keys."""
    names = names_of(fields)
    return {
        names[key]: shaped(names[key], value, "".join, str)
        for key, value in fields.items()
        if key in names
    }


def canonical(entry_id: str, event: Mapping[str, Any]) -> str:
    """Return the line of §9 for an entry."""
    members = [f'"id":{quoted(entry_id)}']
    members += [
        f'"{name}":{_printed(shaped(name, event[name], quoted, str))}'
        for name in KEYS
        if name in event
    ]
    return "{" + ",".join(members) + "}"


def canonical_error(entry_id: str, code: str) -> str:
    """Return the line of §9 for an entry that does not decode."""
    return "{" + f'"id":{quoted(entry_id)},"error":{quoted(code)}' + "}"


def _printed(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ",".join(map(_printed, value)) + "]"
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
    """Return the checksum of a snapshot event's levels or orders, by a model on decimal text."""
    precisions = int(event["price_precision"]), int(event["qty_precision"])
    if event["channel"] == "level3":
        orders = ModelLevel3(int(event["depth"]))
        orders.snapshot(items(event["bids"], precisions), items(event["asks"], precisions))
        return str(orders.checksum())
    book = ModelBook(depth=int(event["depth"]))
    book.snapshot(_texts(event["bids"], precisions), _texts(event["asks"], precisions))
    return str(book.checksum())


def _texts(levels: Any, precisions: tuple[int, int]) -> list[tuple[str, str]]:
    return [
        (unscaled(int(price), precisions[0]), unscaled(int(qty), precisions[1]))
        for price, qty in levels
    ]


KINDS = {"0": "add", "1": "modify", "2": "delete"}


def items(rows: Any, precisions: tuple[int, int]) -> list[Item]:
    """Return orders or changes (§4.10) as the model takes them: decimal text, stamps of text."""
    return [
        {
            "event": KINDS[row[0]] if len(row) == 5 else "add",
            "order_id": row[-4],
            "limit_price": unscaled(int(row[-3]), precisions[0]),
            "order_qty": unscaled(int(row[-2]), precisions[1]),
            "timestamp": f"{int(row[-1]):020}",  # text that sorts as the number does
        }
        for row in rows
    ]
