"""One msgpack map out of bytes that nobody vouches for (WIRE §3.2, §3.3).

Pure. Limits are checked while reading or right after it, in values that nobody knows too. Knows
nothing of events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgpack import unpackb

from .errors import Code, DecodeError

ENTRY_MAX_BYTES: Final = 16 * 1024 * 1024
ARRAY_MAX: Final = 200_000
MAP_MAX: Final = 64
TEXT_MAX_BYTES: Final = 4096
NESTING_MAX: Final = 8

ODD: Final[Any] = None  # where a map keeps the pairs whose keys are not text

_SCALARS: Final = frozenset({int, str, float, bool, type(None)})


def unpack_map(data: bytes) -> dict[str, object]:
    """Return the outer map. Raise SIZE, MSGPACK or, for another outer type, SCHEMA."""
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
    """Return a map by its text keys; the other pairs, flat, under `ODD`, which is no such key."""
    odd = [part for pair in pairs if type(pair[0]) is not str for part in pair]
    fields = {key: value for key, value in pairs if type(key) is str}
    return fields | {ODD: tuple(odd)} if odd else fields


def _check_shape(value: object, nesting: int) -> None:
    """Raise MSGPACK for what only a walk can see: deep nesting, empty bin and ext (WIRE §3.3)."""
    if type(value) is tuple:
        parts = value
    elif type(value) is dict:
        odd = value.get(ODD, ())
        parts = (*(part for key, part in value.items() if key is not ODD), *odd)
    elif type(value) in _SCALARS:
        return
    else:
        raise DecodeError(Code.MSGPACK, f"{type(value).__name__} is not allowed")
    if nesting > NESTING_MAX:
        raise DecodeError(Code.MSGPACK, f"nesting over {NESTING_MAX}")
    for part in parts:
        if type(part) not in _SCALARS:
            _check_shape(part, nesting + 1)
