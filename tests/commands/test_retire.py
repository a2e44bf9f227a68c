"""`pykraken retire` against a real server and real publishers, some of them killed."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
import redis

from publisher.commands.remains import Kind, Remains, judge
from publisher.commands.retire import Outcome, first_look, remove, second_look
from tests.endtoend.program import DEADLINE_S, Publisher
from tests.polling import wait_until
from tests.servers import RedisServer
from tests.simulator.program import Program

CATALOGUE = "{kraken.catalogue}:streams"
DEAD, LIVE = "{kraken.ETH/USD}:book.10", "{kraken.BTC/USD}:book.25"
# Longer than the lease, and than the second between two words of a feed at work.
WATCH = ("--watch", "1.2")
QUICK = {"PYKRAKEN_LEASE_S": "0.6", "PYKRAKEN_REDIS_TIMEOUT_S": "0.5"}


@pytest.fixture(scope="module")
def exchange() -> Iterator[Program]:
    with Program("--symbols", "BTC/USD,ETH/USD", "--rate", "20") as program:
        yield program


def publisher(
    exchange: Program, server: RedisServer, folder: Path, **settings: object
) -> Publisher:
    return Publisher(
        folder,
        ws_url=exchange.addresses["ws_url"],
        rest_url=exchange.addresses["rest_url"],
        redis_url=server.url,
        lease_s=0.6,
        redis_timeout_s=0.5,
        **settings,
    )


class Scene:
    """A feed that lives and one that was killed, in one server."""

    def __init__(self, exchange: Program, server: RedisServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.client = server.client()
        self.live = publisher(
            exchange, server, folder / "live", symbols="BTC/USD", depth=25, feed="living"
        )
        self.dead = publisher(exchange, server, folder / "dead", symbols="ETH/USD", feed="dead")

    def wait_for_row(self, stream: str) -> None:
        wait_until(lambda: self.client.hexists(CATALOGUE, stream), DEADLINE_S, f"row of {stream}")

    def retire(self, *words: str) -> list[dict[str, Any]]:
        done = self.run(*words)
        assert (done.returncode, done.stderr) == (0, "")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "publisher", "retire", *words],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=self.folder,
            env={**os.environ, **QUICK, "PYKRAKEN_REDIS_URL": self.server.url},
            check=False,
        )

    def all_keys(self) -> set[str]:
        found: Any = self.client.keys("*")
        return {key.decode() for key in found}

    def end_of(self, stream: str) -> bytes:
        info: Any = self.client.xinfo_stream(stream)
        last: bytes = info["last-generated-id"]
        return last


@pytest.fixture
def scene(exchange: Program, redis_server: RedisServer, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(exchange, redis_server, tmp_path)
    with scene.client, scene.live:
        with scene.dead:
            scene.wait_for_row(DEAD)
            scene.wait_for_row(LIVE)
            scene.dead.kill()
        yield scene


def test_it_lists_and_then_removes_what_the_dead_left_and_nothing_else(scene: Scene) -> None:
    scene.client.xadd("{kraken.feed.dead}:requests", {"d": "x"})
    before = scene.all_keys()
    listed = scene.retire(*WATCH)
    assert [(each["feed"], each["key"], each["kind"], each["done"]) for each in listed] == [
        ("dead", "{kraken.feed.dead}:status", "feed", "would be removed"),
        ("dead", DEAD, "stream", "would be removed"),
        ("living", "{kraken.feed.living}:status", "feed", "kept"),
    ]
    assert scene.all_keys() == before

    alone = scene.retire(*WATCH, "--yes", "--feed", "living")
    assert [(each["feed"], each["done"]) for each in alone] == [("living", "kept")]
    assert scene.all_keys() == before

    removed = scene.retire(*WATCH, "--yes", "--feed", "dead")
    assert [(each["key"], each["done"]) for each in removed] == [
        ("{kraken.feed.dead}:status", "removed"),
        (DEAD, "removed"),
    ]
    of_the_dead = {key for key in before if "feed.dead}" in key or key.startswith(DEAD)}
    assert len(of_the_dead) == 7
    assert scene.all_keys() == before - of_the_dead
    assert scene.client.hkeys(CATALOGUE) == [LIVE.encode()]
    at = scene.end_of(LIVE)
    wait_until(lambda: scene.end_of(LIVE) != at, DEADLINE_S, "the living feed goes on")
    assert scene.live.log("lease.lost") == []


def test_a_feed_that_starts_during_the_watch_is_kept(scene: Scene) -> None:
    before = first_look(scene.client, "kraken", "*")
    at = scene.end_of(DEAD)
    with scene.dead:
        wait_until(lambda: scene.end_of(DEAD) != at, DEADLINE_S, "the stream goes on")
        found = list(judge(before, second_look(scene.client, before)))
        assert {each.feed: each.is_live for each in found} == {"dead": True, "living": True}
        assert {done for _, done in remove(scene.client, before, found)} == {"kept"}


def test_a_feed_that_starts_after_the_watch_keeps_all_it_writes(scene: Scene) -> None:
    look, found = judged(scene)
    at = scene.end_of(DEAD)
    with scene.dead:
        wait_until(lambda: scene.end_of(DEAD) != at, DEADLINE_S, "the stream goes on")
        keys = scene.all_keys()
        assert dones(remove(scene.client, look, found)) == {
            "dead": "kept, written meanwhile",
            "living": "kept",
        }
        assert scene.all_keys() == keys


def test_a_feed_that_starts_in_the_middle_of_its_removal_keeps_all_it_writes(
    scene: Scene,
) -> None:
    """The lease is gone, the stream is next: now the publisher is back."""
    look, found = judged(scene)
    steps = remove(scene.client, look, found)
    assert next(steps).done == "removed"
    with scene.dead:
        at = look.streams[DEAD].last_id.encode()
        wait_until(lambda: scene.end_of(DEAD) != at, DEADLINE_S, "the stream goes on")
        opened = scene.end_of(DEAD).split(b"-")[0]
        assert dones(steps) == {"dead": "kept, written meanwhile", "living": "kept"}
        # Without its lease in the way, too: the fence is in the stream.
        lease = "{kraken.feed.dead}:lease"
        scene.client.rename(lease, "aside")
        stream = [each for each in found if each.key == DEAD]
        assert dones(remove(scene.client, look, stream)) == {"dead": "kept, written meanwhile"}
        assert scene.client.xrange(DEAD, opened + b"-0", opened + b"-0")
        row = scene.client.hget(CATALOGUE, DEAD)
        assert row is not None
        assert msgpack.unpackb(row)["ep"] == int(opened)


def judged(scene: Scene) -> tuple[Any, list[Remains]]:
    """Look twice, as long apart as it takes the living feed to show itself."""
    before = first_look(scene.client, "kraken", "*")

    def moved() -> list[Remains]:
        found = list(judge(before, second_look(scene.client, before)))
        return found if any(each.is_live for each in found) else []

    return before, wait_until(moved, DEADLINE_S, "life")


def dones(outcomes: Iterator[Outcome]) -> dict[str, str]:
    return {each.feed: done for each, done in outcomes}


def test_a_removal_cut_short_is_finished_by_the_next(scene: Scene) -> None:
    look, found = judged(scene)
    assert next(remove(scene.client, look, found)).done == "removed"
    again = scene.retire(*WATCH, "--yes")
    assert [each["done"] for each in again] == ["removed", "removed", "kept"]
    assert scene.client.hkeys(CATALOGUE) == [LIVE.encode()]


def test_a_row_whose_stream_is_gone_goes_and_a_stream_without_row_stays(scene: Scene) -> None:
    stray = "{kraken.ADA/USD}:book.10"
    scene.client.delete(DEAD, f"{DEAD}.own", f"{DEAD}.snap")
    scene.client.xadd(stray, {"d": "x"}, id="7-0")
    scene.client.hset(f"{stray}.own", mapping={"epoch": 7, "writer": 1, "feed": "forgotten"})
    found = {each["key"]: (each["kind"], each["done"]) for each in scene.retire(*WATCH, "--yes")}
    assert found[DEAD] == (Kind.ROW, "removed")
    assert found[stray] == (Kind.UNLISTED, "kept")
    assert scene.client.hkeys(CATALOGUE) == [LIVE.encode()]
    assert scene.client.exists(stray)


def private(client: redis.Redis, account: str) -> str:
    """Write what a publisher of an account leaves, as WIRE.md 2 has it."""
    stream, feed = f"{{priv.kraken.{account}}}:balances", f"balances.{account}"
    row = {"v": 1, "ch": "balances", "ac": account, "fd": feed, "l": "", "ep": 7}
    client.hset("{priv.kraken.catalogue}:streams", stream, msgpack.packb(row))
    client.xadd(stream, {"d": "x"}, id="7-0")
    client.hset(f"{stream}.own", mapping={"epoch": 7, "writer": 1, "feed": feed})
    lease = {"owner": "gone", "epoch": 7, "hb": 3}
    client.hset(f"{{priv.kraken.feed.{feed}}}:lease", mapping=lease)
    client.xadd(f"{{priv.kraken.feed.{feed}}}:status", {"d": "x"}, id="7-0")
    return stream


def test_an_account_is_touched_only_when_it_is_named(
    exchange: Program, redis_server: RedisServer, tmp_path: Path
) -> None:
    scene = Scene(exchange, redis_server, tmp_path)
    with scene.client:
        main, other = private(scene.client, "main"), private(scene.client, "other")
        before = scene.all_keys()
        assert scene.retire(*WATCH, "--yes") == []
        assert scene.all_keys() == before
        found = scene.retire(*WATCH, "--yes", "--account", "main")
        assert [(each["key"], each["done"]) for each in found] == [
            ("{priv.kraken.feed.balances.main}:status", "removed"),
            (main, "removed"),
        ]
        assert not any("main" in key for key in scene.all_keys())
        assert scene.client.hkeys("{priv.kraken.catalogue}:streams") == [other.encode()]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--watch", "0.5"), "--watch=0.5: must be above PYKRAKEN_LEASE_S (0.6)"),
        (("--watch", "nan"), "--watch=nan: must be above"),
        (("--account", "*"), "--account='*': must be 1 to 64 letters"),
        (("--redis-url", "redis://:s3cret@127.0.0.1:1"), "`pykraken doctor` says what is wrong"),
    ],
)
def test_what_cannot_be_is_one_line(
    words: tuple[str, ...],
    said: str,
    exchange: Program,
    redis_server: RedisServer,
    tmp_path: Path,
) -> None:
    done = Scene(exchange, redis_server, tmp_path).run(*words)
    assert done.returncode in (2, 3)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr


def test_on_a_terminal_it_is_a_table(redis_server: RedisServer, tmp_path: Path) -> None:
    with redis_server.client() as client:
        private(client, "main")
    words = ["--account", "main", "--redis-url", redis_server.url, *WATCH]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "publisher", "retire", *words],
        stdout=theirs,
        stderr=theirs,
        cwd=tmp_path,
        env={**os.environ, **QUICK, "TERM": "dumb", "COLUMNS": "160"},
    ) as process:
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # the terminal is gone with the process
            while part := os.read(ours, 4096):
                said += part
    os.close(ours)
    assert process.returncode == 0, said
    assert b"{priv.kraken.main}:balances" in said
    assert b"--yes removes 2 of these" in said
