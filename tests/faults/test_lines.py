"""A/B mode: two lines, each a publisher of its own, told as one while either is killed.

The truth is the simulator's log of what it sent: every update, and every trade id, once and in
order. How late each was told goes beside it.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pykraken_consumer import (
    AsyncClient,
    Client,
    Event,
    Jump,
    LineDown,
    LineUp,
    Trades,
    TradesGap,
    Update,
)

from publisher.timestamps import nanoseconds
from tests.endtoend.program import Publisher
from tests.faults.crew import WARM_S
from tests.faults.heads import percentiles
from tests.faults.scene import BTC, DEPTH, SYMBOLS, Scene, Seen, seen_of, staged, truth_of
from tests.polling import wait_until

Mark = tuple[int, int]
KILLS = 6
LEASE_S = 1.5


class Follower(threading.Thread):
    """Follows both lines as one, with the asyncio client or the other, and notes what is told."""

    def __init__(self, url: str, kind: str, **words: Any) -> None:
        super().__init__(daemon=True, name="follower")
        self._url, self._kind, self._words = url, kind, words
        self.marks: dict[str, list[Mark]] = {symbol: [] for symbol in SYMBOLS}
        self.ids: list[int] = []
        self.lateness: list[float] = []
        self.told: list[Any] = []
        self.seen: set[Seen] = set()
        self.failure: BaseException | None = None
        self._is_over = False

    def run(self) -> None:
        try:
            if self._kind == "asyncio":
                asyncio.run(self._follow())
                return
            with Client(self._url) as client:
                for event in client.follow(*SYMBOLS, line="ab", **self._words):
                    self._note(event)
                    if self._is_over:
                        return
        except BaseException as error:  # noqa: BLE001 - told to the test
            self.failure = error

    async def _follow(self) -> None:
        async with AsyncClient(self._url) as client:
            async for event in client.follow(*SYMBOLS, line="ab", **self._words):
                self._note(event)
                if self._is_over:
                    return

    def _note(self, event: Event) -> None:
        body = event.body
        if isinstance(body, Update):
            self.marks[event.book.symbol].append((body.ts_event, body.checksum))
            self.lateness.append(time.time() - body.ts_event / 1e9)
            self.seen.add(seen_of(event.book))
        elif isinstance(body, Trades) and event.state.symbol == BTC:  # type: ignore[union-attr]
            self.ids += [row[0] for row in body.trades]
            self.lateness.append(time.time() - body.trades[-1][5] / 1e9)
        else:
            self.told.append(body)

    def of(self, kind: type) -> list[Any]:
        return [body for body in list(self.told) if isinstance(body, kind)]

    def wait(self, condition: Any, what: str) -> None:
        def is_so() -> bool:
            assert self.failure is None, self.failure
            return bool(condition())

        wait_until(is_so, WARM_S, f"{what}; told {self.told[-5:]}")

    def end(self) -> None:
        self._is_over = True


def frames(log: Path) -> Iterator[dict[str, Any]]:
    """Return every frame that was sent, in order."""
    for line in log.read_text(encoding="utf-8").splitlines():
        yield json.loads(json.loads(line)["frame"])


def sent_marks(log: Path, symbol: str) -> list[Mark]:
    """Return stamp and checksum of every update of a book, once."""
    marks: dict[Mark, None] = {}
    for frame in frames(log):
        if frame.get("channel") == "book" and frame["type"] == "update":
            (data,) = frame["data"]
            if data["symbol"] == symbol:
                marks[nanoseconds(data["timestamp"]), data["checksum"]] = None
    return list(marks)


def lines(scene: Scene, **settings: object) -> list[Publisher]:
    """Start both lines; each has a machine's state of its own."""
    return [scene.publisher(line, line=line, lease_s=LEASE_S, **settings) for line in "ab"]


