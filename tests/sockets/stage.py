"""A simulator that logs what it sends, what a socket showed of it, and what may be shown."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from publisher.sockets.terms import Place
from publisher.wire import Event, Reset
from tests.level3_model import ModelLevel3, level3_frames
from tests.model import ModelBook, book_frames
from tests.simulator.program import Program

DEADLINE_S = 20.0
RATE = 300

Side = tuple[tuple[Decimal, Decimal], ...]


class Moment(NamedTuple):
    """A whole book with its checksum."""

    checksum: int | None
    bids: Side
    asks: Side


class Seen:
    """What a socket of books showed at each event; `look` is its `on_message`."""

    def __init__(self) -> None:
        self.socket: Any = None
        self.events: list[Event] = []
        self.books: list[Moment] = []
        self.left: list[Moment] = []
        """What could be read after a reset."""
        self.reasons: list[str] = []

    def look(self, event: Event) -> None:
        """Keep an event and the book that comes with it."""
        self.events.append(event)
        book = self.socket.book
        moment = Moment(book.checksum, tuple(book.bids), tuple(book.asks))
        (self.left if isinstance(event, Reset) else self.books).append(moment)

    def count(self, kind: type[Event]) -> int:
        """Return how many events of a kind came."""
        return sum(isinstance(event, kind) for event in self.events)


@contextmanager
def stage(folder: Path, *flags: str) -> Iterator[tuple[Program, Path]]:
    """Run a simulator; yield it with the log of what it sends."""
    log = folder / "sent.ndjson"
    with Program("--rate", str(RATE), "--log", str(log), *flags) as program:
        yield program, log


def place(program: Program) -> Place:
    """Return the arguments that lead a socket to a simulator."""
    addresses = program.addresses
    return Place(
        ws_url=addresses["ws_url"],
        ws_l3_url=addresses["ws_l3_url"],
        rest_url=addresses["rest_url"],
    )


def frames(program: Program, log: Path) -> dict[int, list[str]]:
    """Return what was sent so far on each connection."""
    program.get("status")  # flushes the log
    found: dict[int, list[str]] = defaultdict(list)
    for line in log.read_text().splitlines():
        sent = json.loads(line)
        if "frame" in sent:
            found[sent["conn"]].append(sent["frame"])
    return found


def proven(program: Program, log: Path, *, depth: int = 10) -> list[Moment]:
    """Return each book that a client of `book` may show: those whose checksum was stated."""
    found = []
    for lines in frames(program, log).values():
        model = ModelBook(depth)
        for frame in book_frames(lines):
            (model.snapshot if frame.kind == "snapshot" else model.update)(frame.bids, frame.asks)
            if model.checksum() == frame.checksum:
                bids, asks = _side(model.sorted_bids()), _side(model.sorted_asks())
                found.append(Moment(frame.checksum, bids, asks))
    return found


def proven_orders(program: Program, log: Path) -> list[tuple[Moment, list[list[str]]]]:
    """Return the same for `level3` of depth 10: the levels, and the order ids of both sides."""
    found = []
    for lines in frames(program, log).values():
        model = ModelLevel3(10)
        for frame in level3_frames(lines):
            (model.snapshot if frame.kind == "snapshot" else model.update)(frame.bids, frame.asks)
            if model.checksum() == frame.checksum:
                sides = model.bids, model.asks
                levels = [tuple(side.levels()) for side in sides]
                ids = [[order.order_id for order in side.listed()] for side in sides]
                found.append((Moment(frame.checksum, *levels), ids))
    return found


def _side(levels: list[tuple[str, str]]) -> Side:
    return tuple((Decimal(price), Decimal(qty)) for price, qty in levels)
