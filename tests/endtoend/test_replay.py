"""Real recorded frames in at one end, the same books out at the other, every checksum proven.

simulator --replay -> `python -m publisher run` -> a real server -> pykraken_consumer, each but the
last a process of its own. The judge is tests/model.py, which replays the capture by itself. The
capture is played twice in a row on one connection: a stream can only open behind its book's first
snapshot, so of the first pass the consumer sees what came after that, and of the second every
frame, the new snapshots included.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pykraken_consumer import (
    Book,
    Client,
    Event,
    Heartbeat,
    Joined,
    Level,
    OrderBook,
    Orders,
    OrdersSnapshot,
    Side,
    Snapshot,
    Update,
)

from tests.endtoend.program import Publisher
from tests.level3_model import integers, replay_level3
from tests.model import replay, unscaled
from tests.servers import RedisServer, free_port, server_binary
from tests.simulator.program import Program
from tests.simulator.signed import KEY, SECRET

Text = tuple[str, str]
Order = tuple[str, int, int, int]
State = tuple[list[Text], list[Text], int] | tuple[list[Order], list[Order], int]
"""Bids and asks best first, as decimal text or as orders in queue order, and Kraken's checksum."""

CAPTURES = {
    "l2-btc-eth-d10-20260707.ndjson": ("book", 10, 2962),
    "l2-10pairs-d1000-20210417-from-v1.ndjson": ("book", 1000, 4279),
    "l3-btc-d10-20240924.ndjson": ("level3", 10, 296),
}
LONG = "l2-10pairs-d1000-20210417-from-v1.ndjson"
NAMES = [pytest.param(name, marks=[pytest.mark.long] * (name == LONG)) for name in CAPTURES]
SIDES: tuple[Side, Side] = ("bid", "ask")
PASSES = 2
SPEED = 4
"""Times the recorded pace: a pass lasts 5 or 8 s, a stream opens within one, also under load."""
DEADLINE_S = 240.0
"""For the judge, whose comparing of a thousand levels after each event takes most of the time."""
WHOLE_RUN_S = 600
"""Between periodic snapshots: the consumer then joins at the one that opened the stream."""


def model_states(path: Path, channel: str, depth: int) -> dict[str, list[State]]:
    """Return the model's book of each symbol after each of its frames."""
    states: dict[str, list[State]] = {}
    if channel == "level3":
        with path.open(encoding="utf-8") as lines:
            for frame, orders in replay_level3(lines, depth=depth):
                assert orders.checksum() == frame.checksum, "the judge must prove every frame"
                whole = integers(orders.bids), integers(orders.asks), frame.checksum
                states.setdefault(frame.symbol, []).append(whole)
        return states
    with path.open(encoding="utf-8") as lines:
        for symbol, book, checksum in replay(lines, depth=depth):
            assert book.checksum() == checksum, "the judge must prove every frame itself"
            state = book.sorted_bids(), book.sorted_asks(), checksum
            states.setdefault(symbol, []).append(state)
    return states


class Texts(dict[Level, Text]):
    """The decimal text of each level of one book, made once: depth 1000 has millions to compare."""

    def __init__(self, book: Book | OrderBook) -> None:
        self.precisions = book.price_precision, book.qty_precision

    def __missing__(self, level: Level) -> Text:
        price, qty = self.precisions
        text = self[level] = unscaled(level.price, price), unscaled(level.qty, qty)
        return text

    def state_of(self, book: Book | OrderBook) -> State:
        """Return the consumer's book in the model's form."""
        if isinstance(book, OrderBook):
            orders = [[tuple(order) for order in book.orders(side)] for side in SIDES]
            return orders[0], orders[1], book.checksum()
        assert (book.price_precision, book.qty_precision) == self.precisions
        of = self.__getitem__
        bids, asks = book.levels("bid"), book.levels("ask")
        return list(map(of, bids)), list(map(of, asks)), book.checksum()


