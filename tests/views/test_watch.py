"""The loop of `watch`: it ends when told, however busy the stream is."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
import zlib
from collections.abc import Iterator
from types import FrameType

import msgpack
import pytest

from publisher.errors import InternalError
from publisher.views import watch
from publisher.views.ladder import View
from publisher.views.target import Target
from publisher.views.watched import Watched
from tests.servers import RedisServer

STREAM = "{kraken.BTC/USD}:book.10"
CHECKSUM = zlib.crc32(b"112" + b"101")  # WIRE.md 5.2: one ask of 2 at 11, one bid of 1 at 10


class Pictures:
    """A screen that keeps what it is shown."""

    period_s = 0.01

    def __init__(self) -> None:
        self.views: list[View] = []

    def rows(self) -> int:
        return 10

    def show(self, view: View) -> None:
        self.views.append(view)


def event(kind: str, **keys: object) -> bytes:
    at = time.time_ns()
    packed: bytes = msgpack.packb(
        {"t": kind, "te": at, "tr": at, "tp": at, "f": 0, "c": CHECKSUM, **keys}
    )
    return packed


@pytest.fixture
def busy(redis_server: RedisServer) -> Iterator[Target]:
    """A book that changes thousands of times a second."""
    about = {"v": 1, "ch": "book", "y": "BTC/USD", "d": 10, "pp": 0, "qp": 0}
    stop = threading.Event()

    def write() -> None:
        with redis_server.client() as client:
            seq = 1
            while not stop.wait(0.0002):
                seq += 1
                client.xadd(
                    STREAM, {"d": event("update", b=[], a=[])}, id=f"7-{seq}", maxlen=100_000
                )

    with redis_server.client() as client:
        snapshot = event("snapshot", **about, b=[[10, 1]], a=[[11, 2]])
        client.xadd(STREAM, {"d": snapshot}, id="7-1")
        client.xadd(f"{STREAM}.snap", {"d": snapshot}, id="7-1")
    writer = threading.Thread(target=write)
    writer.start()
    yield Target(redis_server.url, "kraken", "BTC/USD", 10, "")
    stop.set()
    writer.join()


def test_it_ends_in_time_however_busy_the_stream_is(busy: Target) -> None:
    # A cancellation often meets an answer, with which redis-py alone would lose it.
    for _ in range(15):
        screen, watched = Pictures(), Watched(STREAM, "BTC/USD")
        began = time.monotonic()
        asyncio.run(watch.keep_showing(busy, watched, screen, 0.1, lambda: None))
        assert time.monotonic() - began < 5
        assert screen.views[0].state == "waiting"


def test_it_shows_the_book_as_it_changes(busy: Target) -> None:
    screen, watched = Pictures(), Watched(STREAM, "BTC/USD")

    def check() -> None:
        if screen.views and screen.views[-1].seq > 10:
            raise InternalError("seen enough")

    with pytest.raises(InternalError, match="seen enough"):
        asyncio.run(watch.keep_showing(busy, watched, screen, 60, check))
    assert screen.views[-1].state == "live"
    assert (screen.views[-1].bids, screen.views[-1].asks) == ([(10, 1)], [(11, 2)])


def test_what_the_check_raises_ends_it(busy: Target) -> None:
    def check() -> None:
        raise InternalError("the publisher ended")

    watched = Watched(STREAM, "BTC/USD")
    with pytest.raises(InternalError):
        asyncio.run(watch.keep_showing(busy, watched, Pictures(), None, check))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_without_an_exception_in_a_task(busy: Target, number: int) -> None:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError("came up inside a task")

    screen, watched = Pictures(), Watched(STREAM, "BTC/USD")

    def check() -> None:
        if len(screen.views) == 2:
            signal.raise_signal(number)

    before = signal.signal(number, interrupt)
    try:
        asyncio.run(watch.keep_showing(busy, watched, screen, 60, check))
        assert signal.getsignal(number) is interrupt
    finally:
        signal.signal(number, before)
    assert len(screen.views) >= 2
