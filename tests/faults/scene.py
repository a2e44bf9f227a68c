"""The stage of a fault: simulator, server, publisher, and consumers who judge what they see.

The truth is the simulator's own log of what it sent, replayed by tests/model.py: a book that a
consumer holds as valid must be one that the exchange had at that very stamp.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from pykraken_consumer import (
    Book,
    Bye,
    Client,
    Disconnected,
    Epoch,
    Event,
    Gap,
    Heartbeat,
    Joined,
    Missed,
    NoStream,
    NotReady,
    Quarantined,
    Reconnected,
    RedisUnreachable,
    Regression,
    Reset,
    Snapshot,
    Stale,
    Update,
)

from publisher.timestamps import nanoseconds
from tests.endtoend.program import Publisher
from tests.model import ModelBook, book_frames, unscaled
from tests.polling import wait_until
from tests.servers import RedisServer, server_binary
from tests.simulator.program import Program

BTC, ETH = "BTC/USD", "ETH/USD"
SYMBOLS = (BTC, ETH)
DEPTH = 10
PATIENCE_S = 20.0
Seen = tuple[str, int, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]
"""Symbol, stamp, bids and asks of a book held as valid."""


def stream_of(symbol: str) -> str:
    return f"{{kraken.{symbol}}}:book.{DEPTH}"


@lru_cache(maxsize=4096)
def _text_of(price: int, qty: int, pp: int, qp: int) -> tuple[str, str]:
    """One text for a level of many books: those of an hour are held at once."""
    return unscaled(price, pp), unscaled(qty, qp)


def seen_of(book: Book) -> Seen:
    pp, qp = book.price_precision, book.qty_precision
    bids, asks = (
        tuple(_text_of(level.price, level.qty, pp, qp) for level in levels)
        for levels in (book.levels("bid"), book.levels("ask"))
    )
    return book.symbol, book.ts_event, bids, asks


class Watcher(threading.Thread):
    """A consumer that follows books in a thread and writes down what it is told."""

    def __init__(self, url: str, symbols: tuple[str, ...] = SYMBOLS) -> None:
        super().__init__(daemon=True, name="watcher")
        self.url = url
        self.symbols = symbols
        self.told: list[tuple[str, Any]] = []
        self.seen: set[Seen] = set()
        self.valid: dict[str, bool] = dict.fromkeys(symbols, False)
        self.failure: BaseException | None = None
        self._is_over = False
        self._may_go_on = threading.Event()
        self._may_go_on.set()

    def run(self) -> None:
        try:
            with Client(self.url) as client:
                for event in client.follow(*self.symbols, depth=DEPTH):
                    self._note(event)
                    self._may_go_on.wait()
                    if self._is_over:
                        return
        except BaseException as error:  # noqa: BLE001 - told to the test by `check`
            self.failure = error

    def _note(self, event: Event) -> None:
        symbol = next(s for s in self.symbols if stream_of(s) == event.stream)
        if event.book.is_valid and isinstance(event.body, Update | Snapshot | Joined):
            self.seen.add(seen_of(event.book))
        self.valid[symbol] = event.book.is_valid
        self.told.append((symbol, event.body))

    def end(self) -> None:
        self._is_over = True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let it stand still behind its next event, and go on at the block's end."""
        self._may_go_on.clear()
        try:
            yield
        finally:
            self._may_go_on.set()

    # What it was told

    def of(self, kind: type, symbol: str = "") -> list[Any]:
        """Return what it was told of one kind."""
        return [body for s, body in list(self.told) if isinstance(body, kind) and symbol in ("", s)]

    def count(self, kind: type, symbol: str = "") -> int:
        return len(self.of(kind, symbol))

    def reasons(self, symbol: str = "") -> list[str]:
        """Return the reasons of resets."""
        return [reset.reason for reset in self.of(Reset, symbol)]

    def wait_updates(self, more: int = 20, symbols: tuple[str, ...] = ()) -> None:
        """Wait until each symbol has a valid book and so many more updates."""
        for symbol in symbols or self.symbols:
            goal = self.count(Update, symbol) + more
            self.wait(
                lambda symbol=symbol, goal=goal: (
                    self.valid[symbol] and self.count(Update, symbol) >= goal
                ),
                f"{more} more updates of {symbol}",
            )

    def wait(self, condition: Any, what: str, timeout_s: float = PATIENCE_S) -> None:
        def is_so() -> bool:
            assert self.failure is None, self.failure
            return bool(condition())

        try:
            wait_until(is_so, timeout_s, what)
        except AssertionError as error:
            counts = Counter(type(body).__name__ for _, body in self.told)
            words = f"{error}; told: {counts}; last: {self.told[-6:]}"
            raise AssertionError(words) from None


