"""The judge of what a reader was told: it finds what is wrong, and forgives what was said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pykraken_consumer import EntryId, Gap, Joined, Missed, Quarantined
from pykraken_consumer.errors import Code
from pykraken_consumer.wire import decode

from tests.consumer.packing import pack
from tests.faults.scene import assert_in_sequence

EPOCH = 7
UPDATE = pack("update", b=[], a=[], c=0)
BOOK = {"v": 1, "why": "fenced", "fd": "f", "w": 1, "ch": "book", "y": "A/B", "d": 10, "pp": 1}


def update(seq: int, epoch: int = EPOCH) -> Any:
    return decode(EntryId(epoch, seq), UPDATE, "book")


def opened(epoch: int, before: EntryId) -> Any:
    data = pack("epoch", **BOOK, qp=8, pe=before.epoch, ps=before.seq)
    return decode(EntryId(epoch, 0), data, "book")


JOINED = Joined(EntryId(EPOCH, 4), None)
STRAY = EntryId(8, 0)
FAIR: dict[str, list[Any]] = {
    "one after the other": [JOINED, update(5), update(6), opened(9, EntryId(EPOCH, 6))],
    "a gap, a join, and on": [
        JOINED, Gap(EntryId(EPOCH, 4), EntryId(EPOCH, 9)), Joined(EntryId(EPOCH, 20), None),
        update(21),
    ],
    "an epoch that names what was missed": [
        JOINED, Missed(None, None), opened(9, EntryId(EPOCH, 6)),
    ],
    "an epoch behind a stray entry that was told": [
        JOINED, update(5), Quarantined(Code.MSGPACK, STRAY, ""), opened(9, STRAY),
    ],
}  # fmt: skip
FOUL: dict[str, list[Any]] = {
    "twice": [JOINED, update(5), update(5)],
    "a hole": [JOINED, update(6)],
    "a hole behind a join that mended a gap": [
        JOINED, Gap(EntryId(EPOCH, 4), EntryId(EPOCH, 9)), Joined(EntryId(EPOCH, 20), None),
        update(23),
    ],
    "an epoch beyond what was seen": [JOINED, update(5), opened(9, EntryId(EPOCH, 6))],
    "an epoch beyond a stray entry": [
        JOINED, Quarantined(Code.MSGPACK, STRAY, ""), opened(9, EntryId(8, 3)),
    ],
}  # fmt: skip


def told(bodies: list[Any]) -> Any:
    return SimpleNamespace(told=[("A/B", body) for body in bodies])


@pytest.mark.parametrize("bodies", FAIR.values(), ids=FAIR)
def test_what_was_said_is_forgiven(bodies: list[Any]) -> None:
    assert_in_sequence(told(bodies))


@pytest.mark.parametrize("bodies", FOUL.values(), ids=FOUL)
def test_what_was_not_said_is_found(bodies: list[Any]) -> None:
    with pytest.raises(AssertionError):
        assert_in_sequence(told(bodies))
