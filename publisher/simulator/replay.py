"""Playing a capture to one connection: exactly its frames, in recorded order, at a chosen pace.

Nothing is played before the connection has subscribed to every symbol of the capture, or a grace
has passed since its last subscription. A symbol that is subscribed again in the middle gets a
snapshot made from the frames played so far, as Kraken would send its present book. Pure; the
time is an argument in seconds.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Container
from typing import Literal
from zlib import crc32

from publisher.simulator.capture import Capture, Recorded
from publisher.simulator.replay_orders import orders_snapshot

State = Literal["waiting", "playing", "done"]


class Playback:
    """One connection's own run through a capture."""

    def __init__(self, capture: Capture, *, speed: float, grace_s: float, loops: int) -> None:
        self.capture = capture
        self.state: State = "waiting"
        self.played = 0
        self._speed = speed
        self._grace_s = grace_s
        self._loops_left = loops
        self._position = 0
        self._started = 0.0
        self._start_by: float | None = None

    @property
    def is_done(self) -> bool:
        """Return whether every loop was played to its end."""
        return self.state == "done"

    def subscribed(self, keys: Collection[tuple[str, str]], now: float) -> None:
        """Take note that the connection's subscriptions grew; start when every symbol is there.

        A channel that it did not ask for at all, such as one of another endpoint, is not missed.
        """
        if self.state != "waiting":
            return
        asked = {channel for channel, _ in keys}
        complete = all(key in keys for key in self.capture.books if key[0] in asked)
        self._start_by = now if complete else now + self._grace_s

    def due(self, keys: Container[tuple[str, str]], now: float, most: int) -> list[Recorded]:
        """Return up to `most` frames of the subscribed (channel, symbol) whose time has come."""
        if self.state == "waiting":
            if self._start_by is None or now < self._start_by:
                return []
            self.state, self._started = "playing", now
        frames: list[Recorded] = []
        recorded = self.capture.frames
        while self.state == "playing" and len(frames) < most:
            if self._position == len(recorded):
                self._next_loop(now)
                continue
            frame = recorded[self._position]
            if self._speed and (now - self._started) * self._speed * 1e9 < frame.after_ns:
                break
            self._position += 1
            if (frame.channel, frame.symbol) in keys:
                frames.append(frame)
        self.played += len(frames)
        return frames

    def _next_loop(self, now: float) -> None:
        self._loops_left -= 1
        if self._loops_left > 0:
            self._position, self._started = 0, now
        else:
            self.state = "done"

    def present_book(self, channel: str, symbol: str) -> str | None:
        """Return a snapshot of a book as of now; None before the capture's own snapshot was
        played."""
        if self.state == "waiting":
            return None
        frames = self.capture.frames[: self._position]
        texts = [f.text for f in frames if (f.channel, f.symbol) == (channel, symbol)]
        made = orders_snapshot if channel == "level3" else _snapshot
        return made(texts, self.capture.depth) if texts else None


def _snapshot(texts: list[str], depth: int) -> str:
    """Return the book that these messages leave, from the digits as recorded."""
    sides: dict[str, dict[str, str]] = {"bids": {}, "asks": {}}
    item: dict[str, object] = {}
    for text in texts:
        message = json.loads(text, parse_float=str)
        item = message["data"][0]
        for name, side in sides.items():
            if message["type"] == "snapshot":
                side.clear()
            for level in message["data"][0][name]:
                side.pop(str(level["price"]), None)
                if str(level["qty"]).strip("0.") != "":
                    side[str(level["price"])] = str(level["qty"])
            for price in _best_first(side, name)[depth:]:
                del side[price]
    bids = [(price, sides["bids"][price]) for price in _best_first(sides["bids"], "bids")]
    asks = [(price, sides["asks"][price]) for price in _best_first(sides["asks"], "asks")]
    return (
        f'{{"channel":"book","type":"snapshot","data":[{{"symbol":"{item["symbol"]}",'
        f'"bids":[{_text(bids)}],"asks":[{_text(asks)}],"checksum":{_checksum(asks, bids)},'
        f'"timestamp":"{item.get("timestamp", "2026-01-01T00:00:00.000000Z")}"}}]}}'
    )


def _best_first(side: dict[str, str], name: str) -> list[str]:
    # A symbol's prices have equally many decimals: without the point they order as integers.
    return sorted(side, key=lambda price: int(price.replace(".", "")), reverse=name == "bids")


def _text(levels: list[tuple[str, str]]) -> str:
    return ",".join(f'{{"price":{price},"qty":{qty}}}' for price, qty in levels)


def _checksum(asks: list[tuple[str, str]], bids: list[tuple[str, str]]) -> int:
    tokens = [token for level in (*asks[:10], *bids[:10]) for token in level]
    return crc32("".join(token.replace(".", "").lstrip("0") for token in tokens).encode())
