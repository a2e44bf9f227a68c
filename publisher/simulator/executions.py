"""The channel `executions`: what happens to the account's orders (protocol.md 8.1). Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from publisher.simulator import account_frames, requests
from publisher.simulator.account import Account, Event, OrderReport
from publisher.simulator.channels import Host, Option, Publication
from publisher.simulator.engine import Engine
from publisher.simulator.market import Change, Market
from publisher.simulator.requests import Request

MAX_RATE_COUNT = 180
"""The counter's threshold of the highest tier."""

OPEN_AND_CLOSE = frozenset({"new", "filled", "canceled", "expired"})
"""What is told with `order_status` false."""


@dataclass(slots=True)
class Terms:
    """What one connection asked for, and how many messages it was sent."""

    snap_orders: bool
    snap_trades: bool
    every_status: bool
    sequence: int = 0


class Executions:
    """The connections that follow the orders, each with its own count of messages."""

    name = "executions"
    host: Host = "auth"
    option_name = ""
    has_symbols = False

    def __init__(self, account: Account, engine: Engine) -> None:
        self._account = account
        self._engine = engine
        self._terms: dict[int, Terms] = {}

    @property
    def symbols(self) -> Collection[str]:
        """Return none: the account's script needs no market."""
        return ()

    def option(self, request: Request) -> Option | None:
        """Return 0: there is nothing to choose."""
        return 0

    def objection(self, number: int, request: Request, held: Option | None) -> str | None:
        """Refuse a second subscription."""
        return requests.ALREADY_SUBSCRIBED if held is not None else None

    def result(self, request: Request, symbol: str, option: Option) -> dict[str, object]:
        """Return what was asked for, and the rate counter's threshold."""
        if request.method == "unsubscribe":
            return {"channel": self.name}
        return {
            "channel": self.name,
            "maxratecount": MAX_RATE_COUNT,
            "snap_orders": bool(request.param("snap_orders", True)),
            "snap_trades": bool(request.param("snap_trades", False)),
            "warnings": [account_frames.CANCEL_WARNING],
        }

    def wants_snapshot(self, request: Request) -> bool:
        """Return true but for a master account's view of all users."""
        return bool(request.param("users") != "all")

    def watch(self, number: int, symbol: str, option: Option, request: Request) -> None:
        """Let connection `number` follow the orders from now on."""
        self._terms[number] = Terms(
            snap_orders=bool(request.param("snap_orders", True)),
            snap_trades=bool(request.param("snap_trades", False)),
            every_status=bool(request.param("order_status", True)),
        )

    def unwatch(self, number: int, symbol: str, option: Option) -> None:
        """Let it follow no longer."""
        del self._terms[number]

    def snapshot(self, number: int, symbol: str, option: Option, now_ns: int) -> str:
        """Return the open orders, the last fills, or nothing, as was asked for."""
        terms, shift_ns = self._terms[number], self._engine.clock_offset_ns
        items: list[str] = []
        if terms.snap_orders:
            orders = self._account.orders.values()
            items += [account_frames.open_order(order, shift_ns) for order in orders]
        if terms.snap_trades:
            items += [account_frames.report(fill, shift_ns) for fill in self._account.fills]
        terms.sequence += 1
        return account_frames.message(self.name, "snapshot", terms.sequence, items)

    def publish(self, market: Market, change: Change, now_ns: int) -> list[Publication]:
        """Return nothing: no market moves the account."""
        return []

    def reopen(self, symbol: str) -> None:
        """Do nothing."""

    def tell(self, events: Sequence[Event]) -> list[Publication]:
        """Return a message for each report and connection, in order."""
        publications = []
        for event in events:
            if not isinstance(event, OrderReport):
                continue
            item = account_frames.report(event, self._engine.clock_offset_ns)
            for number, terms in self._terms.items():
                if terms.every_status or event.kind in OPEN_AND_CLOSE:
                    terms.sequence += 1
                    text = account_frames.message(self.name, "update", terms.sequence, [item])
                    publications.append(Publication(self.name, "", 0, text, (number,)))
        return publications

    def skip(self) -> None:
        """Leave out one number of every connection's sequence."""
        for terms in self._terms.values():
            terms.sequence += 1
