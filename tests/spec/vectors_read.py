"""The committed vectors, read at once for those who look over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import msgpack

from tests.spec.vectors.files import data_of, load

Travelled = tuple[str, dict[str, Any]]
"""The place of an entry, the map that travels."""


@dataclass(frozen=True)
class Vectors:
    """All committed vectors; of the valid ones and the SCHEMA ones also the maps that travel."""

    valid: list[dict[str, Any]]
    invalid: list[dict[str, Any]]
    stories: list[dict[str, Any]]
    catalogue: list[dict[str, Any]]
    choices: list[dict[str, Any]]
    lines: list[dict[str, Any]]
    maps: list[Travelled]
    without_key: list[Travelled]


@cache
def read(data: bytes) -> Any:
    """Return what msgpack's own library reads, of any key."""
    return msgpack.unpackb(data, strict_map_key=False)


def map_in(body: dict[str, Any]) -> dict[Any, Any] | None:
    """Return the map of an entry, None where there is none."""
    try:
        fields = read(data_of(body))
    except (ValueError, msgpack.UnpackException):
        return None
    return fields if isinstance(fields, dict) else None


def load_all() -> Vectors:
    """Return the committed vectors."""
    valid, invalid = load("valid"), load("invalid")
    refused = [
        (body["stream"], read(data_of(body))) for body in invalid if body["code"] == "SCHEMA"
    ]
    return Vectors(
        valid=valid,
        invalid=invalid,
        stories=load("stories"),
        catalogue=load("catalogue"),
        choices=load("choices"),
        lines=load("lines"),
        maps=[(body["stream"], read(data_of(body))) for body in valid],
        without_key=[(place, fields) for place, fields in refused if isinstance(fields, dict)],
    )
