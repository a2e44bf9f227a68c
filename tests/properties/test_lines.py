"""Two lines told as one, whatever befalls either: cut, doubled, swapped, delayed, reset, restarted.

The consumer's arbiter and the naive reading of WIRE §7.7 must tell the same; and what is told must
be what the exchange sent: each event once and in order, but for what a `jump` announces.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from pykraken_consumer import Book, Joined, Jump, LineDown, Snapshot, Update

from tests.consumer.lines import BothLines
from tests.consumer.packing import EPOCH, Levels, best_first, checksum, pack
from tests.spec.lines import LinesReader

SEEDS = 12
STEPS = 160
BOOK = "{kraken.BTC/USD}:book.10"
TRADE = "{kraken.BTC/USD}:trade"


@dataclass
class Truth:
    """What the exchange sent: per position the venue's stamp, the deltas, and the book after it."""

    draw: random.Random
    is_twin: bool
    """Now and then a message has the stamp and the book of the one before."""
    stamps: list[int] = field(default_factory=lambda: [1000])
    deltas: list[tuple[Levels, Levels]] = field(default_factory=lambda: [([], [])])
    books: list[tuple[Levels, Levels]] = field(default_factory=list)

    def __post_init__(self) -> None:
        sides = [(100 - step, 5 + step) for step in range(10)], [(101 + n, 7) for n in range(10)]
        self.books.append(sides)

    def grow(self) -> None:
        """Send one more."""
        bids, asks = (dict(side) for side in self.books[-1])
        if self.is_twin and self.draw.random() < 0.3:
            price = self.draw.choice(list(bids))
            change: tuple[Levels, Levels] = [(price, bids[price])], []
            self.stamps.append(self.stamps[-1])
        else:
            price = 100 - self.draw.randrange(10)
            change = [(price, self.draw.randrange(1, 10**6))], []
            self.stamps.append(self.stamps[-1] + self.draw.randrange(1, 5))
        bids |= dict(change[0])
        self.deltas.append(change)
        self.books.append((best_first(bids, "bid", 10), best_first(asks, "ask", 10)))

    def update(self, at: int) -> bytes:
        """Return the update of a position."""
        (bids, asks), book = self.deltas[at], self.books[at]
        return pack("update", te=self.stamps[at], b=bids, a=asks, c=checksum(*book))

    def snapshot(self, at: int) -> bytes:
        """Return the book of a position."""
        bids, asks = self.books[at]
        head = {"v": 1, "ch": "book", "y": "BTC/USD", "d": 10, "pp": 1, "qp": 8}
        return pack("snapshot", te=self.stamps[at], **head, c=checksum(bids, asks), b=bids, a=asks)


@dataclass
class Deals:
    """The same of trades: a message is one trade, whose id is its position."""

    draw: random.Random
    sent: int = 1

    def grow(self) -> None:
        """Send one more."""
        self.sent += 1

    def update(self, at: int) -> bytes:
        """Return the trade of a position."""
        return pack("trades", te=1000 + at, x=[row(at)])

    def snapshot(self, at: int) -> bytes:
        """Return the latest trades at a position."""
        head = {"v": 1, "ch": "trade", "y": "BTC/USD", "pp": 1, "qp": 8}
        rows = [row(trade) for trade in range(max(1, at - 9), at + 1)]
        return pack("snapshot", te=1000 + at, **head, lt=at, x=rows)


def row(trade: int) -> list[int]:
    return [trade, 0, 100 + trade, 5, 0, 1000 + trade]


