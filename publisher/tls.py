"""TLS for the feed over memory buffers, so that one read takes many messages.

A live feed puts each message into a TLS record of its own, and `SSLSocket.recv` hands over one
record a call; here a whole `recv` of the raw socket is decrypted at once (performance.md 7).
`BatchContext` goes where websocket-client expects an `ssl.SSLContext`, and `BatchSocket` where it
expects a socket.
"""

from __future__ import annotations

import socket
import ssl
from typing import Any

RECEIVE_BYTES = 65536


class BatchSocket:
    """A client's TLS connection on a connected socket. Blocks exactly as the socket does."""

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, hostname: str) -> None:
        self._plain = plain
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            except ssl.SSLError:
                self._flush()  # the alert tells the other side why
                raise
        self._flush()

    def recv(self, size: int) -> bytes:
        """Return up to `size` decrypted bytes, b"" at the end of the stream."""
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    def recv_batch(self) -> bytes:
        """Return all that one read of the raw socket brings, b"" at the end of the stream."""
        parts = [self.recv(RECEIVE_BYTES)]
        while parts[-1]:
            try:
                parts.append(self._tls.read(RECEIVE_BYTES))
            except ssl.SSLError:  # nothing more now; an end will be met by the next call
                break
        return b"".join(parts)

    def send(self, data: bytes) -> int:
        """Send all of `data`."""
        self._tls.write(data)
        self._flush()
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Send all of `data`."""
        self.send(data)

    def _fill(self) -> None:
        data = self._plain.recv(RECEIVE_BYTES)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self._plain.sendall(data)

    def fileno(self) -> int:
        return self._plain.fileno()

    def gettimeout(self) -> float | None:
        return self._plain.gettimeout()

    def settimeout(self, timeout: float | None) -> None:
        self._plain.settimeout(timeout)

    def setblocking(self, blocking: bool) -> None:
        self._plain.setblocking(blocking)

    def shutdown(self, how: int) -> None:
        self._plain.shutdown(how)

    def close(self) -> None:
        self._plain.close()


class BatchContext:
    """Wraps sockets as `ssl.SSLContext` does, with certificates and host name checked."""

    def __init__(self, ca_file: str | None) -> None:
        self._context = ssl.create_default_context(cafile=ca_file)

    def wrap_socket(self, sock: socket.socket, server_hostname: str, **_: Any) -> BatchSocket:
        """Return the TLS connection; raise ssl.SSLError for a server that cannot be trusted."""
        return BatchSocket(sock, self._context, server_hostname)
