"""The channel `executions`: an account's orders, merged from sparse reports (WIRE.md 4.16).

Kraken tells an order whole once and later only what changed; the keeper holds the open orders, all
reports of each put together, later fields over earlier ones. The messages' sequence must grow by
one. What a new snapshot tells of the time in between comes first, as BACKFILL; what it does not
tell is named by a `gap`. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

from publisher.actions import Action, Emit, Fetch
from publisher.channels.channel import Precisions, WrongSequence
from publisher.kraken import executions
from publisher.kraken.executions import ExecutionsMessage, Report
from publisher.kraken.objects import Fields, object_text
from publisher.model import Instrument, Now
from publisher.wire import (
    WIRE_VERSION,
    Event,
    Execution,
    ExecutionsSnapshot,
    Flag,
    OrdersGap,
    json_text,
)

FILLS_TOLD = 50
"""So many of the latest fills does a snapshot tell (protocol.md 8.1)."""
FILLS_KNOWN = 1000
"""So many fills are remembered, the latest: those that a snapshot can tell again, many times over.
"""
BACKFILL = int(Flag.BACKFILL)
UNFILLED = "unfilled"


@dataclass(frozen=True, slots=True)
class ExecutionsChannel:
    """Kraken's `executions` of the account that the token stands for."""

    account: str
    name: str = "executions"
    precisions: Precisions = "none"
    symbols_per_s: float = inf
    is_timed: bool = False
    decode: Callable[[bytes], ExecutionsMessage] = executions.decode_executions

    @property
    def terms(self) -> dict[str, object]:
        """All of it is stated: Kraken's pages differ about the defaults."""
        return {"snap_orders": True, "snap_trades": True, "order_status": True}

    def unknown_fields(self, payload: bytes) -> list[str]:
        """Return the paths of fields that protocol.md 8.1 does not name."""
        return executions.unknown_fields(payload)

    def keeper(self, symbol: str) -> ExecutionsKeeper:
        """Return the keeper of the account's open orders."""
        return ExecutionsKeeper(self.account)


class ExecutionsKeeper:
    """The open orders, and which fills were told."""

    def __init__(self, account: str) -> None:
        self.ts_event = 0
        self.ts_recv = 0
        self.checksum: int | None = None
        self.crossed_since: float | None = None
        self._account = account
        self._sequence: int | None = None
        self._orders: dict[str, Fields] = {}
        self._fills: dict[str, None] = {}

    def is_of(self, instrument: Instrument) -> None:
        """No instrument is needed: what Kraken says is kept as it stands."""

    def updated(self, data: ExecutionsMessage, now: Now, out: list[Action]) -> None:
        """Take reports; raise WrongSequence or BadFrame."""
        due = 0 if self._sequence is None else self._sequence + 1
        if data.sequence != due:
            raise WrongSequence(data.sequence, due)
        reports = executions.reports_of(data)
        self._heard(data, reports, now)
        for report in reports:
            self._take(report, data.sequence, 0, out)

    def replaced(self, data: ExecutionsMessage, now: Now, out: list[Action]) -> None:
        """Take the open orders and the latest fills; raise BadFrame."""
        reports = executions.reports_of(data)
        is_first, before = self._sequence is None, self._orders.copy()
        is_torn = not is_first and self._is_torn(reports)
        self._heard(data, reports, now)
        late = sorted(self._late(reports), key=lambda report: (report.ts_event, report.trade_id))
        for report in late:
            self._take(report, 0, BACKFILL, out)
        self._orders = {
            report.order_id: self._orders.get(report.order_id, {}) | report.fields
            for report in reports
            if not report.exec_id and not report.is_end
        }
        ended = {report.order_id for report in late if report.is_end}
        lost = [name for name in before if name not in self._orders and name not in ended]
        if lost or is_torn:
            self._emit(self._gap(before if is_torn else lost, is_torn=is_torn), out)
        self._emit(self._snapshot(data.sequence), out)

    def capture(self) -> ExecutionsSnapshot | None:
        """Return the open orders; None before Kraken told them."""
        return None if self._sequence is None else self._snapshot(self._sequence)

    def ticked(self, now: Now, out: list[Action]) -> None:
        """Nothing is due by time."""

    def fetched(self, fetch: Fetch, answer: object, now: Now, out: list[Action]) -> None:
        """Nothing was asked for."""

    def _late(self, reports: Iterable[Report]) -> list[Report]:
        """Return what a snapshot tells of the past: fills that are new, ends of orders."""
        fills = {report.exec_id: report for report in reports if report.exec_id}
        new = [report for exec_id, report in fills.items() if exec_id not in self._fills]
        return new + [
            report
            for report in reports
            if not report.exec_id and report.is_end and report.order_id in self._orders
        ]

    def _is_torn(self, reports: Iterable[Report]) -> bool:
        """Tell whether fills may be missing: all that a snapshot shows are new, and it is full."""
        fills = [report.exec_id for report in reports if report.exec_id]
        return len(fills) >= FILLS_TOLD and self._fills.keys().isdisjoint(fills)

    def _take(self, report: Report, sequence: int, flags: int, out: list[Action]) -> None:
        """Merge one report into its order, and tell both."""
        order = self._orders.pop(report.order_id, {}) | report.fields
        if not report.is_end:
            self._orders[report.order_id] = order
        if report.exec_id:
            self._remember(report.exec_id)
        event = Execution(
            ts_event=report.ts_event,
            ts_recv=self.ts_recv,
            ts_pub=0,
            flags=flags,
            order_id=report.order_id,
            report=json_text(report.text),
            order=json_text(object_text(order)),
            sequence=sequence,
        )
        self._emit(event, out)

    def _remember(self, exec_id: str) -> None:
        self._fills[exec_id] = None
        if len(self._fills) > FILLS_KNOWN:
            del self._fills[next(iter(self._fills))]

    def _heard(self, data: ExecutionsMessage, reports: Iterable[Report], now: Now) -> None:
        self._sequence = data.sequence
        self.ts_event = max((report.ts_event for report in reports), default=0)
        self.ts_recv = now.unix

    def _emit(self, event: Event, out: list[Action]) -> None:
        out.append(Emit("", event))

    def _gap(self, names: Iterable[str], *, is_torn: bool) -> OrdersGap:
        note = "none of the latest fills was known before: there may be more, of any order"
        return OrdersGap(
            ts_event=self.ts_event,
            ts_recv=self.ts_recv,
            ts_pub=0,
            flags=0,
            reason=UNFILLED,
            order_ids=list(names),
            note=note if is_torn else "",
        )

    def _snapshot(self, sequence: int) -> ExecutionsSnapshot:
        return ExecutionsSnapshot(
            ts_event=self.ts_event,
            ts_recv=self.ts_recv,
            ts_pub=0,
            flags=0,
            version=WIRE_VERSION,
            channel="executions",
            account=self._account,
            orders=[json_text(object_text(order)) for order in self._orders.values()],
            sequence=sequence,
        )
