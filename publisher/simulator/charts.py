"""The channel `ohlc` (protocol.md 4.4): the candles that trades change, as they change. Pure."""

from __future__ import annotations

from collections.abc import Collection

from publisher.simulator import requests, tape_frames
from publisher.simulator.candles import INTERVALS, Candle
from publisher.simulator.channels import Host, Option, Publication
from publisher.simulator.engine import Engine
from publisher.simulator.market import Change, Market
from publisher.simulator.requests import Request
from publisher.simulator.watchers import Watchers

SNAPSHOT_CANDLES = 10
"""About what captures show: ten minutes at interval 1, those without trades left out."""


class Charts:
    """Who watches which symbol's candles; the option is the interval in minutes."""

    name = "ohlc"
    host: Host = "public"
    option_name = "interval"
    has_symbols = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._watchers = Watchers()
        self._followed: set[str] = set()

    @property
    def symbols(self) -> Collection[str]:
        """Return the symbols that were ever watched: trading goes on behind a client's back."""
        return self._followed

    def option(self, request: Request) -> Option | None:
        """Return the interval asked for, 0 where there is none; None for one that is no integer."""
        return requests.integer(request, "interval", 0)

    def objection(self, number: int, request: Request, held: Option | None) -> str | None:
        """Refuse what is no interval, and a second one on the same symbol (11)."""
        if request.param("interval") is None:
            return requests.INTERVAL_MISSING
        interval = self.option(request)
        if interval is None:
            return requests.INTERVAL_NO_INTEGER
        if interval not in INTERVALS:
            return requests.INTERVAL_UNSUPPORTED
        if held is None:
            return None
        is_same = held == interval
        return requests.ALREADY_SUBSCRIBED if is_same else requests.ALREADY_ONE_INTERVAL

    def result(self, request: Request, symbol: str, option: Option) -> dict[str, object]:
        """Return channel, interval and symbol; to a subscriber also snapshot and the warning."""
        result: dict[str, object] = {"channel": self.name, "interval": option, "symbol": symbol}
        if request.method == "subscribe":
            result["snapshot"] = self.wants_snapshot(request)
            result["warnings"] = [tape_frames.TIMESTAMP_WARNING]
        return result

    def wants_snapshot(self, request: Request) -> bool:
        """Return the parameter `snapshot`, true by default."""
        return bool(request.param("snapshot", True))

    def watch(self, number: int, symbol: str, option: Option, request: Request) -> None:
        """Let connection `number` follow."""
        self._watchers.add(number, symbol, option)
        self._followed.add(symbol)

    def unwatch(self, number: int, symbol: str, option: Option) -> None:
        """Let connection `number` follow no longer."""
        self._watchers.remove(number, symbol, option)

    def snapshot(self, number: int, symbol: str, option: Option, now_ns: int) -> str:
        """Return the latest candles that have trades, oldest first."""
        market = self._engine.market(symbol)
        latest = market.history.candles(int(option)).latest(SNAPSHOT_CANDLES)
        return self._text("snapshot", market, latest, int(option), now_ns)

    def publish(self, market: Market, change: Change, now_ns: int) -> list[Publication]:
        """Return one message for each watched interval: the candles that the trades changed."""
        symbol = market.instrument.symbol
        publications = []
        for option in self._watchers.options(symbol) if change.trades else ():
            interval = int(option)
            changed = market.history.candles(interval).holding(change.trades)
            text = self._text("update", market, changed, interval, now_ns)
            watchers = self._watchers.of(symbol, option)
            publications.append(Publication(self.name, symbol, option, text, watchers))
        return publications

    def reopen(self, symbol: str) -> None:
        """Do nothing: each update tells the whole candle."""

    def _text(
        self, kind: str, market: Market, candles: list[Candle], interval: int, now_ns: int
    ) -> str:
        stamp_ns = self._engine.stamped(now_ns)
        return tape_frames.ohlc(
            kind, market.instrument, candles, interval=interval, now_ns=stamp_ns
        )
