"""TLS over memory buffers against the standard library's: batches, ends, blocking, and trust."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from publisher.tls import RECEIVE_BYTES, BatchContext, BatchSocket
from tests.feed.certificates import Identity, authority, signed
from tests.polling import wait_until

Talk = Callable[[ssl.SSLSocket], None]
TIMEOUT_S = 5.0
RECORD_BYTES = 5 + 4 + 1 + 16
"""Of four bytes in TLS 1.3: header, content, its type, and the tag (RFC 8446, 5.2)."""


@pytest.fixture(scope="module")
def identity(folder: Path, ca: Identity) -> Identity:
    return signed(folder, ca)


class Peer:
    """A TLS server of the standard library at one end of a connection; `plain` is the other."""

    def __init__(self, identity: Identity, talk: Talk) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.plain = socket.create_connection(listener.getsockname())
            self._theirs, _ = listener.accept()
        self._theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.plain.settimeout(TIMEOUT_S)
        self._theirs.settimeout(TIMEOUT_S)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(identity.certificate, identity.key)
        self._talk = talk
        self.failure: Exception | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            with self._context.wrap_socket(self._theirs, server_side=True) as secure:
                self._talk(secure)
        except OSError as error:
            self.failure = error


@contextmanager
def peer(identity: Identity, talk: Talk) -> Iterator[Peer]:
    """Let a server talk; it has ended when the block has."""
    server = Peer(identity, talk)
    server.thread.start()
    try:
        yield server
    finally:
        server.plain.close()
        server.thread.join(TIMEOUT_S)
        assert not server.thread.is_alive()


@contextmanager
def connected(identity: Identity, ca: Identity, talk: Talk) -> Iterator[BatchSocket]:
    """Connect to a server that talks."""
    with peer(identity, talk) as server:
        yield BatchContext(str(ca.certificate)).wrap_socket(server.plain, "localhost")


def until_closed(secure: ssl.SSLSocket) -> None:
    """Hold the connection until the other side ends it."""
    while secure.recv(1000):
        pass


def saying(*pieces: bytes) -> tuple[Talk, threading.Event]:
    """Return a talk that sends each piece as a record of its own, and what is set when it has."""
    said = threading.Event()

    def talk(secure: ssl.SSLSocket) -> None:
        for piece in pieces:
            secure.sendall(piece)
        said.set()
        until_closed(secure)

    return talk, said


# What is there


def test_one_read_takes_all_records_that_have_come(identity: Identity, ca: Identity) -> None:
    """The reason for this module: `SSLSocket.recv` hands over one record a call."""
    talk, _ = saying(*(b"%04d" % number for number in range(100)))
    with peer(identity, talk) as server:
        secure = BatchContext(str(ca.certificate)).wrap_socket(server.plain, "localhost")
        wait_until(
            lambda: len(server.plain.recv(1 << 16, socket.MSG_PEEK)) >= 100 * RECORD_BYTES,
            TIMEOUT_S,
            "all records",
        )
        assert secure.recv_batch() == b"".join(b"%04d" % number for number in range(100))


def test_a_read_of_some_bytes_leaves_the_rest(identity: Identity, ca: Identity) -> None:
    talk, said = saying(b"abcdef", b"gh")
    with connected(identity, ca, talk) as secure:
        assert said.wait(TIMEOUT_S)
        assert [secure.recv(4) for _ in range(3)] == [b"abcd", b"ef", b"gh"]


def test_a_batch_includes_what_an_earlier_read_left(identity: Identity, ca: Identity) -> None:
    talk, said = saying(b"abcdef", b"gh")
    with connected(identity, ca, talk) as secure:
        assert said.wait(TIMEOUT_S)
        assert secure.recv(1) == b"a"
        assert secure.recv_batch() == b"bcdefgh"


def test_more_than_one_read_takes(identity: Identity, ca: Identity) -> None:
    whole = bytes(range(256)) * 4096

    def echo(secure: ssl.SSLSocket) -> None:
        got = b""
        while len(got) < len(whole):
            got += secure.recv(RECEIVE_BYTES)
        secure.sendall(got)
        until_closed(secure)

    with connected(identity, ca, echo) as secure:
        secure.sendall(whole)
        back = b""
        while len(back) < len(whole):
            back += secure.recv_batch()
        assert back == whole


def test_a_send_says_that_it_sent_all(identity: Identity, ca: Identity) -> None:
    heard: list[bytes] = []
    with connected(identity, ca, lambda secure: heard.append(secure.recv(100))) as secure:
        assert secure.send(b"hello") == 5
        wait_until(lambda: heard, TIMEOUT_S, "heard")
    assert heard == [b"hello"]


# The end


@pytest.mark.parametrize("is_polite", [True, False], ids=["close_notify", "vanished"])
def test_what_came_before_the_end_comes_first(
    is_polite: bool, identity: Identity, ca: Identity
) -> None:
    def leave(secure: ssl.SSLSocket) -> None:
        secure.sendall(b"last")
        if is_polite:
            secure.settimeout(0)
            with pytest.raises(ssl.SSLWantReadError):
                secure.unwrap()

    with connected(identity, ca, leave) as secure:
        batch = secure.recv_batch()
        assert batch == b"last"
        assert secure.recv_batch() == b""
        assert secure.recv(10) == b"", "and so it stays"


# Blocks exactly as the socket does


def test_it_never_waits_on_a_socket_that_does_not_block(identity: Identity, ca: Identity) -> None:
    """Nor are the tickets that a server sends after the handshake taken for an end."""
    talk, _ = saying()
    with connected(identity, ca, talk) as secure:
        secure.setblocking(False)
        with pytest.raises(BlockingIOError):
            secure.recv(100)
        with pytest.raises(BlockingIOError):
            secure.recv_batch()


class Sip:
    """A socket that hands over `most` bytes a read, and after `left` says that there are none."""

    def __init__(self, plain: socket.socket) -> None:
        self.plain = plain
        self.most = 1
        self.left = 1 << 30

    def recv(self, size: int) -> bytes:
        if not self.left:
            raise BlockingIOError
        data = self.plain.recv(min(size, self.most, self.left))
        self.left -= len(data)
        return data

    def sendall(self, data: bytes) -> None:
        self.plain.sendall(data)


def test_a_record_in_pieces_is_whole_or_not_there(identity: Identity, ca: Identity) -> None:
    """The handshake comes byte by byte, too."""
    whole = b"x" * 16_000
    talk, said = saying(whole)
    with peer(identity, talk) as server:
        sip = Sip(server.plain)
        plain = cast("socket.socket", sip)
        secure = BatchContext(str(ca.certificate)).wrap_socket(plain, "localhost")
        assert said.wait(TIMEOUT_S)
        sip.most, sip.left = 4096, 9000
        for _ in range(2):
            with pytest.raises(BlockingIOError):
                secure.recv_batch()
        sip.left = 1 << 30
        assert secure.recv_batch() == whole


def test_a_timeout_of_the_socket_is_the_connections(identity: Identity, ca: Identity) -> None:
    talk, _ = saying()
    with connected(identity, ca, talk) as secure:
        secure.settimeout(0.05)
        assert secure.gettimeout() == 0.05
        with pytest.raises(TimeoutError):
            secure.recv(100)


def test_a_handshake_that_nobody_answers_ends_with_the_timeout(ca: Identity) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.05)
        with pytest.raises(TimeoutError):
            BatchContext(str(ca.certificate)).wrap_socket(ours, "localhost")


def test_it_is_its_socket_to_a_selector_and_when_it_closes(
    identity: Identity, ca: Identity
) -> None:
    with peer(identity, until_closed) as server:
        secure = BatchContext(str(ca.certificate)).wrap_socket(server.plain, "localhost")
        assert secure.fileno() == server.plain.fileno()
        secure.shutdown(socket.SHUT_WR)
        secure.close()
        assert server.plain.fileno() == -1


# Whom it trusts


@pytest.mark.row("X5")
def test_who_is_not_trusted_hears_why(folder: Path, identity: Identity) -> None:
    """The alert goes out before the error comes up."""
    stranger = authority(folder / "stranger")
    with peer(identity, until_closed) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            BatchContext(str(stranger.certificate)).wrap_socket(server.plain, "localhost")
        server.thread.join(TIMEOUT_S)
        assert isinstance(server.failure, ssl.SSLError)
        assert server.failure.reason == "TLSV1_ALERT_UNKNOWN_CA"


@pytest.mark.row("X5")
def test_a_certificate_of_another_name_is_refused(identity: Identity, ca: Identity) -> None:
    """The name is compared, and told."""
    with peer(identity, until_closed) as server:
        with pytest.raises(ssl.SSLCertVerificationError, match=r"kraken\.example"):
            BatchContext(str(ca.certificate)).wrap_socket(server.plain, "kraken.example")


def test_an_end_in_the_handshake_is_an_error_and_no_empty_connection(ca: Identity) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        with pytest.raises(OSError):
            BatchContext(str(ca.certificate)).wrap_socket(ours, "localhost")


def test_a_ca_file_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        BatchContext(str(tmp_path / "none.pem"))
