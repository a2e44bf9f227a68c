"""A network that misbehaves between publisher and Redis: cut, slow, one-way, refused.

The proxy cuts requests and replies after a number of bytes, at many offsets: whatever was half
sent or half answered, the stream has each entry once and in order.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pytest

from tests.faults.scene import SYMBOLS, Epoch, Scene, Watcher, assert_contiguous, staged, stream_of
from tests.matrix import MatrixRow
from tests.polling import wait_until
from tests.tcp_proxy import Direction, TcpProxy

OFFSETS = [0, 1, 3, 17, 64, 130, 257, 511, 1000, 2047]


def through(scene: Scene, proxy: TcpProxy, redis_timeout_s: float = 1.0) -> Watcher:
    """Begin, the publisher behind the proxy, the consumer beside it."""
    watcher = scene.watcher()
    url = f"redis://127.0.0.1:{proxy.port}/0"
    scene.publisher(redis_url=url, redis_timeout_s=redis_timeout_s)
    watcher.wait_updates(20)
    return watcher


def assert_unharmed(scene: Scene, watcher: Watcher) -> None:
    """One epoch, each entry once, no gap, no wrong book."""
    scene.judge(watcher)
    assert watcher.count(Epoch) == 0
    client = scene.client()
    for symbol in SYMBOLS:
        ids = assert_contiguous(client, stream_of(symbol))
        assert len({entry.split("-")[0] for entry in ids}) == 1


def more_accepted(proxy: TcpProxy, than: int) -> bool:
    return proxy.accepted > than


def cut(direction: Direction, offset: int) -> None:
    """Cut the flow after so many bytes, and wait until it happened."""
    direction.cut_after(offset)
    wait_until(lambda: not direction.is_cut_due, 10, f"cut after {offset} bytes")


@pytest.mark.row("R16")
@pytest.mark.parametrize("which", ["up", "down"])
def test_cut_after_some_bytes(tmp_path: Path, which: str, matrix_row: MatrixRow) -> None:
    """R16: requests cut in the middle; replies cut, so that what was done is not known."""
    with staged(tmp_path) as scene, TcpProxy(scene.redis.port) as proxy:
        watcher = through(scene, proxy)
        direction = proxy.up if which == "up" else proxy.down
        for offset in OFFSETS:
            cut(direction, offset)
            watcher.wait_updates(3)
        assert direction.cuts == len(OFFSETS)
        assert_unharmed(scene, watcher)
        matrix_row.saw(count=len(OFFSETS))


@pytest.mark.row("R16")
def test_replies_lost(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """R16: Redis does everything and nobody hears of it."""
    with staged(tmp_path) as scene, TcpProxy(scene.redis.port) as proxy:
        watcher = through(scene, proxy, redis_timeout_s=0.3)
        for _ in range(3):
            accepted = proxy.accepted
            proxy.down.is_swallowed = True
            wait_until(partial(more_accepted, proxy, accepted), 10, "the publisher dials again")
            proxy.down.is_swallowed = False
            watcher.wait_updates(10)
        assert_unharmed(scene, watcher)
        matrix_row.saw(count=3)


@pytest.mark.row("R16")
def test_requests_delivered_late(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """R16, R-3: the old connection's bytes arrive after the retry on the new one went through."""
    with staged(tmp_path) as scene, TcpProxy(scene.redis.port) as proxy:
        watcher = through(scene, proxy, redis_timeout_s=0.3)
        for _ in range(3):
            proxy.up.is_held = True
            time.sleep(0.6)  # the length of the hold is the fault itself
            proxy.up.is_held = False
            watcher.wait_updates(20)
        assert_unharmed(scene, watcher)
        matrix_row.saw(count=3)


@pytest.mark.row("R16")
def test_reset_again_and_again(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """The connection is reset again and again: one epoch, nothing twice, no gap."""
    with staged(tmp_path) as scene, TcpProxy(scene.redis.port) as proxy:
        watcher = through(scene, proxy)
        for _ in range(10):
            proxy.reset()
            watcher.wait_updates(3)
        assert_unharmed(scene, watcher)
        matrix_row.saw(count=10)


@pytest.mark.row("R1")
def test_refused_for_a_while(tmp_path: Path) -> None:
    """Nobody listens for a while: the ring fills up what was missed, same epoch, no gap."""
    with staged(tmp_path) as scene, TcpProxy(scene.redis.port) as proxy:
        watcher = through(scene, proxy)
        proxy.is_refusing = True
        proxy.reset()
        time.sleep(1.5)  # longer than the lease: nobody else is there to take it
        proxy.is_refusing = False
        watcher.wait_updates(20)
        assert_unharmed(scene, watcher)


@pytest.mark.row("R14")
def test_slow(tmp_path: Path) -> None:
    """A far server: entries gather while an append flies, and latency is all that it costs."""
    with staged(tmp_path, "--rate", "1000") as scene, TcpProxy(scene.redis.port) as proxy:
        watcher = through(scene, proxy)
        proxy.up.delay_s = proxy.down.delay_s = 0.05
        watcher.wait_updates(400)
        assert_unharmed(scene, watcher)


@pytest.mark.row("R16")
@pytest.mark.parametrize("offset", [0, 5])
def test_cut_while_an_epoch_opens(tmp_path: Path, offset: int) -> None:
    """The answer to an opening is lost: whatever was written, the next epoch is above it."""
    with staged(tmp_path) as scene, TcpProxy(scene.redis.port) as proxy:
        watcher = scene.watcher()
        publisher = scene.publisher(redis_url=f"redis://127.0.0.1:{proxy.port}/0")
        publisher.wait_for("lease.claimed")
        cut(proxy.down, offset)
        watcher.wait_updates(20)
        scene.judge(watcher)
        for symbol in SYMBOLS:
            assert_contiguous(scene.client(), stream_of(symbol))
