"""Faults of the publisher's own inside: a loop that stands still, threads that fall, a full disk,
what reconnecting leaves behind.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.faults.inside import Fragile, fragile
from tests.faults.scene import BTC, SYMBOLS, Epoch, Reset, assert_contiguous, staged, stream_of
from tests.matrix import MatrixRow
from tests.polling import wait_until
from tests.processes import PROC
from tests.requirements import require
from tests.servers import free_port

PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024


@pytest.mark.row("P8")
def test_a_loop_that_stood_still_is_told_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told with file and function; the lease is kept, nothing is lost."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = fragile(scene, monkeypatch)
        watcher.wait_updates(20)
        publisher.inject("sleep 0.9")
        publisher.wait_for("loop.turns")
        told = [line["at"] for line in publisher.log("loop.blocked")]
        assert any("injected.py" in at and "obey" in at for at in told), told
        watcher.wait_updates(20)
        assert publisher.terminate() == 0
        assert watcher.count(Epoch) == 0, "it still led: nothing else happened"
        scene.judge(watcher)


@pytest.mark.row("P8")
def test_a_loop_that_hangs_ends_the_process_and_the_standby_leads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told with its place, exit 70 after five seconds, the standby leads."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = fragile(scene, monkeypatch)
        watcher.wait_updates(20)
        standby = scene.publisher("standby")
        standby.wait_for("redis.connected", count=2)
        watcher.wait_updates(20)
        publisher.inject("sleep 3600")
        assert publisher.wait(30) == 70
        (hang,) = publisher.log("loop.hangs")
        assert "injected.py" in hang["at"]
        assert hang["for_s"] >= 5
        standby.wait_for("lease.claimed")
        watcher.wait(lambda: watcher.count(Epoch) == 2, "the standby's epochs")
        watcher.wait_updates(20)
        scene.judge(watcher)


@pytest.mark.row("P10")
@pytest.mark.parametrize("thread", ["dial", "lease", "fetch", "health"])
def test_a_thread_that_falls_ends_the_process(
    thread: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never alive but deaf: 70, one line for people, the traceback in the log."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = fragile(scene, monkeypatch, metrics_port=free_port())
        watcher.wait_updates(20)
        publisher.inject(thread)
        assert publisher.wait(20) == 70
        (fall,) = publisher.log("thread.fell")
        assert fall["thread"].startswith({"lease": "dial"}.get(thread, thread)), fall["thread"]
        assert "Unexpected: injected" in fall["exception"]
        last = publisher.log_path.read_text().splitlines()[-1]
        assert last == f"pykraken run: the thread {fall['thread']} fell: Unexpected"
        scene.judge(watcher)


@pytest.mark.row("P10")
def test_a_loop_that_fails_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 70, one line for people, the traceback in the log."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = fragile(scene, monkeypatch)
        watcher.wait_updates(20)
        publisher.inject("raise")
        assert publisher.wait(20) == 70
        *_, error, last = publisher.log_path.read_text().splitlines()
        assert error == "ZeroDivisionError: injected"
        assert last.startswith("pykraken run: ")
        scene.judge(watcher)


@pytest.mark.row("P7")
def test_a_disk_that_fills_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the log nor the state can be written any more, and every book goes on."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = fragile(scene, monkeypatch)
        watcher.wait_updates(20)
        size = publisher.log_path.stat().st_size
        publisher.inject("full")
        scene.fault("close", code=1001)
        watcher.wait(lambda: watcher.count(Reset) >= len(SYMBOLS), "the connection was lost")
        watcher.wait_updates(50)
        assert publisher.log_path.stat().st_size == size, "the disk was not full"
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        publisher.terminate()
        for symbol in SYMBOLS:
            assert_contiguous(scene.client(), stream_of(symbol))


@pytest.mark.row("P7")
def test_a_state_folder_that_goes_away_is_told_and_stops_nothing(tmp_path: Path) -> None:
    """Values are kept in memory, one warning says so, every book goes on."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(20)
        folder = publisher.folder / "state"
        shutil.rmtree(folder)
        folder.write_text("a file where the folder was")
        scene.fault("close", code=1001)
        watcher.wait(lambda: watcher.count(Reset) >= len(SYMBOLS), "the connection was lost")
        watcher.wait_updates(50)
        (warning,) = publisher.log("state.in_memory")
        assert "PYKRAKEN_STATE_DIR" in warning["mend"]
        assert publisher.terminate() == 0
        scene.judge(watcher)


def descriptors(publisher: Fragile) -> int:
    assert publisher.process is not None
    return len(list((PROC / str(publisher.process.pid) / "fd").iterdir()))


def resident_kb(publisher: Fragile) -> int:
    assert publisher.process is not None
    return int((PROC / str(publisher.process.pid) / "statm").read_text().split()[1]) * PAGE_KB


@pytest.mark.long
@pytest.mark.row("P9")
@pytest.mark.timeout(180)
def test_many_reconnects_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, matrix_row: MatrixRow
) -> None:
    """A hundred new connections to Kraken, and as many to Redis: descriptors and memory as
    before.
    """
    require(PROC.joinpath("self", "statm").exists(), "no /proc: this is not Linux")
    with staged(tmp_path) as scene:
        # A full ring from the start: what grows then is a leak.
        watcher = scene.watcher((BTC,))
        publisher = fragile(scene, monkeypatch, ring_seconds=1)
        watcher.wait_updates(20)
        publisher.inject("quick")
        client = scene.client()

        def reconnect(times: int) -> None:
            for _ in range(times):
                fed = len(publisher.log("feed.connected"))
                tied = len(publisher.log("redis.connected"))
                scene.fault("close", code=1001)
                for row in client.client_list():
                    if row["name"] == "pykraken":
                        client.client_kill_filter(_id=row["id"])
                publisher.wait_for("feed.connected", count=fed + 1)
                publisher.wait_for("redis.connected", count=tied + 2)
            watcher.wait_updates(20)

        reconnect(30)
        fds, memory = descriptors(publisher), resident_kb(publisher)
        reconnect(70)
        assert len(publisher.log("feed.connected")) > 100
        wait_until(lambda: descriptors(publisher) <= fds, 10, f"{fds} descriptors as before")
        grown = resident_kb(publisher) - memory
        assert grown < 2048, f"{grown} kB more after 70 reconnects"
        scene.judge(watcher)
        assert publisher.terminate() == 0
        matrix_row.saw(count=100)
