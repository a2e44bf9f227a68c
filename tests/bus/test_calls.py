"""Calls: an answer that cannot be a call's own is told from one that can."""

from __future__ import annotations

import pytest

from publisher.bus import calls
from publisher.bus.calls import Call, Kind
from publisher.bus.keys import stream_keys
from publisher.bus.ring import Ring, RingBudget
from publisher.bus.stream import Stream


def streams(count: int) -> list[Stream]:
    ring = Ring(RingBudget(1 << 20), 60)
    return [Stream(f"{i}", stream_keys("t", f"{i}/USD", "book.10"), ring) for i in range(count)]


@pytest.mark.parametrize(
    ("kind", "count", "good", "bad"),
    [
        (Kind.INSPECT, 2, ["0-0", "", "5-1", "f"], [["0-0", ""], 1, None]),
        (Kind.OPEN, 1, [0, 0], [["0-0", ""], [0], 1]),
        (Kind.APPEND, 2, [0, 0, 2, "5-1"], [[0, 0], 1, None, ["a", "b", "c", "d"]]),
        (Kind.SNAPSHOT, 1, [2, "5-1"], [[0], 1, ["5-1", 2]]),
        (Kind.LOOK, 0, ["me", "5", "1"], [["me", "5"], 1]),
        (Kind.LOOK_STRANGER, 0, [None, None, None], [[1, "5"], 0]),
        (Kind.CLAIM, 0, [1, "5"], [["me", "5", "1"], 1]),
        (Kind.RENEW, 0, [0, "5"], [[], 0]),
        (Kind.RELEASE, 0, 1, [[1, "5"]]),
        (Kind.REQUESTS, 0, [2, "82", ""], [[1, "82", ""], ["me", "5", "1"], [], 0]),
        (Kind.REQUESTS, 0, [-1, "WRONGTYPE"], [["-1", "WRONGTYPE"]]),
    ],
)
def test_the_shape_of_answers(kind: Kind, count: int, good: object, bad: list[object]) -> None:
    call = Call(kind, ("X",), streams(count))
    assert calls.is_answer(call, good)
    assert not any(calls.is_answer(call, reply) for reply in bad)
