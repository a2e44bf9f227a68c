"""WebSocket frames of a server, from bytes to messages (RFC 6455), without a socket.

`FrameReader.feed` takes what `recv` gave and returns the complete text and binary messages, oldest
first; control frames gather in `controls`. Bytes of an unfinished frame wait in chunks that are
joined once, when the frame is whole, so that slow or large frames cost no repeated copies. It never
answers: pongs and closes are the shell's. A frame that breaks the RFC raises BadFrame, a message
over the limit FrameTooLarge; the reader is of no use after either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from publisher.errors import BadFrame, FrameTooLarge


class Opcode(IntEnum):
    """RFC 6455, section 5.2."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


@dataclass(frozen=True, slots=True)
class Control:
    """A control frame that the shell must act on."""

    opcode: Opcode
    payload: bytes


@dataclass(slots=True)
class FrameReader:
    """Splits a server's byte stream into messages of at most `limit` bytes (125 or more)."""

    limit: int
    controls: list[Control] = field(default_factory=list)
    largest: int = 125
    """Bytes of the largest message so far, refused ones too; short ones are not looked at."""
    _chunks: list[bytes] = field(default_factory=list)
    _have: int = 0
    _need: int = 2
    _fragments: list[bytes] | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that `data` completes; raise BadFrame or FrameTooLarge."""
        if self._chunks:
            self._chunks.append(data)
            self._have += len(data)
            if self._have < self._need:
                return []
            data = b"".join(self._chunks)
            self._chunks.clear()
        messages: list[bytes] = []
        position = self._split(data, messages)
        if position < len(data):
            self._chunks.append(data[position:])
        self._have = len(data) - position
        return messages

    @property
    def is_inside_message(self) -> bool:
        """True while a message has begun and not ended."""
        return bool(self._chunks) or self._fragments is not None

    def _split(self, data: bytes, messages: list[bytes]) -> int:
        """Append whole messages; return where the unfinished frame begins, and note its size."""
        position, end = 0, len(data)
        while True:
            start = position + 2
            if start > end:
                self._need = 2
                return position
            length = data[position + 1]
            if length > 125:
                if length > 127:
                    raise BadFrame("a server's frame is masked")
                start += 2 if length == 126 else 8
                if start > end:
                    self._need = start - position
                    return position
                if length == 126:
                    length = data[position + 2] << 8 | data[position + 3]
                else:
                    length = int.from_bytes(data[position + 2 : start], "big")
                if length > self.largest:  # which passes the limit only where reading ends
                    self.largest = length
                    if length > self.limit:
                        raise FrameTooLarge(length, self.limit)
            stop = start + length
            if stop > end:
                self._need = stop - position
                return position
            first = data[position]
            if first == 0x81 and self._fragments is None:  # a whole text message: nearly all
                messages.append(data[start:stop])
            else:
                self._other(first, data[start:stop], messages)
            position = stop

    def _other(self, first: int, payload: bytes, messages: list[bytes]) -> None:
        final, opcode = bool(first & 0x80), first & 0x0F
        if first & 0x70:
            raise BadFrame("reserved bits are set: no extension was agreed")
        if opcode >= Opcode.CLOSE:
            if opcode > Opcode.PONG or not final or len(payload) > 125:
                raise BadFrame(f"control frame {first:#x} of {len(payload)} bytes")
            self.controls.append(Control(Opcode(opcode), payload))
            return
        if opcode > Opcode.BINARY:
            raise BadFrame(f"unknown opcode {opcode}")
        if (opcode == Opcode.CONTINUATION) != (self._fragments is not None):
            raise BadFrame("a fragment is missing, or has nothing to continue")
        fragments = [*(self._fragments or []), payload]
        size = sum(map(len, fragments))
        self.largest = max(self.largest, size)
        if size > self.limit:
            raise FrameTooLarge(size, self.limit)
        if final:
            messages.append(b"".join(fragments))
        self._fragments = None if final else fragments
