"""Stories of gaps, of entries that are bad, of pointers to nothing, of snapshots that are bad."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.builders import update
from tests.spec.vectors.events import event, short
from tests.spec.vectors.packing import float64, pack
from tests.spec.vectors.scenes import (
    E1,
    E2,
    bad,
    cut_epoch,
    cut_snapshot,
    cut_update,
    ends_cut,
    entry,
    good,
    handed,
    joined,
    lost,
    snap,
    story,
    told_epoch,
)

Story = dict[str, Any]

CURSOR = f"{E1}-10"
BAD = f"{E1}-11"
GARBAGE = b"\xc1"
FLOAT_PRICE = pack({**short(update()), "b": [[float64(99.98), 5]]})


def gap_stories() -> Iterator[Story]:
    """Yield entries that are not the next."""
    for name, about, found, first in (
        ("one-entry", "One entry is missing.", f"{E1}-12", cut_update(2)),
        ("trimmed", "The consumer fell behind what is kept.", f"{E1}-500", cut_update(1)),
        (
            "epoch-entered-late",
            "A higher epoch, but not its first entry.",
            f"{E2}-3",
            cut_update(1),
        ),
        ("first-entry-is-no-epoch", "Seq 0 of a higher epoch is no `epoch`.", f"{E2}-0", update()),
    ):
        epoch, _, seq = found.partition("-")
        after_it = f"{epoch}-{int(seq) + 1}"
        yield story(
            f"gap-{name}",
            "7.2",
            about,
            steps=[
                joined(),
                entry(found, first, lost()),
                snap(found, cut_snapshot(2)),
                entry(after_it, cut_update(3)),
            ],
            expect=[{"code": "GAP", "cursor": CURSOR, "found": found}],
            final=ends_cut(after_it, 3),
        )
    yield story(
        "gap-snapshot-newer-than-the-gap",
        "7.2",
        "The newest snapshot is past the entry that showed the gap; what it includes is ignored.",
        steps=[
            joined(),
            entry(f"{E1}-12", cut_update(2), lost()),
            snap(f"{E1}-13", cut_snapshot(3)),
            entry(f"{E1}-13", cut_update(3), good(f"{E1}-13")),
            entry(f"{E1}-14", cut_update(4)),
        ],
        expect=[{"code": "GAP", "cursor": CURSOR, "found": f"{E1}-12"}],
        final=ends_cut(f"{E1}-14", 4),
    )
    found = f"{E1}-12"
    met = [
        joined(),
        entry(found, cut_update(2), lost()),
        snap(CURSOR, cut_snapshot(), lost(found)),
    ]
    told = {"code": "GAP", "cursor": CURSOR, "found": found}
    yield story(
        "gap-met-again",
        "7.2",
        "The newest snapshot lies before the hole, so joining would meet it again: told once.",
        steps=[*met, snap(found, cut_snapshot(2)), entry(f"{E1}-13", cut_update(3))],
        expect=[told],
        final=ends_cut(f"{E1}-13", 3),
    )
    yield story(
        "gap-mended-by-snapshot-event",
        "7.2",
        "While it waits, a snapshot comes in the stream.",
        steps=[*met, entry(f"{E1}-13", cut_snapshot(3)), entry(f"{E1}-14", cut_update(4))],
        expect=[told],
        final=ends_cut(f"{E1}-14", 4),
    )
    yield story(
        "duplicate-entry",
        "7.2",
        "The same entry twice: the second is ignored.",
        steps=[
            joined(),
            entry(BAD, cut_update(1)),
            entry(BAD, cut_update(1)),
            entry(f"{E1}-12", cut_update(2)),
        ],
        final=ends_cut(f"{E1}-12", 2),
    )


def bad_entry_stories() -> Iterator[Story]:
    """Yield entries that are quarantined, and what helps afterwards."""
    wrong = cut_update(1, checksum="1")
    for name, about, entry_, code in (
        ("checksum", "The update's checksum is not the book's.", wrong, "CHECKSUM"),
        ("heartbeat-checksum", "The heartbeat's checksum is not the book's.",
         event("heartbeat", state="live", checksum="1"), "CHECKSUM"),
        ("msgpack", "Bytes that are no msgpack.", GARBAGE, "MSGPACK"),
        ("schema", "A float for a price.", FLOAT_PRICE, "SCHEMA"),
        ("range", "A negative time.", pack({**short(update()), "te": -1}), "RANGE"),
        ("version", "A snapshot of version 2.", pack({**short(cut_snapshot()), "v": 2}), "VERSION"),
        ("order", "A snapshot whose bids rise.",
         cut_snapshot(bids=[["1", "1"], ["2", "1"]]), "ORDER"),
        ("snapshot-checksum", "A snapshot whose checksum is not its levels'.",
         cut_snapshot(checksum="1"), "CHECKSUM"),
    ):  # fmt: skip
        yield story(
            f"bad-entry-{name}",
            "7.3",
            about + " A snapshot before it does not help, one after it does.",
            steps=[
                joined(),
                entry(BAD, entry_, lost(BAD)),
                snap(CURSOR, cut_snapshot(), lost(BAD)),
                snap(f"{E1}-12", cut_snapshot(2)),
                entry(f"{E1}-13", cut_update(3)),
            ],
            expect=[{"code": code, "id": BAD}],
            final=ends_cut(f"{E1}-13", 3),
        )
    yield from _mended()


def _mended() -> Iterator[Story]:
    told = {"code": "MSGPACK", "id": BAD}
    broken = [joined(), entry(BAD, GARBAGE, lost(BAD))]
    older = snap(CURSOR, cut_snapshot(), lost(BAD))
    yield story(
        "bad-entry-mended-by-snapshot-at-it",
        "7.3",
        "A snapshot under the very id of the bad entry includes it.",
        steps=[*broken, snap(BAD, cut_snapshot(1)), entry(f"{E1}-12", cut_update(2))],
        expect=[told],
        final=ends_cut(f"{E1}-12", 2),
    )
    yield story(
        "bad-entry-mended-by-snapshot-event",
        "7.3",
        "An update after it is ignored; then a snapshot comes in the stream.",
        steps=[
            *broken,
            older,
            entry(f"{E1}-12", cut_update(2), lost(f"{E1}-12")),
            entry(f"{E1}-13", cut_snapshot(3)),
            entry(f"{E1}-14", cut_update(4)),
        ],
        expect=[told],
        final=ends_cut(f"{E1}-14", 4),
    )
    first = f"{E2}-0"
    yield story(
        "bad-entry-mended-by-epoch",
        "7.3",
        "A new epoch begins after it.",
        steps=[
            *broken,
            older,
            entry(first, cut_epoch(prev_epoch=E1, prev_seq="11"), bad(first)),
            entry(f"{E2}-1", cut_snapshot()),
        ],
        expect=[told, told_epoch(first)],
        final=ends_cut(f"{E2}-1", 0),
    )
    yield story(
        "bad-entry-is-an-epoch",
        "7.3",
        "The first entry of a new epoch does not decode: join in that epoch.",
        steps=[
            joined(),
            entry(first, GARBAGE, lost(first)),
            snap(CURSOR, cut_snapshot(), lost(first)),
            snap(f"{E2}-1", cut_snapshot()),
        ],
        expect=[{"code": "MSGPACK", "id": first}],
        final=ends_cut(f"{E2}-1", 0),
    )
    yield story(
        "bad-entry-while-invalid",
        "7.3",
        "An update that would be ignored still has to decode.",
        steps=[
            joined(),
            entry(BAD, event("reset", reason="stale"), bad(BAD)),
            entry(f"{E1}-12", FLOAT_PRICE, lost(f"{E1}-12")),
            snap(f"{E1}-13", cut_snapshot(1)),
        ],
        expect=[
            {"type": "reset", "id": BAD, "reason": "stale"},
            {"code": "SCHEMA", "id": f"{E1}-12"},
        ],
        final=ends_cut(f"{E1}-13", 1),
    )


def pointer_stories() -> Iterator[Story]:
    """Yield snapshots that lie in `.snap`."""
    pointer = cut_snapshot(bids=None, asks=None, checksum="3208761894", pointer="1")
    pointed = entry(BAD, pointer, bad(BAD, "pointer"))
    yield story(
        "pointer-present",
        "7.2",
        "The book lies in `.snap` under the entry's id.",
        steps=[
            joined(),
            pointed,
            handed("pointer", BAD, cut_snapshot(), good(BAD)),
            entry(f"{E1}-12", cut_update(1)),
        ],
        final=ends_cut(f"{E1}-12", 1),
    )
    yield story(
        "pointer-gone",
        "7.2",
        "The pointer's snapshot was trimmed before it was read: join.",
        steps=[
            joined(),
            pointed,
            {"pointer": None, "then": lost()},
            snap(f"{E1}-13", cut_snapshot(2)),
            entry(f"{E1}-14", cut_update(3)),
        ],
        expect=[{"code": "POINTER", "id": BAD}],
        final=ends_cut(f"{E1}-14", 3),
    )
    yield story(
        "pointer-to-a-bad-snapshot",
        "7.3",
        "What lies in `.snap` under the entry's id does not decode.",
        steps=[
            joined(),
            pointed,
            handed("pointer", BAD, GARBAGE, lost(BAD)),
            snap(f"{E1}-13", cut_snapshot(2)),
        ],
        expect=[{"code": "MSGPACK", "id": BAD}],
        final=ends_cut(f"{E1}-13", 2),
    )


def bad_snapshot_stories() -> Iterator[Story]:
    """Yield snapshots of `.snap` that cannot be joined from."""
    for name, about, snapshot, code in (
        ("msgpack", "It does not decode.", GARBAGE, "MSGPACK"),
        ("checksum", "Its checksum is not its levels'.", cut_snapshot(checksum="1"), "CHECKSUM"),
    ):
        yield story(
            f"bad-snapshot-{name}",
            "7.3",
            about + " Told once, though it is the newest twice; the next one helps.",
            steps=[
                snap(CURSOR, snapshot, lost(None)),
                snap(CURSOR, snapshot, lost(None)),
                snap(f"{E1}-12", cut_snapshot(2)),
            ],
            expect=[{"code": code, "id": CURSOR}],
            final=ends_cut(f"{E1}-12", 2),
        )
