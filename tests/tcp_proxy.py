"""A TCP proxy that misbehaves on demand, between a program under test and a real server.

Each direction can be slow, held, swallowed or cut after a number of bytes; connections can be reset
or refused. Works on bytes and knows no protocol. One thread a direction; everything ends with the
block.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Self

PIECE_BYTES = 65536
HOLD_LOOK_S = 0.005


class Direction:
    """What happens to the bytes that flow one way, on all connections together."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.is_held = False
        """Nothing flows; what comes waits here and goes on afterwards."""
        self.is_swallowed = False
        """What comes is lost without a trace."""
        self.passed = 0
        """Bytes that have flowed."""
        self.cuts = 0
        """How often `cut_after` struck."""
        self._cut_in: int | None = None
        self._lock = threading.Lock()

    def cut_after(self, count: int) -> None:
        """Let `count` more bytes flow, then reset the connection that they flow on."""
        with self._lock:
            self._cut_in = count

    @property
    def is_cut_due(self) -> bool:
        """True until the cut that was ordered has struck."""
        return self._cut_in is not None

    def admit(self, data: bytes) -> tuple[bytes, bool]:
        """Return what may flow of `data`, and whether the connection ends behind it."""
        with self._lock:
            ends = self._cut_in is not None and len(data) >= self._cut_in
            if self._cut_in is not None:
                data = data[: self._cut_in]
                self._cut_in = None if ends else self._cut_in - len(data)
            self.cuts += ends
            self.passed += len(data)
            return data, ends


class TcpProxy:
    """Listens on a free port of 127.0.0.1 and passes on to `target`. A context manager."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.up = Direction()
        """From the client to the server: requests."""
        self.down = Direction()
        """From the server to the client: replies."""
        self.is_refusing = False
        self.accepted = 0
        self.port = 0
        self._listener: socket.socket | None = None
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._is_over = False

    def reset(self) -> None:
        """End every connection with a TCP reset, both ways."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            _end(*pair)

    def calm(self) -> None:
        """Misbehave no more."""
        for direction in (self.up, self.down):
            direction.delay_s = 0.0
            direction.is_held = direction.is_swallowed = False
        self.is_refusing = False

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True, name="proxy").start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over = True
        assert self._listener is not None
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.calm()
        self.reset()

    def _accept(self) -> None:
        assert self._listener is not None
        while not self._is_over:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.is_refusing or self._is_over:
                _end(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target), 2)
            except OSError:
                _end(client)
                continue
            server.settimeout(None)
            self.accepted += 1
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._pairs.append((client, server))
            for source, sink, direction in ((client, server, self.up), (server, client, self.down)):
                threading.Thread(
                    target=self._pump, args=(source, sink, direction), daemon=True, name="proxy"
                ).start()

    def _pump(self, source: socket.socket, sink: socket.socket, direction: Direction) -> None:
        try:
            while data := source.recv(PIECE_BYTES):
                if direction.delay_s:
                    time.sleep(direction.delay_s)
                while direction.is_held and not self._is_over:
                    time.sleep(HOLD_LOOK_S)
                if direction.is_swallowed:
                    continue
                data, ends = direction.admit(data)
                sink.sendall(data)
                if ends:
                    # The other end may still read what has flowed: only then the reset.
                    time.sleep(HOLD_LOOK_S)
                    break
        except OSError:
            pass
        with self._lock:
            self._pairs = [pair for pair in self._pairs if source not in pair]
        _end(source, sink)


def _end(*sockets: socket.socket) -> None:
    for each in sockets:
        with contextlib.suppress(OSError):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            each.shutdown(socket.SHUT_RDWR)
        each.close()