class Line:
    """A publisher's line: what it has written, and what of that the consumer was handed."""

    def __init__(self, name: str, truth: Any, hand: Callable[[str, dict[str, Any]], None]) -> None:
        self.name, self.truth, self._hand = name, truth, hand
        self.epoch, self.seq, self.at = EPOCH + (0 if name == "a" else 7), -1, 0
        self.is_dead = False
        self.late: list[dict[str, Any]] = []
        self.begin(start=0)

    def begin(self, *, start: int) -> None:
        """Open an epoch at a position."""
        head = {"ch": "book", "y": "BTC/USD", "d": 10, "pp": 1, "qp": 8}
        if isinstance(self.truth, Deals):
            head = {"ch": "trade", "y": "BTC/USD", "pp": 1, "qp": 8}
        previous = {"pe": self.epoch, "ps": self.seq} if self.seq >= 0 else {}
        self.epoch, self.seq, self.at = self.epoch + (100 if previous else 0), -1, start
        self.write(pack("epoch", te=0, v=1, why="start", fd=self.name, w=7, **head, **previous))
        self.write(self.truth.snapshot(start))

    def write(self, data: bytes) -> None:
        """Append an entry, which reaches the consumer with `deliver`."""
        self.seq += 1
        self.late.append({"entry": {"id": f"{self.epoch}-{self.seq}", "hex": data.hex()}})

    def deliver(self, count: int) -> None:
        """Hand over the oldest entries."""
        for step in self.late[:count]:
            self._hand(self.name, step)
        del self.late[:count]

    def snap(self) -> None:
        """Hand over the newest of `.snap`, which is the state as last written."""
        entry = {"id": f"{self.epoch}-{self.seq}", "hex": self.truth.snapshot(self.at).hex()}
        self._hand(self.name, {"snap": entry})

    def head(self) -> None:
        """Hand over the newest id."""
        self._hand(self.name, {"heads": {"snap": None, "stream": f"{self.epoch}-{self.seq}"}})


