"""The keeper of a link against a real server: up, silent, broken, up again, or refused for good.

Time is moved by hand; what the network needs is waited for.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.bus import calls
from publisher.bus.calls import Call
from publisher.bus.keeper import RETRY_S, LinkKeeper
from publisher.bus.link import Address, Reply
from publisher.errors import RedisRefused
from tests.polling import wait_until
from tests.servers import RedisServer, free_port, server_binary
from tests.tcp_proxy import TcpProxy

TIMEOUT_S = 1.0


class Desk:
    """A keeper with its selector, its time, and all that it told its ear."""

    def __init__(self, url: str) -> None:
        self.told: list[str] = []
        self.got: list[Reply] = []
        self.now = 100.0
        self.woken = 0
        self.selector = selectors.DefaultSelector()
        self.keeper = LinkKeeper(
            "data", Address(url, TIMEOUT_S), self, selector=self.selector, wake=self._wake
        )

    def link_up(self) -> None:
        self.told.append("up")

    def link_down(self) -> None:
        assert not self.keeper.is_up, "it is down already when it says so"
        self.told.append("down")

    def answers(self, answers: list[tuple[Call, Reply]]) -> None:
        self.got += [reply for _, reply in answers]

    def _wake(self) -> None:
        self.woken += 1

    def turn(self) -> None:
        """Turn once, as the daemon does."""
        for key, mask in self.selector.select(0.01) if self.selector.get_map() else ():
            assert key.data is self.keeper
            self.keeper.ready(mask, self.now)
        self.keeper.ticked(self.now)

    def is_told(self, *told: str) -> bool:
        self.turn()
        return self.told == list(told)

    def wait(self, *told: str) -> None:
        """Turn, at one instant of the keeper's time, until all of this was told."""
        wait_until(lambda: self.is_told(*told), 10, f"{told}")

    def wait_long(self, *told: str) -> None:
        """Turn, time passing, until all of this was told."""

        def is_told() -> bool:
            self.now += RETRY_S[-1]
            return self.is_told(*told)

        wait_until(is_told, 10, f"{told}")

    def fail(self, times: int) -> None:
        """Turn, time passing, until so many more dials have ended, and none with a link."""
        goal = self.woken + times

        def is_over() -> bool:
            self.now += RETRY_S[-1]
            self.turn()
            return self.woken >= goal

        wait_until(is_over, 10, f"{times} dials")
        assert not self.keeper.is_up

    def settle(self) -> None:
        """Turn until nothing is owed."""

        def is_idle() -> bool:
            self.turn()
            return self.keeper.is_idle

        wait_until(is_idle, 10, "all answered")

    def close(self) -> None:
        self.keeper.end()
        self.selector.close()


@pytest.fixture
def desk(redis_server: RedisServer) -> Iterator[Desk]:
    """A keeper whose link is up."""
    fresh = Desk(redis_server.url)
    fresh.wait("up")
    yield fresh
    fresh.close()


def echoes(count: int, size: int = 1) -> list[Call]:
    return [calls.plain("ECHO", str(number).zfill(size)) for number in range(count)]


def test_before_it_is_up_nothing_can_be_sent(redis_server: RedisServer) -> None:
    desk = Desk(redis_server.url)
    desk.keeper.send(echoes(1), desk.now)
    assert (desk.keeper.is_up, desk.keeper.is_idle, desk.told) == (False, True, [])
    desk.wait("up")
    assert desk.woken == 1, "the dial, which ran in a thread, wakes the loop"
    desk.turn()
    assert desk.got == [], "what was sent before is not sent later"
    desk.close()


def test_answers_come_in_order_and_then_it_is_idle(desk: Desk) -> None:
    desk.keeper.send(echoes(300), desk.now)
    assert not desk.keeper.is_idle
    desk.settle()
    assert desk.got == [str(number) for number in range(300)]


def test_what_the_socket_does_not_take_at_once_goes_when_it_can(desk: Desk) -> None:
    size = 4 << 20
    desk.keeper.send(echoes(8, size), desk.now)
    (key,) = desk.selector.get_map().values()
    assert key.events == selectors.EVENT_READ | selectors.EVENT_WRITE
    desk.settle()
    (key,) = desk.selector.get_map().values()
    assert key.events == selectors.EVENT_READ, "or the loop would never rest"
    assert [len(reply) for reply in desk.got] == [size] * 8


def test_an_answer_overdue_ends_the_link(desk: Desk, redis_server: RedisServer) -> None:
    redis_server.pause()
    try:
        desk.keeper.send(echoes(1), desk.now)
        desk.now += TIMEOUT_S
        desk.turn()
        assert desk.told == ["up"], "not yet overdue"
        desk.now += 0.01
        desk.turn()
        assert desk.told == ["up", "down"]
        assert desk.keeper.is_idle, "what was owed will never come"
        assert not desk.selector.get_map()
    finally:
        redis_server.resume()
    desk.wait("up", "down", "up")
    desk.turn()
    assert desk.got == [], "the late answer belongs to nobody"