class Judge:
    """Compares the books of one symbol with the model's, frame by frame, in order.

    `at` holds the frames (0 is the first of the first pass) that the consumer may stand behind:
    several only while books that are equal make it impossible to tell.
    """

    def __init__(self, states: list[State]) -> None:
        self.states = states
        self.texts: Texts | None = None
        self.at: set[int] = set()
        self.frames = 0

    def joined(self, book: Book | OrderBook) -> None:
        assert self.texts is None, "joined a second time"
        self.texts = Texts(book)
        state = self.texts.state_of(book)
        self.at = {i for i, known in enumerate(self.states) if known == state}
        assert self.at, "joined with a book that never was"

    def stepped(self, book: Book | OrderBook, *, to_snapshot: bool) -> None:
        assert self.texts is not None
        self.frames += 1
        state = self.texts.state_of(book)
        size = len(self.states)
        self.at = {
            i + 1
            for i in self.at
            if self.states[(i + 1) % size] == state and ((i + 1) % size == 0) == to_snapshot
        }
        assert self.at, f"event {self.frames}: not the book after the next frame"

    @property
    def is_done(self) -> bool:
        """True behind the last frame of the last pass."""
        return PASSES * len(self.states) - 1 in self.at


def judge(event: Event, judges: dict[str, Judge]) -> None:
    """Hand one event to its symbol's judge; whatever is no frame of the capture is a failure."""
    judge = judges[event.book.symbol]
    match event.body:
        case Joined(after=None):
            assert event.book.is_valid
            judge.joined(event.book)
        case Snapshot() | Update() | OrdersSnapshot() | Orders():
            assert event.book.is_valid
            assert event.body.flags == 0
            assert event.body.checksum == event.book.checksum()
            judge.stepped(event.book, to_snapshot=isinstance(event.body, Snapshot | OrdersSnapshot))
        case Heartbeat():
            pass
        case body:
            pytest.fail(f"{event.stream}: {body}")


@pytest.fixture(params=["redis", "embedded"])
def server_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str | None]:
    """The address of a real redis-server; None for the publisher's own embedded Valkey."""
    if request.param == "embedded":
        server_binary("valkey")
        yield None
        return
    with RedisServer(server_binary("redis"), tmp_path / "server") as server:
        yield server.url


@pytest.mark.timeout(WHOLE_RUN_S)
@pytest.mark.parametrize("name", NAMES)
def test_a_capture_comes_out_as_it_went_in(
    name: str, server_url: str | None, captures: Path, tmp_path: Path
) -> None:
    channel, depth, frames = CAPTURES[name]
    states = model_states(captures / name, channel, depth)
    assert sum(map(len, states.values())) == frames
    judges = {symbol: Judge(of_symbol) for symbol, of_symbol in states.items()}
    pace = ("--speed", str(SPEED), "--replay-loops", str(PASSES))
    flags = ("--replay", str(captures / name), *pace)
    with Program(*flags) as simulator:
        settings = {
            "symbols": ",".join(states),
            "channel": channel,
            "depth": depth,
            **{url: simulator.addresses[url] for url in ("ws_url", "ws_l3_url", "rest_url")},
            **({"api_key": KEY, "api_secret": SECRET} if channel == "level3" else {}),
            "snapshot_interval_s": WHOLE_RUN_S,
            "retention_s": WHOLE_RUN_S,
            **({"redis_url": server_url} if server_url else {"embedded_port": free_port()}),
        }
        with Publisher(tmp_path / "publisher", **settings) as publisher:
            publisher.wait_for("daemon.started")
            url = publisher.log("daemon.started")[0]["redis"]
            deadline = time.monotonic() + DEADLINE_S
            with Client(url) as client:
                for event in client.follow(*states, channel=channel, depth=depth):
                    judge(event, judges)
                    if all(each.is_done for each in judges.values()):
                        break
                    assert time.monotonic() < deadline, {s: j.at for s, j in judges.items()}
            assert not publisher.log("book.failed")
            assert publisher.terminate() == 0
    # Each book was compared after each event; of the second pass alone these are all the frames.
    assert sum(min(each.frames, len(each.states)) for each in judges.values()) == frames
