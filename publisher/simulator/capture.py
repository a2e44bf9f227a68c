"""A recorded capture: raw frames in order, and what can be learned from them.

NDJSON, one frame a line, as received from Kraken. The text is kept byte for byte; control frames
(status, acks, heartbeats) are read but not played, since the simulator sends its own. Precisions
come from instrument frames, and where there are none from the digits of the book's numbers. Pure
but for `load`, which reads the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from publisher.errors import ConfigurationError
from publisher.simulator.instruments import Instrument
from publisher.simulator.requests import DEPTHS

PLAYED_CHANNELS = frozenset({"book", "trade", "ticker", "ohlc", "level3"})

BOOK_CHANNELS = frozenset({"book", "level3"})
"""Channels that start with a snapshot and have a depth."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One frame to be played: its text, where it belongs, its time in ns after the first one."""

    text: str
    channel: str
    symbol: str
    kind: Literal["snapshot", "update"]
    after_ns: int


@dataclass(frozen=True, slots=True)
class Capture:
    """All frames to be played, in recorded order."""

    frames: tuple[Recorded, ...]
    instruments: tuple[Instrument, ...]
    depth: int

    @property
    def channels(self) -> dict[str, int]:
        """Return {channel: depth}, depth 0 where a channel has none."""
        names = dict.fromkeys(frame.channel for frame in self.frames)
        return {name: self.depth if name in BOOK_CHANNELS else 0 for name in names}

    @property
    def books(self) -> frozenset[tuple[str, str]]:
        """Return the (channel, symbol) of every recorded book, by levels or by orders."""
        return frozenset(
            (frame.channel, frame.symbol) for frame in self.frames if frame.channel in BOOK_CHANNELS
        )

    @property
    def length_ns(self) -> int:
        """Return the recorded time between the first frame and the last."""
        return self.frames[-1].after_ns if self.frames else 0


def load(path: Path) -> Capture:
    """Read a capture. Raises ConfigurationError for a file without a frame that can be played."""
    with path.open(encoding="utf-8") as lines:
        capture = read(line.rstrip("\r\n") for line in lines if line.strip())
    if not capture.frames:
        raise ConfigurationError(
            "--replay", str(path), "NDJSON of raw frames, book frames among them"
        )
    return capture


def read(lines: Iterable[str]) -> Capture:
    """Return the capture of these raw frames; a line that is no JSON object is left out."""
    frames: list[Recorded] = []
    precisions: dict[str, tuple[int, int]] = {}
    listed: dict[str, tuple[int, int]] = {}
    depths: set[int] = set()
    longest = 0
    first_ns = last_ns = 0
    for line in lines:
        message = _object(line)
        channel = message.get("channel")
        if channel == "instrument":
            for pair in message["data"].get("pairs", ()):
                listed[pair["symbol"]] = (pair["price_precision"], pair["qty_precision"])
        if message.get("method") == "subscribe" and message.get("success"):
            depths.add(message["result"].get("depth", 0))
        if channel not in PLAYED_CHANNELS or not message.get("data"):
            continue
        item = message["data"][0]
        stamp = _stamp(item)
        first_ns = first_ns or stamp
        last_ns = max(last_ns, stamp - first_ns if stamp else 0)
        kind: Literal["snapshot", "update"] = (
            "snapshot" if message.get("type") == "snapshot" else "update"
        )
        frames.append(Recorded(line, channel, item["symbol"], kind, last_ns))
        if channel in BOOK_CHANNELS:
            longest = max(longest, _levels(item["bids"]), _levels(item["asks"]))
            known = precisions.get(item["symbol"], (0, 0))
            precisions[item["symbol"]] = _digits(item, known)
    named = sorted(depths & set(DEPTHS))
    depth = named[0] if named else next((d for d in DEPTHS if d >= longest), DEPTHS[-1])
    symbols = dict.fromkeys(frame.symbol for frame in frames)
    instruments = tuple(
        Instrument(symbol, *(listed.get(symbol) or precisions.get(symbol, (8, 8))), 1, 1)
        for symbol in symbols
    )
    return Capture(tuple(frames), instruments, depth)


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line, parse_float=str)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _digits(item: dict[str, Any], known: tuple[int, int]) -> tuple[int, int]:
    levels = [*item["bids"], *item["asks"]]
    price = max((_decimals(_price(level)) for level in levels), default=0)
    qty = max((_decimals(level.get("qty", level.get("order_qty"))) for level in levels), default=0)
    return max(price, known[0]), max(qty, known[1])


def _decimals(token: object) -> int:
    """Return the digits behind the point of a number's own text."""
    return len(str(token).partition(".")[2])


def _levels(side: list[dict[str, Any]]) -> int:
    """Return how many prices a list of levels or orders has."""
    return len({_price(level) for level in side})


def _price(level: dict[str, Any]) -> object:
    return level.get("price", level.get("limit_price"))


def _stamp(item: dict[str, Any]) -> int:
    """Return the time of a message in Unix ns; old level3 messages have only that of their latest
    order."""
    stamp = _nanoseconds(item.get("timestamp"))
    orders = [*item.get("bids", ()), *item.get("asks", ())]
    return stamp or max((_nanoseconds(order.get("timestamp")) for order in orders), default=0)


def _nanoseconds(stamp: object) -> int:
    """Return Unix time in ns of an RFC 3339 text; 0 when there is none."""
    if not isinstance(stamp, str) or "T" not in stamp:
        return 0
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds * 1_000_000_000 + int(fraction[:9].ljust(9, "0") or 0)
