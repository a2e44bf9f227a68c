"""The shipped scripts on a real server, called as plainly as can be."""

from __future__ import annotations

from typing import Any

import redis

from publisher.bus import scripts
from publisher.bus.scripts import Code, Mode

STREAM, OWN, SNAP = "{t.A/B}:book.10", "{t.A/B}:book.10.own", "{t.A/B}:book.10.snap"
LEASE = "{t.feed.f}:lease"
WRITER, FEED = "18446744073709551615", "f"
EPOCH = 1_795_360_166_464
"""An epoch of real size: Lua prints it as 1.7953601664640e+12 when one is not careful."""
KEEP_MS = 60_000

Answer = tuple[Code, str]


class Scripts:
    """One stream's scripts. Answers are (code, detail)."""

    def __init__(self, client: redis.Redis, stream: str = STREAM) -> None:
        self.redis: Any = client
        self.keys = (stream, stream + ".own", stream + ".snap")

    def _call(self, script: str, keys: tuple[str, ...], *arguments: object) -> Any:
        return self.redis.eval(script, len(keys), *keys, *arguments)

    def open(self, epoch: int = EPOCH, *, inspected: str = "0-0", writer: str = WRITER,
             entries: tuple[str, ...] = ("epoch", "event", "body"),
             feed: str = FEED, keep_ms: int = KEEP_MS) -> Answer:  # fmt: skip
        return _answer(self._call(
            scripts.OPEN, self.keys, epoch, writer, feed, inspected, keep_ms, *entries
        ))  # fmt: skip

    def append(self, expected: int, *payloads: str, epoch: int = EPOCH, writer: str = WRITER,
               mode: Mode = Mode.NORMAL, bodies: dict[int, str] | None = None,
               keep_ms: int = KEEP_MS) -> Answer:  # fmt: skip
        return _answer(self._call(
            scripts.APPEND, self.keys,
            writer, FEED, keep_ms,
            *part(expected, *payloads, epoch=epoch, mode=mode, bodies=bodies),
        ))  # fmt: skip

    def snapshot(self, seq: int, body: str = "body", *, epoch: int = EPOCH, writer: str = WRITER,
                 keep_ms: int = KEEP_MS) -> Answer:  # fmt: skip
        return _answer(self._call(scripts.SNAPSHOT, self.keys, epoch, writer, seq, body, keep_ms))

    def inspect(self) -> tuple[str, str]:
        last, feed = self._call(scripts.INSPECT, self.keys[:2])
        return last.decode(), feed.decode()

    def ids(self) -> list[str]:
        """The ids of the stream."""
        return [entry_id.decode() for entry_id, _ in self.redis.xrange(self.keys[0])]

    def payloads(self) -> list[str]:
        return [fields[b"d"].decode() for _, fields in self.redis.xrange(self.keys[0])]

    def snaps(self) -> list[str]:
        """The ids of `.snap`."""
        return [entry_id.decode() for entry_id, _ in self.redis.xrange(self.keys[2])]

    def owner(self) -> dict[str, str]:
        held = self.redis.hgetall(self.keys[1])
        return {key.decode(): value.decode() for key, value in held.items()}


def part(
    expected: int,
    *payloads: str,
    epoch: int = EPOCH,
    mode: Mode = Mode.NORMAL,
    bodies: dict[int, str] | None = None,
) -> list[object]:
    """Return one stream's arguments of an append."""
    flat = [word for seq, body in (bodies or {}).items() for word in (seq, body)]
    head = [epoch, expected, int(mode), len(payloads), len(bodies or {})]
    return [*head, *payloads, *flat]


def _answer(reply: list[Any]) -> Answer:
    code, detail = reply
    return Code(code), detail.decode() if isinstance(detail, bytes) else str(detail)