def assert_in_sequence(watcher: Watcher) -> None:
    """No entry twice, none missing without a word."""
    last: dict[str, Any] = {}
    excused: dict[str, bool] = {}
    quarantined: dict[str, Any] = {}
    """Ids that were read and told as bad: an epoch may name a stray one as the end before it."""
    for symbol, body in watcher.told:
        entry_id = getattr(body, "entry_id", None)
        if isinstance(body, Joined):
            last[symbol] = body.cursor
            excused.pop(symbol, None)  # what was lost is behind the snapshot
        elif isinstance(body, Gap | Missed | Regression):
            excused[symbol] = True
        elif isinstance(body, Quarantined):
            quarantined[symbol] = entry_id
        elif entry_id is None:
            continue
        else:
            before = last[symbol]
            assert entry_id > before, f"{symbol}: {entry_id} after {before}"
            if isinstance(body, Epoch):
                # Beyond them a failover took back what was seen, which is no loss (WIRE §10).
                read = max(before, quarantined.pop(symbol, before))
                if read < (body.prev_epoch or 0, body.prev_seq or 0):
                    assert excused.pop(symbol, False), f"{symbol}: unannounced loss before {body}"
            elif not before.is_followed_by(entry_id):
                # Between a reset and a snapshot nothing but those two is told.
                assert excused.pop(symbol, False) or not isinstance(body, Update), (
                    f"{symbol}: {entry_id} after {before}"
                )
            last[symbol] = entry_id


def assert_contiguous(client: Any, stream: str) -> list[str]:
    """Check a whole stream in Redis: each epoch's seqs without a hole; return its ids."""
    ids = [entry_id.decode() for entry_id, _ in client.xrange(stream)]
    before: tuple[int, int] | None = None
    for text in ids:
        epoch, seq = map(int, text.split("-"))
        if before is not None:
            if epoch == before[0]:
                assert seq == before[1] + 1, f"{text} after {before}"
            else:
                assert epoch > before[0], f"{text} after {before}"
                assert seq == 0, f"{text} after {before}"
        before = epoch, seq
    return ids


def truth_of(log: Path) -> set[Seen]:
    """Return every book that the exchange had, by its log of what it sent."""
    books: dict[tuple[int, str], ModelBook] = {}
    known: set[Seen] = set()
    with log.open(encoding="utf-8") as lines:  # one by one: an hour's are many
        for line in lines:
            sent = json.loads(line)
            text = sent.get("frame") or bytes.fromhex(sent["binary"]).decode("utf-8", "replace")
            try:
                frames = list(book_frames([text]))
            except (ValueError, AttributeError):
                continue
            for frame in frames:
                book = books.setdefault((sent["conn"], frame.symbol), ModelBook(DEPTH))
                change = book.snapshot if frame.kind == "snapshot" else book.update
                change(frame.bids, frame.asks)
                if book.checksum() == frame.checksum:
                    stamp = nanoseconds(frame.timestamp)
                    sides = tuple(book.sorted_bids()), tuple(book.sorted_asks())
                    known.add((frame.symbol, stamp, *sides))
    return known


class Redis(Protocol):
    """One server or several: where the programs find it, and a plain client for the test."""

    @property
    def url(self) -> str: ...

    def client(self, timeout_s: float = 5.0) -> Any: ...


