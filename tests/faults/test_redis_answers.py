"""What Redis answers when it cannot or must not: each kind tried again, stepped back from, or fatal
with the mend named; no process lives on with a dead part.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
import redis

from tests.endtoend.program import Publisher
from tests.faults.scene import (
    BTC,
    ETH,
    SYMBOLS,
    Epoch,
    Scene,
    assert_contiguous,
    staged,
    stream_of,
)
from tests.matrix import MatrixRow
from tests.polling import wait_until
from tests.servers import RedisServer, server_binary

LEASE = "{kraken.feed.f}:lease"


def epochs_in(scene: Scene) -> set[str]:
    """Return the epochs of all book streams; each stream is without a hole."""
    return {
        entry.split("-")[0]
        for symbol in SYMBOLS
        for entry in assert_contiguous(scene.client(), stream_of(symbol))
    }


def answers_to(publisher: Publisher) -> set[str]:
    """Return the codes of the error answers that a publisher logged."""
    return {line["answer"].split()[0] for line in publisher.log("redis.error")}


def refusals(publisher: Publisher) -> int:
    """Return how often BUSY was the answer, to an append or, where that took longer than the
    timeout, to a new connection for appends.
    """
    appends = [line["answer"] for line in publisher.log("redis.error") if line["call"] == "APPEND"]
    dials = [line["reason"] for line in publisher.log("redis.away") if line["link"] == "data"]
    return sum(words.startswith("BUSY") for words in (*appends, *dials))


@pytest.mark.row("R2")
@pytest.mark.parametrize("kind", ["redis", "valkey"])
def test_killed_with_persistence(tmp_path: Path, kind: str, matrix_row: MatrixRow) -> None:
    """SIGKILL with an append-only file: what was acknowledged is there again."""
    with staged(tmp_path, kind=kind) as scene:
        scene.redis.restart("aof")
        watcher = scene.watcher()
        scene.publisher()
        for _ in range(2):
            watcher.wait_updates(60)
            scene.redis.restart()
        watcher.wait_updates(60)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        matrix_row.saw("went on where it stood, one epoch, no gap", count=2)


@pytest.mark.timeout(300)
@pytest.mark.row("R3")
@pytest.mark.parametrize("kind", ["redis", pytest.param("valkey", marks=pytest.mark.long)])
def test_a_server_that_loads(tmp_path: Path, kind: str, matrix_row: MatrixRow) -> None:
    """Restarted with much to load: LOADING is waited out, the ring keeps what comes meanwhile."""
    with staged(tmp_path, kind=kind) as scene:
        scene.redis.restart("aof")
        client = scene.client()
        with client.pipeline(transaction=False) as pipeline:
            for number in range(12_000):
                pipeline.set(f"other:{number}", "x")
            pipeline.execute()
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(60)
        # Microseconds a key: seconds in all, with a look at the connections every 1024 keys.
        scene.redis.options = ("--key-load-delay", "300")
        scene.redis.restart()
        watcher.wait_updates(60)
        scene.judge(watcher)
        said = [line["reason"] for line in publisher.log("redis.away")]
        assert any("LOADING" in reason for reason in said), said
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        matrix_row.saw("waited out, one epoch, no gap")


@pytest.mark.row("R10")
@pytest.mark.parametrize("suffix", ["", ".own", ".snap"])
@pytest.mark.parametrize("when", ["before", "while"])
def test_a_key_of_another_type_costs_its_stream_alone(
    tmp_path: Path, suffix: str, when: str, matrix_row: MatrixRow
) -> None:
    """A string under the name of a stream, its owner or its snapshots, before the start or under
    load.
    """
    with staged(tmp_path) as scene:
        key = stream_of(BTC) + suffix
        if when == "before":
            scene.client().set(key, "a string")
        watcher = scene.watcher((ETH,))
        publisher = scene.publisher()
        watcher.wait_updates(60)
        if when == "while":
            scene.client().delete(key)
            scene.client().set(key, "a string")
        publisher.wait_for("stream.refused")
        before = len(publisher.log("redis.connected"))
        watcher.wait_updates(100)
        assert {line["stream"] for line in publisher.log("stream.refused")} == {stream_of(BTC)}
        assert len(publisher.log("redis.connected")) == before, "no loop of new connections"
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert scene.client().get(key) == b"a string"
        matrix_row.saw("that stream refused by name, the other undisturbed")


@pytest.mark.row("R10")
def test_a_lease_of_another_type_is_fatal(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """Nothing can be led without it: exit 3, with the mend."""
    with staged(tmp_path) as scene:
        scene.client().set(LEASE, "a string")
        publisher = scene.publisher(feed="f")
        assert publisher.wait() == 3
        said = publisher.log_path.read_text()
        assert "WRONGTYPE" in said
        assert "Delete the key" in said
        matrix_row.saw("exit 3, the mend named")


@pytest.mark.row("R11")
def test_a_password_rotated_while_it_runs(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """The old one ends with its connections; the file is read again at each attempt, five seconds
    apart.
    """
    file = tmp_path / "password"
    file.write_text("0ld-s3cret\n")
    with staged(tmp_path) as scene:
        client = scene.client()
        client.execute_command("ACL", "SETUSER", "feed", "on", ">0ld-s3cret", "~*", "+@all")
        url = scene.redis.url.replace("redis://", "redis://feed@") + f"?password_file={file}"
        watcher = scene.watcher()
        publisher = scene.publisher(redis_url=url)
        watcher.wait_updates(40)
        client.execute_command("ACL", "SETUSER", "feed", "resetpass", ">n3w-s3cret")
        client.execute_command("CLIENT", "KILL", "USER", "feed")
        publisher.wait_for("redis.away", count=3)
        refused = [line for line in publisher.log("redis.away") if "WRONGPASS" in line["reason"]]
        assert "PYKRAKEN_REDIS_PASSWORD_FILE" in refused[0]["mend"]
        file.write_text("n3w-s3cret\n")
        watcher.wait_updates(40)
        assert len(refused) <= 2, "two links, each not before five seconds"
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert "s3cret" not in publisher.log_path.read_text()
        matrix_row.saw("back by itself with the file's new password, one epoch, no gap")


@pytest.mark.row("R11")
def test_no_password_where_one_is_needed(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """NOAUTH at the start: it stays, says what to mend, and does not hammer."""
    with staged(tmp_path) as scene:
        scene.client().config_set("requirepass", "s3cret")
        publisher = scene.publisher()
        publisher.wait_for("redis.away", count=2)
        began = time.monotonic()
        publisher.wait_for("redis.away", count=4)
        assert time.monotonic() - began > 3, "five seconds apart"
        assert "PYKRAKEN_REDIS_URL" in publisher.log("redis.away")[0]["mend"]
        assert publisher.terminate() == 0
        matrix_row.saw("waits five seconds between attempts, names the setting, stops on request")


@pytest.mark.row("R12")
@pytest.mark.parametrize("kind", ["redis", "valkey"])
@pytest.mark.parametrize(
    ("denied", "named"),
    [
        ("-evalsha", "+evalsha"),
        ("-script", "+script|load"),
        ("-info", "+info"),
        ("-xadd", "+xadd"),
        ("-xinfo", "+xinfo"),
        ("-hset", "+hset"),
        ("-hmget", "+hmget"),
        ("-time -xadd -xtrim", "+time +xadd +xtrim"),
    ],
)
def test_a_right_that_is_missing_is_named(
    tmp_path: Path, kind: str, denied: str, named: str, matrix_row: MatrixRow
) -> None:
    """A command denied, inside a script too: exit 3 with the rule to grant."""
    with staged(tmp_path, kind=kind) as scene:
        client = scene.client()
        rules = ("on", ">s3cret", "~*", "+@all", *denied.split())
        client.execute_command("ACL", "SETUSER", "poor", *rules)
        url = scene.redis.url.replace("redis://", "redis://poor:s3cret@")
        publisher = scene.publisher(redis_url=url)
        assert publisher.wait() == 3
        said = publisher.log_path.read_text()
        assert named in said
        assert "Traceback" not in said
        assert "s3cret" not in said
        matrix_row.saw("exit 3, the rule named")


@pytest.mark.row("R12")
@pytest.mark.parametrize("kind", ["redis", "valkey"])
def test_keys_that_are_not_ours_are_told(tmp_path: Path, kind: str) -> None:
    """A user without the feed's keys: exit 3, the rule named."""
    with staged(tmp_path, kind=kind) as scene:
        client = scene.client()
        client.execute_command("ACL", "SETUSER", "poor", "on", ">s3cret", "~other:*", "+@all")
        url = scene.redis.url.replace("redis://", "redis://poor:s3cret@")
        publisher = scene.publisher(redis_url=url)
        assert publisher.wait() == 3
        assert "~{kraken.*" in publisher.log_path.read_text()


