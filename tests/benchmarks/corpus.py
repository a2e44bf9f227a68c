"""A corpus on disk: WebSocket frames made once, so that all who are measured read the same bytes.

A folder holds `snapshot` (one frame), `updates` (frames, one behind the other), `ends` (where each
update ends, as 64-bit integers) and `instrument` (one frame). A sample of each corpus is judged by
the tests' naive model before anything is measured with it.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from tests.benchmarks import market, orders
from tests.benchmarks.market import Pair
from tests.level3_model import replay_level3
from tests.model import ModelBook, book_frames

Channel = Literal["book", "level3"]
MAKERS = {"book": market.messages, "level3": orders.messages}


def frame(payload: bytes) -> bytes:
    """Return a server's text frame (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def _payload(framed: bytes) -> bytes:
    return framed[{126: 4, 127: 10}.get(framed[1], 2) :]


@dataclass(frozen=True)
class Corpus:
    """One snapshot and `updates` frames of one book, in a folder of its own."""

    folder: Path
    pair: Pair
    depth: int
    updates: int
    checksum: int
    """Of the book after the last update."""
    bytes_each: float
    channel: Channel = "book"

    @property
    def name(self) -> str:
        """`BTC/USD` at depth 10 is `btc10`, by orders `btc10-level3`."""
        suffix = "" if self.channel == "book" else f"-{self.channel}"
        return f"{self.pair.symbol.partition('/')[0].lower()}{self.depth}{suffix}"

    def snapshot(self) -> bytes:
        """Return the snapshot message."""
        return _payload((self.folder / "snapshot").read_bytes())

    def payloads(self, count: int) -> list[bytes]:
        """Return the first `count` updates without their frames' headers."""
        ends = array("q", (self.folder / "ends").read_bytes())[:count]
        blob = (self.folder / "updates").read_bytes()[: ends[-1]]
        starts = [0, *ends[:-1]]
        return [_payload(blob[start:end]) for start, end in zip(starts, ends, strict=True)]


def write(folder: Path, pair: Pair, depth: int, updates: int, channel: Channel = "book") -> Corpus:
    """Make a corpus of `updates` updates in a new folder."""
    folder.mkdir(parents=True)
    source = MAKERS[channel](pair, depth, depth)
    payload, checksum = next(source)
    (folder / "snapshot").write_bytes(frame(payload))
    (folder / "instrument").write_bytes(frame(instrument(pair)))
    ends = array("q")
    end = 0
    with (folder / "updates").open("wb") as out:
        for payload, stated in islice(source, updates):
            checksum = stated
            framed = frame(payload)
            out.write(framed)
            end += len(framed)
            ends.append(end)
    (folder / "ends").write_bytes(ends.tobytes())
    return Corpus(folder, pair, depth, updates, checksum, end / updates, channel)


def wrong_checksums(pair: Pair, depth: int, sample: int, channel: Channel = "book") -> int:
    """Return how many of the first `sample` messages the naive model contradicts."""
    lines = [p.decode() for p, _ in islice(MAKERS[channel](pair, depth, depth), sample)]
    if channel == "level3":
        return sum(
            model.checksum() != told.checksum for told, model in replay_level3(lines, depth=depth)
        )
    book, wrong = ModelBook(depth), 0
    for told in book_frames(lines):
        change = book.snapshot if told.kind == "snapshot" else book.update
        change(told.bids, told.asks)
        wrong += book.checksum() != told.checksum
    return wrong


def instrument(pair: Pair) -> bytes:
    """Return Kraken's snapshot of the `instrument` channel with this pair alone."""
    base, _, quote = pair.symbol.partition("/")
    listed: dict[str, object] = {
        "symbol": pair.symbol,
        "base": base,
        "quote": quote,
        "status": "online",
        "price_precision": pair.price_precision,
        "qty_precision": pair.qty_precision,
    }
    data: dict[str, Sequence[object]] = {"assets": [], "pairs": [listed]}
    return json.dumps({"channel": "instrument", "type": "snapshot", "data": data}).encode()
