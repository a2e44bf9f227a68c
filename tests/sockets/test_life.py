"""How a socket's life ends: by a callback, by another thread, by an error, by Ctrl-C."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from publisher.errors import BadFrame, KrakenRefused
from publisher.sockets import KrakenL2Socket
from publisher.wire import Event
from tests.polling import wait_until
from tests.requirements import ROOT
from tests.servers import free_port
from tests.simulator.program import Program
from tests.sockets.stage import DEADLINE_S, place


def connections(program: Program) -> int:
    """Return how many clients the simulator has."""
    return len(program.get("status")["connections"])


def wait_for_no_connection(program: Program) -> None:
    """Wait until every client has closed its connection."""
    wait_until(lambda: connections(program) == 0, DEADLINE_S, "no connection")


def spoil(program: Program, socket: KrakenL2Socket, error: Exception | None = None) -> None:
    """Let a socket get a wrong checksum and end by it; leave its block, with an error if any."""
    with socket:
        program.post("fault", name="wrong_checksum")
        wait_until(lambda: not socket.is_running, DEADLINE_S, "the end")
        if error is not None:
            raise error


def test_a_callback_may_close_and_is_the_last(simulator: Program) -> None:
    told: list[Event] = []

    def look(event: Event) -> None:
        told.append(event)
        if len(told) == 30:
            socket.close()

    socket = KrakenL2Socket("BTC/USD", on_message=look, **place(simulator))
    socket.connect()
    assert len(told) == 30
    assert not socket.is_running
    assert not socket.book.is_valid
    wait_for_no_connection(simulator)


def test_another_thread_may_close(simulator: Program) -> None:
    told: list[Event] = []
    socket = KrakenL2Socket("BTC/USD", on_message=told.append, **place(simulator))

    def close_in_time() -> None:
        wait_until(lambda: told, DEADLINE_S, "events")
        socket.close()

    closer = threading.Thread(target=close_in_time)
    closer.start()
    socket.connect()
    closer.join()
    size = len(told)
    wait_for_no_connection(simulator)
    assert len(told) == size


def test_a_closed_socket_connects_again(simulator: Program) -> None:
    told: list[Event] = []
    socket = KrakenL2Socket("ETH/USD", on_message=told.append, **place(simulator))
    for _ in range(2):
        told.clear()
        with socket:
            assert socket.book.best_bid
            wait_until(lambda: len(told) > 3, DEADLINE_S, "events")
        assert socket.book.best_bid is None
    socket.close()


def test_to_close_what_never_ran_is_nothing() -> None:
    KrakenL2Socket("BTC/USD").close()


@pytest.mark.parametrize("error", [KeyError("mine"), BadFrame("mine"), SystemExit(3)])
def test_what_a_callback_raises_comes_out_of_connect(
    simulator: Program, error: BaseException
) -> None:
    def fail(_: Event) -> None:
        raise error

    socket = KrakenL2Socket("BTC/USD", on_message=fail, **place(simulator))
    with pytest.raises(type(error)) as caught:
        socket.connect()
    assert caught.value is error
    assert not socket.is_running
    wait_for_no_connection(simulator)


def test_what_a_callback_raises_comes_out_of_the_block(simulator: Program) -> None:
    def fail(_: str) -> None:
        raise KeyError("mine")

    socket = KrakenL2Socket("BTC/USD", on_invalid=fail, **place(simulator))
    with pytest.raises(KeyError):
        spoil(simulator, socket)
    socket.close()  # told once


def test_the_block_s_own_error_comes_first(simulator: Program) -> None:
    def fail(_: str) -> None:
        raise KeyError("mine")

    socket = KrakenL2Socket("BTC/USD", on_invalid=fail, **place(simulator))
    with pytest.raises(ZeroDivisionError):
        spoil(simulator, socket, ZeroDivisionError())
    wait_for_no_connection(simulator)


def test_connect_waits_for_what_start_began(simulator: Program) -> None:
    told: list[Event] = []

    def look(event: Event) -> None:
        told.append(event)
        if len(told) == 20:
            raise KeyError("mine")

    socket = KrakenL2Socket("BTC/USD", on_message=look, **place(simulator))
    socket.start()
    socket.start()
    with pytest.raises(KeyError):
        socket.connect()
    assert len(told) == 20


@pytest.mark.parametrize("begin", [KrakenL2Socket.connect, KrakenL2Socket.start])
def test_an_unknown_pair_ends_it(
    simulator: Program, begin: Callable[[KrakenL2Socket], None]
) -> None:
    socket = KrakenL2Socket("NO/PAIR", **place(simulator))
    with pytest.raises(KrakenRefused, match="NO/PAIR"):
        begin(socket)
    assert not socket.is_running


def test_start_gives_up_in_time() -> None:
    socket = KrakenL2Socket("BTC/USD", ws_url=f"ws://127.0.0.1:{free_port()}")
    with pytest.raises(TimeoutError, match="BTC/USD"):
        socket.start(timeout_s=0.3)
    assert not socket.is_running


def test_readers_in_other_threads_see_whole_books(simulator: Program) -> None:
    with KrakenL2Socket("BTC/USD", depth=100, **place(simulator)) as socket:
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            bids, asks = socket.book.sides()
            assert bids == sorted(bids, reverse=True)
            assert asks == sorted(asks)
            assert (len(bids), len(asks)) == (100, 100)


def test_a_slow_callback_is_no_silence_of_kraken_s(
    simulator: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publisher.session.liveness.SILENCE_S", 0.6)
    told: list[Event] = []
    reasons: list[str] = []

    def look(event: Event) -> None:
        told.append(event)
        if len(told) == 10:
            time.sleep(1.0)

    before = simulator.get("status")["opened"]
    with KrakenL2Socket("BTC/USD", on_message=look, on_invalid=reasons.append, **place(simulator)):
        wait_until(lambda: len(told) > 200, DEADLINE_S, "what came meanwhile")
    assert reasons == []
    assert simulator.get("status")["opened"] == before + 1


def test_logs_go_where_the_program_wants_them(
    simulator: Program, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with KrakenL2Socket("BTC/USD", **place(simulator)):
        pass
    assert "feed.connected" in caplog.text
    assert {record.name for record in caplog.records} == {"publisher"}
    caplog.clear()
    with structlog.testing.capture_logs() as own, KrakenL2Socket("BTC/USD", **place(simulator)):
        pass
    assert "feed.connected" in {line["event"] for line in own}
    assert caplog.text == ""


CHILD = """
from publisher.sockets import KrakenL2Socket
KrakenL2Socket("BTC/USD", on_message=lambda event: print("event", flush=True)).connect()
"""


def test_ctrl_c_closes_and_goes_on_as_keyboard_interrupt(
    simulator: Program, tmp_path: Path
) -> None:
    out, err = tmp_path / "out", tmp_path / "err"
    where = {"PYKRAKEN_WS_URL": simulator.addresses["ws_url"], "PYTHONPATH": str(ROOT)}
    with out.open("w") as stdout, err.open("w") as stderr:
        child = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", CHILD],
            env=os.environ | where,
            cwd=tmp_path,
            stdout=stdout,
            stderr=stderr,
        )
        try:
            wait_until(lambda: "event" in out.read_text(), DEADLINE_S, "events")
            child.send_signal(signal.SIGINT)
            code = child.wait(DEADLINE_S)
        finally:
            child.kill()
            child.wait()
    assert code == -signal.SIGINT, err.read_text()  # 130, as a shell tells it
    assert err.read_text().splitlines()[-1] == "KeyboardInterrupt"
    wait_for_no_connection(simulator)
