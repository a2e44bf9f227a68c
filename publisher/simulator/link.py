"""One client's socket: writes frames in batches, and can misbehave below the protocol.

Frames are encoded here (RFC 6455: a server's frames are not masked) and written to the
connection's transport, which costs a fraction of a library call per message; the library keeps
the handshake, reading, pongs and closing. Misbehaviour: reset, half-open silence, a frame that
trickles out byte by byte. It knows nothing of what the messages mean. Single-threaded: every
call comes from the event loop.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TextIO

from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

from publisher.simulator.exchange import Connection
from publisher.simulator.frames import compact

TEXT, BINARY = 0x81, 0x82


def encode(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return one unfragmented, unmasked WebSocket frame."""
    length = len(payload)
    if length < 126:
        header = bytes((opcode, length))
    elif length < 1 << 16:
        header = bytes((opcode, 126)) + length.to_bytes(2, "big")
    else:
        header = bytes((opcode, 127)) + length.to_bytes(8, "big")
    return header + payload


class Link:
    """The sending side of one WebSocket connection."""

    def __init__(
        self,
        websocket: ServerConnection,
        connection: Connection,
        *,
        backlog_bytes: int,
        log: TextIO | None,
    ) -> None:
        self.websocket = websocket
        self.connection = connection
        self.sent = 0
        self.is_silent = False
        self.is_gone = False
        self._is_closing = False
        self._backlog_bytes = backlog_bytes
        self._log = log
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._trickle: asyncio.Task[None] | None = None

    @property
    def is_plain(self) -> bool:
        """Return whether a frame encoded once for several links may be appended as it is."""
        return self._log is None

    def send_text(self, text: str) -> None:
        """Queue one text frame."""
        self._record({"frame": text})
        self.send_encoded(encode(text.encode()))

    def send_binary(self, payload: bytes) -> None:
        """Queue one binary frame."""
        self._record({"binary": payload.hex()})
        self.send_encoded(encode(payload, BINARY))

    def send_encoded(self, frame: bytes) -> None:
        """Queue one frame that is already encoded; the log does not see it."""
        if self._is_closing:
            return
        self.sent += 1
        if not self.is_silent:
            self._pending.append(frame)
            self._pending_bytes += len(frame)

    def _record(self, what: dict[str, str]) -> None:
        if self._log is not None and not (self.is_silent or self._is_closing):
            number = self.connection.number
            self._log.write(compact({"conn": number, "n": self.sent + 1, **what}) + "\n")

    @property
    def _is_open(self) -> bool:
        """Return whether frames may still be written: nothing may follow a close frame."""
        return self.websocket.state is State.OPEN and not self.websocket.transport.is_closing()

    def flush(self) -> bool:
        """Write what is queued; return False when the client is too far behind and was cut off."""
        if not self._pending or self._trickle is not None:
            return self._pending_bytes <= self._backlog_bytes or self._cut()
        data = b"".join(self._pending)
        self._pending.clear()
        self._pending_bytes = 0
        if not self._is_open:
            return True
        transport = self.websocket.transport
        transport.write(data)
        return transport.get_write_buffer_size() <= self._backlog_bytes or self._cut()

    def _cut(self) -> bool:
        self.reset()
        return False

    def backlog(self) -> int:
        """Return the bytes that the client has not taken yet."""
        return self._pending_bytes + self.websocket.transport.get_write_buffer_size()

    def reset(self) -> None:
        """End the connection with a TCP reset, without a close frame."""
        self.is_gone = True
        transport = self.websocket.transport
        raw = transport.get_extra_info("socket")
        if raw is not None and not transport.is_closing():
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    def stop_sending(self) -> None:
        """Write what is queued and send nothing more: a close frame comes next."""
        self.flush()
        self._is_closing = True

    def silence(self) -> None:
        """Become half-open: write nothing, read nothing, answer no ping, and do not close."""
        self.is_silent = True
        self._pending.clear()
        self._pending_bytes = 0
        self.websocket.transport.pause_reading()

    def speak(self) -> None:
        """End the silence; what would have been sent meanwhile is lost."""
        self.is_silent = False
        if self._is_open:
            self.websocket.transport.resume_reading()

    def trickle(self, text: str, *, step_bytes: int, every_s: float) -> None:
        """Write one text frame a few bytes at a time; everything else waits behind it."""
        if self._trickle is not None or self.is_silent:
            self.send_text(text)
            return
        self.flush()
        self._record({"frame": text})
        self.sent += 1
        frame = encode(text.encode())
        self.websocket.transport.pause_reading()  # a pong inside the frame would break it
        self._trickle = asyncio.create_task(self._drip(frame, step_bytes, every_s))

    async def _drip(self, frame: bytes, step_bytes: int, every_s: float) -> None:
        transport = self.websocket.transport
        for start in range(0, len(frame), step_bytes):
            if not self._is_open:
                return
            transport.write(frame[start : start + step_bytes])
            await asyncio.sleep(every_s)
        self._trickle = None
        if not self.is_silent and self._is_open:
            transport.resume_reading()
        self.flush()

    def ended(self) -> None:
        """Stop what still runs for a connection that is over."""
        self.is_gone = True
        if self._trickle is not None:
            self._trickle.cancel()
