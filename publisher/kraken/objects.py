"""JSON objects taken apart and put together without reading what they hold (WIRE.md 3.7).

A value stays the text that Kraken wrote, so that no digit and no field is lost, whatever comes new.
Only what the protocol needs is read, a field at a time. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from publisher.errors import BadFrame
from publisher.kraken.messages import UNDECODABLE
from publisher.timestamps import nanoseconds

TEXT_BYTES = 4096
"""The longest string that the wire carries (WIRE.md 3.3)."""
UINT64_DIGITS = 20

Fields = dict[str, str]
"""The fields of an object by name; each value is its JSON text."""

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_objects = msgspec.json.Decoder(list[msgspec.Raw] | None)
_string = msgspec.json.Decoder(str)


def text_of(raw: msgspec.Raw) -> str:
    """Return the text of a value as Kraken sent it; raise BadFrame if it is no UTF-8."""
    try:
        return bytes(raw).decode()
    except UnicodeDecodeError as error:
        raise BadFrame(f"not UTF-8: {error.reason}") from None


def fields_of(text: str) -> Fields:
    """Return the fields of an object; raise BadFrame for anything else."""
    try:
        return {name: text_of(raw) for name, raw in _fields.decode(text).items()}
    except UNDECODABLE as error:
        raise BadFrame(f"not a JSON object: {error}") from None


def objects_of(text: str) -> list[Fields]:
    """Return the objects of an array, none of null; raise BadFrame for anything else."""
    try:
        return [fields_of(text_of(raw)) for raw in _objects.decode(text) or ()]
    except UNDECODABLE as error:
        raise BadFrame(f"not a JSON array: {error}") from None


def object_text(fields: Mapping[str, str]) -> str:
    """Return the JSON text of an object with these fields, in their order."""
    members = (f"{quoted(name)}:{text}" for name, text in fields.items())
    return "{" + ",".join(members) + "}"


def array_text(objects: Iterable[Mapping[str, str]]) -> str:
    """Return the JSON text of an array of objects."""
    return "[" + ",".join(map(object_text, objects)) + "]"


def word(fields: Mapping[str, str], name: str, default: str = "") -> str:
    """Return the string in a field; `default` where the field is missing or null. Raise BadFrame
    for another value, and for what the wire cannot carry.
    """
    text = fields.get(name, "null")
    if text == "null":
        return default
    try:
        found = _string.decode(text)
        if len(found.encode()) <= TEXT_BYTES:
            return found
    except (*UNDECODABLE, UnicodeEncodeError):
        pass
    raise BadFrame(f"{name} is {text[:40]}")


def required_word(fields: Mapping[str, str], name: str) -> str:
    """Return the string in a field, which must be there and not be empty; raise BadFrame."""
    found = word(fields, name)
    if not found:
        raise BadFrame(f"no {name}")
    return found


def number(fields: Mapping[str, str], name: str) -> str:
    """Return the digits of a number in a field; raise BadFrame where there is none."""
    text = fields.get(name, "")
    if not NUMBER.fullmatch(text):
        raise BadFrame(f"{name} is {text[:40] or 'missing'}")
    return text


def integer(fields: Mapping[str, str], name: str) -> int:
    """Return the integer in a field, 0 where there is none."""
    text = fields.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= UINT64_DIGITS else 0


def stamp(fields: Mapping[str, str]) -> int:
    """Return the field `timestamp` in ns of Unix time, 0 without; raise BadFrame."""
    return nanoseconds(word(fields, "timestamp"))


def unknown_fields(
    channel: str, decode: Callable[[bytes], object], known: Collection[str], payload: bytes
) -> list[str]:
    """Return the paths of fields in a message of an account's channel, which `decode` reads, that
    are not `known`; of any other message none.
    """
    try:
        decode(payload)
        message = fields_of(payload.decode())
        inner = objects_of(message["data"])
    except (*UNDECODABLE, BadFrame):
        return []
    outer = [name for name in message if name not in ("channel", "type", "sequence", "data")]
    found = {f"{channel}.data.{name}" for fields in inner for name in fields if name not in known}
    return [*(f"{channel}.{name}" for name in outer), *sorted(found)]


def quoted(name: str) -> str:
    """Return a string's JSON text."""
    return msgspec.json.encode(name).decode()
