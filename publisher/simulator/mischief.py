"""Carrying out faults: each order goes to the part that it strikes, and is undone when its time is
over.

Frame faults are handed to the injector; what changes the venue is done here and told to whom it
concerns; handshakes are judged here. Every order is kept with its counts for `GET
/control/status`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, cast, get_args

from publisher.simulator import faults
from publisher.simulator.faults import Armed
from publisher.simulator.instruments import Instrument
from publisher.simulator.link import Link
from publisher.simulator.market import Regime, System
from publisher.simulator.notices import emergency, maintenance
from publisher.simulator.regimes import hold, restate, with_precision

if TYPE_CHECKING:
    from publisher.simulator.server import Server

REASONS: Mapping[int, str] = MappingProxyType({
    429: "Too Many Requests",
    503: "Service Unavailable",
    520: "Web Server Returned an Unknown Error",
    525: "SSL Handshake Failed",
})  # fmt: skip


class Mischief:
    """Every fault ordered so far, and the means to strike."""

    def __init__(self, server: Server) -> None:
        self.orders: list[Armed] = []
        self._next_number = 1
        self._server = server
        self._upgrades: list[Armed] = []
        self._handshakes: deque[float] = deque()
        self._timers: list[asyncio.TimerHandle] = []

    def order(self, name: str, given: Mapping[str, object]) -> Armed:
        """Arm a fault, or carry it out at once. Raises ValueError saying what is allowed."""
        fault = faults.order(self._next_number, name, given)
        match fault.spec.stage:
            case "frame":
                self._server.injector.armed.append(fault)
            case "connection":
                self._strike_links(fault)
            case "upgrade":
                self._upgrades.append(fault)
            case "request":
                self._restrict(fault)
            case "venue":
                self._strike_venue(fault)
        self.orders.append(fault)
        self._next_number += 1
        return fault

    def clear(self) -> None:
        """Disarm and forget everything and return the venue to normal; the silent speak again."""
        server = self._server
        self.orders.clear()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._upgrades.clear()
        self._handshakes.clear()
        server.injector.disarm()
        server.exchange.rules.reset()
        server.pace.burst(1.0, 0.0)
        for link in server.links.values():
            if link.is_silent:
                link.speak()
        for symbol in server.engine.disturbed():
            self._hold(symbol, "normal")
        for symbol in server.engine.altered():
            self._restate(symbol, server.engine.listed[symbol])
        server.engine.clock_offset_ns = 0
        if server.engine.system != "online":
            self._declare("online", "none")

    # Connections

    def _strike_links(self, fault: Armed) -> None:
        """Strike the connections there are; wait for one when there is none, or as `after` and `p`
        say."""
        victims = [
            link
            for link in self._server.links.values()
            if fault.params["conn"] in (0, link.connection.number)
        ]
        waits = fault.params["after"] or fault.params["p"] != 100 or fault.params["symbol"]
        if waits or not victims:
            self._server.injector.armed.append(fault)
            return
        fault.strike()
        for link in victims:
            self.cut(link, fault)

    def cut(self, link: Link, fault: Armed) -> None:
        """Do to one connection what a connection fault says; `restart` takes all others with it."""
        match fault.spec.name:
            case "reset":
                link.reset()
            case "close":
                self._server.delivery.close(link, fault.integer("code"), fault.text("reason"))
            case "silence":
                link.silence()
                self._until(fault, link.speak)
            case "restart":
                for each in list(self._server.links.values()):
                    if fault.text("how") == "close":
                        self._server.delivery.close(each, 1001, faults.CLOUDFLARE)
                    else:
                        each.reset()

    def refuse_upgrade(self, now: float) -> tuple[int, str, str] | None:
        """Return (status, reason, HTML) for a handshake that is refused, None for one that is let
        in."""
        for fault in self._upgrades:
            if fault.spec.name == "upgrade":
                fault.strike()
                self._upgrades = [each for each in self._upgrades if not each.is_over]
                return _page(fault.integer("status"))
            if not self._has_room(fault, now):
                fault.fired += 1
                return _page(429)
        return None

    def _has_room(self, fault: Armed, now: float) -> bool:
        """Count a handshake against a connect limit, and return whether it is let in."""
        while self._handshakes and now - self._handshakes[0] > fault.real("per_s"):
            self._handshakes.popleft()
        has_room = len(self._handshakes) < fault.integer("n")
        if has_room:
            self._handshakes.append(now)
        return has_room

    # Requests

    def _restrict(self, fault: Armed) -> None:
        rules = self._server.exchange.rules
        if fault.spec.name == "rate_limit":
            rules.limit_per_s = fault.integer("per_s")
            rules.drop_every = fault.integer("drop_every")
            rules.on_over_limit = fault
            return
        symbol, error = self._symbol(fault), fault.text("error")
        rules.refused[symbol] = f"{error} {symbol}" if error.endswith("supported") else error
        rules.on_refused[symbol] = fault

    # Venue

    def _symbol(self, fault: Armed) -> str:
        symbol = fault.text("symbol")
        if symbol not in self._server.engine.instruments:
            raise ValueError(f"fault {fault.spec.name}: symbol={symbol!r} is not listed")
        return symbol

    def _strike_venue(self, fault: Armed) -> None:
        name = fault.spec.name
        if name == "status":
            self._declare(fault.text("system"), fault.text("notice"))
            self._until(fault, lambda: self._declare("online", "none"))
        elif name == "burst":
            now = asyncio.get_running_loop().time()
            self._server.pace.burst(fault.real("factor"), now + fault.real("for_s"))
        elif name == "clock":
            self._server.engine.clock_offset_ns = int(fault.real("by_s") * 1e9)
        elif self._server.capture is not None:
            raise ValueError(f"fault {name} needs the random markets, and this is a replay")
        elif name == "delisted":
            self._delist(self._symbol(fault))
        elif name == "precision":
            symbol = self._symbol(fault)
            self._restate(symbol, self._new_precisions(fault, symbol))
        else:
            symbol = self._symbol(fault)
            self._hold(symbol, cast(Regime, name))
            self._until(fault, lambda: self._hold(symbol, "normal"))
        fault.fired += 1

    def _until(self, fault: Armed, undo: Callable[[], None]) -> None:
        for_s = fault.real("for_s")
        if for_s > 0:
            loop = asyncio.get_running_loop()
            self._timers.append(loop.call_later(for_s, self._end, fault, undo))

    def _end(self, fault: Armed, undo: Callable[[], None]) -> None:
        fault.is_over = True
        undo()

    def _declare(self, system: str, notice: str) -> None:
        if system not in get_args(System):
            raise ValueError(f"system={system!r}: one of {', '.join(get_args(System))}")
        if notice not in ("none", "maintenance", "emergency"):
            raise ValueError(f"notice={notice!r}: one of none, maintenance, emergency")
        server = self._server
        server.engine.system = cast(System, system)
        now_ns = server.now_ns()
        server.exchange.maintenance = [maintenance(now_ns)] if notice == "maintenance" else []
        server.exchange.emergency = [emergency(now_ns)] if notice == "emergency" else []
        for link in list(server.links.values()):
            server.delivery.send(link, [server.exchange.status(link.connection)])

    def _hold(self, symbol: str, regime: Regime) -> None:
        server = self._server
        market = server.engine.market(symbol)
        change = hold(market, regime, server.now_ns())
        publications = server.exchange.publish(market, change, server.now_ns())
        server.delivery.broadcast(publications)

    def _delist(self, symbol: str) -> None:
        listed = self._server.engine.instruments[symbol]
        self._restate(symbol, replace(listed, status="delisted"))

    def _new_precisions(self, fault: Armed, symbol: str) -> Instrument:
        old = self._server.engine.instruments[symbol]
        price = old.price_precision + fault.integer("price")
        qty = old.qty_precision + fault.integer("qty")
        if not (0 <= price <= 15 and 0 <= qty <= 15):
            raise ValueError(f"fault precision: {price} and {qty} decimals; 0 to 15 are possible")
        return with_precision(old, price, qty)

    def _restate(self, symbol: str, instrument: Instrument) -> None:
        """List the symbol as `instrument` says, its book rewritten in its precisions."""
        engine = self._server.engine
        restate(engine.market(symbol), instrument)
        engine.relist(instrument)
        self._server.exchange.reopen(symbol)
        self._tell_instrument(symbol)

    def _tell_instrument(self, symbol: str) -> None:
        server = self._server
        server.delivery.broadcast(server.exchange.listing.changed(symbol))
        server.delivery.flush_all()


def _page(status: int) -> tuple[int, str, str]:
    reason = REASONS.get(status, "Refused")
    detail = "Error 1015: you are being rate limited" if status == 429 else f"Error {status}"
    html = f"<!DOCTYPE html><html><title>{detail}</title><h1>{detail}</h1><p>{reason}</p></html>"
    return status, reason, html
