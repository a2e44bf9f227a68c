"""A feed on a Redis Cluster: slots that move while it runs, shards that are lost or fail over,
nodes that refuse. Three real primaries, with replicas where one is to take over.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.scene import (
    BTC,
    ETH,
    SYMBOLS,
    Epoch,
    Scene,
    Update,
    assert_contiguous,
    staged_on,
    stream_of,
)
from tests.matrix import MatrixRow
from tests.polling import wait_until
from tests.servers import Kind, RedisServer
from tests.topology.cluster import Cluster, cluster

STATUS = "{kraken.feed.f}:status"


@contextmanager
def staged(
    folder: Path,
    *,
    kind: Kind = "redis",
    replicas: bool = False,
    full_coverage: bool = False,
    options: tuple[str, ...] = (),
) -> Iterator[tuple[Scene, Cluster]]:
    """Set the stage on a cluster whose first node has BTC/USD, the second ETH/USD, the third the
    feed's own keys.
    """
    with cluster(
        folder / "redis",
        kind=kind,
        replicas=replicas,
        full_coverage=full_coverage,
        options=options,
    ) as group:
        for node, key in zip(
            group.primaries, (stream_of(BTC), stream_of(ETH), STATUS), strict=True
        ):
            slot = group.slot_of(key)
            if group.owner(slot) is not node:
                group.move(slot, node)
        with staged_on(folder, group) as scene:
            yield scene, group


def where(group: Cluster, symbol: str) -> RedisServer:
    return group.owner(group.slot_of(stream_of(symbol)))


def epochs_in(scene: Scene, *symbols: str) -> set[str]:
    """Return the epochs of book streams; each stream is without a hole."""
    return {
        entry.split("-")[0]
        for symbol in symbols or SYMBOLS
        for entry in assert_contiguous(scene.client(), stream_of(symbol))
    }


@pytest.mark.row("R18")
@pytest.mark.parametrize("kind", ["redis", pytest.param("valkey", marks=pytest.mark.long)])
def test_slots_move_while_it_runs(tmp_path: Path, kind: Kind, matrix_row: MatrixRow) -> None:
    """MOVED, ASK and TRYAGAIN under load, books' slots and the lease's: nothing is lost."""
    with staged(tmp_path, kind=kind) as (scene, group):
        watcher = scene.watcher()
        scene.joiners(watcher)
        publisher = scene.publisher(feed="f")
        watcher.wait_updates(40)
        moves = 0
        for _ in range(3):
            for key in (stream_of(BTC), stream_of(ETH), STATUS):
                slot = group.slot_of(key)
                at = group.primaries.index(group.owner(slot))
                group.move(slot, group.primaries[(at + 1) % 3])
                moves += 1
                watcher.wait_updates(10)
        watcher.wait_updates(40)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        assert len(publisher.log("lease.claimed")) == 1
        assert publisher.terminate() == 0
        redirects = len(publisher.log("redis.redirected"))
        assert redirects >= moves
        matrix_row.saw(f"{redirects} redirections followed, one epoch, no gap", count=moves)


@pytest.mark.row("R18")
def test_a_slot_half_moved(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """Its keys lie on two nodes for seconds: TRYAGAIN is waited out, the other stream goes on."""
    with staged(tmp_path) as (scene, group):
        watcher = scene.watcher()
        publisher = scene.publisher(feed="f")
        watcher.wait_updates(40)
        with group.moving(group.slot_of(stream_of(BTC)), group.primaries[2], keys=1):
            publisher.wait_for("redis.error")
            watcher.wait_updates(100, (ETH,))
        answers = {line["answer"].split()[0] for line in publisher.log("redis.error")}
        assert answers == {"TRYAGAIN"}
        watcher.wait_updates(40)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        matrix_row.saw("waited out, the other stream undisturbed, one epoch, no gap")


@pytest.mark.row("R20")
def test_a_shard_is_lost_and_comes_back_empty(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """The others' streams go on meanwhile; the ring fills it again when it is back."""
    with staged(tmp_path) as (scene, group):
        watcher = scene.watcher()
        scene.publisher(feed="f")
        watcher.wait_updates(40)
        lost = where(group, ETH)
        lost.kill()
        before = watcher.count(Update, ETH)
        watcher.wait_updates(400, (BTC,))
        assert watcher.count(Update, ETH) - before < 40, "it is lost indeed"
        lost.start()
        watcher.wait_updates(60)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        matrix_row.saw("the other stream went on, the lost one was filled from the ring, no gap")


