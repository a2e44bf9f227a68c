"""Faults of Redis: killed, frozen, emptied, full, misused. Streams go on in the same epoch."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.faults.old_redis import OldRedis
from tests.faults.scene import (
    BTC,
    ETH,
    SYMBOLS,
    Disconnected,
    Epoch,
    Scene,
    assert_contiguous,
    staged,
    stream_of,
)
from tests.matrix import MatrixRow
from tests.polling import wait_until
from tests.servers import RedisServer, server_binary

ROUNDS = 3


def epochs_in(scene: Scene) -> set[str]:
    """Return the epochs of all book streams in Redis; each stream is without a hole."""
    client = scene.client()
    return {
        entry.split("-")[0]
        for symbol in SYMBOLS
        for entry in assert_contiguous(client, stream_of(symbol))
    }


@pytest.mark.row("R1")
@pytest.mark.parametrize("kind", ["redis", "valkey"])
def test_killed_without_persistence(tmp_path: Path, kind: str, matrix_row: MatrixRow) -> None:
    """R1: the ring fills up what was lost; same epoch, no gap for whoever read along."""
    with staged(tmp_path, kind=kind) as scene:
        watcher = scene.watcher()
        scene.joiners(watcher)
        scene.publisher()
        for _ in range(2):
            watcher.wait_updates(60)
            scene.redis.restart()
            watcher.wait(lambda: watcher.count(Disconnected) >= 1, "the consumer noticed")
        watcher.wait_updates(60)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        matrix_row.saw(count=2)


def test_killed_while_the_market_is_quiet(tmp_path: Path) -> None:
    """What was lost comes back though nothing new is said, and without a storm of calls."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.publisher()
        watcher.wait_updates(60)
        scene.simulator.post("rate", rate=0)
        scene.redis.restart()
        wait_until(
            lambda: all(scene.redis.client().xlen(f"{stream_of(s)}.snap") for s in SYMBOLS),
            10,
            "snapshots are back",
        )
        calls = scene.client().info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0)
        assert calls < 500, f"{calls} calls in a quiet market"
        scene.simulator.post("rate", rate=200)
        watcher.wait_updates(20)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0


@pytest.mark.row("R14")
@pytest.mark.parametrize("seconds", [1.2, 3.0])
def test_frozen(tmp_path: Path, seconds: float) -> None:
    """R14: new connection, exact retry; nothing twice, nothing lost, not even the lease."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.joiners(watcher)
        publisher = scene.publisher()
        standby = scene.publisher("standby")
        watcher.wait_updates(60)
        scene.redis.pause()
        time.sleep(seconds)  # the length of the stall is the fault itself
        scene.redis.resume()
        watcher.wait_updates(60)
        scene.judge(watcher)
        claims = publisher.log("lease.claimed") + standby.log("lease.claimed")
        assert len(claims) == 1
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1


@pytest.mark.row("R15")
def test_client_pause(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """R15: writes are held, as in a managed upgrade."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.publisher()
        watcher.wait_updates(60)
        for milliseconds in (700, 1500):
            scene.client().execute_command("CLIENT", "PAUSE", milliseconds, "WRITE")
            watcher.wait_updates(120)
        scene.judge(watcher)
        assert len(epochs_in(scene)) == 1
        matrix_row.saw(count=2)


