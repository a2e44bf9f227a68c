"""What a publisher would write, packed by hand: the consumer's tests know no publisher.

`Story` keeps its own book by the dullest means (a dict and `sorted`); checksums come from text.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, field
from typing import Any

import msgpack
import redis

STREAM = "{kraken.BTC/USD}:book.10"
EPOCH = 1_795_479_290_094
TIME = 1_795_479_290_094_138_051

Levels = list[tuple[int, int]]


def pack(kind: str, **keys: Any) -> bytes:
    """Return an event's bytes: the common keys, then `keys`."""
    packed: bytes = msgpack.packb(
        {"t": kind, "te": TIME, "tr": TIME + 1, "tp": TIME + 2, "f": 0, **keys}
    )
    return packed


def checksum(bids: Levels, asks: Levels) -> int:
    """Return the CRC-32 of WIRE §5.2 of two sides that come best first."""
    text = "".join(f"{price}{qty}" for price, qty in asks[:10] + bids[:10])
    return zlib.crc32(text.encode())


def best_first(levels: dict[int, int], side: str, depth: int) -> Levels:
    """Return a model's side as wire levels."""
    order = sorted(levels, reverse=side == "bid")
    return [(price, levels[price]) for price in order[:depth]]


@dataclass
class Story:
    """A stream that grows by random, correct events, with the model's book after each of them."""

    seed: int = 1
    depth: int = 10
    epoch: int = EPOCH
    seq: int = 0
    symbol: str = "BTC/USD"
    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)
    entries: list[tuple[bytes, bytes]] = field(default_factory=list)
    books: dict[bytes, tuple[Levels, Levels]] = field(default_factory=dict)
    pointed: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        for step in range(self.depth):
            self.bids[100_000 - 10 * step] = 500 + step
            self.asks[100_010 + 10 * step] = 700 + step
        self.begin(self.epoch)

    def begin(self, epoch: int, **keys: Any) -> None:
        """Open an epoch: its `epoch` event and the first snapshot."""
        self.epoch, self.seq = epoch, -1
        book = {"ch": "book", "y": self.symbol, "d": self.depth, "pp": 1, "qp": 8}
        self.append(pack("epoch", v=1, why="start", fd="f", w=7, **book, **keys))
        self.append(self.snapshot())

    def append(self, data: bytes) -> bytes:
        """Append an event under the next id; return the id."""
        self.seq += 1
        entry_id = b"%d-%d" % (self.epoch, self.seq)
        self.entries.append((entry_id, data))
        self.books[entry_id] = self.sides()
        return entry_id

    def sides(self) -> tuple[Levels, Levels]:
        """Return the model's book, best first."""
        return best_first(self.bids, "bid", self.depth), best_first(self.asks, "ask", self.depth)

    def snapshot(self, **keys: Any) -> bytes:
        """Return the whole book as a `snapshot` event."""
        bids, asks = self.sides()
        book = {"v": 1, "ch": "book", "y": self.symbol, "d": self.depth, "pp": 1, "qp": 8}
        return pack("snapshot", **{**book, "c": checksum(bids, asks), "b": bids, "a": asks, **keys})

    def snapshot_pointer(self) -> bytes:
        """Return a pointer to the whole book, which `pointed` keeps under the next id."""
        self.pointed[b"%d-%d" % (self.epoch, self.seq + 1)] = self.snapshot()
        book = {"v": 1, "ch": "book", "y": self.symbol, "d": self.depth, "pp": 1, "qp": 8}
        return pack("snapshot", **book, c=checksum(*self.sides()), ptr=1)

    def update(self) -> bytes:
        """Append one to three random deltas; return the entry's id."""
        deltas: dict[str, Levels] = {"bid": [], "ask": []}
        for _ in range(self._random.randint(1, 3)):
            side = self._random.choice(["bid", "ask"])
            levels = self.bids if side == "bid" else self.asks
            if levels and self._random.random() < 0.3:
                price, qty = self._random.choice(list(levels)), 0
            else:
                step = 10 * self._random.randint(0, self.depth + 3)
                price = 100_000 - step if side == "bid" else 100_010 + step
                qty = self._random.randint(1, 10**9)
            deltas[side].append((price, qty))
            levels.pop(price, None)
            if qty:
                levels[price] = qty
        self.bids = dict(best_first(self.bids, "bid", self.depth))
        self.asks = dict(best_first(self.asks, "ask", self.depth))
        bids, asks = self.sides()
        return self.append(pack("update", b=deltas["bid"], a=deltas["ask"], c=checksum(bids, asks)))

    def grow(self, updates: int) -> Story:
        """Append so many updates; return the story itself."""
        for _ in range(updates):
            self.update()
        return self


class Writer:
    """Writes a story to Redis with plain XADD, entries and snapshots."""

    def __init__(self, client: redis.Redis, stream: str = STREAM) -> None:
        self.client = client
        self.stream = stream
        self.written = 0

    def entries(self, story: Story) -> None:
        """Write what the story has grown by."""
        with self.client.pipeline(transaction=False) as pipeline:
            for entry_id, data in story.entries[self.written :]:
                pipeline.xadd(self.stream, {"d": data}, id=entry_id)
            pipeline.execute()
        self.written = len(story.entries)

    def snapshot(self, story: Story) -> None:
        """Write the story's book to `.snap` under its last id."""
        self.client.xadd(f"{self.stream}.snap", {"d": story.snapshot()}, id=story.entries[-1][0])
