"""What the page says and no vector shows: the spec and its vectors must not drift apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec import wire_page
from tests.spec.coverage_rules import unruled
from tests.spec.vectors.files import data_of
from tests.spec.vectors_read import Travelled, Vectors, read
from tests.spec.wire_page import Clause, Key

LEFT_OUT = {"12": "when a version came is no rule; what it is stands in the other tables"}
"""Clauses whose tables are not looked at, and why."""


def uncovered(page: dict[str, Clause], vectors: Vectors) -> list[str]:
    """Return what the page's tables say and no vector shows, in words."""
    return [
        *_keys(page, vectors),
        *_flags(page, vectors),
        *_codes(page, vectors),
        *_canonical(page, vectors),
        *_catalogue(page, vectors),
        *unruled(page, vectors),
    ]


def _keys(page: dict[str, Clause], vectors: Vectors) -> Iterator[str]:
    events = wire_page.event_keys(page)
    for channel, header in wire_page.header_keys(page).items():
        # Of an epoch's own keys one stream shows all; its header is shown in every channel.
        events[channel, "epoch"] = header
        events |= {(channel, kind): [] for kind in ("reset", "heartbeat", "bye")}
    for (channel, kind), own in events.items():
        name = f"{channel} {kind}".strip()
        maps = [fields for fields in _of(channel, vectors.maps) if fields["t"] == kind]
        if not maps:
            yield f"event {name}: no valid vector"
        refused = [
            fields for fields in _of(channel, vectors.without_key) if fields.get("t") == kind
        ]
        for key in own:
            yield from _key(name, key, maps, refused)
    for key in wire_page.common_keys(page):
        if not all(key.name in fields for _, fields in vectors.maps):
            yield f"key {key.name}: a valid vector is without it"
        if not any(key.name not in fields for _, fields in vectors.without_key):
            yield f"key {key.name}: no invalid vector without it"


def _of(channel: str, travelled: list[Travelled]) -> Iterator[dict[str, Any]]:
    """Yield the maps of a channel's streams; of every stream where no channel is named."""
    for place, fields in travelled:
        if channel in (wire_page.STREAM, place.partition(".")[0]):
            yield fields


def _key(
    name: str, key: Key, maps: list[dict[str, Any]], refused: list[dict[str, Any]]
) -> Iterator[str]:
    shown = [fields[key.name] for fields in maps if key.name in fields]
    if not shown:
        yield f"{name}.{key.name}: no valid vector has it"
    for value in key.values:
        if value not in shown:
            yield f"{name}.{key.name}: no valid vector has the value {value}"
    if not key.is_required and len(shown) == len(maps):
        yield f"{name}.{key.name}: no valid vector is without it"
    if key.rule.startswith("required") and not any(key.name not in fields for fields in refused):
        yield f"{name}.{key.name}: required, but no invalid vector is without it"


def _flags(page: dict[str, Clause], vectors: Vectors) -> Iterator[str]:
    for name, bit in wire_page.flags(page).items():
        if not any(fields["f"] == bit for _, fields in vectors.maps):
            yield f"flag {name}: no valid vector has it alone"
    known = sum(wire_page.flags(page).values())
    if not any(fields["f"] & ~known for _, fields in vectors.maps):
        yield "flags: no valid vector has an unknown bit"


def _codes(page: dict[str, Clause], vectors: Vectors) -> Iterator[str]:
    told = {body["code"] for body in vectors.invalid}
    told |= {report.get("code") for body in vectors.stories for report in body["expect"]}
    told |= {body.get("code") for body in vectors.choices}
    for code in wire_page.codes(page):
        if code not in told:
            yield f"code {code}: no vector"


def _canonical(page: dict[str, Clause], vectors: Vectors) -> Iterator[str]:
    for name in wire_page.canonical_names(page):
        if not any(f'"{name}":' in body["canonical"] for body in vectors.valid):
            yield f"canonical name {name}: no valid vector prints it"


def _catalogue(page: dict[str, Clause], vectors: Vectors) -> Iterator[str]:
    for key in wire_page.catalogue_keys(page):
        if not any(key in read(data_of(body)) for body in vectors.catalogue):
            yield f"catalogue.{key}: no vector has it"
