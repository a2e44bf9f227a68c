"""Decode one entry's `d` to a typed, frozen event, or refuse it with a code (WIRE §3, §4).

Pure: bytes in, an event or `DecodeError` out. Nothing in the bytes is trusted: limits first, then
schema, version, ranges and order, and when several rules are broken the first in that order is
reported (WIRE §8). Knows nothing of books, sequences or Redis. Ordinary updates, bytes laid out as
the publisher does, take a short way (`update_fields`) that accepts only what the long way would
accept; whatever it does not like is judged by the long way, so codes come from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from struct import Struct
from typing import Any, Final, Literal, NamedTuple

from msgpack import unpackb

from ._events import (
    Bye,
    EntryId,
    Epoch,
    Feed,
    Heartbeat,
    Levels,
    Listing,
    Notice,
    Reset,
    Snapshot,
    Unknown,
    Update,
    UpdateFields,
    WireEvent,
)
from .errors import Code, DecodeError

__all__ = [
    "CROSSED",
    "UNVERIFIED",
    "Bye",
    "EntryId",
    "Epoch",
    "Feed",
    "Heartbeat",
    "Levels",
    "Listing",
    "Notice",
    "Place",
    "Reset",
    "Snapshot",
    "Unknown",
    "Update",
    "WireEvent",
    "decode",
    "decode_listing",
    "decode_snapshot",
    "parse_id",
    "update_fields",
]

WIRE_VERSIONS: Final = frozenset({1})  # WIRE §11: N and N-1; there was no version before 1
ENTRY_MAX_BYTES: Final = 16 * 1024 * 1024
ARRAY_MAX: Final = 200_000
MAP_MAX: Final = 64
TEXT_MAX_BYTES: Final = 4096
NESTING_MAX: Final = 8
NUMBER_MAX_DIGITS: Final = 40
UNVERIFIED: Final = 1
CROSSED: Final = 2

Place = Literal[
    "book", "snap", "status"
]  # where an entry lies: some keys are due in one place only


class _Field(NamedTuple):
    """One key of an event: its short name, its kind (WIRE §3.4) and whether it must be there."""

    key: str
    kind: str
    is_required: bool


def _table(text: str) -> tuple[_Field, ...]:
    pairs = [word.split(":") for word in text.split()]
    return tuple(_Field(key.rstrip("?"), kind, not key.endswith("?")) for key, kind in pairs)


_UINT_MAX: Final = 2**64 - 1
_RANGES: Final = {
    "uint": (0, _UINT_MAX),
    "time": (0, _UINT_MAX),
    "crc": (0, 2**32 - 1),
    "depth": (1, 100_000),
    "precision": (0, 30),
    "one": (1, 1),
}
_SCALARS: Final = frozenset({int, str, float, bool, type(None)})
_WORDS: Final = {
    "text": None,
    "state": frozenset({"disconnected", "awaiting_snapshot", "live"}),
    "channel": frozenset({"book"}),
}

_COMMON: Final = _table("te:time tr:time tp:time f:uint")
_BOOK: Final = _table("ch:channel y:text d:depth pp:precision qp:precision")
_BOOK_KEYS: Final = frozenset(field.key for field in _BOOK)
_OF_BOOK: Final = _table("ch?:channel y?:text d?:depth pp?:precision qp?:precision")
_LEVELS: Final = _table("b?:levels a?:levels ptr?:one")
_LISTING: Final = (*_table("v:version fd:text"), *_BOOK, *_table("l:text ep:uint"))

_ODD: Final[Any] = None  # where a map keeps the pairs whose keys are not text
# After `t` and the common keys, in the order of the event's own fields, which is that of WIRE §9.
_EVENTS: Final[dict[str, tuple[Callable[..., WireEvent], tuple[_Field, ...]]]] = {
    "update": (Update, _table("c:crc b:levels a:levels")),
    "snapshot": (Snapshot, (*_table("v:version"), *_BOOK, *_table("c:crc"), *_LEVELS)),
    "epoch": (
        Epoch,
        (
            *_table("v:version why:text fd:text w:uint"),
            *_OF_BOOK,
            *_table("pe?:uint ps?:uint mf?:uint ml?:uint"),
        ),
    ),
    "reset": (Reset, _table("why:text n?:text")),
    "heartbeat": (Heartbeat, _table("c?:crc s:state")),
    "bye": (Bye, _table("n?:text")),
    "feed": (Feed, _table("s:state ns:uint nl:uint sys:text")),
    "notice": (Notice, _table("y:text k:text n:text")),
}
# How an ordinary update begins: a map of eight, its keys in the order of WIRE §4 and §4.2, between
# them times of 64 bits and flags of one byte. The levels follow.
_HEAD: Final = Struct(">14sQ4sQ4sQ2sB2s")
_FIXINT_MAX: Final = 0x7F
# Keys that come together or not at all, by event type.
_TOGETHER: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "epoch": (("ch", "y", "d", "pp", "qp"), ("pe", "ps"), ("mf", "ml")),
    "snapshot": (("b", "a"),),
}
# WIRE §8: "the first of this order is reported".
_ORDER: Final = (Code.VERSION, Code.SCHEMA, Code.RANGE, Code.ORDER)


def parse_id(text: str | bytes) -> EntryId:
    """Return the id that Redis wrote as `<epoch>-<seq>`."""
    epoch, _, seq = (text.decode() if isinstance(text, bytes) else text).partition("-")
    return EntryId(int(epoch), int(seq))


def decode(entry_id: EntryId, data: bytes, place: Place = "book") -> WireEvent:
    """Return the event in the `d` of an entry that lies in `place`.

    Raise `DecodeError` with the first code, in the order of WIRE §8, that applies.
    """
    if place == "book":
        fields = update_fields(data)
        if fields is not None:
            return Update(entry_id, *fields)
    return _decode_any(entry_id, data, place)


def decode_snapshot(entry_id: EntryId, data: bytes) -> Snapshot:
    """Return the whole book in an entry of `.snap` (WIRE §4.3). Raise `DecodeError`."""
    event = _decode_any(entry_id, data, "snap")
    assert isinstance(event, Snapshot)
    return event


def decode_listing(stream: str, data: bytes) -> Listing:
    """Return one value of the catalogue (WIRE §4.9). Raise `DecodeError`."""
    fields = _unpack_map(data)
    _raise_first(_field_faults(fields, _LISTING))
    return Listing(stream, *(fields[key] for key, _, _ in _LISTING))  # type: ignore[arg-type]


def update_fields(data: bytes) -> UpdateFields | None:
    """Return what a plain update holds after its id, None for anything else or with any fault."""
    # A shorter entry than `ARRAY_MAX` bytes has no longer array; texts of any length are faults.
    if not _HEAD.size <= len(data) <= ARRAY_MAX:
        return None
    kind, ts_event, tr, ts_recv, tp, ts_pub, f, flags, b = _HEAD.unpack_from(data)
    if (
        kind != b"\x88\xa1t\xa6update\xa2te\xcf"
        or tr != b"\xa2tr\xcf"
        or tp != b"\xa2tp\xcf"
        or f != b"\xa1f"
        or b != b"\xa1b"
        or flags > _FIXINT_MAX
    ):
        return None
    try:
        # What follows reads as an array of five. A bin of two bytes would pass for a level.
        bids, a, asks, c, checksum = unpackb(
            b"\x95" + data[_HEAD.size :], use_list=False, max_bin_len=0
        )
        if not (
            a == "a"
            and c == "c"
            and type(bids) is tuple
            and type(asks) is tuple
            and type(checksum) is int
            and 0 <= checksum <= 0xFFFFFFFF
        ):
            return None
        for price, qty in bids + asks:
            if type(price) is not int or type(qty) is not int or price < 0 or qty < 0:
                return None
    except (ValueError, TypeError):
        return None
    return ts_event, ts_recv, ts_pub, flags, checksum, bids, asks


def _decode_any(entry_id: EntryId, data: bytes, place: Place) -> WireEvent:
    fields = _unpack_map(data)
    kind = fields.get("t")
    if type(kind) is not str:
        raise DecodeError(Code.SCHEMA, "t")
    if place == "snap" and kind != "snapshot":
        raise DecodeError(Code.SCHEMA, "t")
    if kind not in _EVENTS:
        _raise_first(_field_faults(fields, _COMMON))
        return Unknown(entry_id, kind)
    if kind == "epoch" and place == "status":
        # WIRE §4.4: the book's keys are absent there, so they are unknown ones and ignored.
        fields = {key: value for key, value in fields.items() if key not in _BOOK_KEYS}
    make, own = _EVENTS[kind]
    table = (*_COMMON, *own)
    faults = _field_faults(fields, table) + _presence_faults(kind, fields, place)
    if kind == "snapshot":
        faults += _levels_faults(fields)
    _raise_first(faults)
    return make(entry_id, *(_value(fields.get(key), what) for key, what, _ in table))


def _raise_first(faults: Sequence[tuple[Code, str]]) -> None:
    if faults:
        raise DecodeError(*min(faults, key=lambda fault: _ORDER.index(fault[0])))


def _field_faults(fields: dict[str, object], table: Sequence[_Field]) -> list[tuple[Code, str]]:
    faults = [(Code.SCHEMA, "keys")] if _ODD in fields else []
    for key, kind, is_required in table:
        if key in fields:
            code = _fault(fields[key], kind)
            if code is not None:
                faults.append((code, key))
        elif is_required:
            faults.append((Code.SCHEMA, key))
    return faults


def _fault(value: object, kind: str) -> Code | None:
    if kind == "levels":
        return _levels_fault(value)
    if kind in _WORDS:
        if type(value) is not str:
            return Code.SCHEMA
        words = _WORDS[kind]
        return None if words is None or value in words else Code.RANGE
    if type(value) is not int:  # a bool is not an int here (WIRE §3.4)
        return Code.SCHEMA
    if kind == "version":
        return None if value in WIRE_VERSIONS else Code.VERSION
    low, high = _RANGES[kind]
    return None if low <= value <= high else Code.RANGE


def _levels_fault(value: object) -> Code | None:
    if type(value) is not tuple:
        return Code.SCHEMA
    worst = None
    for level in value:
        if type(level) is not tuple or len(level) != 2:
            return Code.SCHEMA
        for number in level:
            if type(number) is int:
                is_good = number >= 0
            elif type(number) is str:
                is_good = _is_big(number)
            else:
                return Code.SCHEMA
            if not is_good:
                worst = Code.RANGE
    return worst


def _is_big(text: str) -> bool:
    """True for digits of 2^64 or more, at most 40 of them, first not 0 (WIRE §3.5)."""
    return (
        len(text) <= NUMBER_MAX_DIGITS
        and text.isascii()
        and text.isdigit()
        and text[0] != "0"
        and int(text) > _UINT_MAX
    )


def _value(value: Any, kind: str) -> object:
    """Return a checked value as events hold it: levels with every number an int."""
    if kind == "levels" and value is not None:
        return tuple([(int(price), int(qty)) for price, qty in value])
    return value


def _presence_faults(kind: str, fields: dict[str, object], place: Place) -> list[tuple[Code, str]]:
    """Judge which optional keys are there, each against the others (WIRE §4.3, §4.4, §4.6)."""
    faults = []
    for group in _TOGETHER.get(kind, ()):
        present = [key for key in group if key in fields]
        if present and len(present) != len(group):
            faults.append((Code.SCHEMA, "/".join(group)))
    match kind:
        case "snapshot" if ("ptr" in fields) == ("b" in fields) or (
            place == "snap" and "ptr" in fields
        ):
            faults.append((Code.SCHEMA, "ptr"))
        case "epoch" if place == "book" and "y" not in fields:
            faults.append((Code.SCHEMA, "y"))
        case "heartbeat" if fields.get("s") == "live" and "c" not in fields:
            faults.append((Code.SCHEMA, "c"))
    return faults


def _levels_faults(fields: dict[str, object]) -> list[tuple[Code, str]]:
    """Judge a snapshot's levels by WIRE §5.3."""
    faults = []
    for key, sign in (("b", -1), ("a", 1)):
        side = fields.get(key)
        if side is None or _levels_fault(side) is not None:
            continue
        levels: Any = _value(side, "levels")
        depth = fields.get("d")
        if any(qty == 0 for _, qty in levels) or (type(depth) is int and len(levels) > depth):
            faults.append((Code.RANGE, key))
        keys = [sign * price for price, _ in levels]
        if any(worse <= better for better, worse in pairwise(keys)):
            faults.append((Code.ORDER, key))
    return faults


