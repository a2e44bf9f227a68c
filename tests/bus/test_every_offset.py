"""A batch's request cut at every byte, and its reply: the streams are whole every time."""

from __future__ import annotations

import re
from typing import Any

import msgpack
import pytest

from tests.bus.desk import A, B
from tests.bus.writing import OTHER, STREAM, Desk
from tests.matrix import MatrixRow
from tests.servers import RedisServer
from tests.tcp_proxy import Direction, TcpProxy

COUNT = 3
"""Updates of each of the two streams that share the batch."""
ANSWER = rb"\*[46]\r\n"
"""Two words a stream; the status stream joins once a second."""
LONG_LEASE_S = 60.0
"""So that hardly anything but the batches is on the wire."""


class Cutting(Direction):
    """Cuts the one piece that has `marks`, those of a batch or of its answer, at an offset."""

    def __init__(self, marks: bytes) -> None:
        super().__init__()
        self.marks = re.compile(marks)
        self.at: int | None = None
        self.length = 0
        """Of the piece that was cut."""

    def admit(self, data: bytes) -> tuple[bytes, bool]:
        if self.at is None or not self.marks.search(data):
            return super().admit(data)
        self.length, at, self.at = len(data), self.at, None
        self.cuts += 1
        return data[:at], True


def sweep(desk: Desk, direction: Cutting) -> int:
    """Send one batch after the other, each cut one byte later; return how many were cut."""
    at = 0
    while at <= direction.length:
        direction.at = at
        desk.publish(A, COUNT)
        desk.publish(B, COUNT)
        desk.until(lambda: desk.writer.is_settled, f"a batch that was cut at {at}")
        assert direction.cuts == at + 1, "it was not cut"
        at += 1
    return at


def assert_whole(client: Any, stream: str, batches: int) -> None:
    """Every update once and in order, in one epoch, and nothing else but what it opened with."""
    entries = client.xrange(stream)
    ids = [tuple(map(int, entry_id.split(b"-"))) for entry_id, _ in entries]
    assert {epoch for epoch, _ in ids} == {ids[0][0]}
    assert [seq for _, seq in ids] == list(range(len(ids)))
    events = [msgpack.unpackb(fields[b"d"]) for _, fields in entries]
    told = [event["te"] for event in events if event["t"] == "update"]
    assert told == list(range(COUNT)) * batches


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.row("R16")
@pytest.mark.parametrize("which", ["request", "reply"])
def test_cut_at_every_byte(which: str, redis_server: RedisServer, matrix_row: MatrixRow) -> None:
    """R16: of a batch or of its answer so many bytes arrive, then the connection is gone."""
    proxy = TcpProxy(redis_server.port)
    proxy.up, proxy.down = up, down = Cutting(rb"book\.10"), Cutting(ANSWER)
    direction = up if which == "request" else down
    with proxy, redis_server.client() as client:
        desk = Desk(f"redis://127.0.0.1:{proxy.port}", lease_s=LONG_LEASE_S)
        try:
            desk.opened()
            direction.length = 1  # known with the first
            batches = sweep(desk, direction)
        finally:
            desk.writer.close()
            desk.selector.close()
        for stream in (STREAM, OTHER):
            assert_whole(client, stream, batches)
        assert batches > (500 if which == "request" else 10)
        matrix_row.saw("each stream contiguous, each update once, one epoch", count=batches)
