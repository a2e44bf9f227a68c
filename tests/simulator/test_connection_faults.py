"""Faults of the socket and the handshake, over a real one: they strike, are counted, and end."""

from __future__ import annotations

import socket
import time

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from tests.polling import wait_until
from tests.simulator.program import DEADLINE_S, Client, Program, is_book
from tests.simulator.reader import Reader

SYMBOL = "ETH/USD"


def receive_until_closed(client: Client) -> ConnectionClosed:
    with pytest.raises(ConnectionClosed) as caught:
        receive_for_ever(client, DEADLINE_S)
    return caught.value


def receive_for_ever(client: Client, timeout_s: float) -> None:
    while True:
        client.receive(timeout_s)


def test_reset_is_a_tcp_reset_without_a_close_frame(program: Program) -> None:
    with program.client() as client:
        client.subscribe(SYMBOL)
        program.post("fault", name="reset")
        closed = receive_until_closed(client)
        assert closed.rcvd is None
        assert isinstance(closed.__cause__, ConnectionResetError)
        assert program.fired("reset") == 1


def test_close_has_kraken_s_code_and_words(program: Program) -> None:
    with program.client() as client:
        program.post("fault", name="close")
        closed = receive_until_closed(client)
        assert closed.rcvd is not None
        assert (closed.rcvd.code, closed.rcvd.reason) == (
            1001,
            "CloudFlare WebSocket proxy restarting",
        )


def test_restart_drops_everybody_and_lets_them_in_again(program: Program) -> None:
    with program.client() as first, program.client() as second:
        for client in (first, second):
            client.until(lambda frame: frame.get("channel") == "status")
        program.post("fault", name="restart")
        receive_until_closed(first)
        receive_until_closed(second)
    with program.client() as third:
        third.until(lambda frame: frame.get("channel") == "status")


def test_the_cloudflare_text_is_no_json_and_the_stream_goes_on(program: Program) -> None:
    with Reader(program, SYMBOL) as reader:
        program.post("fault", name="text")
        program.wait_for_fired("text")
        assert all(reader.catch_up())
        assert "CloudFlare WebSocket proxy restarting" in reader.client.texts


def test_silence_is_half_open_and_ends(program: Program) -> None:
    with program.client() as client:
        client.subscribe(SYMBOL)
        client.until(is_book)
        program.post("fault", name="silence", for_s=1.5)
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            receive_for_ever(client, 1.0)
        assert any(link["is_silent"] for link in program.get("status")["connections"])
        client.until(is_book)
        assert time.monotonic() - started >= 1.3
        assert not any(link["is_silent"] for link in program.get("status")["connections"])


def test_a_muted_symbol_is_silent_while_the_rest_goes_on(program: Program) -> None:
    with Reader(program, SYMBOL, "BTC/USD") as reader:
        program.post("fault", name="mute", symbol=SYMBOL)
        program.wait_for_fired("mute")
        before = len(reader.client.texts)
        wait_until(lambda: program.fired("mute") > 20, DEADLINE_S, "ETH/USD would have moved")
        reader.client.until(lambda frame: frame == {"channel": "heartbeat"})
        tail = [str(text) for text in reader.client.texts[before:][-30:]]
        assert any("BTC/USD" in text for text in tail)
        assert not any(SYMBOL in text for text in tail)


def test_a_trickled_frame_comes_byte_by_byte_and_whole_in_the_end(program: Program) -> None:
    with Reader(program, SYMBOL) as reader:
        program.post("fault", name="trickle", kind="heartbeat", bytes=1, every_s=0.05)
        program.wait_for_fired("trickle")
        with pytest.raises(TimeoutError):
            receive_for_ever(reader.client, 0.5)
        assert all(reader.verdicts(20))


def test_a_trickle_is_bytes_on_the_wire(program: Program) -> None:
    host, port = program.addresses["ws_url"].removeprefix("ws://").removesuffix("/v2").split(":")
    program.post("fault", name="trickle", kind="status", bytes=1, every_s=0.05)
    with socket.create_connection((host, int(port)), DEADLINE_S) as raw:
        raw.sendall(
            f"GET /v2 HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        received = b""
        while b"\r\n\r\n" not in received:
            received += raw.recv(4096)
        pieces = [len(raw.recv(4096)) for _ in range(10)]
        assert max(pieces) <= 3


@pytest.mark.parametrize("status", [429, 503, 520, 525])
def test_upgrades_are_refused_with_html(program: Program, status: int) -> None:
    program.post("fault", name="upgrade", status=status, count=2)
    for _ in range(2):
        with pytest.raises(InvalidStatus) as caught:
            program.client()
        assert caught.value.response.status_code == status
        assert caught.value.response.body is not None
        assert b"<html>" in caught.value.response.body
    with program.client() as client:
        client.until(lambda frame: frame.get("channel") == "status")
    assert program.fired("upgrade") == 2


def test_a_connect_limit_answers_429(program: Program) -> None:
    program.post("fault", name="connect_limit", n=2, per_s=60)
    with program.client(), program.client():
        with pytest.raises(InvalidStatus) as caught:
            program.client()
        assert caught.value.response.status_code == 429


def test_a_fault_can_wait_for_the_nth_frame_of_a_connection(program: Program) -> None:
    program.post("fault", name="close", after=5, kind="update")
    with program.client() as client:
        client.subscribe(SYMBOL)
        closed = receive_until_closed(client)
        assert isinstance(closed, ConnectionClosedError) or closed.rcvd is not None
        updates = [
            text for text in client.texts if '"type":"update","data":[{"symbol"' in str(text)
        ]
        assert len(updates) == 6