@pytest.mark.row("R21")
def test_scripts_flushed(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """R21: loaded again with a new connection, one epoch, no gap."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.publisher()
        for _ in range(ROUNDS):
            watcher.wait_updates(20)
            scene.client().script_flush()
        watcher.wait_updates(40)
        scene.judge(watcher)
        assert len(epochs_in(scene)) == 1
        matrix_row.saw(count=ROUNDS)


def test_connections_killed(tmp_path: Path) -> None:
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.publisher()
        for _ in range(5):
            watcher.wait_updates(20)
            scene.client().execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        watcher.wait_updates(20)
        scene.judge(watcher)
        assert len(epochs_in(scene)) == 1


@pytest.mark.row("R24")
@pytest.mark.parametrize("what", ["stream", "snap", "own", "all"])
def test_deleted_by_an_operator(tmp_path: Path, what: str, matrix_row: MatrixRow) -> None:
    """R24: what the ring holds is written again, under the same ids."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.joiners(watcher)
        scene.publisher()
        watcher.wait_updates(60)
        client = scene.client()
        suffix = {"stream": "", "snap": ".snap", "own": ".own", "all": ""}[what]
        for _ in range(ROUNDS):
            if what == "all":
                client.flushall()
            else:
                client.delete(stream_of(BTC) + suffix)
            watcher.wait_updates(30)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        wait_until(lambda: client.xlen(f"{stream_of(BTC)}.snap"), 5, "a snapshot")
        matrix_row.saw(count=ROUNDS)


@pytest.mark.row("R24")
def test_trimmed_by_an_operator(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """The last id stays; whoever read along goes on."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.publisher()
        watcher.wait_updates(60)
        for _ in range(ROUNDS):
            scene.client().xtrim(stream_of(BTC), maxlen=0, approximate=False)
            watcher.wait_updates(20)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        matrix_row.saw(count=ROUNDS)


@pytest.mark.row("R22")
def test_a_stray_entry(tmp_path: Path) -> None:
    """R22: `XADD *` by a human costs that stream one epoch, and the others nothing."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.publisher()
        watcher.wait_updates(60)
        scene.client().xadd(stream_of(BTC), {"hello": "world"})
        watcher.wait(lambda: watcher.count(Epoch, BTC) or watcher.valid[BTC], "the book is back")
        watcher.wait_updates(60)
        assert watcher.count(Epoch, ETH) == 0
        # The stray is either met as a gap, or skipped with the epoch behind it.
        client = scene.client()
        ids = [entry_id.decode() for entry_id, _ in client.xrange(stream_of(BTC))]
        assert len({entry.split("-")[0] for entry in ids}) == 3
        newest = [entry for entry in ids if entry.split("-")[0] == ids[-1].split("-")[0]]
        assert [int(entry.split("-")[1]) for entry in newest] == list(range(len(newest)))


@pytest.mark.row("R23")
def test_a_poisoned_stream_costs_no_other(tmp_path: Path) -> None:
    """R23: after an id at the end of all ids an append can never succeed."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher((ETH,))
        publisher = scene.publisher()
        watcher.wait_updates(60)
        scene.client().xadd(stream_of(BTC), {"x": "1"}, id="18446744073709551615-1")
        publisher.wait_for("stream.refused")
        before = len(publisher.log("redis.away"))
        watcher.wait_updates(100)
        assert len(publisher.log("redis.away")) == before, "no loop of new connections"
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        # And one that starts now is not poisoned by it either.
        publisher.kill()
        publisher.start()
        watcher.wait_updates(60)
        assert publisher.log("stream.refused")


@pytest.mark.row("R10")
def test_a_key_of_another_type(tmp_path: Path) -> None:
    """R10: fatal for that stream only."""
    with staged(tmp_path) as scene:
        scene.client().set(stream_of(BTC), "a string")
        watcher = scene.watcher((ETH,))
        publisher = scene.publisher()
        watcher.wait_updates(60)
        publisher.wait_for("stream.refused")
        assert {line["stream"] for line in publisher.log("stream.refused")} == {stream_of(BTC)}
        scene.judge(watcher)
        assert scene.client().get(stream_of(BTC)) == b"a string"


def test_a_catalogue_of_another_type(tmp_path: Path) -> None:
    """It is informational: no stream depends on it."""
    with staged(tmp_path) as scene:
        scene.client().set("{kraken.catalogue}:streams", "a string")
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(60)
        assert len(publisher.log("redis.away")) <= 1
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0


@pytest.mark.row("R8")
def test_out_of_memory(tmp_path: Path) -> None:
    """R8: refused whole; when there is room again the stream goes on where it stood."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(60)
        client = scene.client()
        client.config_set("maxmemory", "1")
        publisher.wait_for("redis.error", count=3)
        assert "OOM" in publisher.log("redis.error")[0]["answer"]
        client.config_set("maxmemory", "0")
        watcher.wait_updates(60)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        for symbol in SYMBOLS:
            snaps = [entry_id for entry_id, _ in client.xrange(f"{stream_of(symbol)}.snap")]
            first = client.xrange(stream_of(symbol), count=1)[0][0]
            oldest = int(snaps[0].split(b"-")[1])
            assert int(first.split(b"-")[1]) <= oldest + 1, "WIRE 6: its later entries exist"


@pytest.mark.row("R9")
@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-random"])
def test_a_policy_that_evicts_streams_is_refused(tmp_path: Path, policy: str) -> None:
    """R9: an evicted stream loses its fence."""
    with staged(tmp_path, options=("--maxmemory-policy", policy)) as scene:
        publisher = scene.publisher()
        assert publisher.wait() == 3
        assert policy in publisher.log_path.read_text()
        assert scene.client().dbsize() == 0


@pytest.mark.row("R12")
def test_rights_that_are_missing_are_fatal(tmp_path: Path) -> None:
    """R12: told with what is missing, exit 3."""
    with staged(tmp_path) as scene:
        client = scene.client()
        client.execute_command("ACL", "SETUSER", "poor", "on", ">secret", "~*", "+@all", "-evalsha")
        url = scene.redis.url.replace("redis://", "redis://poor:secret@")
        publisher = scene.publisher(redis_url=url)
        assert publisher.wait() == 3
        said = publisher.log_path.read_text()
        assert "evalsha" in said
        assert "secret" not in said


@pytest.mark.row("R12")
def test_rights_that_go_missing_later_are_fatal_too(tmp_path: Path) -> None:
    """While it runs: exit 3, and no password in the log."""
    with staged(tmp_path) as scene:
        client = scene.client()
        client.execute_command("ACL", "SETUSER", "poor", "on", ">secret", "~*", "+@all")
        url = scene.redis.url.replace("redis://", "redis://poor:secret@")
        watcher = scene.watcher()
        publisher = scene.publisher(redis_url=url)
        watcher.wait_updates(20)
        client.execute_command("ACL", "SETUSER", "poor", "-evalsha")
        assert publisher.wait() == 3
        assert "secret" not in publisher.log_path.read_text()


@pytest.mark.row("R11")
def test_a_wrong_password_is_tried_again(tmp_path: Path) -> None:
    """R11: a rotated password may be put right; the process stays and says so."""
    with staged(tmp_path) as scene:
        client = scene.client()
        client.execute_command("ACL", "SETUSER", "late", "on", ">other", "~*", "+@all")
        url = scene.redis.url.replace("redis://", "redis://late:secret@")
        watcher = scene.watcher()
        publisher = scene.publisher(redis_url=url)
        publisher.wait_for("redis.away", count=2)
        assert "secret" not in publisher.log_path.read_text()
        client.execute_command("ACL", "SETUSER", "late", ">secret")
        watcher.wait_updates(20)


def test_a_server_that_comes_late(tmp_path: Path) -> None:
    with staged(tmp_path) as scene:
        scene.redis.stop()
        publisher = scene.publisher()
        publisher.wait_for("redis.away", count=2)
        scene.redis.start()
        watcher = scene.watcher()
        watcher.wait_updates(20)
        scene.judge(watcher)


@pytest.mark.row("P1")
def test_stopped_while_redis_is_frozen(tmp_path: Path) -> None:
    """P1: even then within five seconds, exit 0."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(20)
        scene.redis.pause()
        began = time.monotonic()
        assert publisher.terminate() == 0
        assert time.monotonic() - began < 5
        scene.redis.resume()


def test_a_second_signal_cuts_the_flush_short(tmp_path: Path) -> None:
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(20)
        scene.redis.pause()
        publisher.signal(signal.SIGTERM)
        publisher.wait_for("daemon.stopping")
        began = time.monotonic()
        assert publisher.terminate() == 0
        assert time.monotonic() - began < 1.5
        scene.redis.resume()


def test_an_old_server_is_refused(tmp_path: Path) -> None:
    """Redis 6 cannot run the scripts; it is told by its version, and for good."""
    with staged(tmp_path) as scene, OldRedis("6.2.14") as old:
        publisher = scene.publisher(redis_url=f"redis://127.0.0.1:{old.port}/0")
        assert publisher.wait() == 3
        assert "6.2.14" in publisher.log_path.read_text()


def test_both_servers_are_new_enough(tmp_path: Path) -> None:
    for kind in ("redis", "valkey"):
        with RedisServer(server_binary(kind), tmp_path / kind) as server:
            assert server.client().ping()
