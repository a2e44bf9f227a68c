"""The consumer on every topology: asyncio, both versions of RESP, many streams, passwords that
change, and servers that serve yesterday's entries.
"""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest
from pykraken_consumer import AsyncClient, Client, Disconnected, NoStream, RedisRefused
from pykraken_consumer import _cluster as clusters
from pykraken_consumer._programs import DOUBT_S

from tests.faults.scene import BTC, ETH, SYMBOLS, Update, staged, staged_on, stream_of
from tests.matrix import MatrixRow
from tests.polling import wait_until
from tests.servers import Kind, RedisServer, server_binary
from tests.tcp_proxy import TcpProxy
from tests.topology.cluster import cluster
from tests.topology.sentinels import sentinel_set


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("topology", ["sentinel", "cluster"])
def test_both_clients(tmp_path: Path, topology: str, protocol: int) -> None:
    """Follow, one book, the catalogue, a request: by threads and by asyncio."""
    made = sentinel_set if topology == "sentinel" else cluster
    with made(tmp_path / "redis") as group, staged_on(tmp_path, group) as scene:
        url = f"{group.url}?protocol={protocol}"
        scene.publisher(redis_url=url)
        watcher = scene.watcher()
        watcher.wait_updates(20)
        with Client(url) as client:
            assert {row.symbol for row in client.streams()} == set(SYMBOLS)
            assert client.book(BTC).is_valid
            client.request_snapshot(BTC)

        async def follow() -> dict[str, int]:
            seen = dict.fromkeys(SYMBOLS, 0)
            async with AsyncClient(url) as client:
                assert (await client.book(ETH)).is_valid
                async for event in client.follow(*SYMBOLS):
                    if isinstance(event.body, Update):
                        assert event.book.is_valid
                        seen[event.book.symbol] += 1
                    if min(seen.values()) >= 20:
                        return seen
            return seen

        assert min(asyncio.run(asyncio.wait_for(follow(), 30)).values()) >= 20


def test_nothing_connects_before_it_is_used() -> None:
    for url in ("redis://h", "redis+sentinel://h/m", "redis+cluster://h"):
        Client(url).close()
    with pytest.raises(ValueError, match=r"^must "):
        Client("sentinel://h/m")


def test_more_slots_than_connections_are_read_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "WAITING_MOST", 1)
    with cluster(tmp_path / "redis") as group, staged_on(tmp_path, group) as scene:
        scene.publisher()
        watcher = scene.watcher()
        watcher.wait_updates(60)
        scene.judge(watcher)


def test_a_follower_of_a_cluster_that_is_left_leaves_no_connection(tmp_path: Path) -> None:
    with cluster(tmp_path / "redis") as group, staged_on(tmp_path, group) as scene:
        scene.publisher()
        watcher = scene.watcher()
        watcher.wait_updates(10)
        watcher.end()
        watcher.join(10)

        def others() -> int:
            return sum(
                not each["name"] and each["cmd"] != "client|list"
                for node in group.primaries
                for each in node.client().client_list()
                if each["flags"] == "N"
            )

        with Client(group.url) as client:
            events = client.follow(*SYMBOLS)
            while not isinstance(next(events).body, Update):
                pass
            assert others() >= 2
            del events  # as leaving a loop does
            wait_until(lambda: not others(), 10, "all its connections are closed")

        async def cancelled() -> None:
            async with AsyncClient(group.url) as client:
                following = client.follow(*SYMBOLS)
                waiting = asyncio.ensure_future(_until_update(following))
                await waiting
                waiting = asyncio.ensure_future(anext(following))
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)

        asyncio.run(cancelled())
        wait_until(lambda: not others(), 10, "and those of asyncio")


async def _until_update(events: object) -> None:
    async for event in events:  # type: ignore[attr-defined]
        if isinstance(event.body, Update):
            return


@pytest.mark.row("C7")
def test_a_server_of_yesterday_is_left(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """Connected to a replica that no longer follows, or a primary replaced: nothing comes, so the
    address is asked again, well before the streams count as stale.
    """
    with staged(tmp_path) as scene:
        binary = server_binary("redis")
        follow = ("--replicaof", f"127.0.0.1 {scene.redis.port}", "--repl-diskless-sync-delay", "0")
        with RedisServer(binary, tmp_path / "replica", options=follow) as replica:
            with replica.client() as client:
                wait_until(
                    lambda: client.info("replication")["master_link_status"] == "up", 20, "follows"
                )
            with TcpProxy(replica.port) as name:
                scene.publisher()
                watcher = scene.watcher_at(f"redis://127.0.0.1:{name.port}")
                watcher.wait_updates(40)
                replica.client().execute_command("REPLICAOF", "NO", "ONE")
                name.target = scene.redis.port  # what the name means now; the connection stands
                began = time.monotonic()
                watcher.wait_updates(40)
                assert time.monotonic() - began < 15, "before §7.4 calls it stale"
                scene.judge(watcher)
                assert watcher.count(Disconnected) == 0
                matrix_row.saw(f"followed after {DOUBT_S:g} s of silence, no gap")


def test_a_password_that_is_rotated(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("0ld\n")
    with staged(tmp_path) as scene:
        scene.publisher()
        client = scene.client()
        client.acl_setuser("r", enabled=True, passwords=["+0ld"], keys=["*"], commands=["+@all"])
        url = scene.redis.url.replace("redis://", "redis://r@") + f"?password_file={file}"
        watcher = scene.watcher_at(url)
        watcher.wait_updates(20)
        client.execute_command("ACL", "SETUSER", "r", "resetpass", ">n3w")
        client.execute_command("CLIENT", "KILL", "USER", "r")
        watcher.wait(lambda: watcher.count(Disconnected), "it was refused")
        file.write_text("n3w\n")
        watcher.wait_updates(20)
        scene.judge(watcher)
        # Without a file nothing would change by waiting.
        with Client(scene.redis.url.replace("redis://", "redis://r:0ld@")) as other:
            with pytest.raises(RedisRefused):
                other.streams()


@pytest.mark.parametrize("kind", ["redis", "valkey"])
def test_a_replica_that_has_no_data_yet_is_waited_for(tmp_path: Path, kind: Kind) -> None:
    """MASTERDOWN passes; redis-py takes that code off its text."""
    options = ("--replica-serve-stale-data", "no")
    with RedisServer(server_binary(kind), tmp_path / "server", options=options) as server:
        with Client(server.url) as client:
            events = client.follow(stream_of(BTC))
            server.client().execute_command("REPLICAOF", "127.0.0.1", "1")
            told: list[object] = []
            reader = threading.Thread(target=lambda: told.append(next(events).body), daemon=True)
            reader.start()
            reader.join(10)
            assert isinstance(told[0], Disconnected), told
            server.client().execute_command("REPLICAOF", "NO", "ONE")
            with pytest.raises(NoStream):
                client.book(stream_of(BTC), wait_s=0.3)
