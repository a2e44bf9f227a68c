"""Faults of the publisher's own process: killed, frozen, told to stop, doubled."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.faults.scene import (
    BTC,
    SYMBOLS,
    Bye,
    Epoch,
    Heartbeat,
    Snapshot,
    assert_contiguous,
    staged,
    stream_of,
)
from tests.matrix import MatrixRow
from tests.polling import wait_until
from tests.requirements import require


@pytest.mark.row("P2", "C5")
def test_killed_and_started_again(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """P2: a new epoch that names the last entry of the old one; consumers miss nothing."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.joiners(watcher)
        publisher = scene.publisher()
        for _ in range(2):
            watcher.wait_updates(50)
            publisher.kill()
            publisher.start()
        watcher.wait_updates(50)
        assert publisher.terminate() == 0
        watcher.wait(lambda: watcher.count(Bye) == 2, "farewell in both streams")
        scene.judge(watcher)
        for symbol in SYMBOLS:
            epochs = watcher.of(Epoch, symbol)
            # Nobody else was alive to take it from: a new process on an old lease starts.
            assert [epoch.reason for epoch in epochs] == ["start"] * 2
            for epoch in epochs:
                assert epoch.prev_epoch is not None
                assert epoch.missed_first is None
            assert_contiguous(scene.client(), stream_of(symbol))
        matrix_row.saw(count=2)


@pytest.mark.row("P3")
def test_a_zombie_writes_nothing(tmp_path: Path) -> None:
    """P3: frozen for longer than the lease, a second one takes over, the first wakes up."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.joiners(watcher)
        zombie = scene.publisher("zombie")
        watcher.wait_updates(50)
        second = scene.publisher("second")
        second.wait_for("redis.connected", count=2)
        watcher.wait_updates(100)  # the second sees the first one's lease move
        zombie.signal(signal.SIGSTOP)
        second.wait_for("lease.claimed")
        watcher.wait(lambda: watcher.count(Epoch) == 2, "the second's epochs")
        watcher.wait_updates(50)
        zombie.signal(signal.SIGCONT)
        zombie.wait_for("lease.lost")
        watcher.wait_updates(50)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 2, "the zombie opened none"
        assert {epoch.reason for epoch in watcher.of(Epoch)} == {"takeover"}
        client = scene.client()
        for symbol in SYMBOLS:
            ids = assert_contiguous(client, stream_of(symbol))
            assert len({entry.split("-")[0] for entry in ids}) <= 2
        # The zombie stands by: it leads again when the second is gone.
        assert second.terminate() == 0
        zombie.wait_for("lease.claimed", count=2)
        watcher.wait_updates(20)
        scene.judge(watcher)


@pytest.mark.row("P4")
def test_a_short_pause_changes_nothing(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """P4: a pause below the lease, with a standby that watches."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(20)
        standby = scene.publisher("standby")
        standby.wait_for("daemon.started")
        watcher.wait_updates(100)
        for _ in range(3):
            publisher.signal(signal.SIGSTOP)
            time.sleep(0.7)  # the length of the pause is the fault itself
            publisher.signal(signal.SIGCONT)
            watcher.wait_updates(50)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert standby.log("lease.claimed") == []
        matrix_row.saw(count=3)