def _unpack_map(data: bytes) -> dict[str, object]:
    """Return the outer map. Raise SIZE, MSGPACK or, for bad keys and another outer type, SCHEMA."""
    if len(data) > ENTRY_MAX_BYTES:
        raise DecodeError(Code.SIZE, f"{len(data)} bytes")
    try:
        value = unpackb(
            data,
            use_list=False,
            strict_map_key=False,
            object_pairs_hook=_as_map,
            # No array has more elements than the entry has bytes: no room is made for a lie.
            max_array_len=min(ARRAY_MAX, len(data)),
            max_map_len=MAP_MAX,
            max_str_len=TEXT_MAX_BYTES,
            max_bin_len=0,
            max_ext_len=0,
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise DecodeError(Code.MSGPACK, str(error) or type(error).__name__) from error
    _check_shape(value, 1)
    if type(value) is not dict:
        raise DecodeError(Code.SCHEMA, "no map")
    return value


def _as_map(pairs: Sequence[tuple[Any, object]]) -> dict[str, object]:
    """Return a map by its text keys; the other pairs, flat, under `_ODD`, which is no such key."""
    odd = [part for pair in pairs if type(pair[0]) is not str for part in pair]
    fields = {key: value for key, value in pairs if type(key) is str}
    return fields | {_ODD: tuple(odd)} if odd else fields


def _check_shape(value: object, nesting: int) -> None:
    """Raise MSGPACK for what only a walk can see: deep nesting, empty bin and ext (WIRE §3.3)."""
    if type(value) is tuple:
        parts = value
    elif type(value) is dict:
        odd = value.get(_ODD, ())
        parts = (*(part for key, part in value.items() if key is not _ODD), *odd)
    elif type(value) in _SCALARS:
        return
    else:
        raise DecodeError(Code.MSGPACK, f"{type(value).__name__} is not allowed")
    if nesting > NESTING_MAX:
        raise DecodeError(Code.MSGPACK, f"nesting over {NESTING_MAX}")
    for part in parts:
        if type(part) not in _SCALARS:
            _check_shape(part, nesting + 1)
