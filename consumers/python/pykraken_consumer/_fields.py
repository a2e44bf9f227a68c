"""The kinds of values that fields of events have, and how each is judged (WIRE §3.4 to §3.7).

Pure. A *kind* is a scalar (`uint`, `text`, ...), an array of scalars (`texts`) or an array of rows
(`levels`), each row an array of scalars. Knows nothing of event types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from ._unpacking import ODD
from .errors import Code, DecodeError

Faults = list[tuple[Code, str]]
"""What is wrong, and with which key."""

CHANNELS: Final = (
    *("book", "level3", "bbo", "ticker", "trade", "ohlc", "instrument"),
    *("executions", "balances"),
)
WIRE_VERSIONS: Final = frozenset({1})  # WIRE §11: N and N-1; there was no version before 1
NUMBER_MAX_DIGITS: Final = 40
DECIMAL_MAX_BYTES: Final = 64
_UINT_MAX: Final = 2**64 - 1

_RANGES: Final = {
    "uint": (0, _UINT_MAX),
    "time": (0, _UINT_MAX),
    "crc": (0, 2**32 - 1),
    "depth": (1, 100_000),
    "interval": (1, 100_000),
    "precision": (0, 30),
    "one": (1, 1),
    "change": (0, 2),
    "taker": (0, 1),
    "ord_type": (0, 2),
}
_WORDS: Final = {
    "state": frozenset({"disconnected", "awaiting_snapshot", "live"}),
    "source": frozenset({"book", "level3"}),
    "trigger": frozenset({"bbo", "trades"}),
    # A stream's own channel and no other (WIRE §4.3), one kind for each.
    **{channel: frozenset({channel}) for channel in CHANNELS},
}
_ARRAYS: Final = {"texts": "text", "jsons": "json"}
_ROWS: Final = {
    "levels": ("number", "number"),
    "orders": ("text", "number", "number", "time"),
    "changes": ("change", "text", "number", "number", "time"),
    "trades": ("uint", "taker", "number", "number", "ord_type", "time"),
    "pairs": ("text", "text", "uint", "uint", "json"),
    "assets": ("text", "text", "uint", "json"),
}
_BIG: Final = re.compile(rf"[1-9][0-9]{{0,{NUMBER_MAX_DIGITS - 1}}}")
_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# WIRE §8: "the first of this order is reported".
_ORDER: Final = (Code.VERSION, Code.SCHEMA, Code.RANGE, Code.ORDER)


class Field(NamedTuple):
    """One key of an event: its short name, its kind and whether it must be there."""

    key: str
    kind: str
    is_required: bool


def table(text: str) -> tuple[Field, ...]:
    """Return the fields that words such as `y:text` and `n?:text` name."""
    pairs = [word.split(":") for word in text.split()]
    return tuple(Field(key.rstrip("?"), kind, not key.endswith("?")) for key, kind in pairs)


def raise_first(faults: Faults) -> None:
    """Raise `DecodeError` with the first fault in the order of WIRE §8, if there is any."""
    if faults:
        raise DecodeError(*min(faults, key=lambda fault: _ORDER.index(fault[0])))


def judged(fields: dict[str, object], fields_due: Sequence[Field]) -> tuple[Faults, dict[str, Any]]:
    """Return what is wrong with each of the fields that are due, looked at by itself, and the good
    ones as events hold them: numbers as ints, a `json` as one text.
    """
    faults = [(Code.SCHEMA, "keys")] if ODD in fields else []
    good = {}
    for key, kind, is_required in fields_due:
        if key in fields:
            value = fields[key]
            if kind in _ROWS and _is_plain(value, _ROWS[kind]):
                good[key] = value
            elif (code := _fault(value, kind)) is not None:
                faults.append((code, key))
            else:
                good[key] = _value(value, kind)
        elif is_required:
            faults.append((Code.SCHEMA, key))
    return faults, good


def _is_plain(rows: object, kinds: Sequence[str]) -> bool:
    """True for rows with nothing wrong that stand as they are: a quick look, by columns."""
    if type(rows) is not tuple or not rows:
        return rows == ()
    if set(map(type, rows)) != {tuple} or set(map(len, rows)) != {len(kinds)}:
        return False
    for column, kind in zip(zip(*rows, strict=True), kinds, strict=True):
        is_text = kind in ("text", "json")
        if set(map(type, column)) != {str if is_text else int}:
            return False
        low, high = _RANGES.get(kind, (0, _UINT_MAX))
        if not is_text and (min(column) < low or max(column) > high):
            return False
    return True


def _fault(value: object, kind: str) -> Code | None:
    if kind in _ROWS:
        kinds = _ROWS[kind]
        return _worst(value, lambda row: _row_fault(row, kinds))
    if kind in _ARRAYS:
        each = _ARRAYS[kind]
        return _worst(value, lambda part: _fault(part, each))
    return _SCALARS.get(kind, _int_fault)(value, kind)


def _value(value: Any, kind: str) -> Any:
    """Return a good value as events hold it."""
    if kind == "number":
        return int(value)
    if kind == "json":
        return value if type(value) is str else "".join(value)
    if kind == "jsons":
        return tuple([_value(part, "json") for part in value])
    if kind in _ROWS:
        kinds = _ROWS[kind]
        return tuple([tuple(map(_value, row, kinds)) for row in value])
    return value


def _worst(value: object, judge: Callable[[object], Code | None]) -> Code | None:
    """Return SCHEMA where the value is no array or any part is so bad, else another fault."""
    if type(value) is not tuple:
        return Code.SCHEMA
    codes = {judge(part) for part in value}
    return Code.SCHEMA if Code.SCHEMA in codes else Code.RANGE if Code.RANGE in codes else None


def _row_fault(row: object, kinds: Sequence[str]) -> Code | None:
    if type(row) is not tuple or len(row) != len(kinds):
        return Code.SCHEMA
    worst = None
    for part, kind in zip(row, kinds, strict=True):
        code = _fault(part, kind)
        if code is Code.SCHEMA:
            return code
        worst = worst or code
    return worst


def _int_fault(value: object, kind: str) -> Code | None:
    if type(value) is not int:  # a bool is not an int here (WIRE §3.4)
        return Code.SCHEMA
    low, high = _RANGES[kind]
    return None if low <= value <= high else Code.RANGE


def _version_fault(value: object, _: str) -> Code | None:
    if type(value) is not int:
        return Code.SCHEMA
    return None if value in WIRE_VERSIONS else Code.VERSION


def _number_fault(value: object, _: str) -> Code | None:
    if type(value) is int:
        return None if value >= 0 else Code.RANGE
    if type(value) is not str:
        return Code.SCHEMA
    # Digits of 2^64 or more, at most 40 of them, first not 0 (WIRE §3.5).
    return None if _BIG.fullmatch(value) and int(value) > _UINT_MAX else Code.RANGE


def _text_fault(value: object, _: str) -> Code | None:
    return None if type(value) is str else Code.SCHEMA


def _word_fault(value: object, kind: str) -> Code | None:
    if type(value) is not str:
        return Code.SCHEMA
    return None if value in _WORDS[kind] else Code.RANGE


def _decimal_fault(value: object, _: str) -> Code | None:
    if type(value) is not str:
        return Code.SCHEMA
    is_good = len(value) <= DECIMAL_MAX_BYTES and _DECIMAL.fullmatch(value)
    return None if is_good else Code.RANGE


def _json_fault(value: object, _: str) -> Code | None:
    parts = value if type(value) is tuple else (value,)
    return None if all(type(part) is str for part in parts) else Code.SCHEMA


_SCALARS: Final = {
    "text": _text_fault,
    "number": _number_fault,
    "decimal": _decimal_fault,
    "json": _json_fault,
    "version": _version_fault,
    **dict.fromkeys(_WORDS, _word_fault),
}
