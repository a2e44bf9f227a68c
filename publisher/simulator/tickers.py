"""The channel `ticker` (protocol.md 4.1): best bid and offer, and the statistics of 24 hours.

`event_trigger` says when: at each trade, or when a best price changes; a change of its quantity
alone tells nothing. Pure.
"""

from __future__ import annotations

from collections.abc import Collection

from publisher.simulator import requests, tape_frames
from publisher.simulator.channels import Host, Option, Publication
from publisher.simulator.engine import Engine
from publisher.simulator.market import Change, Market
from publisher.simulator.requests import Request
from publisher.simulator.tape_frames import Top
from publisher.simulator.watchers import Watchers

TRIGGERS = ("bbo", "trades")


class Tickers:
    """Who watches which ticker; the option is the trigger."""

    name = "ticker"
    host: Host = "public"
    option_name = "event_trigger"
    has_symbols = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._watchers = Watchers()
        self._followed: set[str] = set()
        self._told: dict[str, tuple[int | None, ...]] = {}

    @property
    def symbols(self) -> Collection[str]:
        """Return the symbols that were ever watched: trading goes on behind a client's back."""
        return self._followed

    def option(self, request: Request) -> Option | None:
        """Return the trigger asked for, `trades` by default."""
        trigger = request.param("event_trigger", "trades")
        return trigger if isinstance(trigger, str) else None

    def objection(self, number: int, request: Request, held: Option | None) -> str | None:
        """Refuse unknown triggers, and a second subscription with either."""
        if self.option(request) not in TRIGGERS:
            return requests.TRIGGER_INVALID
        return requests.ALREADY_SUBSCRIBED if held is not None else None

    def result(self, request: Request, symbol: str, option: Option) -> dict[str, object]:
        """Return channel, event_trigger and symbol, and whether a snapshot follows."""
        result: dict[str, object] = {"channel": self.name, "symbol": symbol}
        result["event_trigger"] = option
        if request.method == "subscribe":
            result["snapshot"] = self.wants_snapshot(request)
        return result

    def wants_snapshot(self, request: Request) -> bool:
        """Return the parameter `snapshot`, true by default."""
        return bool(request.param("snapshot", True))

    def watch(self, number: int, symbol: str, option: Option, request: Request) -> None:
        """Let connection `number` follow."""
        self._watchers.add(number, symbol, option)
        self._followed.add(symbol)
        self.reopen(symbol)

    def unwatch(self, number: int, symbol: str, option: Option) -> None:
        """Let connection `number` follow no longer."""
        if self._watchers.remove(number, symbol, option) and option == "bbo":
            del self._told[symbol]

    def snapshot(self, number: int, symbol: str, option: Option, now_ns: int) -> str:
        """Return the present ticker."""
        return self._text("snapshot", self._engine.market(symbol), now_ns)

    def publish(self, market: Market, change: Change, now_ns: int) -> list[Publication]:
        """Return a message for each trigger that the move has set off."""
        symbol = market.instrument.symbol
        due = [
            trigger
            for trigger in self._watchers.options(symbol)
            if self._is_due(trigger, change, market)
        ]
        if not due:
            return []
        text = self._text("update", market, now_ns)
        return [
            Publication(self.name, symbol, trigger, text, self._watchers.of(symbol, trigger))
            for trigger in due
        ]

    def _is_due(self, trigger: Option, change: Change, market: Market) -> bool:
        if trigger == "trades":
            return bool(change.trades)
        symbol = market.instrument.symbol
        prices = _best_prices(market)
        if self._told[symbol] == prices:
            return False
        self._told[symbol] = prices
        return True

    def reopen(self, symbol: str) -> None:
        """Take the present best prices as known."""
        if "bbo" in self._watchers.options(symbol):
            self._told[symbol] = _best_prices(self._engine.market(symbol))

    def _text(self, kind: str, market: Market, now_ns: int) -> str:
        stamp_ns = self._engine.stamped(now_ns)
        day = market.history.day
        day.expire(self._engine.matching_ns(now_ns))
        return tape_frames.ticker(
            kind, market.instrument, top=_top(market), day=day, now_ns=stamp_ns
        )


def _best_prices(market: Market) -> tuple[int | None, ...]:
    return tuple(ladder.keys[0] if ladder.keys else None for ladder in (market.bids, market.asks))


def _top(market: Market) -> Top:
    bids, asks = market.bids.levels(1), market.asks.levels(1)
    return (bids[0] if bids else None, asks[0] if asks else None)
