"""The feed: Kraken's WebSocket, as messages in and requests out.

websocket-client makes the connection: proxy, TCP, TLS with SNI, handshake. Then the socket is read
in large pieces by our own frame reader, since reading frame by frame costs more than all the rest
of the work (performance.md 5). Pings are answered here; what a message means is the session's
business.
"""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import websocket

from publisher.kraken.frames import FrameReader, Opcode
from publisher.tls import BatchContext, BatchSocket

RECEIVE_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where Kraken is and how to get there."""

    url: str
    timeout_s: float
    frame_max_bytes: int
    ca_file: str | None = None
    http_proxy: str | None = None


class UpgradeRefused(ConnectionError):
    """The server answered the handshake with an HTTP status (faults X7, X8)."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    def __str__(self) -> str:
        return f"HTTP {self.status} instead of a WebSocket"


class Feed:
    """A connection to Kraken that is up. Raises ConnectionError, BadFrame or FrameTooLarge when it
    ends.
    """

    def __init__(self, connected: socket.socket | BatchSocket, frame_max_bytes: int) -> None:
        self._socket = connected
        self._socket.setblocking(False)
        self._reader = FrameReader(frame_max_bytes)
        self.token = ""
        """For the requests of private channels; whoever dials sets it."""

    def fileno(self) -> int:
        """The socket's descriptor, for a selector."""
        return self._socket.fileno()

    @property
    def largest(self) -> int:
        """Bytes of the largest message so far, refused ones too."""
        return self._reader.largest

    @property
    def is_ending(self) -> bool:
        """True when a close frame came behind messages: the next `receive` says so."""
        return bool(self._reader.controls)

    def receive(self) -> list[bytes]:
        """Return the messages that one read completes; [] when nothing is there yet."""
        if self._reader.controls:
            self._control([])
        try:
            if isinstance(self._socket, BatchSocket):
                data = self._socket.recv_batch()
            else:
                data = self._socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return []
        except OSError as error:
            raise ConnectionError(f"read: {error}") from error
        if not data:
            raise ConnectionError("closed without a close frame")
        messages = self._reader.feed(data)
        if self._reader.controls:
            self._control(messages)
        return messages

    def send(self, request: bytes) -> None:
        """Send one text message."""
        self._send(request, Opcode.TEXT)

    def close(self) -> None:
        """Say goodbye, if the other side still listens, and close."""
        with contextlib.suppress(OSError):
            self._send(b"\x03\xe8", Opcode.CLOSE)  # 1000, normal closure
        self._socket.close()

    def _control(self, messages: list[bytes]) -> None:
        """Answer pings; a close frame ends the feed, but what came before it still counts."""
        controls = self._reader.controls
        while controls:
            control = controls[0]
            if control.opcode is Opcode.CLOSE:
                if messages:
                    return  # `is_ending`
                code = int.from_bytes(control.payload[:2], "big")
                reason = control.payload[2:].decode("utf-8", "replace")
                raise ConnectionError(f"close {code} {reason}".rstrip())
            controls.pop(0)
            if control.opcode is Opcode.PING:
                self._send(control.payload, Opcode.PONG)

    def _send(self, payload: bytes, opcode: Opcode) -> None:
        """Send one masked frame, whole: requests are small and rare."""
        frame: bytes = websocket.ABNF.create_frame(payload, int(opcode)).format()
        try:
            self._socket.settimeout(1.0)
            self._socket.sendall(frame)
        except OSError as error:
            raise ConnectionError(f"write: {error}") from error
        finally:
            with contextlib.suppress(OSError):
                self._socket.setblocking(False)


def dial(endpoint: Endpoint) -> Feed:
    """Connect and shake hands. Raise ConnectionError (UpgradeRefused), OSError or ssl.SSLError."""
    connection: Any = websocket.WebSocket(
        sockopt=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        sslopt={"context": BatchContext(endpoint.ca_file)},
        skip_utf8_validation=True,  # the JSON decoder finds bad UTF-8, five times faster
    )
    options: dict[str, object] = {"timeout": endpoint.timeout_s, "suppress_origin": True}
    if endpoint.http_proxy:
        proxy = urlsplit(endpoint.http_proxy)
        options |= {
            "http_proxy_host": proxy.hostname,
            "http_proxy_port": proxy.port or 80,
            "http_proxy_auth": (proxy.username, proxy.password) if proxy.username else None,
            "proxy_type": "http",
        }
    try:
        connection.connect(endpoint.url, **options)
        return Feed(connection.sock, endpoint.frame_max_bytes)
    except websocket.WebSocketBadStatusException as error:
        connection.shutdown()
        raise UpgradeRefused(error.status_code) from None
    except websocket.WebSocketException as error:
        connection.shutdown()
        raise ConnectionError(f"handshake: {error}") from error
    finally:
        # Its parts know each other in a circle, and the daemon's collector hardly ever runs: every
        # reconnect would keep 0.8 MB of certificates (fault P9).
        vars(connection).clear()
