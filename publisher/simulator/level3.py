"""The channel `level3`: every order of the watched books (protocol.md 6). Pure.

Its subscriptions are budgeted (1.1): so many symbols a connection, and a cost for each, by depth,
out of an account's counter that refills every second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from types import MappingProxyType

from publisher.simulator import order_frames, requests
from publisher.simulator.channels import Host, Option, Publication
from publisher.simulator.engine import Engine
from publisher.simulator.market import Change, Market
from publisher.simulator.queues import OrderWindow
from publisher.simulator.requests import Request
from publisher.simulator.watchers import Watchers

COSTS: Mapping[int, int] = MappingProxyType({10: 5, 100: 25, 1000: 100})
"""What a subscription costs, by the depths that are offered."""

BUDGET = 200
"""The standard account's counter, and how much of it comes back each second."""

MAX_SYMBOLS = 200
"""Symbols a connection."""

TOO_MANY_SYMBOLS = f"EGeneral:Invalid arguments:more than {MAX_SYMBOLS} symbols"
"""Kraken documents the limit, not its words."""

SECOND_NS = 1_000_000_000


class Level3:
    """The open order windows and their watchers; the option is the depth in price levels."""

    name = "level3"
    host: Host = "level3"
    option_name = "depth"
    has_symbols = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._windows: dict[str, dict[Option, OrderWindow]] = {}
        self._watchers = Watchers()
        self._watched: Counter[int] = Counter()
        self._budget = float(BUDGET)
        self._budget_ns = 0

    @property
    def symbols(self) -> Collection[str]:
        """Return the symbols with a watched order book."""
        return self._watchers.symbols

    def option(self, request: Request) -> Option | None:
        """Return the depth asked for."""
        return requests.integer(request, "depth", 10)

    def objection(self, number: int, request: Request, held: Option | None) -> str | None:
        """Refuse other depths, a second subscription, and what limit or budget do not allow."""
        error = requests.depth_objection(request, COSTS, held)
        if error is not None:
            return error
        if self._watched[number] >= MAX_SYMBOLS:
            return TOO_MANY_SYMBOLS
        elapsed_s = max(0, request.received_ns - self._budget_ns) / SECOND_NS
        self._budget = min(BUDGET, self._budget + elapsed_s * BUDGET)
        self._budget_ns = request.received_ns
        cost = COSTS[request.param("depth", 10)]
        if cost > self._budget:
            return requests.RATE_LIMITED
        self._budget -= cost
        return None

    def result(self, request: Request, symbol: str, option: Option) -> dict[str, object]:
        """Return channel and symbol, and of a new subscription depth and snapshot."""
        if request.method == "unsubscribe":
            return {"channel": self.name, "symbol": symbol}
        snapshot = self.wants_snapshot(request)
        return {"channel": self.name, "depth": option, "snapshot": snapshot, "symbol": symbol}

    def wants_snapshot(self, request: Request) -> bool:
        """Return the parameter `snapshot`, true by default."""
        return bool(request.param("snapshot", True))

    def watch(self, number: int, symbol: str, option: Option, request: Request) -> None:
        """Let connection `number` follow the orders; its snapshot is that of this moment."""
        self._watched[number] += 1
        if self._watchers.add(number, symbol, option):
            window = OrderWindow(self._engine.market(symbol), int(option), self._engine.seed)
            self._windows.setdefault(symbol, {})[option] = window

    def unwatch(self, number: int, symbol: str, option: Option) -> None:
        """Let connection `number` follow them no longer."""
        self._watched[number] -= 1
        if not self._watched[number]:
            del self._watched[number]
        if self._watchers.remove(number, symbol, option):
            del self._windows[symbol][option]
            if not self._windows[symbol]:
                del self._windows[symbol]

    def snapshot(self, number: int, symbol: str, option: Option, now_ns: int) -> str:
        """Return every order of the best levels as a snapshot message."""
        engine = self._engine
        market = engine.market(symbol)
        return order_frames.snapshot(market, int(option), engine.seed, engine.stamped(now_ns))

    def publish(self, market: Market, change: Change, now_ns: int) -> list[Publication]:
        """Return one message for each watched depth at which `change` shows."""
        symbol, engine = market.instrument.symbol, self._engine
        publications = []
        for depth, window in self._windows.get(symbol, {}).items():
            bids, asks = window.follow(change)
            if bids or asks:
                text = order_frames.update(
                    market, bids=bids, asks=asks, seed=engine.seed, now_ns=engine.stamped(now_ns)
                )
                watchers = self._watchers.of(symbol, depth)
                publications.append(Publication(self.name, symbol, depth, text, watchers))
        return publications

    def reopen(self, symbol: str) -> None:
        """Take the book as every client's starting point, after its market was restated."""
        for window in self._windows.get(symbol, {}).values():
            window.open()
