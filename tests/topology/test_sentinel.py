"""A feed behind Sentinels: failovers clean, unclean and to a replica that was left behind; split
brain; Sentinels that are away. Three real Sentinels, a primary and two replicas.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis
from pykraken_consumer import Client

from publisher.bus import sentinels
from publisher.redis_url import parse
from tests.faults.scene import (
    BTC,
    SYMBOLS,
    Epoch,
    Regression,
    Scene,
    assert_contiguous,
    staged_on,
    stream_of,
)
from tests.matrix import MatrixRow
from tests.polling import wait_until
from tests.servers import RedisServer
from tests.topology.sentinels import NAME, SentinelSet, sentinel_set

SAFE = ("--min-replicas-to-write", "1", "--min-replicas-max-lag", "1")


@contextmanager
def staged(
    folder: Path, *, options: tuple[str, ...] = (), down_after_ms: int = 500
) -> Iterator[tuple[Scene, SentinelSet]]:
    redis = folder / "redis"
    with sentinel_set(redis, options=options, down_after_ms=down_after_ms) as group:
        with staged_on(folder, group) as scene:
            yield scene, group


def is_replica(server: RedisServer) -> bool:
    """Tell whether a server that Sentinels may be about to change says that it is a replica."""
    with suppress(redis.RedisError, OSError), server.client(1.0) as client:
        return bool(client.info("replication")["role"] == "slave")
    return False


def epochs_in(scene: Scene) -> set[str]:
    """Return the epochs of all book streams; each stream is without a hole."""
    return {
        entry.split("-")[0]
        for symbol in SYMBOLS
        for entry in assert_contiguous(scene.client(), stream_of(symbol))
    }


@pytest.mark.row("R4")
def test_a_failover_in_good_order(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """SENTINEL FAILOVER under load: the master is looked up again, nothing is lost."""
    with staged(tmp_path) as (scene, group):
        watcher = scene.watcher()
        scene.joiners(watcher)
        publisher = scene.publisher()
        for _ in range(2):
            watcher.wait_updates(60)
            group.failover()
        watcher.wait_updates(60)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        assert len(publisher.log("lease.claimed")) == 1
        matrix_row.saw("one epoch, no gap, lease kept", count=2)


@pytest.mark.row("R6")
def test_a_failover_to_a_replica_left_behind(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """Replication cut, then the primary killed: the ring writes what the replica never got."""
    with staged(tmp_path) as (scene, group):
        watcher = scene.watcher()
        scene.publisher()
        watcher.wait_updates(60)
        group.cut_replication()
        behind = {symbol: _last_id(group.replicas[0].client(), symbol) for symbol in SYMBOLS}
        watcher.wait_updates(200)
        old = group.primary
        acknowledged = {symbol: _last_id(old.client(), symbol) for symbol in SYMBOLS}
        assert all(acknowledged[symbol] > behind[symbol] for symbol in SYMBOLS)
        old.kill()
        group.wait_replaced(old)
        group.mend_replication()
        watcher.wait_updates(60)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        lost = sum(acknowledged[s][1] - behind[s][1] for s in SYMBOLS)
        matrix_row.saw(f"{lost} acknowledged entries written again, one epoch, no gap")


def _last_id(client: object, symbol: str) -> tuple[int, int]:
    ((entry_id, _),) = client.xrevrange(stream_of(symbol), count=1)  # type: ignore[attr-defined]
    epoch, seq = entry_id.decode().split("-")
    return int(epoch), int(seq)


@pytest.mark.long
@pytest.mark.row("R7")
def test_a_failover_back_across_an_epoch(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """The replica promoted knows only an older epoch and lease: both are asserted again."""
    with staged(tmp_path, down_after_ms=1500) as (scene, group):
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(60)
        group.cut_replication()
        publisher.kill()
        publisher.start()
        watcher.wait(lambda: all(watcher.count(Epoch, s) for s in SYMBOLS), "the second epoch")
        watcher.wait_updates(60)
        second = _last_id(group.client(), BTC)[0]
        old = group.primary
        old.kill()
        group.wait_replaced(old)
        group.mend_replication()
        watcher.wait_updates(60)
        assert _last_id(group.client(), BTC)[0] == second, "the higher epoch is asserted again"
        assert len(publisher.log("lease.claimed")) == 1, "and so is the lease"
        scene.judge(watcher)
        assert watcher.count(Regression) == 0
        matrix_row.saw("lease and epoch written again over the older ones, no gap")


@pytest.mark.long
@pytest.mark.row("R5")
def test_split_brain(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """The primary stands still, is replaced, and wakes believing that it leads."""
    with staged(tmp_path, options=SAFE) as (scene, group):
        watcher = scene.watcher()
        scene.publisher()
        watcher.wait_updates(60)
        for _ in range(2):
            old = group.primary
            old.pause()
            group.wait_replaced(old)
            watcher.wait_updates(20)
            old.resume()
            watcher.wait_updates(60)
            wait_until(lambda old=old: is_replica(old), 20, "the old one is told what it is")
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        matrix_row.saw("one epoch, no gap", count=2)


@pytest.mark.row("R5")
def test_a_primary_without_replicas_is_left(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """NOREPLICAS is the sign of a primary that was cut off: looked up again, without a storm."""
    with staged(tmp_path, options=SAFE) as (scene, group):
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(60)
        group.cut_replication()
        publisher.wait_for("redis.error")
        assert publisher.log("redis.error")[0]["answer"].startswith("NOREPLICAS")
        began = time.monotonic()
        publisher.wait_for("redis.connected", count=5)
        assert time.monotonic() - began > 0.5, "no storm of connections"
        group.failover()
        group.mend_replication()
        watcher.wait_updates(60)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        errors = len(publisher.log("redis.error"))
        matrix_row.saw(f"{errors} refusals, followed to the next primary, no gap")


def test_sentinels_that_are_away(tmp_path: Path) -> None:
    """One of three is enough to begin; with none the feed goes on while its link stands."""
    with staged(tmp_path) as (scene, group):
        group.sentinels[0].kill()
        group.sentinels[1].pause()  # it takes the connection and says nothing
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(40)
        group.sentinels[2].kill()
        watcher.wait_updates(40)
        for sentinel in (group.sentinels[0], group.sentinels[2]):
            sentinel.start()
        group.sentinels[1].resume()
        watcher.wait_updates(40)
        assert publisher.terminate() == 0
        scene.judge(watcher)


def test_a_master_that_no_sentinel_knows(tmp_path: Path) -> None:
    with staged(tmp_path) as (scene, group):
        publisher = scene.publisher(redis_url=group.url.replace(NAME, "nobody"))
        publisher.wait_for("redis.away")
        reason = publisher.log("redis.away")[0]["reason"]
        assert reason.startswith("no Sentinel says where nobody is:")
        assert "No such master with that name" in reason
        assert publisher.terminate() == 0


def test_sentinels_with_a_password_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret\n")
    with sentinel_set(tmp_path / "redis") as group:
        for sentinel in group.sentinels:
            with sentinel.client() as client:
                client.execute_command("ACL", "SETUSER", "default", "resetpass", ">s3cret")
        with pytest.raises(ConnectionError, match="no Sentinel says"):
            sentinels.master_of(parse(group.url), 1.0)
        for more in ("sentinel_password=s3cret", f"sentinel_password_file={tmp_path}/password"):
            url = f"{group.url}?{more}"
            assert sentinels.master_of(parse(url), 1.0).port == group.servers[0].port
            with Client(url) as client:
                assert client.streams() == []


def test_a_majority_is_not_kept_waiting_by_one_that_hangs(tmp_path: Path) -> None:
    with sentinel_set(tmp_path / "redis") as group:
        group.sentinels[0].pause()
        began = time.monotonic()
        assert sentinels.master_of(parse(group.url), 5.0).port == group.servers[0].port
        assert time.monotonic() - began < 5.0
        group.sentinels[0].resume()
