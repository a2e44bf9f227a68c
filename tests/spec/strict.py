"""A strict decoder written from WIRE.md §3 to §5 alone, to judge decoders and vectors.

It has a msgpack reader of its own, so that the limits of §3.3 are the page's and no library's. What
the page leaves open, two keys that are the same, raises `Open`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from tests.spec import tables
from tests.spec.vectors.events import Event, full_names


class Refused(Exception):
    """An entry that a reader refuses, with a code of §8."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Open(Exception):
    """The page does not say what a reader does here."""


class Bytes:
    """A cursor over msgpack bytes; every fault is MSGPACK."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if self.at + size > len(self.data):
            raise Refused("MSGPACK")
        self.at += size
        return self.data[self.at - size : self.at]

    def unpacked(self, layout: str) -> Any:
        """Return the next number in a layout of `struct`."""
        (value,) = struct.unpack(layout, self.take(struct.calcsize(layout)))
        return value

    def value(self, nesting: int = 0) -> Any:
        """Return the next value; maps are lists of pairs in a `Pairs`."""
        code = self.take(1)[0]
        if code < 0xC0:
            return self._fixed(code, nesting)
        match code:
            case 0xC0:
                return None
            case 0xC2 | 0xC3:
                return code == 0xC3
            case 0xCA | 0xCB:
                return self.unpacked(">f" if code == 0xCA else ">d")
            case _ if 0xCC <= code <= 0xD3:
                return self.unpacked(">" + "BHIQbhiq"[code - 0xCC])
            case 0xD9 | 0xDA | 0xDB:
                return self._text(self.unpacked(">" + "BHI"[code - 0xD9]))
            case 0xDC | 0xDD:
                return self._array(self.unpacked(">" + "HI"[code - 0xDC]), nesting + 1)
            case 0xDE | 0xDF:
                return self._map(self.unpacked(">" + "HI"[code - 0xDE]), nesting + 1)
            case _ if code >= 0xE0:
                return code - 0x100
        raise Refused("MSGPACK")  # bin, ext, or the byte that is never used

    def _fixed(self, code: int, nesting: int) -> Any:
        if code < 0x80:
            return code
        if code < 0x90:
            return self._map(code & 0x0F, nesting + 1)
        if code < 0xA0:
            return self._array(code & 0x0F, nesting + 1)
        return self._text(code & 0x1F)

    def _text(self, size: int) -> str:
        if size > 4096:
            raise Refused("MSGPACK")
        try:
            return self.take(size).decode()
        except UnicodeDecodeError:
            raise Refused("MSGPACK") from None

    def _array(self, size: int, nesting: int) -> list[Any]:
        if size > 200_000 or nesting > 8:
            raise Refused("MSGPACK")
        return [self.value(nesting) for _ in range(size)]

    def _map(self, size: int, nesting: int) -> Pairs:
        if size > 64 or nesting > 8:
            raise Refused("MSGPACK")
        return Pairs((self.value(nesting), self.value(nesting)) for _ in range(size))


class Pairs(list[tuple[Any, Any]]):
    """A map as it came."""


Rules = Callable[[list[Any], Any, int], set[str]]
"""Rows, depth, and the sign that makes their prices rise: codes."""
CONTENT_LIMIT = 50
"""Trades in a snapshot (§4.13)."""


def decode(data: bytes, place: str) -> Event:
    """Return the event with full names, or raise Refused with the first code that applies (§8)."""
    if len(data) > 2**24:
        raise Refused("SIZE")
    source = Bytes(data)
    value = source.value()
    if source.at != len(data):
        raise Refused("MSGPACK")
    if not isinstance(value, Pairs):
        raise Refused("SCHEMA")
    names = [key for key, _ in value if type(key) is str]
    if len(set(names)) != len(names):
        raise Open
    fields = {key: item for key, item in value if type(key) is str}
    return _judged(fields, place, is_odd=len(names) < len(value))


def _judged(fields: dict[str, Any], place: str, *, is_odd: bool) -> Event:
    kind = fields.get("t")
    if type(kind) is not str:
        if "v" in fields:
            raise Open
        raise Refused("SCHEMA")
    table = _table(f"{tables.COMMON} {tables.TABLES.get((place, kind), '')}")
    if table.get("v") and type(fields.get("v")) is int and fields["v"] != 1:
        raise Refused("VERSION")
    if is_odd:  # a key of the map that is no text
        raise Refused("SCHEMA")
    channel, _, is_snap = place.partition(".")
    if is_snap and kind != "snapshot":
        raise Refused("SCHEMA")
    codes = {_fault(fields[key], what, channel) for key, what in table.items() if key in fields}
    codes |= _missing(fields, place, kind)
    codes |= _rules(fields, channel, kind)
    if is_snap and "ptr" in fields:
        codes.add("SCHEMA")
    for code in ("SCHEMA", "RANGE", "ORDER"):
        if code in codes:
            raise Refused(code)
    if (place, kind) not in tables.TABLES:
        return {"type": kind}
    return full_names({key: fields[key] for key in ("t", *table) if key in fields})


def _table(text: str) -> dict[str, str]:
    return {key.rstrip("?"): what for key, what in (word.split("=") for word in text.split())}


def _missing(fields: dict[str, Any], place: str, kind: str) -> set[str]:
    """Return SCHEMA where a required key, a part of what comes together, or a content is absent."""
    channel, own = place.partition(".")[0], tables.TABLES.get((place, kind), "")
    required = {word.split("=")[0] for word in f"{tables.COMMON} {own}".split() if "?" not in word}
    together: tuple[tuple[str, ...], ...] = tables.PAIRS.get(kind, ()) if own else ()
    if kind == "snapshot" and own:
        together = tables.SNAPSHOT_PAIRS.get(channel, ())
        content = set(_table(tables.CONTENTS[channel]))
        if "ptr" in fields and content & set(fields):
            return {"SCHEMA"}
        required -= content if "ptr" in fields else set()
    if kind == "heartbeat" and channel in ("book", "level3") and fields.get("s") == "live":
        required.add("c")
    is_split = any(0 < sum(key in fields for key in keys) < len(keys) for keys in together)
    return {"SCHEMA"} if is_split or not required <= set(fields) else set()


def _fault(value: Any, what: str, channel: str) -> str:
    """Return the code of a value that is not what its table says (§3.4), or an empty text."""
    if what == "channel":
        return _word_fault(value, (channel,))
    if what in tables.WORDS:
        return _word_fault(value, tables.WORDS[what])
    if what in tables.ROWS:
        return _rows_fault(value, tables.ROWS[what])
    match what:
        case "text":
            return "" if type(value) is str else "SCHEMA"
        case "texts":
            return _all_of(value, "text")
        case "jsons":
            return _all_of(value, "json")
        case "json":
            return "" if type(value) is str else _all_of(value, "text")
        case "number":
            return _number_fault(value)
        case "decimal":
            return _decimal_fault(value)
    if type(value) is not int:
        return "SCHEMA"
    low, high = tables.RANGES[what]
    return "" if low <= value <= high else "RANGE"


def _word_fault(value: Any, allowed: tuple[str, ...]) -> str:
    if type(value) is not str:
        return "SCHEMA"
    return "" if value in allowed else "RANGE"


def _all_of(values: Any, what: str) -> str:
    if type(values) is not list:
        return "SCHEMA"
    return "SCHEMA" if any(_fault(value, what, "") for value in values) else ""


def _number_fault(value: Any) -> str:
    if type(value) is int:
        return "" if value >= 0 else "RANGE"
    if type(value) is not str:
        return "SCHEMA"
    plain = set(value) <= set("0123456789") and 20 <= len(value) <= 40
    return "" if plain and value[0] != "0" and int(value) >= 2**64 else "RANGE"


def _decimal_fault(value: Any) -> str:
    if type(value) is not str:
        return "SCHEMA"
    parts = value.removeprefix("-").split(".")
    plain = all(part and set(part) <= set("0123456789") for part in parts)
    return "" if plain and len(parts) <= 2 and len(value) <= 64 else "RANGE"


def _rows_fault(rows: Any, cells: tuple[str, ...]) -> str:
    if type(rows) is not list:
        return "SCHEMA"
    if any(type(row) is not list or len(row) != len(cells) for row in rows):
        return "SCHEMA"
    faults = {_fault(cell, what, "") for row in rows for cell, what in zip(row, cells, strict=True)}
    return "SCHEMA" if "SCHEMA" in faults else "RANGE" if "RANGE" in faults else ""


def _rules(fields: dict[str, Any], channel: str, kind: str) -> set[str]:
    """Return the codes of what the sections say beside their tables, where the tables hold."""
    match channel, kind:
        case ("book", "snapshot"):
            return _sides(fields, "levels", _levels_rules)
        case ("level3", "snapshot"):
            return _sides(fields, "orders", _orders_rules)
        case ("level3", "orders"):
            return _sides(fields, "changes", _changes_rules)
        case ("trade", "gap"):
            first, last = fields.get("gf"), fields.get("gl")
            is_back = type(first) is int and type(last) is int and last < first
            return {"RANGE"} if is_back else set()
        case ("trade", "trades" | "snapshot") if not _fault(fields.get("x"), "trades", ""):
            return _trades_rules(fields["x"], fields.get("lt"), kind)
    return set()


def _sides(fields: dict[str, Any], what: str, rules: Rules) -> set[str]:
    codes: set[str] = set()
    for key, best_first in (("b", -1), ("a", 1)):
        if key in fields and not _fault(fields[key], what, ""):
            codes |= rules(fields[key], fields.get("d"), best_first)
    return codes


def _levels_rules(rows: list[Any], depth: Any, best_first: int) -> set[str]:
    codes = set()
    prices = [int(price) * best_first for price, _ in rows]
    if (type(depth) is int and len(rows) > depth) or any(int(qty) == 0 for _, qty in rows):
        codes.add("RANGE")
    if prices != sorted(set(prices)):
        codes.add("ORDER")
    return codes


def _orders_rules(rows: list[Any], depth: Any, best_first: int) -> set[str]:
    codes = set()
    places = [(int(price) * best_first, time) for _, price, _, time in rows]
    is_deep = type(depth) is int and len({price for price, _ in places}) > depth
    is_twice = len({order_id for order_id, *_ in rows}) < len(rows)
    if is_deep or is_twice or any(int(qty) == 0 for _, _, qty, _ in rows):
        codes.add("RANGE")
    if places != sorted(places):
        codes.add("ORDER")
    return codes


def _changes_rules(rows: list[Any], depth: Any, best_first: int) -> set[str]:
    return {"RANGE"} if any(kind < 2 and int(qty) == 0 for kind, _, _, qty, _ in rows) else set()


def _trades_rules(rows: list[Any], last: Any, kind: str) -> set[str]:
    codes = set()
    ids = [row[0] for row in rows]
    if any(later != earlier + 1 for earlier, later in pairwise(ids)):
        codes.add("ORDER")
    if kind == "snapshot" and ids and type(last) is int and ids[-1] != last:
        codes.add("ORDER")
    if kind == "snapshot" and len(ids) > CONTENT_LIMIT:
        codes.add("RANGE")
    return codes
