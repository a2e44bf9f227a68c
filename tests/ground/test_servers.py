"""The test servers themselves: what fault tests rely on."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from tests.servers import RedisServer, server_binary


def test_each_server_answers_and_forgets_when_killed(each_redis_server: RedisServer) -> None:
    with each_redis_server.client() as client:
        client.set("k", "v")
    port = each_redis_server.port
    each_redis_server.restart()
    assert each_redis_server.port == port
    with each_redis_server.client() as client:
        assert client.get("k") is None


def test_with_aof_a_killed_server_remembers(tmp_path: Path) -> None:
    with RedisServer(server_binary("valkey"), tmp_path, persistence="aof") as server:
        with server.client() as client:
            client.set("k", "v")
        server.restart()
        with server.client() as client:
            assert client.get("k") == b"v"


def test_a_paused_server_holds_its_answers(redis_server: RedisServer) -> None:
    redis_server.pause()
    with redis_server.client(timeout_s=0.2) as client, pytest.raises(redis.TimeoutError):
        client.ping()
    redis_server.resume()
    with redis_server.client() as client:
        assert client.ping()


def test_two_servers_have_two_ports(tmp_path: Path) -> None:
    binary = server_binary("valkey")
    with RedisServer(binary, tmp_path / "1") as one, RedisServer(binary, tmp_path / "2") as two:
        assert one.port != two.port