class Scene:
    """Everything that plays."""

    def __init__(self, folder: Path, simulator: Program, redis: Any) -> None:
        self.folder = folder
        self.simulator = simulator
        self.redis = redis
        self.log = folder / "simulator.ndjson"
        self.stack = ExitStack()
        self.joined: set[Seen] = set()
        self.joins_s: list[float] = []
        self._joiner_over = threading.Event()

    def publisher(self, name: str = "one", *, start: bool = True, **settings: object) -> Publisher:
        """Return a publisher, running unless told otherwise, that ends with the scene."""
        given: dict[str, object] = {
            "redis_url": self.redis.url,
            "ws_url": self.simulator.addresses["ws_url"],
            "symbols": ",".join(SYMBOLS),
            "depth": DEPTH,
            "snapshot_interval_s": 0.5,
            "log_level": "debug",
        }
        program = Publisher(self.folder / name, **(given | settings))
        return self.stack.enter_context(program) if start else program

    def watcher(self, symbols: tuple[str, ...] = SYMBOLS) -> Watcher:
        """Return a running consumer."""
        return self.watcher_at(self.redis.url, symbols)

    def watcher_at(self, url: str, symbols: tuple[str, ...] = SYMBOLS) -> Watcher:
        """Return a running consumer that reads elsewhere, or as somebody else."""
        watcher = Watcher(url, symbols)
        watcher.start()
        self.stack.callback(watcher.end)
        return watcher

    def joiners(self, watcher: Watcher) -> None:
        """Let late joiners come all the time, each alone, until the scene ends."""

        def join_for_ever() -> None:
            while not self._joiner_over.wait(0.05):
                for symbol in SYMBOLS:
                    began = time.monotonic()
                    try:
                        with Client(self.redis.url) as client:
                            self.joined.add(seen_of(client.book(symbol, depth=DEPTH, wait_s=0.5)))
                        self.joins_s.append(time.monotonic() - began)
                    except (NoStream, NotReady, RedisUnreachable):
                        continue
                    except BaseException as error:  # noqa: BLE001 - told to the test
                        watcher.failure = error
                        return

        thread = threading.Thread(target=join_for_ever, daemon=True, name="joiners")
        thread.start()
        self.stack.callback(thread.join, 5)
        self.stack.callback(self._joiner_over.set)

    def fault(self, name: str, **parameters: object) -> None:
        """Order a fault of the simulator."""
        self.simulator.post("fault", name=name, **parameters)

    def client(self) -> Any:
        """Return a plain client of the server, closed with the scene."""
        return self.stack.enter_context(self.redis.client())

    def judge(self, watcher: Watcher, *, gaps: int = 0) -> None:
        """No wrong book, no entry twice, no loss but those announced; and as many gaps as said."""
        assert watcher.failure is None, watcher.failure
        held = watcher.seen.copy() | self.joined.copy()
        self.simulator.get("status")  # the log is written out, beyond what was seen until here
        known = truth_of(self.log)
        wrong = [seen[:2] for seen in held if seen not in known]
        assert wrong == [], f"{len(wrong)} wrong books"
        assert watcher.seen, "nothing was seen"
        assert_in_sequence(watcher)
        assert watcher.count(Quarantined) == 0, watcher.of(Quarantined)
        assert watcher.count(Gap) == gaps, watcher.of(Gap)


@contextmanager
def staged(
    folder: Path, *flags: str, kind: str = "redis", options: tuple[str, ...] = ()
) -> Iterator[Scene]:
    """Set the stage: a simulator of two symbols at 200 messages a second, and a server."""
    binary = server_binary("valkey" if kind == "valkey" else "redis")
    with RedisServer(binary, folder / "server", options=options) as redis:
        with staged_on(folder, redis, *flags) as scene:
            yield scene


@contextmanager
def staged_on(folder: Path, redis: Redis, *flags: str) -> Iterator[Scene]:
    """Set the stage before servers that run already."""
    log = folder / "simulator.ndjson"
    symbols = ("--symbols", ",".join(SYMBOLS), "--rate", "200", "--log", str(log))
    with Program(*symbols, *flags) as simulator:
        scene = Scene(folder, simulator, redis)
        with scene.stack:
            yield scene


__all__ = [
    "BTC", "ETH", "SYMBOLS", "Bye", "Disconnected", "Epoch", "Gap", "Heartbeat", "Joined", "Missed",
    "Reconnected", "Reset", "Scene", "Snapshot", "Stale", "Update", "Watcher", "assert_contiguous",
    "staged", "staged_on", "stream_of",
]  # fmt: skip
