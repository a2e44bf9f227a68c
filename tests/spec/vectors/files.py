"""From cases to the text of their files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.requirements import ROOT
from tests.spec.vectors.builders import InvalidCase, ValidCase
from tests.spec.vectors.catalogue import catalogue_cases
from tests.spec.vectors.choices import choice_cases
from tests.spec.vectors.events import canonical, canonical_error, checksum
from tests.spec.vectors.invalid import invalid_cases
from tests.spec.vectors.lines import line_stories
from tests.spec.vectors.packing import pack
from tests.spec.vectors.stories import stories
from tests.spec.vectors.valid import valid_cases

FOLDER = ROOT / "consumers" / "spec" / "vectors"
LONG = 20_000
"""Bytes from which a value is written as repetitions."""


def all_files() -> dict[str, str]:
    """Return the text of every vector's file by its name under the folder of vectors."""
    documents = {f"valid/{case.name}.json": valid_document(case) for case in valid_cases()}
    documents |= {f"invalid/{case.name}.json": invalid_document(case) for case in invalid_cases()}
    documents |= {f"catalogue/{name}.json": body for name, body in catalogue_cases()}
    documents |= {f"choices/{name}.json": body for name, body in choice_cases()}
    documents |= {f"stories/{story['name']}.json": story for story in stories()}
    documents |= {f"lines/{story['name']}.json": story for story in line_stories()}
    return {
        name: json.dumps(body, indent=1, ensure_ascii=False) + "\n"
        for name, body in documents.items()
    }


def valid_document(case: ValidCase) -> dict[str, Any]:
    """Return the content of a valid vector."""
    shown = case.shown or case.event
    data = pack(case.map())
    body = {
        "name": case.name,
        "clause": case.clause,
        "about": case.about,
        "stream": case.stream,
        "id": case.id,
        **data_members(data, case.unit),
        "alternatives": [] if len(data) > LONG else alternatives(case.map(), data),
        "event": shown,
        "canonical": canonical(case.id, shown),
    }
    if "checksum" in shown and "bids" in shown and shown["type"] == "snapshot":
        body["checksum"] = "right" if checksum(shown) == shown["checksum"] else "wrong"
    return body


def alternatives(short: dict[str, Any], data: bytes) -> list[str]:
    """Return other encodings of a map: three more forms, and the keys the other way round."""
    others = [pack(short, form) for form in ("wide", "signed", "tight")]
    others.append(pack(dict(reversed(short.items()))))
    return [other.hex() for other in others if other != data]


def invalid_document(case: InvalidCase) -> dict[str, Any]:
    """Return the content of an invalid vector."""
    return {
        "name": case.name,
        "clause": case.clause,
        "about": case.about,
        "stream": case.stream,
        "id": case.id,
        **data_members(case.data, case.unit),
        "code": case.code,
        "canonical": canonical_error(case.id, case.code),
    }


def data_members(data: bytes, unit: bytes) -> dict[str, Any]:
    """Return `hex`, or `repeat` for a long value that is mostly one unit."""
    if len(data) < LONG:
        return {"hex": data.hex()}
    first = data.index(unit * 3)
    run = re.compile(b"(?:%s)+" % re.escape(unit)).match(data, first)
    times = len(run[0]) // len(unit) if run else 0
    rest = data[first + times * len(unit) :]
    parts = [[data[:first].hex(), 1], [unit.hex(), times], [rest.hex(), 1]]
    return {"repeat": [part for part in parts if part[0]]}


def data_of(body: dict[str, Any]) -> bytes:
    """Return the bytes of a vector or of a story's entry."""
    if "hex" in body:
        return bytes.fromhex(body["hex"])
    return b"".join(bytes.fromhex(part) * times for part, times in body["repeat"])


def load(folder: str) -> list[dict[str, Any]]:
    """Return the committed vectors of a folder, in the order of their names."""
    return [json.loads(path.read_text()) for path in sorted(Path(FOLDER / folder).glob("*.json"))]
