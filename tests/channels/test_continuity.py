"""Trades come out in the order of their ids, each once, in runs that share flags and receipt."""

from __future__ import annotations

from random import Random

from publisher.channels.continuity import Arrival, Continuity


def arrival(number: int, flags: int = 0, ts_recv: int = 7) -> Arrival:
    return Arrival((number, 0, 1, 1, 0, 0), flags, ts_recv)


def line_at(number: int) -> Continuity:
    line = Continuity()
    line.last_id = number
    return line


def runs(line: Continuity) -> list[list[int]]:
    return [[each.trade[0] for each in run] for run in line.runs()]


def test_what_follows_comes_out_once() -> None:
    line = line_at(10)
    assert [line.add(arrival(n)) for n in (11, 12, 12, 11, 10, 3)] == [True, True] + 4 * [False]
    assert (runs(line), line.last_id, len(line), line.hole) == ([[11, 12]], 12, 0, None)
    assert not line.add(arrival(12))


def test_what_comes_too_early_waits() -> None:
    line = line_at(10)
    for number in (15, 13, 20):
        line.add(arrival(number))
    assert (runs(line), line.hole, len(line), line.newest) == ([], (11, 12), 3, 20)
    line.add(arrival(11))
    assert (runs(line), line.hole) == ([[11]], (12, 12))
    line.add(arrival(12))
    assert (runs(line), line.hole) == ([[12, 13]], (14, 14))


def test_a_hole_may_be_skipped() -> None:
    line = line_at(10)
    line.add(arrival(15))
    line.skip()
    assert (runs(line), line.last_id, line.hole) == ([[15]], 15, None)
    line.skip()
    assert line.last_id == 15, "nothing waits: nothing is skipped"


def test_runs_share_flags_and_receipt() -> None:
    line = line_at(0)
    for number, flags, ts_recv in ((1, 4, 7), (2, 4, 7), (3, 0, 7), (4, 0, 9)):
        line.add(arrival(number, flags, ts_recv))
    assert runs(line) == [[1, 2], [3], [4]]


def test_before_a_last_id_nothing_is_taken() -> None:
    line = Continuity()
    assert (line.add(arrival(5)), line.hole, line.newest, runs(line)) == (False, None, 0, [])


def test_what_waits_can_be_forgotten_and_told_again() -> None:
    line = line_at(10)
    line.add(arrival(15))
    line.forget()
    assert (line.hole, line.newest, len(line)) == (None, 10, 0)
    assert line.add(arrival(12))
    assert line.hole == (11, 11)


def test_any_order_comes_out_in_order() -> None:
    random = Random(3)
    for _ in range(200):
        line, numbers = line_at(0), list(range(1, 30))
        random.shuffle(numbers)
        found: list[int] = []
        for number in numbers:
            line.add(arrival(number))
            found += [n for run in runs(line) for n in run]
            assert (line.hole is None) == (len(line) == 0)
        assert found == list(range(1, 30))