def test_silence_is_no_fault_while_nothing_is_owed(desk: Desk, redis_server: RedisServer) -> None:
    redis_server.pause()
    desk.now += 1000
    desk.turn()
    redis_server.resume()
    assert desk.told == ["up"]


def test_a_server_that_dies_is_dialed_until_it_is_back(
    desk: Desk, redis_server: RedisServer
) -> None:
    redis_server.kill()
    desk.wait("up", "down")
    desk.fail(len(RETRY_S))
    assert desk.told == ["up", "down"], "told once, however often it is tried"
    redis_server.start()
    desk.wait_long("up", "down", "up")
    desk.keeper.send(echoes(1), desk.now)
    desk.settle()
    assert desk.got == ["0"]


def test_a_break_found_in_sending_is_told(redis_server: RedisServer) -> None:
    with TcpProxy(redis_server.port) as proxy:
        desk = Desk(f"redis://127.0.0.1:{proxy.port}")
        desk.wait("up")
        proxy.reset()

        def is_down() -> bool:
            desk.keeper.send(echoes(1), desk.now)
            return not desk.keeper.is_up

        wait_until(is_down, 10, "the break")
        assert desk.told == ["up", "down"]
        desk.close()


def dials() -> list[str]:
    """Return the dials under way."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("dial")]


class Hangup:
    """Takes connections and ends each at once; counts them."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0)
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}"
        self.taken = 0

    def take(self) -> int:
        """Hang up on who has called; return how many did so far."""
        try:
            self._listener.accept()[0].close()
            self.taken += 1
        except BlockingIOError:
            pass
        return self.taken

    def serve(self, desk: Desk) -> None:
        """Let the dial that is due come, and fail."""
        before = desk.woken
        desk.keeper.ticked(desk.now)
        wait_until(lambda: self.take() and desk.woken > before, 10, "a dial that failed")
        wait_until(lambda: not dials(), 10, "its thread has ended")
        desk.keeper.ticked(desk.now)

    def close(self) -> None:
        self._listener.close()


def test_waits_grow_with_the_failures() -> None:
    """At once, then after a twentieth of a second, up to a second, however often."""
    hangup = Hangup()
    desk = Desk(hangup.url)
    waits = [0.0, *RETRY_S, RETRY_S[-1], RETRY_S[-1]]
    assert waits == sorted(waits)
    for number, wait_s in enumerate(waits, 1):
        if wait_s:
            desk.now += wait_s - 0.01
            desk.keeper.ticked(desk.now)
            assert not dials(), "too early"
            desk.now += 0.0101
        hangup.serve(desk)
        assert hangup.taken == number
    assert desk.told == [], "it was never up"
    desk.close()
    hangup.close()


def test_after_a_link_that_stood_the_waits_begin_anew(redis_server: RedisServer) -> None:
    with TcpProxy(redis_server.port) as proxy:
        proxy.is_refusing = True
        desk = Desk(f"redis://127.0.0.1:{proxy.port}")
        desk.fail(len(RETRY_S))
        proxy.is_refusing = False
        desk.wait_long("up")
        proxy.reset()
        desk.wait("up", "down")
        desk.wait("up", "down", "up")  # at the very same instant
        desk.close()


def test_a_server_refused_for_good_is_the_callers_to_judge(tmp_path: Path) -> None:
    options = ("--maxmemory-policy", "allkeys-lru")
    with RedisServer(server_binary("valkey"), tmp_path / "server", options=options) as server:
        desk = Desk(server.url)
        with pytest.raises(RedisRefused, match="allkeys-lru"):
            desk.wait("up")
        assert desk.told == []
        desk.close()


def test_a_wrong_password_may_be_put_right(redis_server: RedisServer) -> None:
    url = redis_server.url.replace("redis://", "redis://late:secret@")
    desk = Desk(url)
    desk.fail(1)
    assert desk.told == []
    with redis_server.client() as client:
        client.acl_setuser(
            "late", enabled=True, passwords=["+secret"], keys=["*"], commands=["+@all"]
        )
    desk.wait_long("up")
    desk.close()


def test_what_is_closed_is_not_told_and_a_dial_under_way_is_forgotten(
    redis_server: RedisServer,
) -> None:
    desk = Desk(redis_server.url)
    with redis_server.client() as client:

        def is_left_alone() -> bool:
            return "pykraken" not in [each["name"] for each in client.client_list()]

        desk.keeper.ticked(desk.now)
        desk.keeper.close()
        wait_until(lambda: desk.woken, 10, "the dial came through")
        wait_until(is_left_alone, 10, "and its connection was closed")
        desk.wait("up")
        assert not is_left_alone()
        desk.keeper.close()
        assert desk.told == ["up"]
        assert not desk.selector.get_map()
        wait_until(is_left_alone, 10, "the link's connection was closed")
    desk.close()


def test_nobody_there() -> None:
    desk = Desk(f"redis://127.0.0.1:{free_port()}")
    desk.fail(3)
    assert (desk.told, desk.keeper.is_up) == ([], False)
    desk.close()
