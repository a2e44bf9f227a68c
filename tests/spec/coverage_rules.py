"""What the page's tables of keys, types and rules say (§2.1, §3.4, §3.6, §7.2, §7.7) and nothing
shows: no vector, or where none can, no test that is named here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from tests.requirements import ROOT
from tests.spec import wire_page
from tests.spec.vectors_read import Vectors, map_in
from tests.spec.wire_page import Clause

TESTED = {
    "<stream>.own": (
        "bus/test_keys.py::test_the_table",
        "bus/test_writer.py::test_a_feed_that_fell_silent_gives_up_its_streams",
    ),
    "{<ns>.feed.<id>}:lease": (
        "bus/test_keys.py::test_the_table",
        "bus/test_stranger.py::test_a_beat_shows_life",
    ),
    "{<ns>.feed.<id>}:requests": (
        "consumer/test_client_channels.py::test_a_snapshot_is_requested_of_the_feed",
        "endtoend/test_requests.py::"
        "test_the_answer_is_a_newer_entry_beside_the_stream_long_before_its_time",
    ),
}
"""Keys of which no vector is: no consumer reads them. Who holds each, under `tests/`."""
SHAPES: dict[str, tuple[type, ...]] = {
    "uint": (int,),
    "number": (int, str),
    "time": (int,),
    "crc": (int,),
    "text": (str,),
    "levels": (list,),
    "decimal": (str,),
    "json": (str, list),
}
RANGES: dict[str, Callable[[Any], bool]] = {
    "uint": lambda value: value >= 0,
    "number": lambda value: value >= 0 if isinstance(value, int) else int(value) >= 1 << 64,
    "time": lambda value: value >= 0,
    "crc": lambda value: 0 <= value < 1 << 32,
    "decimal": lambda value: re.fullmatch(r"-?\d+(\.\d+)?", value, re.ASCII) is not None,
}
"""What is within the range of a type. A text and a json have no other than the limits of §3.3, and
levels that of their numbers.
"""


def unruled(page: dict[str, Clause], vectors: Vectors) -> list[str]:
    """Return what these tables say and nothing shows, in words."""
    return [
        *_redis_keys(page, vectors),
        *_types(page, vectors),
        *_elsewhere(page, vectors),
        *_changes(page, vectors),
        *_marks(page, vectors),
    ]


def _redis_keys(page: dict[str, Clause], vectors: Vectors) -> Iterator[str]:
    shown = {body["field"] for body in vectors.catalogue} | {
        row["field"] for body in vectors.choices for row in body["rows"]
    }
    shown |= {body["key"] for body in vectors.catalogue}
    places = {body["stream"] for body in vectors.valid}
    if all(f"{channel}.snap" in places for channel in wire_page.channels(page)):
        shown.add("s.snap")
    if "status" in places:
        shown.add("{n.feed.i}:status")
    for key in wire_page.redis_keys(page):
        pattern = re.sub("<[^>]+>", "[^{}]+", key.replace(".", r"\.").replace("{", r"\{"))
        if key in TESTED:
            yield from (f"key {key}: no {test}" for test in TESTED[key] if not _is_there(test))
        elif not any(re.fullmatch(pattern, other) for other in shown):
            yield f"key {key}: no vector, and no test is named"


def _is_there(test: str) -> bool:
    path, _, name = test.partition("::")
    return f"def {name}(" in (ROOT / "tests" / path).read_text()


def _types(page: dict[str, Clause], vectors: Vectors) -> Iterator[str]:
    refused = list(_refused(page, vectors))
    for name in wire_page.types(page):
        shape, is_in = SHAPES.get(name), RANGES.get(name)
        if shape is None:
            yield f"type {name}: not known here"
            continue
        told = [(code, value) for kind, code, value in refused if kind == name]
        if not any(code == "SCHEMA" and not _is_of(shape, value) for code, value in told):
            yield f"type {name}: no invalid vector with another msgpack type"
        if is_in and not any(
            code == "RANGE" and _is_of(shape, value) and not _holds(is_in, value)
            for code, value in told
        ):
            yield f"type {name}: no invalid vector outside its range"


def _is_of(shape: tuple[type, ...], value: Any) -> bool:
    return isinstance(value, shape) and not isinstance(value, bool)


def _holds(is_in: Callable[[Any], bool], value: Any) -> bool:
    try:
        return is_in(value)
    except ValueError:  # no digits at all
        return False


def _refused(page: dict[str, Clause], vectors: Vectors) -> Iterator[tuple[str, str, Any]]:
    """Yield of each refused entry the type, the code and the value of each known key."""
    events, common = wire_page.event_keys(page), wire_page.common_keys(page)
    for body in vectors.invalid:
        if body["code"] not in ("SCHEMA", "RANGE"):
            continue
        fields, channel = map_in(body), body["stream"].partition(".")[0]
        if fields is None or not isinstance(fields.get("t"), str):
            continue
        kind = fields["t"]
        own = events.get((channel, kind), events.get((wire_page.STREAM, kind), []))
        for key in [*common, *own]:
            if key.name in fields:
                yield key.type, body["code"], fields[key.name]


def _elsewhere(page: dict[str, Clause], vectors: Vectors) -> Iterator[str]:
    """Of each channel an event that is known, but not there; and of each event its keys (§3.6)."""
    known, events = wire_page.known_events(page), wire_page.event_keys(page)
    kinds = {kind for own in known.values() for kind in own}
    life = {kind for channel, kind in events if channel == wire_page.STREAM}
    met = [(place, fields["t"]) for place, fields in [*vectors.maps, *_entries(vectors.stories)]]
    for channel, own in known.items():
        for kind in own:
            if (channel, kind) not in events and kind not in life:
                yield f"event {channel} {kind}: no table has its keys"
        here = {*own} if channel == "status" else {*own, *life, "snapshot"}
        if not any(place == channel and kind in kinds - here for place, kind in met):
            yield f"channel {channel}: no vector has an event of another"


def _entries(stories: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for story in stories:
        for step in story["steps"]:
            fields = map_in(step["entry"]) if "entry" in step else None
            if fields is not None:
                yield story.get("stream", "book"), fields


def _changes(page: dict[str, Clause], vectors: Vectors) -> Iterator[str]:
    """Of each event one that a valid state took in, with the flags and ends of the row."""
    flags, taken = wire_page.flags(page), list(_taken(vectors))
    for change in wire_page.changes(page):
        met = [
            fields
            for channel, fields in taken
            if (channel, fields["t"]) == (change.channel, change.event)
        ]
        name = f"{change.channel} {change.event}"
        if not met:
            yield f"change {name}: no story"
        for flag in change.flags:
            if not any(fields["f"] & flags[flag] for fields in met):
                yield f"change {name}: no story with {flag}"
        for end in change.ends:
            if not any(f'"order_status":"{end}"' in fields["st"] for fields in met):
                yield f"change {name}: no story in which an order is {end}"


def _taken(vectors: Vectors) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what stories hand over while the state is valid, and after which it still is."""
    for story in vectors.stories:
        before = False
        for step in story["steps"]:
            after = step["then"].get("valid", before)
            fields = map_in(step["entry"]) if "entry" in step else None
            if fields is not None and before and after:
                yield story.get("stream", "book"), fields
            before = after


def _marks(page: dict[str, Clause], vectors: Vectors) -> Iterator[str]:
    """Of each part of a mark two events, one of each line, that differ in it alone."""
    shown = {
        (story.get("stream", "book"), key)
        for story in vectors.lines
        for key in _differing(story["steps"])
    }
    for channel, keys in wire_page.marks(page).items():
        for key in keys:
            if (channel, key) not in shown:
                yield f"mark {channel}.{key}: no story of two lines that differ in it"


def _differing(steps: list[dict[str, Any]]) -> Iterator[str]:
    told: dict[str, list[dict[str, Any]]] = {"a": [], "b": []}
    for step in steps:
        for kind in ("snap", "entry"):
            fields = map_in(step[kind]) if kind in step else None
            if fields is not None:
                told[step["line"]].append(fields)
    for one, other in product(told["a"], told["b"]):
        if one["t"] == other["t"] and one.keys() == other.keys():
            keys = {key for key in one if one[key] != other[key]}
            if len(keys) == 1:
                yield from keys
            elif "c" in keys and "te" not in keys:  # with another checksum goes another book
                yield "c"
