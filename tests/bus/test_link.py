"""The link: which servers are taken, what a dial raises, and answers in the order of the calls."""

from __future__ import annotations

import contextlib
import gc
import selectors
import socket
from pathlib import Path

import pytest
import redis

from publisher.bus import calls
from publisher.bus.checks import check_server
from publisher.bus.link import Address, dial
from publisher.errors import RedisRefused
from tests.conftest import RedisServer
from tests.faults.old_redis import OldRedis
from tests.polling import wait_until
from tests.servers import free_port
from tests.tcp_proxy import TcpProxy

FINE = "maxmemory_policy:noeviction\r\n"


def server(**facts: str) -> str:
    return "# Server\r\n" + "".join(f"{key}:{value}\r\n" for key, value in facts.items())


@pytest.mark.parametrize(
    "facts",
    [
        {"redis_version": "7.0.0"},
        {"redis_version": "7.0.15"},
        {"redis_version": "8.2.1"},
        {"redis_version": "10.0.0"},
        {"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "8.0.0"},
        {"redis_version": "7.2.4", "valkey_version": "9.1.0"},
    ],
)
def test_new_enough(facts: dict[str, str]) -> None:
    check_server(server(**facts).encode(), FINE.encode())
    check_server(server(**facts), "")


@pytest.mark.parametrize(
    "facts",
    [
        {"redis_version": "6.2.14"},
        {"redis_version": "2.8"},
        {},
        {"redis_version": "7.2.4", "valkey_version": "7.2.5"},
    ],
)
def test_too_old(facts: dict[str, str]) -> None:
    with pytest.raises(RedisRefused) as caught:
        check_server(server(**facts), FINE)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("policy", "is_fine"),
    [
        ("noeviction", True),
        ("volatile-lru", True),
        ("volatile-ttl", True),
        ("allkeys-lru", False),
        ("allkeys-lfu", False),
        ("allkeys-random", False),
    ],
)
def test_policies(policy: str, is_fine: bool) -> None:
    """R9: streams have no expiry, so `volatile-*` never takes one."""
    memory = f"used_memory:1\r\nmaxmemory_policy:{policy}\r\n"
    if is_fine:
        check_server(server(redis_version="7.0.0"), memory)
        return
    with pytest.raises(RedisRefused, match=policy):
        check_server(server(redis_version="7.0.0"), memory)


def test_answers_come_in_the_order_of_the_calls(each_redis_server: RedisServer) -> None:
    link = dial(Address(each_redis_server.url, 1.0))
    asked = [calls.plain("ECHO", str(number)) for number in range(500)]
    link.send(asked, 10.0)
    assert link.oldest_wait(10.5) == 0.5
    got: list[tuple[object, object]] = []
    with selectors.DefaultSelector() as selector:
        selector.register(link, selectors.EVENT_READ)
        while len(got) < 500:
            selector.select(1)
            got += link.receive()
    assert got == [(call, str(number)) for number, call in enumerate(asked)]
    assert link.oldest_wait(99.0) == 0.0
    link.close()


def test_large_calls_go_in_pieces(redis_server: RedisServer) -> None:
    link = dial(Address(redis_server.url, 1.0))
    redis_server.pause()  # a quick one takes them all while they are sent
    try:
        link.send([calls.plain("SET", f"k{i}", b"x" * (4 << 20)) for i in range(8)], 0.0)
        assert link.wants_write
    finally:
        redis_server.resume()

    def done() -> bool:
        link.flush()
        link.receive()
        return not link.wants_write and link.oldest_wait(1.0) == 0.0

    wait_until(done, 10, "everything sent and answered")
    link.close()


def test_a_broken_link_says_so(redis_server: RedisServer) -> None:
    with TcpProxy(redis_server.port) as proxy:
        link = dial(Address(f"redis://127.0.0.1:{proxy.port}", 1.0))
        proxy.reset()
        with pytest.raises(ConnectionError):
            wait_until(link.receive, 5, "the end")
        link.close()


def test_nobody_there() -> None:
    with pytest.raises(redis.ConnectionError):
        dial(Address(f"redis://127.0.0.1:{free_port()}", 0.5))


def test_somebody_who_does_not_answer(redis_server: RedisServer) -> None:
    redis_server.pause()
    try:
        with pytest.raises((redis.TimeoutError, redis.ConnectionError)):
            dial(Address(redis_server.url, 0.2))
    finally:
        redis_server.resume()


def test_a_dial_that_fails_leaves_nothing_behind() -> None:
    """P9: nothing for a collector that hardly ever runs, and Redis may be silent for hours."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", 0.01)

        def fail() -> None:
            with contextlib.suppress(redis.TimeoutError):
                dial(address).close()

        fail()
        gc.collect()
        gc.disable()
        try:
            before = len(gc.get_objects())
            for _ in range(20):
                fail()
            grown = len(gc.get_objects()) - before
        finally:
            gc.enable()
        assert grown < 20, f"{grown} objects of 20 attempts"


def test_an_old_server_is_refused_before_its_scripts(tmp_path: Path) -> None:
    with OldRedis("6.2.14") as old, pytest.raises(RedisRefused, match=r"6\.2\.14"):
        dial(Address(f"redis://127.0.0.1:{old.port}", 1.0))


def test_rights(redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.acl_setuser("poor", enabled=True, passwords=["+secret"], commands=["+info"])
    url = redis_server.url.replace("redis://", "redis://poor:secret@")
    with pytest.raises(RedisRefused, match="doctor"):
        dial(Address(url, 1.0))
    with pytest.raises(redis.AuthenticationError):
        dial(Address(url.replace("secret", "wrong"), 1.0))


def test_an_address_hides_its_password() -> None:
    assert "secret" not in repr(Address("redis://user:secret@host", 1.0))
