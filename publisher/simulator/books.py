"""The channel `book`: windows on the watched books, and the messages that keep each watcher right.

protocol.md 5. Pure.
"""

from __future__ import annotations

from collections.abc import Collection

from publisher.simulator import frames, requests
from publisher.simulator.channels import Host, Option, Publication
from publisher.simulator.engine import Engine
from publisher.simulator.market import Change, Market
from publisher.simulator.requests import Request
from publisher.simulator.watchers import Watchers
from publisher.simulator.window import Window


class Books:
    """The open windows and their watchers; the option is the depth."""

    name = "book"
    host: Host = "public"
    option_name = "depth"
    has_symbols = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._windows: dict[str, dict[Option, Window]] = {}
        self._watchers = Watchers()

    @property
    def symbols(self) -> Collection[str]:
        """Return the symbols with a watched book."""
        return self._watchers.symbols

    def option(self, request: Request) -> Option | None:
        """Return the depth asked for."""
        return requests.integer(request, "depth", 10)

    def objection(self, number: int, request: Request, held: Option | None) -> str | None:
        """Refuse depths that are not offered, and a second subscription at any depth."""
        return requests.depth_objection(request, requests.DEPTHS, held)

    def result(self, request: Request, symbol: str, option: Option) -> dict[str, object]:
        """Return channel, depth, snapshot and symbol."""
        snapshot = request.method == "unsubscribe" or self.wants_snapshot(request)
        return {"channel": self.name, "depth": option, "snapshot": snapshot, "symbol": symbol}

    def wants_snapshot(self, request: Request) -> bool:
        """Return the parameter `snapshot`, true by default."""
        return bool(request.param("snapshot", True))

    def watch(self, number: int, symbol: str, option: Option, request: Request) -> None:
        """Let connection `number` follow the book; its snapshot is that of this moment."""
        if self._watchers.add(number, symbol, option):
            window = Window(self._engine.market(symbol), int(option), self._engine.seed)
            self._windows.setdefault(symbol, {})[option] = window

    def unwatch(self, number: int, symbol: str, option: Option) -> None:
        """Let connection `number` follow it no longer."""
        if self._watchers.remove(number, symbol, option):
            del self._windows[symbol][option]
            if not self._windows[symbol]:
                del self._windows[symbol]

    def snapshot(self, number: int, symbol: str, option: Option, now_ns: int) -> str:
        """Return the present book as a snapshot message."""
        stamp = frames.timestamp(self._engine.stamped(now_ns))
        return frames.book_snapshot(self._engine.market(symbol), int(option), stamp)

    def publish(self, market: Market, change: Change, now_ns: int) -> list[Publication]:
        """Return one message for each watched depth at which `change` shows."""
        symbol = market.instrument.symbol
        publications = []
        for depth, window in self._windows.get(symbol, {}).items():
            bids, asks = window.follow(change)
            if bids or asks:
                time = frames.timestamp(self._engine.stamped(now_ns))
                text = frames.book("update", market, bids=bids, asks=asks, time=time)
                watchers = self._watchers.of(symbol, depth)
                publications.append(Publication(self.name, symbol, depth, text, watchers))
        return publications

    def reopen(self, symbol: str) -> None:
        """Take the book as every client's starting point, after its market was restated."""
        for window in self._windows.get(symbol, {}).values():
            window.open()
