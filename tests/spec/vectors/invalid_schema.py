"""Invalid cases of the schema: missing keys, values of another msgpack type, keys out of place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.builders import (
    InvalidCase,
    epoch,
    feed,
    notice,
    snapshot,
    status_epoch,
    update,
)
from tests.spec.vectors.events import Event, event, short
from tests.spec.vectors.invalid_shape import bye_with_key
from tests.spec.vectors.packing import float64, pack, raw

EVENTS: tuple[tuple[str, str, str, Event, tuple[str, ...]], ...] = (
    ("update", "4.2", "book", update(), ("b", "a", "c")),
    ("snapshot", "4.3", "book", snapshot(), ("v", "ch", "y", "d", "pp", "qp", "c", "b", "a")),
    (
        "pointer",
        "4.3",
        "book",
        snapshot(bids=None, asks=None, checksum="5", pointer="1"),
        ("c", "d"),
    ),
    ("epoch", "4.4", "book", epoch(), ("v", "why", "fd", "w", "ch", "y", "d", "pp", "qp")),
    ("status-epoch", "4.8", "status", status_epoch(), ("v", "why", "fd", "w")),
    ("reset", "4.5", "book", event("reset", reason="stale"), ("why",)),
    ("heartbeat", "4.6", "book", event("heartbeat", state="live", checksum="5"), ("s", "c")),
    ("feed", "4.8", "status", feed(), ("s", "ns", "nl", "sys")),
    ("notice", "4.8", "status", notice(), ("k", "y", "n")),
)
"""Name, clause, stream, a good event, and the keys of its own that it cannot do without."""


def missing_cases() -> Iterator[InvalidCase]:
    """Yield events without a required key, each key of each event in turn."""
    for key in ("t", "te", "tr", "tp", "f"):
        yield InvalidCase(
            f"schema-missing-{key}", "4", "SCHEMA", f"No `{key}`.", pack(without(update(), key))
        )
    yield InvalidCase(
        "schema-missing-te-unknown-type",
        "4",
        "SCHEMA",
        "The five common keys are required of events of unknown type, too.",
        pack(without(event("trade"), "te")),
    )
    yield InvalidCase("schema-map-empty", "4", "SCHEMA", "An empty map.", pack({}))
    for name, clause, stream, good, keys in EVENTS:
        for key in keys:
            yield InvalidCase(
                f"schema-{name}-missing-{key}",
                clause,
                "SCHEMA",
                f"No `{key}`.",
                pack(without(good, key)),
                stream=stream,
            )
    pairs = (
        ("prev_epoch", "pe"),
        ("prev_seq", "ps"),
        ("missed_first", "mf"),
        ("missed_last", "ml"),
    )
    whole = {"prev_epoch": "5", "prev_seq": "9", "missed_first": "10", "missed_last": "12"}
    for name, key in pairs:
        fields = {other: digits for other, digits in whole.items() if other != name}
        yield InvalidCase(
            f"schema-epoch-half-{key}",
            "4.4",
            "SCHEMA",
            f"Its pair without `{key}`.",
            pack(short(epoch(**fields))),
        )


def without(event: Event, key: str) -> dict[str, Any]:
    """Return the map of an event without one key."""
    return {name: value for name, value in short(event).items() if name != key}


def with_value(event: Event, key: str, value: object) -> bytes:
    """Return the bytes of an event in which one key holds another value."""
    return pack({**short(event), key: value})


def type_cases() -> Iterator[InvalidCase]:
    """Yield values of another msgpack type than the table says."""
    for name, about, data in (
        ("top-array", "An array, not a map.", pack([1, 2])),
        ("top-nil", "nil, not a map.", pack(None)),
        ("top-int", "An int, not a map.", pack(7)),
        ("top-text", "A text, not a map.", pack("update")),
        ("key-int", "A key that is an int.", bye_with_key(raw("07"))),
        ("key-nil", "A key that is nil.", bye_with_key(raw("c0"))),
        ("key-bool", "A key that is a boolean.", bye_with_key(raw("c3"))),
    ):
        yield InvalidCase(f"schema-{name}", "3.6", "SCHEMA", about, data)
    for name, event_, key, value in WRONG_TYPES:
        yield InvalidCase(
            f"schema-{name}", "3.4", "SCHEMA", f"`{key}`: {name}.", with_value(event_, key, value)
        )
    for name, level in WRONG_LEVELS:
        yield InvalidCase(
            f"schema-level-{name}",
            "3.4",
            "SCHEMA",
            f"A level: {name}.",
            with_value(update(), "b", [level]),
        )


WRONG_TYPES: tuple[tuple[str, Event, str, object], ...] = (
    ("type-int", update(), "t", 1),
    ("type-nil", update(), "t", None),
    ("time-float", update(), "te", float64(1.5e18)),
    ("time-text", update(), "tr", "1767323045130000001"),
    ("time-nil", update(), "tp", None),
    ("time-bool", update(), "te", False),
    ("time-bool-unknown-type", event("trade"), "te", True),
    ("flags-bool", update(), "f", True),
    ("flags-array", update(), "f", [1]),
    ("checksum-text", update(), "c", "3310070434"),
    ("checksum-bool", update(), "c", True),
    ("checksum-float", update(), "c", float64(5.0)),
    ("checksum-nil", update(), "c", None),
    ("bids-nil", update(), "b", None),
    ("bids-map", update(), "b", {"1": 2}),
    ("bids-text", update(), "b", "none"),
    ("asks-int", update(), "a", 0),
    ("version-text", snapshot(), "v", "1"),
    ("version-bool", snapshot(), "v", True),
    ("channel-int", snapshot(), "ch", 1),
    ("symbol-array", snapshot(), "y", ["BTC", "USD"]),
    ("depth-text", snapshot(), "d", "10"),
    ("depth-float", snapshot(), "d", float64(10.0)),
    ("price-precision-bool", snapshot(), "pp", True),
    ("qty-precision-nil", snapshot(), "qp", None),
    ("pointer-bool", snapshot(bids=None, asks=None, checksum="5"), "ptr", True),
    ("pointer-nil", snapshot(), "ptr", None),
    ("reason-int", event("reset", reason="stale"), "why", 3),
    ("note-int", event("reset", reason="stale"), "n", 3),
    ("note-nil", event("bye"), "n", None),
    ("feed-int", epoch(), "fd", 10),
    ("writer-text", epoch(), "w", "81985529216486895"),
    ("prev-epoch-text", epoch(prev_seq="1"), "pe", "5"),
    ("prev-seq-nil", epoch(prev_epoch="1"), "ps", None),
    (
        "missed-first-float",
        epoch(prev_epoch="1", prev_seq="1", missed_last="3"),
        "mf",
        float64(2.0),
    ),
    ("missed-last-bool", epoch(prev_epoch="1", prev_seq="1", missed_first="2"), "ml", True),
    ("state-int", event("heartbeat", state="live", checksum="5"), "s", 2),
    ("heartbeat-checksum-nil", event("heartbeat", state="live"), "c", None),
    ("heartbeat-checksum-text-not-live", event("heartbeat", state="disconnected"), "c", "5"),
)

WRONG_LEVELS: tuple[tuple[str, object], ...] = (
    ("int", 5),
    ("text", "62807.0"),
    ("nil", None),
    ("map", {"price": 1, "qty": 2}),
    ("empty", []),
    ("one-number", [628070]),
    ("three-numbers", [628070, 5, 1]),
    ("price-float", [float64(62807.0), 5]),
    ("price-float32", [raw("ca47755700"), 5]),
    ("qty-float", [628070, float64(1.25)]),
    ("qty-float-nan", [628070, float64(float("nan"))]),
    ("price-bool", [True, 5]),
    ("qty-bool", [628070, False]),
    ("price-nil", [None, 5]),
    ("qty-array", [628070, [5]]),
)


def place_cases() -> Iterator[InvalidCase]:
    """Yield keys and events where they may not be."""
    pointer = snapshot(bids=None, asks=None, checksum="5", pointer="1")
    asks = [["628071", "1"]]
    bids = [["628070", "1"]]
    for name, about, event_ in (
        ("with-levels", "A pointer that has levels, too.", snapshot(checksum="5", pointer="1")),
        (
            "with-bids",
            "A pointer that has bids.",
            snapshot(bids=bids, asks=None, checksum="5", pointer="1"),
        ),
        (
            "with-asks",
            "A pointer that has asks.",
            snapshot(bids=None, asks=asks, checksum="5", pointer="1"),
        ),
    ):
        yield InvalidCase(f"schema-pointer-{name}", "4.3", "SCHEMA", about, pack(short(event_)))
    for name, about, event_ in (
        ("pointer", "An entry of `.snap` never points.", pointer),
        ("update", "An entry of `.snap` is a snapshot.", update()),
        (
            "unknown-type",
            "An entry of `.snap` is a snapshot, of no later type either.",
            event("trade"),
        ),
    ):
        yield InvalidCase(
            f"schema-snap-{name}", "4.3", "SCHEMA", about, pack(short(event_)), stream="book.snap"
        )
    yield InvalidCase(
        "schema-snapshot-neither-levels-nor-pointer",
        "4.3",
        "SCHEMA",
        "No levels, and no word that they lie elsewhere.",
        pack(short(snapshot(bids=None, asks=None, checksum="5"))),
    )
    yield InvalidCase(
        "schema-before-range",
        "8",
        "SCHEMA",
        "A missing key, and a number out of its range: SCHEMA comes first.",
        pack({**without(update(), "a"), "c": 2**32}),
    )
