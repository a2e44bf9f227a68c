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
        (
            Kind.FAREWELL,
            0,
            None,
            [[0], [1, "5"], ["me", "5", "1"], 1, "OK", [], [1, "82"], [["k", 1]]],
        ),
        (Kind.FAREWELL, 0, [["k", [["5-1", ["d", "x"]]]]], [[["k", [["5-1", []]]]]]),
        (Kind.FAREWELL, 0, {"k": [["5-1", ["d", "x"]]]}, [{"k": 1}]),
        (Kind.REQUESTS, 0, [-1, "WRONGTYPE"], [["-1", "WRONGTYPE"]]),
    ],
)
def test_the_shape_of_answers(kind: Kind, count: int, good: object, bad: list[object]) -> None:
    call = Call(kind, ("X",), streams(count))
    assert calls.is_answer(call, good)
    assert not any(calls.is_answer(call, reply) for reply in bad)


def test_a_leases_answer_is_none_to_a_look_for_requests() -> None:
    """A reply that was lost shifts all that follow: `[1, owner]` has the length of one request."""
    call = calls.take_requests("{t.feed.f}:requests")
    assert calls.is_answer(call, [0])
    assert calls.is_answer(call, [1, "81a174"])
    assert calls.is_answer(call, [-1, "NOPERM"])
    assert not calls.is_answer(call, [1, "vm:2051:b396e95663bb2b6b"])
    assert not calls.is_answer(call, [1, "81A174"])
    assert not calls.is_answer(call, [1, 5])
