"""The limit: a loop that reads the same frames and appends made-up entries, and nothing else.

No JSON, no book, no checksum: its own frame reader finds where frames end, and for each it sends
the same ready bytes of a plain `XADD`, one send for each read, replies counted as they come. What
the publisher does beyond this is what its work costs (decisions, Measuring).

    python -m tests.benchmarks.relay URL REDIS_PORT STREAM PAYLOAD_BYTES UPDATES

Prints a JSON line when the snapshot has come, and another when every append is answered.
"""

from __future__ import annotations

import base64
import json
import os
import select
import socket
import sys
from urllib.parse import urlsplit

from tests.benchmarks.venue import say

RECEIVE_BYTES = 65536


def main(arguments: list[str]) -> None:
    """Relay until every update is answered."""
    url, port, stream, payload_bytes, updates = arguments
    venue = _dial(url)
    redis = socket.create_connection(("127.0.0.1", int(port)))
    redis.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # status, instrument ack and snapshot, book ack and snapshot
    rest = _skip(venue, 5)
    say({"event": "snapshot"})
    _relay(venue, redis, rest, append_command(stream, int(payload_bytes)), int(updates))
    say({"event": "done"})


def append_command(stream: str, payload_bytes: int) -> bytes:
    """Return one XADD as it goes over the wire."""
    words = [b"XADD", stream.encode(), b"*", b"d", b"x" * payload_bytes]
    return b"*5\r\n" + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


def _relay(
    venue: socket.socket, redis: socket.socket, rest: bytes, command: bytes, updates: int
) -> None:
    """Pass on `updates` frames; `rest` are bytes of the venue already read."""
    answered = 0
    redis.setblocking(False)
    poller = select.poll()
    poller.register(venue, select.POLLIN)
    poller.register(redis, select.POLLIN)
    ends = 0  # each XADD is answered by `$<size>`, a line, and the id, a line
    while answered < updates:
        for descriptor, _ in poller.poll():
            if descriptor == redis.fileno():
                ends += redis.recv(RECEIVE_BYTES).count(b"\n")
                answered = ends // 2
                continue
            data = venue.recv(RECEIVE_BYTES)
            if not data:
                raise ConnectionError("the venue went away")
            count, rest = split(rest + data if rest else data)
            _send(redis, command * count)


def _send(redis: socket.socket, commands: bytes) -> None:
    view = memoryview(commands)
    while view:
        try:
            view = view[redis.send(view) :]
        except BlockingIOError:
            select.select([], [redis], [])


def split(data: bytes) -> tuple[int, bytes]:
    """Return how many whole frames `data` begins with, and what follows them."""
    position, end, count = 0, len(data), 0
    while position + 4 <= end:
        length = data[position + 1]
        start = position + 2
        if length == 126:
            start += 2
            length = data[position + 2] << 8 | data[position + 3]
        elif length == 127:
            start += 8
            length = int.from_bytes(data[position + 2 : start], "big")
        if start + length > end:
            break
        position = start + length
        count += 1
    return count, data[position:]


def _dial(url: str) -> socket.socket:
    """Connect, shake hands and subscribe as the publisher does."""
    address = urlsplit(url)
    venue = socket.create_connection((str(address.hostname), int(address.port or 0)))
    key = base64.b64encode(os.urandom(16)).decode()
    venue.sendall(f"GET / HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += venue.recv(1)
    for params in ({"channel": "instrument"}, {"channel": "book", "symbol": ["?"], "depth": 0}):
        text = json.dumps({"method": "subscribe", "params": params, "req_id": 1}).encode()
        venue.sendall(bytes((0x81, 0x80 | len(text))) + b"\0\0\0\0" + text)
    return venue


def _skip(venue: socket.socket, frames: int) -> bytes:
    """Read until `frames` frames have come; return what follows them."""
    data = b""
    while split(data)[0] < frames:
        data += venue.recv(RECEIVE_BYTES)
    return split(data)[1]


if __name__ == "__main__":
    main(sys.argv[1:])
