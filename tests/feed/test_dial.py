"""Connects off the loop: one at a time, the result once, what is abandoned closes itself."""

from __future__ import annotations

import threading

from publisher.dial import Dialer
from tests.polling import wait_until


class Connection:
    """Something that can be closed."""

    def __init__(self) -> None:
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


class Switchboard:
    """A connect that waits until the test lets it go on."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.made: list[Connection] = []
        self.go = threading.Event()
        self.woken = threading.Event()
        self.dialer: Dialer[Connection] = Dialer(self.connect, self.woken.set)

    def connect(self) -> Connection:
        assert self.go.wait(5)
        if self.error is not None:
            raise self.error
        self.made.append(Connection())
        return self.made[-1]


def test_the_result_comes_once() -> None:
    board = Switchboard()
    board.dialer.start()
    assert board.dialer.is_dialing
    assert board.dialer.result() is None
    board.go.set()
    assert board.woken.wait(5)
    assert board.dialer.result() is board.made[0]
    assert board.dialer.result() is None
    assert not board.dialer.is_dialing


def test_a_failure_is_a_result() -> None:
    error = OSError("no route")
    board = Switchboard(error)
    board.go.set()
    board.dialer.start()
    assert board.woken.wait(5)
    assert board.dialer.result() is error


def test_one_at_a_time() -> None:
    board = Switchboard()
    for _ in range(3):
        board.dialer.start()
    board.go.set()
    wait_until(board.dialer.result, 5, "the connection")
    assert len(board.made) == 1


def test_what_is_abandoned_closes_itself() -> None:
    board = Switchboard()
    board.dialer.start()
    board.dialer.abandon()
    assert not board.dialer.is_dialing
    board.go.set()
    wait_until(lambda: board.made and board.made[0].is_closed, 5, "closed")
    assert board.dialer.result() is None


def test_a_result_that_nobody_took_is_closed_too() -> None:
    board = Switchboard()
    board.go.set()
    board.dialer.start()
    assert board.woken.wait(5)
    board.dialer.abandon()
    assert board.made[0].is_closed


def test_after_an_abandoned_one_the_next_is_its_own() -> None:
    board = Switchboard()
    board.dialer.start()
    board.dialer.abandon()
    board.dialer.start()
    board.go.set()
    wait_until(lambda: len(board.made) == 2, 5, "both")
    result = wait_until(board.dialer.result, 5, "the second")
    wait_until(lambda: [each.is_closed for each in board.made].count(True) == 1, 5, "one closed")
    assert isinstance(result, Connection)
    assert not result.is_closed


def test_the_end_waits_for_a_thread_but_not_for_ever() -> None:
    board = Switchboard()
    board.go.set()
    board.dialer.start()
    board.dialer.end()
    assert threading.active_count() == len(
        [thread for thread in threading.enumerate() if not thread.name.startswith("dial")]
    )
    stuck = Switchboard()
    stuck.dialer.start()
    stuck.dialer.end()
    stuck.go.set()
    wait_until(lambda: stuck.made and stuck.made[0].is_closed, 5, "closed in the end")