class Play:
    """Both lines, both readers, and chance."""

    def __init__(self, seed: int, stream: str, *, is_twin: bool = False) -> None:
        self.draw = random.Random(seed)
        channel = "book" if stream == BOOK else "trade"
        self.truth: Any
        self.truth = Truth(self.draw, is_twin) if stream == BOOK else Deals(self.draw)
        self.consumer, self.naive = BothLines(stream), LinesReader(channel)
        self.clock = 0.0
        self.steps: list[Any] = []
        first = 0 if stream == BOOK else 1
        self.lines = {name: Line(name, self.truth, self._hand) for name in "ab"}
        for line in self.lines.values():
            line.at = first
            line.late.clear()
            line.snap()

    def _hand(self, name: str, step: dict[str, Any]) -> None:
        self.steps.append((name, step))
        self.consumer.hand(name, step)
        self.naive.hand(name, step)
        assert self.consumer.told == self.naive.told, self.steps[-3:]

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and read what is wanted after it."""
        self.clock += seconds
        self.consumer.now(self.clock)
        self.naive.now(self.clock)
        assert self.consumer.told == self.naive.told, f"after {seconds} s"
        for name, replica in self.consumer.lines.items():
            if replica.wants == "heads":
                self.lines[name].head()
            if replica.wants == "join":
                self.lines[name].late.clear()
                self.lines[name].snap()

    def write_on(self) -> None:
        """Let every line that lives write what it has not of the truth."""
        for line in self.lines.values():
            while not line.is_dead and line.at < self.end:
                line.at += 1
                line.write(self.truth.update(line.at))

    @property
    def end(self) -> int:
        """The position of the newest message."""
        return len(self.truth.books) - 1 if isinstance(self.truth, Truth) else self.truth.sent

    def fault(self) -> None:
        """Harm a line, one way or another."""
        line = self.draw.choice(list(self.lines.values()))
        match self.draw.choice(("cut", "double", "swap", "reset", "restart", "bye", "die")):
            case "cut" if line.late:
                del line.late[self.draw.randrange(len(line.late))]
            case "double" if line.late:
                line.late.insert(0, line.late[0])
            case "swap" if len(line.late) > 1:
                line.late[0], line.late[1] = line.late[1], line.late[0]
            case "reset" if not line.is_dead:
                line.write(pack("reset", te=0, why="disconnected"))
                if isinstance(self.truth, Truth):
                    line.at = self.end
                line.write(self.truth.snapshot(line.at))
            case "restart":
                line.is_dead = False
                line.begin(start=self.end)
            case "bye" if not line.is_dead:
                line.write(pack("bye", te=0))
                line.is_dead = True
            case "die":
                line.is_dead = True

    def run(self, faults: float) -> None:
        """Play a number of random steps, and an end in which all is delivered."""
        for _ in range(STEPS):
            for _ in range(self.draw.randrange(3)):
                self.truth.grow()
            self.write_on()
            if self.draw.random() < faults:
                self.fault()
            for line in self.draw.sample(list(self.lines.values()), 2):
                line.deliver(self.draw.randrange(4))
            if self.draw.random() < 0.2:
                self.pass_time(self.draw.choice((0.01, 0.3, 1.2, 16.0 if faults else 1.2)))
        for line in self.lines.values():
            line.is_dead = False
            if faults and self.draw.random() < 0.5:
                line.begin(start=self.end)
        for _ in range(4):
            self.truth.grow()
            self.write_on()
            for line in self.lines.values():
                line.deliver(len(line.late))
            self.pass_time(1.2)


def positions(play: Play) -> list[int | None]:
    """Return where in the truth each told update stands; None where the sequence may break."""
    at = {(stamp, checksum(*book)): i for i, (stamp, book) in enumerate(_marks(play))}
    found: list[int | None] = []
    for event in play.consumer.events:
        match event.body:
            case Update():
                found.append(at[event.body.ts_event, event.body.checksum])
            case Jump() | Joined() | Snapshot():
                found.append(None)
            case _:
                pass
    return found


def _marks(play: Play) -> list[tuple[int, tuple[Levels, Levels]]]:
    return list(zip(play.truth.stamps, play.truth.books, strict=True))


@pytest.mark.parametrize("faults", [0.0, 0.05, 0.3])
def test_a_book_is_told_once_and_in_order_but_for_jumps(faults: float) -> None:
    updates = 0
    for seed in range(SEEDS):
        play = Play(seed, BOOK)
        play.run(faults)
        told = positions(play)
        for before, after in pairwise(told):
            if before is not None and after is not None:
                assert after == before + 1, f"seed {seed}: {after} after {before}"
        updates += len(told)
        if not faults:
            assert told.count(None) == 1, f"seed {seed}: joined once, and never jumped"
            assert told[-1] == play.end
    assert updates > SEEDS * STEPS / 4


@pytest.mark.parametrize("is_twin", [False, True])
def test_a_book_that_is_valid_is_one_that_the_exchange_had(is_twin: bool) -> None:
    """And the last is the newest, where the lines end well; twins too, which no mark can tell."""
    seen = 0
    for seed in range(SEEDS):
        play = Play(seed, BOOK, is_twin=is_twin)
        original = play.consumer._write

        def write(event: Any, original: Any = original, play: Play = play) -> None:
            nonlocal seen
            original(event)
            if isinstance(event.body, Update) and event.state.is_valid:
                seen += 1
                assert isinstance(event.state, Book)
                sides = [list(event.state.levels(side)) for side in ("bid", "ask")]
                at = [i for i, s in enumerate(play.truth.stamps) if s == event.state.ts_event]
                assert any([list(side) for side in play.truth.books[i]] == sides for i in at)

        play.consumer._write = write  # type: ignore[method-assign]
        play.run(0.2)
    assert seen > SEEDS * STEPS / 4


@pytest.mark.parametrize("faults", [0.0, 0.05, 0.3])
def test_each_trade_is_told_once_or_named_as_missing(faults: float) -> None:
    for seed in range(SEEDS):
        play = Play(seed, TRADE)
        play.run(faults)
        last = 1
        for told in play.consumer.told:
            if told["type"] in ("trades", "gap"):
                assert int(told["first"]) == last + 1, f"seed {seed}: {told} after {last}"
                last = int(told["last"])
        assert last == play.end, f"seed {seed}: all is told in the end"
        if not faults:
            assert not [told for told in play.consumer.told if told["type"] == "gap"]


def test_the_play_has_everything_in_it() -> None:
    """Lines go down and jumps happen, or the tests above show nothing."""
    counts = {LineDown: 0, Jump: 0}
    for seed in range(20):
        play = Play(seed, BOOK)
        play.run(0.3)
        for kind in counts:
            counts[kind] += sum(isinstance(event.body, kind) for event in play.consumer.events)
    assert min(counts.values()) > 10, counts
