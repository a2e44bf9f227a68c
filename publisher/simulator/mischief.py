"""Carrying out faults: each order goes to the part that it strikes, and is undone when its time is
over.

Frame faults are handed to the injector, those of the venue to `venue_faults`; connections are cut
and handshakes judged here. Every order is kept with its counts for `GET /control/status`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVarTuple

from publisher.simulator import faults
from publisher.simulator.faults import Armed
from publisher.simulator.link import Link
from publisher.simulator.venue_faults import VenueFaults

if TYPE_CHECKING:
    from publisher.simulator.server import Server

Given = TypeVarTuple("Given")

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
        self._venue = VenueFaults(server)
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
                self._venue.strike(fault)
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
        server.private_rest.refusals.clear()
        server.pace.burst(1.0, 0.0)
        for link in server.links.values():
            if link.is_silent:
                link.speak()
        self._venue.restore()

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
                self.until(fault, link.speak)
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
        if fault.spec.name == "refuse_token":
            self._server.private_rest.refusals.append(fault)
            return
        symbol, error = self._venue.listed(fault).symbol, fault.text("error")
        rules.refused[symbol] = f"{error} {symbol}" if error.endswith("supported") else error
        rules.on_refused[symbol] = fault

    # Time

    def until(self, fault: Armed, undo: Callable[[], None]) -> None:
        """Call `undo` when the fault's `for_s` is over; 0: never."""
        if fault.real("for_s") > 0:
            self.later(fault.real("for_s"), self._end, fault, undo)

    def later(self, delay_s: float, action: Callable[[*Given], None], *given: *Given) -> None:
        """Call `action` after `delay_s`, unless all is cleared before."""
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(delay_s, action, *given))

    def _end(self, fault: Armed, undo: Callable[[], None]) -> None:
        fault.is_over = True
        undo()


def _page(status: int) -> tuple[int, str, str]:
    reason = REASONS.get(status, "Refused")
    detail = "Error 1015: you are being rate limited" if status == 429 else f"Error {status}"
    html = f"<!DOCTYPE html><html><title>{detail}</title><h1>{detail}</h1><p>{reason}</p></html>"
    return status, reason, html
