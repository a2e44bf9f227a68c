"""Memory has an end, whatever comes in and however little goes out: a burst of fifty times the
usual rate while Redis stands still, and two minutes of that at the usual one. What gives way is the
ring, and that is told (X28, R14).
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import msgpack
import pytest
from pykraken_consumer import Client

from publisher.settings import MIB
from tests.endtoend.program import Publisher
from tests.faults.scene import (
    BTC,
    SYMBOLS,
    Epoch,
    Gap,
    Missed,
    Scene,
    Watcher,
    assert_contiguous,
    staged,
    stream_of,
)
from tests.health.scrape import scrape
from tests.matrix import MatrixRow
from tests.model import unscaled
from tests.polling import wait_until
from tests.processes import PROC
from tests.requirements import require
from tests.servers import free_port

USUAL = 200
FACTOR = 50
PAGE = os.sysconf("SC_PAGE_SIZE")
SLACK = 2 * MIB
"""What may come on top of a full ring: the appends in flight and their packed copy, and what the
allocator keeps. Seen: 0.4 MiB.
"""
FLAT = MIB // 2
"""Seen: 48 to 140 KiB."""
RINGS = 5
"""How many rings full of messages pass while Redis stands still."""
STANDSTILL_S = 120
"""Twice as long as any ring holds, by its seconds too."""
DEEP = 25


def resident(publisher: Publisher) -> int:
    assert publisher.process is not None
    return int((PROC / str(publisher.process.pid) / "statm").read_text().split()[1]) * PAGE


def sent(scene: Scene) -> int:
    """Return how many bytes the exchange has sent, by its own log."""
    return scene.log.stat().st_size


@pytest.mark.long
@pytest.mark.row("X28")
@pytest.mark.row("R14")
@pytest.mark.timeout(180)
def test_a_burst_while_redis_stands_still(tmp_path: Path) -> None:
    """Memory stays in its bound; what the ring gave up is announced."""
    require(PROC.joinpath("self", "statm").exists(), "no /proc: this is not Linux")
    url = f"http://127.0.0.1:{(port := free_port())}"
    with staged(tmp_path, "--rate", str(USUAL)) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher(ring_bytes=MIB, metrics_port=port, log_level="info")
        watcher.wait_updates(50)

        def given_up() -> bool:
            return scrape(url)["pykraken_ring_cover_seconds",] == 0

        before = resident(publisher)
        scene.redis.pause()
        scene.fault("burst", factor=FACTOR, for_s=120)
        wait_until(given_up, 60, "the rings of both books gave up")
        full, begun = resident(publisher), sent(scene)
        highest = full

        def has_passed() -> bool:
            nonlocal highest
            highest = max(highest, resident(publisher))
            return sent(scene) - begun > RINGS * MIB

        wait_until(has_passed, 90, f"{RINGS} rings full of messages")
        scene.simulator.post("rate", rate=USUAL)
        assert full - before < MIB + SLACK, f"{(full - before) / MIB:.1f} MiB for a ring of one"
        assert highest - full < FLAT, f"{(highest - full) / MIB:.1f} MiB more while nothing went"
        assert publisher.log("loop.hangs") == []

        scene.redis.resume()
        judge_overrun(scene, watcher)
        assert publisher.terminate() == 0


def judge_overrun(scene: Scene, watcher: Watcher) -> None:
    """What nobody saw is named, and the books are right again."""
    watcher.wait(lambda: watcher.count(Epoch) >= 2, "new epochs")
    watcher.wait_updates(50)
    scene.judge(watcher, gaps=watcher.count(Gap))
    assert watcher.count(Gap) == 0
    for symbol in SYMBOLS:
        (epoch,) = watcher.of(Epoch, symbol)
        assert epoch.reason == "overrun"
        assert epoch.missed_first is not None
        assert epoch.missed_last is not None
        (missed,) = watcher.of(Missed, symbol)
        assert missed.missed.last.seq - missed.missed.first.seq > 100
        assert_contiguous(scene.client(), stream_of(symbol))
    assert scene.client().xlen(stream_of(BTC))


@pytest.mark.long
@pytest.mark.row("R14")
@pytest.mark.timeout(400)
def test_minutes_without_redis(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """Two feeds of books, one with best prices: memory in its bound, all that gave way is told."""
    require(PROC.joinpath("self", "statm").exists(), "no /proc: this is not Linux")
    url = f"http://127.0.0.1:{(port := free_port())}"
    deep = [f"{{kraken.{symbol}}}:book.{DEEP}" for symbol in SYMBOLS]
    tops = [f"{{kraken.{symbol}}}:bbo.book.{DEEP}" for symbol in SYMBOLS]
    with staged(tmp_path) as scene:
        watcher, client = scene.watcher(), scene.client()
        feeds = [
            scene.publisher("books", ring_bytes=MIB, log_level="info"),
            scene.publisher(
                "tops", ring_bytes=MIB, log_level="info", depth=DEEP, bbo=True, metrics_port=port
            ),
        ]
        watcher.wait_updates(50)
        wait_until(lambda: all(client.xlen(each) > 50 for each in (*deep, *tops)), 20, "all tells")
        epochs = {stream: newest_epoch(client, stream) for stream in (*deep, *tops)}
        before = [resident(feed) for feed in feeds]
        scene.redis.pause()
        first, second = (highest_within(STANDSTILL_S / 2, feeds) for _ in range(2))
        grown = [
            (max(each[1:]) - each[0]) / MIB for each in zip(before, first, second, strict=True)
        ]
        assert max(grown) < 1 + SLACK / MIB, f"{grown} MiB for a ring of one"
        crept = [late - early for early, late in zip(first, second, strict=True)]
        assert max(crept) < FLAT, f"{crept} bytes more in the second half"
        assert scrape(url)["pykraken_conflated_total",] > 0

        scene.redis.resume()
        judge_overrun(scene, watcher)
        for stream, epoch in epochs.items():
            wait_until(lambda s=stream, e=epoch: newest_epoch(client, s) > e, 15, f"{stream} again")
            told = epoch_entry(client, stream)
            assert told["why"] == "overrun", stream
            assert told["ml"] - told["mf"] > 100, stream
            assert_contiguous(client, stream)
        scene.simulator.post("rate", rate=0)
        for symbol in SYMBOLS:
            wait_until(lambda s=symbol: is_right(scene, s), 15, f"{symbol}: book and best prices")
        assert [feed.terminate() for feed in feeds] == [0, 0]
        matrix_row.saw(f"{max(grown):.1f} MiB more with a ring of one; all that was missed named")


def highest_within(seconds: float, publishers: list[Publisher]) -> list[int]:
    """Return the most memory that each publisher has in the next seconds."""
    highest = [0] * len(publishers)
    until = time.monotonic() + seconds

    def is_over() -> bool:
        for number, publisher in enumerate(publishers):
            highest[number] = max(highest[number], resident(publisher))
        return time.monotonic() > until  # the length of the stall is the fault itself

    wait_until(is_over, seconds + 30, f"{seconds} s")
    return highest


def newest_epoch(client: Any, stream: str) -> int:
    ((entry_id, _),) = client.xrevrange(stream, count=1)
    return int(entry_id.split(b"-")[0])


def epoch_entry(client: Any, stream: str) -> dict[str, Any]:
    """Return the event that opened a stream's newest epoch, by its short keys (WIRE.md 4.4)."""
    first = f"{newest_epoch(client, stream)}-0"
    ((_, fields),) = client.xrange(stream, first, first)
    event: dict[str, Any] = msgpack.unpackb(fields[b"d"])
    return event


def is_right(scene: Scene, symbol: str) -> bool:
    """Tell whether a reader who joins has the venue's deep book and its best prices."""
    venue = scene.simulator.get(f"book?symbol={symbol}&depth={DEEP}")
    with Client(scene.redis.url) as client:
        book = client.book(symbol, depth=DEEP)
        top = client.state(symbol, channel="bbo", source="book", depth=DEEP)
    pp, qp = book.price_precision, book.qty_precision
    held = [
        [[unscaled(level.price, pp), unscaled(level.qty, qp)] for level in book.levels(side)]
        for side in ("bid", "ask")
    ]
    best = [
        [unscaled(price, pp), unscaled(qty, qp)]
        for price, qty in ((top.bid, top.bid_qty), (top.ask, top.ask_qty))
    ]
    sides = [venue["bids"], venue["asks"]]
    return held == sides and best == [side[0] for side in sides]
