"""The feed against real WebSocket servers: messages, control frames, ends, TLS, a proxy."""

from __future__ import annotations

import select
import socket
import ssl
import struct
import threading
import time
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection

from publisher.errors import BadFrame, FrameTooLarge
from publisher.feed import Endpoint, Feed, UpgradeRefused, dial
from tests.feed.certificates import Identity, authority, signed
from tests.feed.exchange import HttpProxy, exchange
from tests.servers import free_port

MIB = 1 << 20


def endpoint(
    port: int,
    *,
    scheme: str = "ws",
    host: str = "localhost",
    ca: Path | None = None,
    proxy: str | None = None,
    limit: int = MIB,
) -> Endpoint:
    ca_file = str(ca) if ca else None
    return Endpoint(f"{scheme}://{host}:{port}/v2", 2.0, limit, ca_file=ca_file, http_proxy=proxy)


def receive(feed: Feed, count: int, timeout_s: float = 5.0) -> list[bytes]:
    """Return `count` messages, as the daemon reads them."""
    messages: list[bytes] = []
    deadline = time.monotonic() + timeout_s
    while len(messages) < count:
        assert time.monotonic() < deadline, messages
        select.select([feed], [], [], 0.2)
        messages += feed.receive()
    return messages


def until_it_ends(feed: Feed) -> str:
    """Read until the feed says that it is over; return its words."""
    for _ in range(100):
        select.select([feed], [], [], 0.1)
        try:
            feed.receive()
        except ConnectionError as error:
            return str(error)
    raise AssertionError("it never ended")


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


