"""Stories of two lines: whatever else a line's reading tells, of its life and of its losses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.events import event
from tests.spec.vectors.line_scenes import (
    BOTH_UP,
    JOINED,
    Step,
    bye,
    change,
    down,
    hand,
    joins,
    jump,
    look,
    now,
    renew,
    reset,
    stamp,
    story,
    told,
    up,
)
from tests.spec.vectors.samples import alive, pointing
from tests.spec.vectors.scenes import E1, E3, cut_epoch, cut_snapshot, cut_update

Story = dict[str, Any]
CHECKSUM = cut_snapshot()["checksum"]


def life_stories() -> Iterator[Story]:
    """Yield all of them."""
    yield from _quiet_stories()
    yield from _lost_stories()
    yield from _silent_stories()


def _beats(line: str, at: int) -> Step:
    return hand(line, "entry", at, alive("book", checksum=CHECKSUM, ts_event=stamp(0)))


def _quiet_stories() -> Iterator[Story]:
    """What changes nothing of how the lines stand."""
    storm = event("storm", ts_event=stamp(0))
    for name, about, quiet in (
        ("heartbeats", "a heartbeat has no mark: the lines stay level", _beats),
        ("unknown-types", "nor has an event of unknown type",
         lambda line, at: hand(line, "entry", at, storm)),
    ):  # fmt: skip
        yield story(
            name, about,
            [*JOINED, quiet("a", 11), change("a", 12, 1), quiet("b", 21), change("b", 22, 1),
             change("b", 23, 2)],
            [*BOTH_UP, told("a", "update", 12), told("b", "update", 23)],
        )  # fmt: skip


def _lost_stories() -> Iterator[Story]:
    a1, b1, b2 = change("a", 11, 1), change("b", 21, 1), change("b", 22, 2)
    new, again = hand("b", "entry", f"{E3}-0", cut_epoch()), renew("b", f"{E3}-1", 1)
    yield story(
        "an-epoch",
        "a new epoch ends what the line told; its snapshot says where it stands",
        [*JOINED, new, a1, again, change("b", f"{E3}-2", 2)],
        [*BOTH_UP, down("b"), told("a", "update", 11), up("b"), told("b", "update", f"{E3}-2")],
    )
    yield story(
        "an-epoch-of-the-leader",
        "the other line has all that was told, and leads",
        [*JOINED, a1, b1, hand("a", "entry", f"{E3}-0", cut_epoch()), renew("a", f"{E3}-1", 1),
         change("a", f"{E3}-2", 2), b2, change("b", 23, 3)],
        [*BOTH_UP, told("a", "update", 11), down("a"), up("a"), told("a", "update", f"{E3}-2"),
         told("b", "update", 23)],
    )  # fmt: skip
    whole = cut_snapshot(1, ts_event=stamp(1))
    pointer = pointing("book", checksum=whole["checksum"], ts_event=stamp(1))
    yield story(
        "a-pointer",
        "a line is up once the snapshot that a pointer names is there",
        [*JOINED, reset("b", 21), hand("b", "entry", 22, pointer), a1,
         hand("b", "pointer", 22, whole), change("b", 23, 2)],
        [*BOTH_UP, down("b"), told("a", "update", 11), up("b"), told("b", "update", 23)],
    )  # fmt: skip
    yield story(
        "a-pointer-to-nothing",
        "what it names is gone: the line joins anew",
        [*JOINED, reset("b", 21), hand("b", "entry", 22, pointer),
         {"line": "b", "pointer": None}, a1, joins("b", 23, 1), change("b", 24, 2)],
        [*BOTH_UP, down("b"), told("a", "update", 11), up("b"), told("b", "update", 24)],
    )  # fmt: skip
    wrong = cut_update(1, ts_event=stamp(1), checksum="1")
    for name, about, bad in (
        ("a-gap", "entries of a line are gone: the other has them", change("a", 13, 3)),
        ("a-bad-entry", "an entry that does not decode ends a line, not both",
         hand("a", "entry", 12, b"\xc0")),
        ("a-wrong-checksum", "nor does a book that is not proven", hand("a", "entry", 12, wrong)),
    ):  # fmt: skip
        yield story(
            name, about,
            [*JOINED, a1, b1, bad, b2, joins("a", 14, 2), change("a", 15, 3)],
            [*BOTH_UP, told("a", "update", 11), down("a"), told("b", "update", 22), up("a"),
             told("a", "update", 15)],
        )  # fmt: skip


def _silent_stories() -> Iterator[Story]:
    a1, b1 = change("a", 11, 1), change("b", 22, 1)
    alone = [*JOINED, now("10"), _beats("b", 21), now("15"), look("a", 10)]
    yield story(
        "a-stale-leader",
        "the leader is silent for 15 s: the other leads; a heartbeat, and the line is back",
        [*alone, _beats("a", 11), b1, change("a", 12, 1), change("a", 13, 2)],
        [*BOTH_UP, down("a"), up("a"), told("b", "update", 22), told("a", "update", 13)],
    )
    both = [*JOINED, now("15"), look("a", 10), look("b", 20)]
    yield story(
        "both-stale",
        "neither has an entry; the one that lost the lead comes with one of its own: a jump",
        [*both, a1],
        [*BOTH_UP, down("a"), down("b"), up("a"), jump("a"), told("a", "update", 11)],
    )
    yield story(
        "both-stale-and-the-leader-back",
        "the one that leads goes on where it was",
        [*both, change("b", 21, 1), change("b", 22, 2)],
        [*BOTH_UP, down("a"), down("b"), up("b"), told("b", "update", 21),
         told("b", "update", 22)],
    )  # fmt: skip
    yield story(
        "a-farewell",
        "a line that says goodbye is up no more, and the other goes on",
        [*JOINED, a1, change("b", 21, 1), bye("b", 22), change("a", 12, 2)],
        [*BOTH_UP, told("a", "update", 11), down("b"), told("a", "update", 12)],
    )
    yield story(
        "a-regression",
        "a line was rolled back to an older epoch; it joins there, and meets the other",
        [
            *JOINED, now("10"), _beats("a", 11), now("15"), look("b", f"{E1}-500"),
            now("20"), _beats("a", 12), now("30"), look("b", f"{E1}-501"),
            joins("b", f"{E1}-501"), change("a", 13, 1), change("b", f"{E1}-502", 1),
            change("b", f"{E1}-503", 2),
        ],
        [*BOTH_UP, down("b"), up("b"), told("a", "update", 13),
         told("b", "update", f"{E1}-503")],
    )  # fmt: skip