@pytest.mark.long
@pytest.mark.row("R20")
def test_the_shard_of_the_lease_is_lost(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """A failed renewal is no lost lease: the books go on."""
    with staged(tmp_path) as (scene, group):
        watcher = scene.watcher()
        publisher = scene.publisher(feed="f")
        watcher.wait_updates(40)
        lost = group.primaries[2]
        lost.kill()
        watcher.wait_updates(400)
        lost.start()
        wait_until(lambda: scene.client().xlen(STATUS), 15, "the status stream again")
        watcher.wait_updates(40)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(publisher.log("lease.claimed")) == 1
        matrix_row.saw("books went on in one epoch, lease written again")


@pytest.mark.row("R20")
def test_a_start_while_a_shard_is_lost(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """Nobody knows how its streams end: the others open, it when it is back."""
    with staged(tmp_path) as (scene, group):
        lost = where(group, ETH)
        lost.kill()
        watcher = scene.watcher((BTC,))
        publisher = scene.publisher(feed="f")
        watcher.wait_updates(60)
        lost.start()
        late = scene.watcher((ETH,))
        late.wait_updates(60)
        for each in (watcher, late):
            scene.judge(each)
            assert each.count(Epoch) == 0
        assert publisher.terminate() == 0
        matrix_row.saw("the others were led and published; its own came with it")


@pytest.mark.row("R20")
def test_a_replica_takes_over(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """A primary killed: its replica is found by the cluster's map; what it lacked is filled."""
    with staged(tmp_path, replicas=True) as (scene, group):
        watcher = scene.watcher()
        publisher = scene.publisher(feed="f")
        watcher.wait_updates(40)
        where(group, BTC).kill()
        watcher.wait_updates(100, (ETH,))
        watcher.wait_updates(40)
        assert where(group, BTC) not in group.primaries
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        assert publisher.terminate() == 0
        matrix_row.saw("the replica was followed, one epoch, no gap")


@pytest.mark.row("R20")
def test_clusterdown(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """With cluster-require-full-coverage, one dead shard stops all; they come back together."""
    with staged(tmp_path, full_coverage=True) as (scene, group):
        watcher = scene.watcher()
        publisher = scene.publisher(feed="f")
        watcher.wait_updates(40)
        lost = where(group, ETH)
        lost.kill()

        def is_down() -> bool:
            answers = [line["answer"] for line in publisher.log("redis.error")]
            return any(answer.startswith("CLUSTERDOWN") for answer in answers)

        wait_until(is_down, 15, "CLUSTERDOWN")
        lost.start()
        watcher.wait_updates(60)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        matrix_row.saw("waited out, one epoch, no gap")


def test_a_node_that_hangs_costs_no_other(tmp_path: Path) -> None:
    with staged(tmp_path) as (scene, group):
        watcher = scene.watcher()
        scene.publisher(feed="f")
        watcher.wait_updates(40)
        hung = where(group, ETH)
        hung.pause()
        watcher.wait_updates(300, (BTC,))
        hung.resume()
        watcher.wait_updates(60)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1


@pytest.mark.row("R8")
def test_a_node_that_is_full_costs_no_other(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """OOM on one shard alone: its streams are trimmed and wait, the others go on at full speed."""
    with staged(tmp_path) as (scene, group):
        watcher = scene.watcher()
        publisher = scene.publisher(feed="f")
        watcher.wait_updates(40)
        full = where(group, ETH)
        full.client().config_set("maxmemory", "1")
        publisher.wait_for("redis.error", count=3)
        began, before = time.monotonic(), watcher.count(Update, BTC)
        watcher.wait_updates(100, (BTC,))
        rate = (watcher.count(Update, BTC) - before) / (time.monotonic() - began)
        assert rate > 20, "no half seconds between its batches"
        full.client().config_set("maxmemory", "0")
        watcher.wait_updates(40)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        matrix_row.saw("the full shard's streams waited, the others went on, no gap")


@pytest.mark.row("R21")
def test_scripts_flushed_on_every_node(tmp_path: Path) -> None:
    """Loaded again on each: no new epoch, no gap."""
    with staged(tmp_path) as (scene, group):
        watcher = scene.watcher()
        scene.publisher(feed="f")
        for node in group.primaries:
            watcher.wait_updates(40)
            node.client().script_flush()
        watcher.wait_updates(40)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0


def test_late_joiners_and_many_streams(tmp_path: Path) -> None:
    """Each symbol's tops share its slot and its calls."""
    with staged(tmp_path) as (scene, _):
        watcher = scene.watcher()
        scene.joiners(watcher)
        publisher = scene.publisher(feed="f", bbo="true")
        watcher.wait_updates(150)
        assert publisher.terminate() == 0
        scene.judge(watcher)
        assert scene.joined
        client = scene.client()
        for symbol in SYMBOLS:
            assert_contiguous(client, f"{{kraken.{symbol}}}:bbo.book.10")


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_standby_takes_over(tmp_path: Path, how: str) -> None:
    """It waits for the farewell, or for the lease to fall silent, on the node that has them."""
    with staged(tmp_path) as (scene, _):
        watcher = scene.watcher()
        first = scene.publisher(feed="f")
        watcher.wait_updates(20)
        second = scene.publisher("second", feed="f")
        second.wait_for("lease.standby")
        if how == "stop":
            assert first.terminate() == 0
        else:
            first.kill()
        second.wait_for("lease.claimed")
        watcher.wait(lambda: all(watcher.count(Epoch, s) for s in SYMBOLS), "the second's epoch")
        watcher.wait_updates(20)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 2
