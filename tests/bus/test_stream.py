"""The writer's side of one stream: every row of its table, and what was missed."""

from __future__ import annotations

import pytest

from publisher.bus.keys import StreamKeys
from publisher.bus.ring import Entry, Ring, RingBudget
from publisher.bus.scripts import Code, Mode
from publisher.bus.stream import Stream, StreamState, parse_id
from publisher.errors import InternalError

E = 1_795_360_000_000
KEYS = StreamKeys("s", "s.own", "s.snap")


def opening(limit: int = 1 << 20) -> Stream:
    stream = Stream("A/USD", KEYS, Ring(RingBudget(limit), 60))
    stream.inspect("start")
    stream.inspected_as("0-0")
    stream.begin(E, [b"epoch", Entry(b"snapshot", b"body")], 0.0)
    return stream


def opened(limit: int = 1 << 20) -> Stream:
    stream = opening(limit)
    stream.opened(Code.OK, "0")
    assert stream.state is StreamState.OPEN
    return stream


def publish(stream: Stream, *payloads: bytes) -> None:
    stream.fresh.extend(payloads)
    stream.settle(1.0)


def test_closed_inspecting_ready_opening_open() -> None:
    stream = Stream("A/USD", KEYS, Ring(RingBudget(1000), 60))
    states = [stream.state]
    stream.inspect("start")
    states.append(stream.state)
    stream.inspected_as("5-7")
    states.append(stream.state)
    stream.begin(E, [b"epoch"], 0.0)
    states.append(stream.state)
    stream.opened(Code.OK, "0")
    states.append(stream.state)
    stream.close()
    states.append(stream.state)
    assert states == ["closed", "inspecting", "ready", "opening", "open", "closed"]
    assert stream.inspected == "5-7"


@pytest.mark.parametrize("code", [Code.FENCED, Code.CHANGED])
def test_an_opening_that_came_too_late(code: Code) -> None:
    stream = opening()
    stream.opened(code, "9-9")
    assert stream.state is StreamState.INSPECTING
    assert stream.reason == ("fenced" if code is Code.FENCED else "start")


def test_an_opening_whose_answer_is_lost() -> None:
    stream = opening()
    stream.cut()
    assert stream.state is StreamState.INSPECTING


def test_take_and_ok() -> None:
    stream = opened()
    publish(stream, b"a", b"b")
    assert stream.take() == (Mode.NORMAL, 1, [b"a", b"b"])
    with pytest.raises(InternalError):
        stream.take()
    publish(stream, b"c")
    stream.answered(Code.OK, "0")
    assert stream.take() == (Mode.NORMAL, 3, [b"c"])
    stream.answered(Code.OK, "0")
    assert (stream.pending, stream.last_seq, stream.has_pending) == (0, 4, False)


def test_after_a_cut_the_same_again() -> None:
    stream = opened()
    publish(stream, b"a")
    first = stream.take()
    stream.cut()
    assert stream.has_pending
    assert stream.take() == first


@pytest.mark.parametrize(
    ("last", "expected", "again"),
    [
        (f"{E}-1", 1, [b"a", b"b", b"c"]),
        (f"{E}-0", 0, [Entry(b"snapshot", b"body"), b"a", b"b", b"c"]),
        ("0-0", -1, [b"epoch", Entry(b"snapshot", b"body"), b"a", b"b", b"c"]),
        ("5-99", -1, [b"epoch", Entry(b"snapshot", b"body"), b"a", b"b", b"c"]),
    ],
)
def test_what_was_lost_is_seeded(last: str, expected: int, again: list[bytes | Entry]) -> None:
    stream = opened()
    publish(stream, b"a", b"b")
    stream.take()
    stream.answered(Code.OK, "0")
    publish(stream, b"c")
    stream.take()
    stream.answered(Code.LOST, last)
    assert stream.state is StreamState.OPEN
    assert stream.take() == (Mode.SEED, expected, again)
    stream.answered(Code.OK, "0")
    publish(stream, b"d")
    assert stream.take() == (Mode.NORMAL, 4, [b"d"])


def test_fenced_tells_what_nobody_read() -> None:
    stream = opened()
    publish(stream, b"a", b"b")
    stream.take()
    stream.answered(Code.FENCED, f"{E}-50")
    assert (stream.state, stream.reason) == (StreamState.INSPECTING, "fenced")
    stream.inspected_as(f"{E}-2")
    assert stream.unpublished() == (3, 3), "seq 2 had arrived after all"
    stream.inspected_as(f"{E + 9}-0")
    assert stream.unpublished() is None, "another epoch's seqs are not ours to count"


def test_a_ring_too_short_is_lost() -> None:
    stream = opened(limit=400)
    for _ in range(20):
        publish(stream, b"x" * 20)
        stream.take()
        stream.answered(Code.OK, "0")
    publish(stream, b"y")
    stream.take()
    stream.answered(Code.LOST, f"{E}-1")
    assert (stream.state, stream.reason) == (StreamState.INSPECTING, "lost")
    stream.inspected_as(f"{E}-1")
    assert stream.unpublished() == (2, 22)


def test_an_unsent_entry_that_the_ring_gave_up_is_an_overrun() -> None:
    stream = opened(limit=400)
    assert not stream.is_overrun()
    for _ in range(20):
        publish(stream, b"x" * 20)
    assert stream.is_overrun()
    stream.overrun()
    assert (stream.state, stream.reason) == (StreamState.INSPECTING, "overrun")
    stream.inspected_as(f"{E}-1")
    assert stream.unpublished() == (2, 21)


def test_answers_after_the_end_mean_nothing() -> None:
    stream = opened()
    publish(stream, b"a")
    stream.take()
    stream.close()
    for code in Code:
        stream.answered(code, "0-0")
        stream.opened(code, "0-0")
    assert stream.state is StreamState.CLOSED


def test_ids() -> None:
    assert parse_id("18446744073709551615-3") == (2**64 - 1, 3)


def test_an_append_is_as_old_as_its_oldest_entry() -> None:
    stream = opened()
    stream.fresh.append(b"a")
    stream.settle(1.0)
    stream.take()
    assert stream.sent_since == 1.0
    for now in (1.2, 1.4):  # while it flies
        stream.fresh.append(b"b")
        stream.settle(now)
    assert stream.took()
    stream.take()
    assert stream.sent_since == 1.2
    stream.cut()
    stream.fresh.append(b"c")
    stream.settle(3.0)
    stream.take()
    assert stream.sent_since == 1.2, "the same entries, sent again"


def test_all_entries_are_counted_once() -> None:
    stream = opened()
    publish(stream, b"a", b"b")
    stream.take()
    stream.cut()
    stream.take()
    assert stream.entries == 2 + 2, "the opening's and the two"
