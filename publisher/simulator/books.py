"""Who watches which book at which depth, and the messages that keep each watcher right. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from publisher.simulator import frames
from publisher.simulator.engine import Engine
from publisher.simulator.market import Change, Market
from publisher.simulator.window import Window


@dataclass(slots=True)
class Publication:
    """One book message for the connections (by number) that watch its (symbol, depth)."""

    symbol: str
    depth: int
    text: str
    watchers: Collection[int]


class Books:
    """The open windows and their watchers; only watched markets move."""

    def __init__(self, engine: Engine) -> None:
        self.clock_offset_ns = 0
        """How far the venue's timestamps are off (fault X25); its timers are not."""
        self._engine = engine
        self._windows: dict[str, dict[int, Window]] = {}
        self._watchers: dict[tuple[str, int], dict[int, None]] = {}

    def watch(self, number: int, symbol: str, depth: int) -> None:
        """Let connection `number` follow the book; its snapshot is that of this moment."""
        self._watchers.setdefault((symbol, depth), {})[number] = None
        windows = self._windows.setdefault(symbol, {})
        if depth not in windows:
            windows[depth] = Window(self._engine.market(symbol), depth, self._engine.seed)
            self._engine.activate(self._windows)

    def unwatch(self, number: int, symbol: str, depth: int) -> None:
        """Let connection `number` follow it no longer; a book without watchers stands still."""
        watchers = self._watchers[symbol, depth]
        watchers.pop(number, None)
        if not watchers:
            del self._watchers[symbol, depth], self._windows[symbol][depth]
            if not self._windows[symbol]:
                del self._windows[symbol]
            self._engine.activate(self._windows)

    def snapshot(self, symbol: str, depth: int, now_ns: int) -> str:
        """Return the present book as a snapshot message."""
        return frames.book_snapshot(self._engine.market(symbol), depth, self._stamp(now_ns))

    def step(self, now_ns: int) -> list[Publication]:
        """Move one watched market and return the messages; an invisible move gives none."""
        moved = self._engine.step(now_ns)
        return self.publish(*moved, now_ns) if moved is not None else []

    def publish(self, market: Market, change: Change, now_ns: int) -> list[Publication]:
        """Return one message for each watched depth at which `change` shows."""
        symbol = market.instrument.symbol
        publications = []
        for depth, window in self._windows.get(symbol, {}).items():
            bids, asks = window.follow(change)
            if bids or asks:
                time = self._stamp(now_ns)
                text = frames.book("update", market, bids=bids, asks=asks, time=time)
                watchers = self._watchers[symbol, depth]
                publications.append(Publication(symbol, depth, text, watchers))
        return publications

    def reopen(self, symbol: str) -> None:
        """Take the book as every client's starting point, after its market was restated."""
        for window in self._windows.get(symbol, {}).values():
            window.open()

    def _stamp(self, now_ns: int) -> str:
        return frames.timestamp(now_ns + self.clock_offset_ns)