@pytest.mark.row("P5")
def test_three_at_once(tmp_path: Path) -> None:
    """P5: exactly one leads, and when it is killed exactly one other does."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        crew = [scene.publisher(f"p{i}") for i in range(3)]
        watcher.wait_updates(30)

        def leaders() -> list[int]:
            return [i for i, each in enumerate(crew) if each.log("lease.claimed")]

        (first,) = leaders()
        crew[first].kill()
        wait_until(lambda: len(leaders()) == 2, 10, "a successor")
        watcher.wait(lambda: watcher.count(Epoch) == 2, "one epoch a stream")
        watcher.wait_updates(30)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 2


@pytest.mark.row("P1")
@pytest.mark.parametrize("rate", [200, 5000])
def test_a_stop_under_load(tmp_path: Path, rate: int) -> None:
    """P1: flush, last snapshot, farewell, lease released, exit 0, all within five seconds."""
    with staged(tmp_path, "--rate", str(rate)) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(100)
        began = time.monotonic()
        assert publisher.terminate() == 0
        assert time.monotonic() - began < 5
        watcher.wait(lambda: watcher.count(Bye) == 2, "farewell in both streams")
        scene.judge(watcher)
        client = scene.client()
        for symbol in SYMBOLS:
            stream = stream_of(symbol)
            ids = assert_contiguous(client, stream)
            (newest,) = client.xrevrange(f"{stream}.snap", count=1)
            assert newest[0].decode() == ids[-1], "the last snapshot includes the farewell"
        (lease,) = client.keys("*:lease")
        assert client.hget(lease, "owner") == b""
        (status,) = client.keys("*:status")
        assert b"\xa3bye" in client.xrevrange(status, count=1)[0][1][b"d"]


@pytest.mark.row("P7")
@pytest.mark.parametrize("reader", ["a full disk", "a pipe that nobody reads"])
def test_a_log_that_cannot_be_written_ends_nothing(reader: str, tmp_path: Path) -> None:
    """P7: neither the work nor the farewell needs a log (`run 2>&1 | tee log` and Ctrl-C)."""
    require(Path("/dev/full").exists(), "no /dev/full: this is not Linux")
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher(start=False)
        if reader == "a full disk":
            publisher.writes_to = os.open("/dev/full", os.O_WRONLY)
        else:
            unread, publisher.writes_to = os.pipe()
            os.close(unread)
        scene.stack.enter_context(publisher)
        os.close(publisher.writes_to)
        watcher.wait_updates(20)
        assert publisher.terminate() == 0
        watcher.wait(lambda: watcher.count(Bye) == 2, "farewell in both streams")
        (lease,) = scene.client().keys("*:lease")
        assert scene.client().hget(lease, "owner") == b""


def test_a_successor_of_one_that_stopped_need_not_wait(tmp_path: Path) -> None:
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher(lease_s=20, redis_timeout_s=1)
        watcher.wait_updates(20)
        second = scene.publisher("second", lease_s=20)
        second.wait_for("daemon.started")
        publisher.terminate()
        second.wait_for("lease.claimed", timeout_s=10)
        watcher.wait_updates(20)
        scene.judge(watcher)


def test_two_feeds_never_share_a_stream(tmp_path: Path) -> None:
    """Decisions, Keys: fatal, clear, both named; the first is not disturbed."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.publisher(feed="first")
        watcher.wait_updates(20)
        second = scene.publisher("second", feed="second")
        assert second.wait() == 4
        said = second.log_path.read_text()
        assert "first" in said
        assert "second" in said
        assert stream_of(BTC) in said
        watcher.wait_updates(20)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0


def test_a_feed_that_is_gone_may_be_followed_by_another(tmp_path: Path) -> None:
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        first = scene.publisher(feed="first")
        watcher.wait_updates(20)
        first.kill()
        scene.publisher("second", feed="second")
        watcher.wait(lambda: watcher.count(Epoch) == 2, "the second's epochs")
        watcher.wait_updates(20)
        scene.judge(watcher)
        assert {epoch.feed for epoch in watcher.of(Epoch)} == {"second"}


def test_quiet_streams_have_heartbeats(tmp_path: Path) -> None:
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.publisher(heartbeat_s=0.3)
        watcher.wait_updates(20)
        scene.simulator.post("rate", rate=0)
        watcher.wait(lambda: watcher.count(Heartbeat) >= 4, "heartbeats")
        scene.judge(watcher)
        assert {beat.state for beat in watcher.of(Heartbeat)} == {"live"}
        assert watcher.count(Snapshot) == 0