@pytest.fixture(params=["ws", "wss"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def identity(scheme: str, folder: Path, ca: Identity) -> Identity | None:
    return signed(folder, ca) if scheme == "wss" else None


def test_messages_both_ways(scheme: str, identity: Identity | None, ca: Identity) -> None:
    with exchange(echo, identity) as port:
        feed = dial(endpoint(port, scheme=scheme, ca=ca.certificate))
        assert feed.receive() == [], "nothing yet, and no waiting"
        for size in (0, 1, 125, 126, 65535, 65536, 300_000):
            feed.send(b"x" * size)
            assert receive(feed, 1) == [b"x" * size]
        feed.close()


def test_many_messages_at_once(scheme: str, identity: Identity | None, ca: Identity) -> None:
    """One read takes many, in order, also when each is a TLS record of its own."""

    def pour(connection: ServerConnection) -> None:
        for number in range(2000):
            connection.send(b"%d" % number, text=True)
        connection.recv()

    with exchange(pour, identity) as port:
        feed = dial(endpoint(port, scheme=scheme, ca=ca.certificate))
        assert receive(feed, 2000) == [b"%d" % number for number in range(2000)]
        feed.close()


def test_what_comes_with_the_handshake_is_not_lost(
    scheme: str, identity: Identity | None, ca: Identity
) -> None:
    """Kraken's `status` is the first frame, sent with the answer to the upgrade."""

    def greet(connection: ServerConnection) -> None:
        connection.send("status")
        connection.recv()

    with exchange(greet, identity) as port:
        for _ in range(20):
            feed = dial(endpoint(port, scheme=scheme, ca=ca.certificate))
            assert receive(feed, 1) == [b"status"]
            feed.close()


def test_pings_are_answered() -> None:
    answered = threading.Event()

    def ping(connection: ServerConnection) -> None:
        if connection.ping(b"are you there").wait(5):
            answered.set()
        connection.send("after")
        connection.recv()

    with exchange(ping) as port:
        feed = dial(endpoint(port))
        assert receive(feed, 1) == [b"after"]
        assert answered.is_set()
        feed.close()


def test_a_close_frame_ends_it_with_its_reason(
    scheme: str, identity: Identity | None, ca: Identity
) -> None:
    def leave(connection: ServerConnection) -> None:
        connection.close(1001, "CloudFlare WebSocket proxy restarting")

    with exchange(leave, identity) as port:
        feed = dial(endpoint(port, scheme=scheme, ca=ca.certificate))
        assert until_it_ends(feed) == "close 1001 CloudFlare WebSocket proxy restarting"
        feed.close()


def test_messages_before_a_close_frame_still_count() -> None:
    def speak_and_leave(connection: ServerConnection) -> None:
        connection.socket.sendall(b"\x81\x04last\x88\x02\x03\xe9")
        select.select([connection.socket], [], [], 2)  # until the feed has closed

    with exchange(speak_and_leave) as port:
        feed = dial(endpoint(port))
        assert receive(feed, 1) == [b"last"]
        assert feed.is_ending
        with pytest.raises(ConnectionError, match="close 1001"):
            feed.receive()
        feed.close()


def test_an_end_without_a_close_frame(scheme: str, identity: Identity | None, ca: Identity) -> None:
    def vanish(connection: ServerConnection) -> None:
        connection.socket.close()

    with exchange(vanish, identity) as port:
        feed = dial(endpoint(port, scheme=scheme, ca=ca.certificate))
        assert until_it_ends(feed)
        feed.close()


def test_a_reset() -> None:
    def reset(connection: ServerConnection) -> None:
        linger = struct.pack("ii", 1, 0)
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.socket.close()

    with exchange(reset) as port:
        feed = dial(endpoint(port))
        assert until_it_ends(feed)
        feed.close()


def test_a_message_over_the_limit() -> None:
    def flood(connection: ServerConnection) -> None:
        connection.send("x" * 200_000)
        connection.recv()

    with exchange(flood) as port:
        feed = dial(endpoint(port, limit=100_000))
        with pytest.raises(FrameTooLarge) as caught:
            receive(feed, 1)
        assert caught.value.size == 200_000
        feed.close()


def test_a_frame_that_breaks_the_rules() -> None:
    def babble(connection: ServerConnection) -> None:
        connection.socket.sendall(b"\xf1\x01x")
        select.select([connection.socket], [], [], 2)  # until the feed has closed

    with exchange(babble) as port:
        feed = dial(endpoint(port))
        with pytest.raises(BadFrame):
            receive(feed, 1)
        feed.close()


def test_closing_says_goodbye() -> None:
    said: list[object] = []
    heard = threading.Event()

    def listen(connection: ServerConnection) -> None:
        for message in connection:
            said.append(message)
        said.append(connection.close_code)
        heard.set()

    with exchange(listen) as port:
        dial(endpoint(port)).close()
        assert heard.wait(5)
    assert said == [1000]


# Whom it trusts


def test_a_stranger_s_certificate_is_refused(folder: Path, ca: Identity) -> None:
    """X5: no plain text instead, whatever happens."""
    stranger = authority(folder / "stranger")
    with exchange(echo, signed(folder, ca)) as port:
        for trusted in (None, stranger.certificate):
            with pytest.raises(ssl.SSLCertVerificationError):
                dial(endpoint(port, scheme="wss", ca=trusted))


def test_a_certificate_that_signs_itself_is_refused_unless_named(folder: Path) -> None:
    own = authority(folder / "selfish")
    with exchange(echo, own) as port:
        with pytest.raises(ssl.SSLCertVerificationError):
            dial(endpoint(port, scheme="wss"))


def test_another_host_s_certificate_is_refused(folder: Path, ca: Identity) -> None:
    other = signed(folder, ca, host="kraken.example")
    with exchange(echo, other) as port, pytest.raises(ssl.SSLCertVerificationError):
        dial(endpoint(port, scheme="wss", ca=ca.certificate))


def test_plain_text_where_tls_is_due() -> None:
    with exchange(echo) as port, pytest.raises(OSError, match=r"(?i)ssl|wrong version|record"):
        dial(endpoint(port, scheme="wss"))


# Who does not answer as hoped


@pytest.mark.parametrize("status", [429, 503, 404])
def test_an_upgrade_refused(status: int) -> None:
    with exchange(echo, status=HTTPStatus(status)) as port:
        with pytest.raises(UpgradeRefused) as caught:
            dial(endpoint(port))
        assert caught.value.status == status


def test_nobody_there() -> None:
    with pytest.raises(OSError):
        dial(endpoint(free_port()))


def test_a_name_that_does_not_exist() -> None:
    """X6."""
    with pytest.raises(OSError):
        dial(endpoint(1, host="no-such-host.invalid"))


def test_through_a_proxy(scheme: str, identity: Identity | None, ca: Identity) -> None:
    with HttpProxy() as proxy, exchange(echo, identity) as port:
        url = f"http://user:secret@127.0.0.1:{proxy.port}"
        feed = dial(endpoint(port, scheme=scheme, ca=ca.certificate, proxy=url))
        feed.send(b"hello")
        assert receive(feed, 1) == [b"hello"]
        feed.close()
    (request,) = proxy.requests
    assert request.startswith(f"CONNECT localhost:{port} HTTP/1.")
    assert "Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=" in request


def test_a_proxy_that_refuses() -> None:
    with HttpProxy(refuses=True) as proxy, exchange(echo) as port:
        with pytest.raises(OSError) as caught:
            dial(endpoint(port, proxy=f"http://user:secret@127.0.0.1:{proxy.port}"))
        assert "secret" not in str(caught.value)
