"""A/B mode: the line that leads is killed, twenty times, and nobody waits for it.

The bound is one of order, whatever the machine's pace: while a line is dead, every update of the
one that lives is told at the very moment at which it is read, or was told before. So the merged
stream is never silent for longer than that line's own; both are measured beside it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from pykraken_consumer import Event, Jump, LineUp, Update
from pykraken_consumer._lines import Lines, Mark, mark_of

from tests.endtoend.program import Publisher
from tests.faults.scene import BTC, DEPTH, SYMBOLS, staged, truth_of
from tests.faults.test_lines import Follower, lines, sent_marks

KILLS = 20
DEAD_UPDATES = 60
"""So many are told of one line alone before the other is started again."""


class Read(NamedTuple):
    """An update that a line brought, and whether it was told by the time that this was over."""

    at: float
    symbol: str
    line: int
    mark: Mark
    is_told: bool


class Desk:
    """Looks over the arbiters' shoulders: what each line brings, and what is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reads: list[Read] = []
        self.told: list[tuple[float, str]] = []
        """When an update was told, and of which symbol."""
        self.leader: dict[str, str] = {}
        self._marks: dict[str, set[Mark]] = defaultdict(set)
        shipped, desk = Lines.take, self

        def take(lines: Lines, line: int, event: Event, now: float) -> Iterator[Event]:
            for told in shipped(lines, line, event, now):
                desk._tell(told)
                yield told
            mark = mark_of(event)
            if mark is not None and isinstance(event.body, Update):
                symbol = event.book.symbol
                is_told = mark in desk._marks[symbol]
                desk.reads.append(Read(time.monotonic(), symbol, line, mark, is_told))

        monkeypatch.setattr(Lines, "take", take)

    def _tell(self, event: Event) -> None:
        mark = mark_of(event)
        if mark is None:
            return
        symbol = event.book.symbol
        self._marks[symbol].add(mark)
        if isinstance(event.body, Update):
            self.told.append((time.monotonic(), symbol))
            self.leader[symbol] = event.stream[-1]


class Death(NamedTuple):
    """Where a line was dead: the first read behind its end, and behind its new beginning."""

    line: int
    first: int
    end: int


@pytest.mark.long
@pytest.mark.timeout(900)
def test_whoever_leads_is_killed_and_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G20: nothing lost by the simulator's log, no silence but that of the line that lives."""
    desk = Desk(monkeypatch)
    with staged(tmp_path) as scene:
        pair = dict(zip("ab", lines(scene), strict=True))
        follower = Follower(scene.redis.url, "threads", depth=DEPTH)
        follower.start()
        scene.stack.callback(follower.end)
        follower.wait(lambda: len(follower.of(LineUp)) == 2 * len(SYMBOLS), "both lines up")
        deaths = [_kill_leader(follower, desk, pair) for _ in range(KILLS)]
        follower.end()
        follower.join(10)
        scene.simulator.get("status")

        for symbol in SYMBOLS:
            told, sent = follower.marks[symbol], sent_marks(scene.log, symbol)
            start = sent.index(told[0])
            assert told == sent[start : start + len(told)]
        assert follower.of(Jump) == []
        known = truth_of(scene.log)
        assert [seen[:2] for seen in follower.seen if seen not in known] == []
    own, merged = _silences(desk, deaths)
    updates = sum(map(len, follower.marks.values()))
    print(f"{KILLS} kills, {updates} updates told, none lost")
    print(f"longest silence {merged:.4f} s, of the line that lived {own:.4f} s")


def _kill_leader(follower: Follower, desk: Desk, pair: dict[str, Publisher]) -> Death:
    """Kill the line that leads, start it again when more was told, wait until both are up."""

    def least() -> int:
        return min(map(len, follower.marks.values()))

    before = least()
    follower.wait(lambda: least() > before + 20, "more, of both lines")
    victim = desk.leader[BTC]
    pair[victim].kill()
    first, before = len(desk.reads), least()
    follower.wait(lambda: least() > before + DEAD_UPDATES, "more, of one line")
    end, ups = len(desk.reads), len(follower.of(LineUp))
    pair[victim].start()
    follower.wait(lambda: len(follower.of(LineUp)) >= ups + len(SYMBOLS), "both up")
    return Death("ab".index(victim), first, end)


def _silences(desk: Desk, deaths: list[Death]) -> tuple[float, float]:
    """Check the bound in each death; return the longest silences, of the line that lived and of
    what was told.
    """
    own, merged = [0.0], [0.0]
    for line, first, end in deaths:
        reads = [read for read in desk.reads[first:end] if read.line != line]
        for symbol in SYMBOLS:
            of_one = [read for read in reads if read.symbol == symbol]
            assert len(of_one) >= DEAD_UPDATES / 2
            late = [read for read in of_one if not read.is_told]
            assert late == [], "an update of the line that lives had to wait"
            times = [read.at for read in of_one]
            told = [at for at, name in desk.told if name == symbol and times[0] <= at <= times[-1]]
            own += [later - sooner for sooner, later in pairwise(times)]
            merged += [later - sooner for sooner, later in pairwise([times[0], *told])]
    return max(own), max(merged)
