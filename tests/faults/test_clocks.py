"""Wall clocks step while all runs: Kraken's, the publisher's own, and the server's (X25). Durations
are from monotonic clocks, and epochs only grow.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from pykraken_consumer import Regression

from tests.faults.inside import fragile
from tests.faults.scene import (
    BTC,
    ETH,
    SYMBOLS,
    Epoch,
    Reset,
    Scene,
    Stale,
    Watcher,
    assert_contiguous,
    staged,
    staged_on,
    stream_of,
)
from tests.faults.stepped import SteppedServer
from tests.matrix import MatrixRow
from tests.polling import wait_until
from tests.servers import Kind

HOUR_S = 3600
STEPS_S = (HOUR_S, -HOUR_S, 0)


def newest_epoch(client: Any) -> int:
    return epoch_of(client.xrevrange(stream_of(BTC), count=1))


def epoch_of(entries: list[Any]) -> int:
    """Return the epoch of the one entry."""
    ((entry_id, _),) = entries
    return int(entry_id.split(b"-")[0])


def judge(scene: Scene, watcher: Watcher, restarts: int) -> None:
    """Nothing was reset, nobody stale; an epoch for each restart, and each above the last."""
    scene.judge(watcher)
    assert watcher.count(Reset) == watcher.count(Stale) == watcher.count(Regression) == 0
    for symbol in SYMBOLS:
        epochs = watcher.of(Epoch, symbol)
        assert [epoch.reason for epoch in epochs] == ["start"] * restarts
        assert all(epoch.entry_id.epoch > epoch.prev_epoch for epoch in epochs)
        assert_contiguous(scene.client(), stream_of(symbol))


@pytest.mark.row("X25")
def test_kraken_s_clock_steps(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """An hour forwards, two back and right again: nothing is reset, nobody is stale."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(20)
        for off_s in STEPS_S:
            scene.fault("clock", by_s=off_s)
            watcher.wait_updates(20)
        assert len(publisher.log("feed.connected")) == 1
        judge(scene, watcher, 0)
        matrix_row.saw(count=len(STEPS_S))


@pytest.mark.row("X25")
def test_the_publisher_s_clock_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, matrix_row: MatrixRow
) -> None:
    """An hour forwards, two back and right again; then epochs are reckoned while it is wrong."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = fragile(scene, monkeypatch)
        watcher.wait_updates(20)
        for off_s in STEPS_S:
            publisher.inject(f"clock {off_s}")
            watcher.wait_updates(20)
        assert len(publisher.log("feed.connected")) == 1
        judge(scene, watcher, 0)
        client, epochs = scene.client(), []
        for off_s in (HOUR_S, -HOUR_S):
            publisher.inject(f"clock {off_s}")
            stray = newest_epoch(client) + 1
            client.xadd(stream_of(BTC), {"hello": "world"}, id=f"{stray}-0")
            wait_until(lambda stray=stray: newest_epoch(client) > stray, 10, "an epoch above it")
            watcher.wait_updates(20)
            epochs.append(newest_epoch(client))
        assert epochs[1] > epochs[0] > (time.time() + HOUR_S / 2) * 1000
        assert watcher.count(Reset) == watcher.count(Stale) == watcher.count(Regression) == 0
        assert watcher.count(Epoch, ETH) == 0
        matrix_row.saw("nothing reset, nobody stale, epochs only grow", count=len(STEPS_S) + 2)


@pytest.mark.long
@pytest.mark.row("X25")
@pytest.mark.parametrize("kind", ["redis", "valkey"])
def test_the_server_s_clock_steps(tmp_path: Path, kind: Kind, matrix_row: MatrixRow) -> None:
    """An hour forwards, two back and right again, started anew at both: retention goes on."""
    with (
        SteppedServer(kind, tmp_path / "server") as server,
        staged_on(tmp_path, server) as scene,
    ):
        watcher = scene.watcher()
        scene.joiners(watcher)
        publisher = scene.publisher(retention_s=1)
        watcher.wait_updates(20)
        client = scene.client()
        kept = f"{stream_of(BTC)}.snap"
        for off_s in STEPS_S:
            server.step(off_s)
            wait_until(
                lambda off_s=off_s: abs(client.time()[0] - off_s - time.time()) < HOUR_S / 2,
                5,
                "the step is seen: servers keep the time for a moment",
            )
            watcher.wait_updates(20)
            if not off_s:
                break
            assert publisher.terminate() == 0
            publisher.start()
            watcher.wait_updates(20)
            led = newest_epoch(client)
            wait_until(
                lambda led=led: epoch_of(client.xrange(kept, count=1)) == led,
                15,
                "retention lets go of all snapshots from before",
            )
        judge(scene, watcher, 2)
        matrix_row.saw("nothing reset, epochs only grow, retention by age", count=len(STEPS_S))
