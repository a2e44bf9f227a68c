"""Memory has an end, whatever comes in and however little goes out: a burst of fifty times the
usual rate, while Redis stands still. What gives way is the ring, and that is told (X28, R14).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from publisher.settings import MIB
from tests.endtoend.program import Publisher
from tests.faults.scene import (
    BTC,
    SYMBOLS,
    Epoch,
    Gap,
    Missed,
    Scene,
    assert_contiguous,
    staged,
    stream_of,
)
from tests.health.scrape import scrape
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
        assert publisher.terminate() == 0