def kill_in_turns(follower: Follower, pair: list[Publisher], count: Any) -> None:
    """Kill either line again and again, each time when both are up. It stays dead until more was
    told: nobody waits for it, for a lease or for a silence.
    """
    for number in range(KILLS):
        victim = pair[number % 2]
        victim.kill()
        before = count()
        follower.wait(lambda before=before: count() > before + 60, "more, of one line")
        ups = len(follower.of(LineUp))
        victim.start()
        follower.wait(lambda ups=ups: len(follower.of(LineUp)) >= ups + len(SYMBOLS), "both up")
        before = count()
        follower.wait(lambda before=before: count() > before + 20, "more, of both lines")


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["threads", "asyncio"])
def test_a_line_that_is_killed_costs_no_update(tmp_path: Path, kind: str) -> None:
    """G20: every update once and in order, each book one that the exchange had, no jump."""
    with staged(tmp_path) as scene:
        pair = lines(scene)
        follower = Follower(scene.redis.url, kind, depth=DEPTH)
        follower.start()
        scene.stack.callback(follower.end)
        follower.wait(lambda: len(follower.of(LineUp)) == 2 * len(SYMBOLS), "both lines up")
        kill_in_turns(follower, pair, lambda: min(map(len, follower.marks.values())))
        follower.end()
        follower.join(10)
        scene.simulator.get("status")
        print(percentiles(follower.lateness))
        for symbol in SYMBOLS:
            told, sent = follower.marks[symbol], sent_marks(scene.log, symbol)
            start = sent.index(told[0])
            assert told == sent[start : start + len(told)]
        assert follower.of(Jump) == []
        assert {down.line for down in follower.of(LineDown)} == {"a", "b"}
        known = truth_of(scene.log)
        assert [seen[:2] for seen in follower.seen if seen not in known] == []


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_line_that_is_killed_costs_no_trade(tmp_path: Path) -> None:
    """Each id once and in order, and none named as missing."""
    with staged(tmp_path, "--rate", "400") as scene:
        pair = lines(scene, channel="trade", rest_url=scene.simulator.addresses["rest_url"])
        follower = Follower(scene.redis.url, "threads", channel="trade")
        follower.start()
        scene.stack.callback(follower.end)
        follower.wait(lambda: len(follower.of(LineUp)) == 2 * len(SYMBOLS), "both lines up")
        kill_in_turns(follower, pair, lambda: len(follower.ids))
        follower.end()
        follower.join(10)
        print(percentiles(follower.lateness))
        assert follower.ids == list(range(follower.ids[0], follower.ids[-1] + 1))
        assert follower.of(TradesGap) == []


def test_both_lines_lost_is_told_and_the_next_is_taken(tmp_path: Path) -> None:
    with staged(tmp_path) as scene:
        pair = lines(scene)
        follower = Follower(scene.redis.url, "threads", depth=DEPTH)
        follower.start()
        scene.stack.callback(follower.end)
        follower.wait(lambda: len(follower.of(LineUp)) == 2 * len(SYMBOLS), "both lines up")
        for publisher in pair:
            assert publisher.terminate() == 0
        follower.wait(lambda: len(follower.of(LineDown)) == 4, "both lines of both books down")
        pair[1].start()
        before = len(follower.marks[BTC])
        follower.wait(lambda: len(follower.marks[BTC]) > before + 20, "updates of b")
        held = follower.seen.copy()
        scene.simulator.get("status")  # the log is written out, beyond what was seen until here
        known = truth_of(scene.log)
        assert [seen[:2] for seen in held if seen not in known] == []


def test_a_book_of_both_lines_is_had_while_one_is_gone(tmp_path: Path) -> None:
    with staged(tmp_path) as scene:
        pair = lines(scene)
        with Client(scene.redis.url) as client:
            wait_until(lambda: len(client.streams()) == 4, WARM_S, "both lines are listed")
            assert client.book(BTC, line="ab", wait_s=WARM_S).is_valid
            assert pair[0].terminate() == 0
            book = client.book(BTC, line="ab", wait_s=WARM_S)
            assert book.is_valid
            assert time.time() - book.ts_event / 1e9 < LEASE_S * 10, "that of the line that lives"
