"""The channel `trade` (protocol.md 4.3): each sweep's fills in one update, the last 50 on request.

Pure.
"""

from __future__ import annotations

from collections.abc import Collection

from publisher.simulator import requests, tape_frames
from publisher.simulator.channels import Host, Option, Publication
from publisher.simulator.engine import Engine
from publisher.simulator.market import Change, Market
from publisher.simulator.requests import Request
from publisher.simulator.watchers import Watchers

SNAPSHOT_TRADES = 50


class Trading:
    """Who watches which symbol's trades."""

    name = "trade"
    host: Host = "public"
    option_name = ""
    has_symbols = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._watchers = Watchers()
        self._followed: set[str] = set()

    @property
    def symbols(self) -> Collection[str]:
        """Return the symbols that were ever watched: trading goes on behind a client's back, for
        REST to tell."""
        return self._followed

    def option(self, request: Request) -> Option | None:
        """Return 0: there is nothing to choose."""
        return 0

    def objection(self, number: int, request: Request, held: Option | None) -> str | None:
        """Refuse a second subscription."""
        return requests.ALREADY_SUBSCRIBED if held is not None else None

    def result(self, request: Request, symbol: str, option: Option) -> dict[str, object]:
        """Return channel and symbol, and whether a snapshot follows."""
        result: dict[str, object] = {"channel": self.name, "symbol": symbol}
        if request.method == "subscribe":
            result["snapshot"] = self.wants_snapshot(request)
        return result

    def wants_snapshot(self, request: Request) -> bool:
        """Return the parameter `snapshot`, false by default: here alone."""
        return bool(request.param("snapshot", False))

    def watch(self, number: int, symbol: str, option: Option, request: Request) -> None:
        """Let connection `number` follow."""
        self._watchers.add(number, symbol, option)
        self._followed.add(symbol)

    def unwatch(self, number: int, symbol: str, option: Option) -> None:
        """Let connection `number` follow no longer."""
        self._watchers.remove(number, symbol, option)

    def snapshot(self, number: int, symbol: str, option: Option, now_ns: int) -> str:
        """Return the last 50 trades, oldest first."""
        market = self._engine.market(symbol)
        latest = market.history.tape.latest(SNAPSHOT_TRADES)
        return tape_frames.trades("snapshot", market.instrument, latest)

    def publish(self, market: Market, change: Change, now_ns: int) -> list[Publication]:
        """Return one message with every trade of the move."""
        symbol = market.instrument.symbol
        watchers = self._watchers.of(symbol, 0) if change.trades else ()
        if not watchers:
            return []
        text = tape_frames.trades("update", market.instrument, change.trades)
        return [Publication(self.name, symbol, 0, text, watchers)]

    def reopen(self, symbol: str) -> None:
        """Do nothing: a trade is told once."""
