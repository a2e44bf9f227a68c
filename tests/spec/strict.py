"""A strict decoder written from WIRE.md §3 to §5 alone, to judge decoders and vectors.

It has a msgpack reader of its own, so that the limits of §3.3 are the page's and no library's. What
the page leaves open raises `Open`: two keys that are the same, and events out of their place.
"""

from __future__ import annotations

import struct
from typing import Any

from tests.spec.reader import full_names
from tests.spec.vectors.events import Event


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


RANGES = {
    "uint": (0, 2**64 - 1),
    "version": (0, 2**64 - 1),
    "crc": (0, 2**32 - 1),
    "depth": (1, 100_000),
    "precision": (0, 30),
    "pointer": (1, 1),
}
STATES = ("disconnected", "awaiting_snapshot", "live")
COMMON = "te=uint tr=uint tp=uint f=uint"
PLACE = "ch=channel y=text d=depth pp=precision qp=precision"
TABLES = {
    ("book", "update"): "b=levels a=levels c=crc",
    ("book", "snapshot"): f"v=version {PLACE} c=crc b?=levels a?=levels ptr?=pointer",
    ("snap", "snapshot"): f"v=version {PLACE} c=crc b=levels a=levels",
    ("book", "epoch"): f"v=version why=text fd=text w=uint {PLACE}"
    " pe?=uint ps?=uint mf?=uint ml?=uint",
    ("status", "epoch"): "v=version why=text fd=text w=uint pe?=uint ps?=uint mf?=uint ml?=uint",
    ("book", "reset"): "why=text n?=text",
    ("book", "heartbeat"): "s=state c?=crc",
    ("book", "bye"): "n?=text",
    ("status", "bye"): "n?=text",
    ("status", "feed"): "s=state ns=uint nl=uint sys=text",
    ("status", "notice"): "k=text y=text n=text",
}
"""Keys of each event in each place; a question mark after those that may be absent."""
KNOWN = {kind for _, kind in TABLES}


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
    if kind in KNOWN and (place, kind) not in TABLES and place != "snap":
        raise Open
    table = _table(f"{COMMON} {TABLES.get((place, kind), '')}")
    if table.get("v") and type(fields.get("v")) is int and fields["v"] != 1:
        raise Refused("VERSION")
    if is_odd:  # a key of the map that is no text
        raise Refused("SCHEMA")
    if place == "snap" and kind != "snapshot":
        raise Refused("SCHEMA")
    codes = {_fault(fields[key], what) for key, what in table.items() if key in fields}
    codes |= _missing(fields, place, kind)
    if kind == "snapshot":
        codes |= _book_faults(fields, place)
    for code in ("SCHEMA", "RANGE", "ORDER"):
        if code in codes:
            raise Refused(code)
    if kind not in KNOWN:
        return {"type": kind}
    return full_names({key: fields[key] for key in ("t", *table) if key in fields})


def _table(text: str) -> dict[str, str]:
    return {key.rstrip("?"): what for key, what in (word.split("=") for word in text.split())}


def _missing(fields: dict[str, Any], place: str, kind: str) -> set[str]:
    required = [word.split("=")[0] for word in f"{COMMON} {TABLES.get((place, kind), '')}".split()]
    absent = any(key not in fields for key in required if not key.endswith("?"))
    halves = kind == "epoch" and any(
        (one in fields) != (other in fields) for one, other in (("pe", "ps"), ("mf", "ml"))
    )
    silent = kind == "heartbeat" and fields.get("s") == "live" and "c" not in fields
    return {"SCHEMA"} if absent or halves or silent else set()


def _fault(value: Any, what: str) -> str:
    if what == "levels":
        return _levels_fault(value)
    if what in ("text", "channel", "state"):
        if type(value) is not str:
            return "SCHEMA"
        allowed = {"text": (value,), "channel": ("book",), "state": STATES}[what]
        return "" if value in allowed else "RANGE"
    if type(value) is not int:
        return "SCHEMA"
    low, high = RANGES[what]
    return "" if low <= value <= high else "RANGE"


def _levels_fault(value: Any) -> str:
    if type(value) is not list:
        return "SCHEMA"
    if any(type(level) is not list or len(level) != 2 for level in value):
        return "SCHEMA"
    numbers = [number for level in value for number in level]
    if any(type(number) not in (int, str) for number in numbers):
        return "SCHEMA"
    return "" if all(map(_is_number, numbers)) else "RANGE"


def _is_number(number: int | str) -> bool:
    if isinstance(number, int):
        return number >= 0
    plain = set(number) <= set("0123456789") and 20 <= len(number) <= 40
    return plain and number[0] != "0" and int(number) >= 2**64


def _book_faults(fields: dict[str, Any], place: str) -> set[str]:
    sides = [fields[key] for key in ("b", "a") if key in fields]
    is_pointer = "ptr" in fields and place == "book"
    codes = set()
    if (is_pointer and sides) or ("ptr" in fields and place == "snap"):
        codes.add("SCHEMA")
    if not is_pointer and len(sides) < 2:
        codes.add("SCHEMA")
    if any(map(_levels_fault, sides)) or len(sides) < 2:
        return codes
    bids, asks = ([(int(price), int(qty)) for price, qty in side] for side in sides)
    depth = fields.get("d")
    if type(depth) is int and max(len(bids), len(asks)) > depth:
        codes.add("RANGE")
    if any(qty == 0 for _, qty in [*bids, *asks]):
        codes.add("RANGE")
    falling, rising = [price for price, _ in bids], [price for price, _ in asks]
    if falling != sorted(set(falling), reverse=True) or rising != sorted(set(rising)):
        codes.add("ORDER")
    return codes
