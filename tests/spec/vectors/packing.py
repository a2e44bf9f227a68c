"""A tiny msgpack encoder, so that no vector comes from a library or a program that it judges.

Every value can be packed in four forms that mean the same (msgpack's specification lets a writer
choose): `small` the shortest, `wide` the longest headers and unsigned integers of 64 bits, `signed`
integers of 64 bits with a sign where they fit and headers of 16 bits, `tight` the shortest integer
with a sign and texts with a header of 8 bits.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Form = Literal["small", "wide", "signed", "tight"]


@dataclass(frozen=True)
class Raw:
    """Bytes to be put in as they are: what an honest encoder would not write."""

    data: bytes


def raw(hexadecimal: str) -> Raw:
    """Return the bytes of a hexadecimal text."""
    return Raw(bytes.fromhex(hexadecimal))


def float64(value: float) -> Raw:
    """Return msgpack's float of 64 bits."""
    return Raw(b"\xcb" + struct.pack(">d", value))


def pack(value: object, form: Form = "small") -> bytes:
    """Return the msgpack bytes of a value made of int, str, bool, None, lists, maps and `Raw`."""
    match value:
        case Raw(data):
            return data
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return _pack_int(value, form)
        case str():
            return _pack_text(value.encode(), form)
        case Mapping():
            head = _head(len(value), form, fix=0x80, room=16, wide=(0xDE, 0xDF))
            return head + b"".join(
                pack(key, form) + pack(item, form) for key, item in value.items()
            )
        case Sequence():
            head = _head(len(value), form, fix=0x90, room=16, wide=(0xDC, 0xDD))
            return head + b"".join(pack(item, form) for item in value)
    raise TypeError(f"no msgpack for {value!r}")


def _pack_int(value: int, form: Form) -> bytes:
    if value < 0:
        return struct.pack(">b", value) if value >= -32 else b"\xd3" + struct.pack(">q", value)
    if form == "wide":
        return b"\xcf" + struct.pack(">Q", value)
    if form == "tight":
        for code, layout, end in ((0xD0, ">b", 7), (0xD1, ">h", 15), (0xD2, ">i", 31)):
            if value < 1 << end:
                return bytes([code]) + struct.pack(layout, value)
        form = "signed"
    if form == "signed" and value < 1 << 63:
        return b"\xd3" + struct.pack(">q", value)
    if value < 0x80 and form == "small":
        return bytes([value])
    for code, layout, end in (
        (0xCC, ">B", 8),
        (0xCD, ">H", 16),
        (0xCE, ">I", 32),
        (0xCF, ">Q", 64),
    ):
        if value < 1 << end:
            return bytes([code]) + struct.pack(layout, value)
    raise ValueError(f"{value} has no msgpack int")


def _pack_text(data: bytes, form: Form) -> bytes:
    if len(data) < 256 and (form == "tight" or (form == "small" and len(data) >= 32)):
        return bytes([0xD9, len(data)]) + data
    return _head(len(data), form, fix=0xA0, room=32, wide=(0xDA, 0xDB)) + data


def _head(size: int, form: Form, *, fix: int, room: int, wide: tuple[int, int]) -> bytes:
    if form == "small" and size < room:
        return bytes([fix | size])
    if form != "wide" and size < 1 << 16:
        return bytes([wide[0]]) + struct.pack(">H", size)
    return bytes([wide[1]]) + struct.pack(">I", size)