@pytest.mark.row("R13")
def test_a_disk_that_fails(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """MISCONF, since a background save failed: writes are refused until a person mends it."""
    with staged(tmp_path, options=("--enable-protected-configs", "yes")) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(60)
        client = scene.client()
        gone = tmp_path / "gone"
        gone.mkdir()
        client.config_set("dir", str(gone))
        shutil.rmtree(gone)
        client.config_set("save", "3600 1")
        client.execute_command("BGSAVE")
        publisher.wait_for("redis.error", count=2)
        assert answers_to(publisher) == {"MISCONF"}
        client.config_set("save", "")
        watcher.wait_updates(60)
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        matrix_row.saw("waited out with the ring, one epoch, no gap")


@pytest.mark.row("R14")
@pytest.mark.parametrize("kind", ["redis", pytest.param("valkey", marks=pytest.mark.long)])
def test_a_script_that_never_ends(tmp_path: Path, kind: str, matrix_row: MatrixRow) -> None:
    """BUSY: somebody's script lets nobody in until a person kills it, for longer than the lease."""
    with staged(tmp_path, kind=kind, options=("--busy-reply-threshold", "50")) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(60)
        standby = scene.publisher("standby")
        standby.wait_for("redis.connected", count=2)
        client = scene.client()
        for count in (1, 1, 5):  # half a second apart: the last is longer than the lease
            goal = refusals(publisher) + count
            somebody = client.connection_pool.get_connection()
            somebody.send_command("EVAL", "while true do end", 0)
            wait_until(lambda goal=goal: refusals(publisher) >= goal, 15, f"{count} refusals")
            client.script_kill()
            with pytest.raises(redis.ResponseError, match="killed"):
                somebody.read_response()
            client.connection_pool.release(somebody)
            watcher.wait_updates(60)
        assert answers_to(publisher) <= {"BUSY"}
        scene.judge(watcher)
        assert watcher.count(Epoch) == 0
        assert len(epochs_in(scene)) == 1
        assert len(publisher.log("lease.claimed") + standby.log("lease.claimed")) == 1
        matrix_row.saw("waited out with the ring, one epoch, no gap, lease kept", count=3)


@pytest.mark.row("R17")
def test_no_connection_left(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """maxclients reached by others: tried again, at growing waits, until there is room."""
    with staged(tmp_path) as scene:
        client = scene.client()
        client.ping()
        client.config_set("maxclients", "1")
        publisher = scene.publisher()
        publisher.wait_for("redis.away", count=4)
        assert "max number of clients" in publisher.log("redis.away")[0]["reason"]
        client.config_set("maxclients", "1000")
        watcher = scene.watcher()
        watcher.wait_updates(40)
        scene.judge(watcher)
        matrix_row.saw("tried again until there was room")


@pytest.mark.parametrize("command", ["EVALSHA", "SCRIPT"])
def test_a_command_that_was_renamed_is_fatal(tmp_path: Path, command: str) -> None:
    """A server without it will not have it later, be it of the dial or of the calls behind it."""
    with staged(tmp_path, options=("--rename-command", command, "")) as scene:
        publisher = scene.publisher()
        assert publisher.wait() == 3
        assert "rename-command" in publisher.log_path.read_text()


@pytest.mark.row("R19")
def test_a_node_of_a_cluster_is_told_by_the_form_of_the_url(tmp_path: Path) -> None:
    """Keys of two slots never meet in a call; who forgot the cluster is told at the start."""
    options = ("--cluster-enabled", "yes")
    with staged(tmp_path) as scene:
        with RedisServer(server_binary("redis"), tmp_path / "node", options=options) as node:
            publisher = scene.publisher(redis_url=node.url)
            assert publisher.wait() == 3
            assert "redis+cluster://" in publisher.log_path.read_text()
