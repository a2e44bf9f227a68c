"""The faults that change the venue for everybody: its state, its listing, its books, its trades.

What changes is told to whom it concerns at once, and undone when its time is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, cast, get_args

from publisher.simulator import assets, notices
from publisher.simulator.channels import Publication
from publisher.simulator.faults import Armed
from publisher.simulator.instruments import Instrument
from publisher.simulator.market import Change, Market, Regime, System
from publisher.simulator.phases import STATUSES
from publisher.simulator.regimes import hold, restate, with_precision

if TYPE_CHECKING:
    from publisher.simulator.server import Server


class VenueFaults:
    """Strikes the venue of one server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def strike(self, fault: Armed) -> None:
        """Carry the fault out. Raises ValueError saying what is allowed."""
        match fault.spec.name:
            case "status":
                self._strike_status(fault)
            case "maintenance":
                self._schedule(fault)
            case "burst":
                now = asyncio.get_running_loop().time()
                until = now + fault.real("for_s")
                self._server.pace.burst(fault.real("factor"), until)
            case "clock":
                self._server.engine.clock_offset_ns = int(fault.real("by_s") * 1e9)
            case "expire_tokens":
                self._server.exchange.tokens.expire()
            case "skip_sequence":
                self._server.exchange.private.skip(fault.text("channel"))
            case name if self._server.capture is not None:
                raise ValueError(f"fault {name} needs the random markets, and this is a replay")
            case "asset_status":
                self._strike_asset(fault)
            case _:
                self._strike_market(fault, self.listed(fault))
        fault.fired += 1

    def restore(self) -> None:
        """Return the venue to normal."""
        engine = self._server.engine
        for symbol in engine.disturbed():
            self._hold(symbol, "normal")
        for symbol in engine.altered():
            self._relist(engine.listed[symbol])
        for name, asset in engine.assets.items():
            if asset.status != "enabled":
                self._set_asset(name, "enabled")
        engine.clock_offset_ns = 0
        if engine.system != "online" or engine.maintenance or engine.emergency:
            self._declare("online")

    def _strike_market(self, fault: Armed, listed: Instrument) -> None:
        symbol = listed.symbol
        match fault.spec.name:
            case "delisted":
                self._relist(replace(listed, status="delisted"))
            case "pair_status":
                status = _one_of(fault, "status", STATUSES)
                self._relist(replace(listed, status=status))
                was = listed.status
                self._server.mischief.until(fault, lambda: self._set_status(symbol, was))
            case "precision":
                self._relist(_with_new_precisions(fault, listed))
            case "trade":
                self._trade(fault, symbol)
            case regime:
                self._hold(symbol, cast(Regime, regime))
                self._server.mischief.until(fault, lambda: self._hold(symbol, "normal"))

    def listed(self, fault: Armed) -> Instrument:
        """Return the instrument that the fault's symbol names. Raises ValueError."""
        symbol = fault.text("symbol")
        listed = self._server.engine.instruments.get(symbol)
        if listed is None:
            raise ValueError(f"fault {fault.spec.name}: symbol={symbol!r} is not listed")
        return listed

    # The venue's state

    def _strike_status(self, fault: Armed) -> None:
        system = cast(System, _one_of(fault, "system", get_args(System)))
        notice = _one_of(fault, "notice", ("none", "maintenance", "emergency", "both"))
        phase = _one_of(fault, "phase", notices.ADVICE)
        now_ns = self._server.now_ns()
        planned = notices.maintenance(now_ns, phase=phase, start_s=fault.real("start_s"))
        incident = notices.emergency(
            now_ns,
            impact=_one_of(fault, "impact", notices.IMPACTS),
            incident=_one_of(fault, "incident", notices.INCIDENTS),
            step=_one_of(fault, "next", notices.STEPS),
        )
        self._declare(
            system,
            planned if notice in ("maintenance", "both") else None,
            incident if notice in ("emergency", "both") else None,
        )
        self._server.mischief.until(fault, lambda: self._declare("online"))

    def _schedule(self, fault: Armed) -> None:
        for moment in notices.course(*(fault.real(name) for name in ("in_s", "last_s", "step_s"))):
            if moment.after_s > 0:
                self._server.mischief.later(moment.after_s, self._reach, moment)
            else:
                self._reach(moment)

    def _reach(self, moment: notices.Moment) -> None:
        planned = None
        if moment.phase:
            now_ns = self._server.now_ns()
            planned = notices.maintenance(now_ns, phase=moment.phase, start_s=moment.start_s)
        self._declare(moment.system, planned)

    def _declare(
        self,
        system: System,
        maintenance: dict[str, object] | None = None,
        emergency: dict[str, object] | None = None,
    ) -> None:
        server = self._server
        server.engine.system = system
        server.engine.maintenance = [maintenance] if maintenance else []
        server.engine.emergency = [emergency] if emergency else []
        for link in list(server.links.values()):
            server.delivery.send(link, [server.exchange.status(link.connection)])

    # The listing

    def _strike_asset(self, fault: Armed) -> None:
        name = _one_of(fault, "asset", self._server.engine.assets)
        status = _one_of(fault, "status", assets.STATUSES)
        self._set_asset(name, status)
        self._server.mischief.until(fault, lambda: self._set_asset(name, "enabled"))

    def _set_asset(self, name: str, status: str) -> None:
        listed = self._server.engine.assets
        listed[name] = replace(listed[name], status=status)
        self._tell(self._server.exchange.listing.asset_changed(name))

    def _set_status(self, symbol: str, status: str) -> None:
        self._relist(replace(self._server.engine.instruments[symbol], status=status))

    def _relist(self, instrument: Instrument) -> None:
        """List the symbol as `instrument` says, its book and trades in those precisions."""
        exchange, symbol = self._server.exchange, instrument.symbol
        restate(self._server.engine.market(symbol), instrument)
        self._server.engine.relist(instrument)
        exchange.reopen(symbol)
        self._tell(exchange.listing.pair_changed(symbol))

    # The markets

    def _hold(self, symbol: str, regime: Regime) -> None:
        market = self._server.engine.market(symbol)
        self._publish(market, hold(market, regime, self._now_ns()))

    def _trade(self, fault: Armed, symbol: str) -> None:
        """Let so many orders come at once, whoever watches; late ones bear an earlier time."""
        market = self._server.engine.market(symbol)
        late_ns = int(fault.real("late_s") * 1e9)
        for _ in range(fault.integer("orders")):
            market.trade(self._now_ns() - late_ns)
            self._publish(market, market.drain())

    def _now_ns(self) -> int:
        return self._server.engine.matching_ns(self._server.now_ns())

    def _publish(self, market: Market, change: Change) -> None:
        server = self._server
        self._tell(server.exchange.publish(market, change, server.now_ns()))

    def _tell(self, publications: list[Publication]) -> None:
        self._server.delivery.broadcast(publications)
        self._server.delivery.flush_all()


def _one_of(fault: Armed, name: str, allowed: Iterable[str]) -> str:
    value = fault.text(name)
    if value not in allowed:
        raise ValueError(f"{name}={value!r}: one of {', '.join(allowed)}")
    return value


def _with_new_precisions(fault: Armed, old: Instrument) -> Instrument:
    price = old.price_precision + fault.integer("price")
    qty = old.qty_precision + fault.integer("qty")
    if not (0 <= price <= 15 and 0 <= qty <= 15):
        raise ValueError(f"fault precision: {price} and {qty} decimals; 0 to 15 are possible")
    return with_precision(old, price, qty)
