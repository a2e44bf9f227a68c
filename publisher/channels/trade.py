"""The channel `trade`: each id once and in order, or a `gap` that names what could not be had.

Where ids are missing, after a reconnect of which Kraken's last 50 trades do not reach back or
behind a lost message, the keeper asks REST for pages (filling.py) and lets live trades wait, at
most WAITING_MOST; what came from snapshots and pages is flagged BACKFILL. Ids that REST cannot give
are announced, and what waited goes on. Pure.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf

from publisher.actions import Action, Emit, Fetch, Log
from publisher.channels.channel import Precisions
from publisher.channels.continuity import Arrival, Continuity
from publisher.channels.filling import Filling
from publisher.errors import BadNumber
from publisher.kraken import trade
from publisher.kraken.trade import Deals, NoPage, PastTrade, TradesPage, TradeText
from publisher.model import Instrument, Now
from publisher.numbers import scaled
from publisher.timestamps import nanoseconds
from publisher.wire import WIRE_VERSION, Flag, Gap, Trade, Trades, TradesSnapshot

BACKFILL = int(Flag.BACKFILL)
LATEST = 50
"""Trades of a snapshot: as many as Kraken's own (WIRE.md 4.13)."""
WAITING_MOST = 10_000
"""Live trades that wait for a hole to be filled: a minute of the wildest market, 3 MB. One more,
and the hole is a gap."""
SIDES = {"buy": 0, "sell": 1}
ORD_TYPES = {"limit": 0, "market": 1}
OTHER_TYPE = 2


@dataclass(frozen=True, slots=True)
class TradeChannel:
    """Kraken's `trade`."""

    name: str = "trade"
    precisions: Precisions = "subscribed"
    symbols_per_s: float = inf
    is_timed: bool = True
    decode: Callable[[bytes], trade.TradeMessage] = trade.decode_trade

    @property
    def terms(self) -> dict[str, object]:
        """The snapshot, which Kraken does not give by default here (protocol.md 4)."""
        return {"snapshot": True}

    def unknown_fields(self, payload: bytes) -> list[str]:
        """Return the paths of fields that protocol.md 4.3 does not name."""
        return trade.unknown_fields(payload)

    def keeper(self, symbol: str) -> TradeKeeper:
        """Return the keeper of one symbol's trades."""
        return TradeKeeper(symbol)


class TradeKeeper:
    """The latest trades of one symbol, and what waits behind a hole."""

    checksum: int | None = None
    crossed_since: float | None = None

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.ts_event = 0
        self.ts_recv = 0
        self.doubled = 0
        """Trades that Kraken told live a second time."""
        self._digits = (-1, -1)
        self._is_begun = False
        self._line = Continuity()
        self._latest: deque[Trade] = deque(maxlen=LATEST)
        self._filling: Filling | None = None
        self._is_asking = False
        self._owes_snapshot = False

    def is_of(self, instrument: Instrument) -> None:
        """Take the precisions; trades kept in others are void, their ids stay known."""
        digits = instrument.price_precision, instrument.qty_precision
        if digits != self._digits:
            self._digits = digits
            self._latest.clear()
            self._line.forget()
            self._filling = None

    def updated(self, data: Deals, now: Now, out: list[Action]) -> None:
        """Publish trades in the order of their ids; raise BadNumber or BadFrame."""
        arrivals = self._live(data, 0, now)
        if self._line.last_id is None and arrivals:  # the first ever: nothing lies before it
            self._line.last_id = arrivals[0].trade[0] - 1
        known = sum(not self._line.add(arrival) for arrival in arrivals)
        if known:
            self.doubled += known
            out.append(
                Log("trade.doubled", f"symbol={self.symbol} trades={known} all={self.doubled}")
            )
        self._go_on(now, out)

    def replaced(self, data: Deals, now: Now, out: list[Action]) -> None:
        """Publish what Kraken's last 50 trades hold beyond the last one known; raise as `updated`
        does. At first they are the state, and no news.
        """
        arrivals = self._live(data, BACKFILL, now)
        if not self._is_begun:
            self._begin(arrivals)
        elif self._line.last_id is None and arrivals:
            self._line.last_id = arrivals[0].trade[0] - 1
        for arrival in arrivals:
            self._line.add(arrival)
        if not self._latest:  # dropped with their precisions
            known = [a.trade for a in arrivals if self._is_known(a.trade)]
            if known and known[-1][0] == self._line.last_id:
                self._latest.extend(_tail(known))
        self._filling = None  # REST gets its time anew
        self._owes_snapshot = True
        self._go_on(now, out)

    def capture(self) -> TradesSnapshot | None:
        """Return the latest trades published; None before Kraken's first snapshot."""
        last_id = self._line.last_id
        if not self._is_begun or (last_id and not self._latest):
            return None
        price_precision, qty_precision = self._digits
        return TradesSnapshot(
            ts_event=self.ts_event,
            ts_recv=self.ts_recv,
            ts_pub=0,
            flags=0,
            version=WIRE_VERSION,
            channel="trade",
            symbol=self.symbol,
            price_precision=price_precision,
            qty_precision=qty_precision,
            last_trade_id=last_id or 0,
            trades=list(self._latest),
        )

    def ticked(self, now: Now, out: list[Action]) -> None:
        """Publish what a page has filled; ask for the next; give a hole up."""
        if self._filling is not None:
            self._go_on(now, out)

    def fetched(self, fetch: Fetch, answer: object, now: Now, out: list[Action]) -> None:
        """Take a page, or why there is none. Publishing waits for `ticked`: a connection that is
        gone has no place for it.
        """
        self._is_asking = False
        filling = self._filling
        if filling is None:
            return
        match answer:
            case TradesPage(trades):
                newest = self._line.newest
                # What lies behind the live ones comes live.
                for past in (past for past in trades if past.trade_id < newest):
                    with contextlib.suppress(BadNumber):  # in precisions of another time
                        self._line.add(Arrival(self._past(past), BACKFILL, now.unix))
                filling.took(fetch.since, answer, newest, now.mono)
            case NoPage(reason):
                filling.failed(answer, now.mono)
                out.append(Log("trade.unfetched", f"symbol={self.symbol} {reason}"))

    # Order ----------------------------------------------------------------------------------------

    def _begin(self, arrivals: list[Arrival]) -> None:
        """Take Kraken's first snapshot as the state."""
        self._is_begun = True
        self._latest.extend(_tail([arrival.trade for arrival in arrivals]))
        if arrivals:
            last = arrivals[-1]
            self._line.last_id = last.trade[0]
            self.ts_event, self.ts_recv = last.trade[5], last.ts_recv

    def _is_known(self, known: Trade) -> bool:
        return self._line.last_id is not None and known[0] <= self._line.last_id

    def _go_on(self, now: Now, out: list[Action]) -> None:
        """Publish what is in order; see to the hole before the rest."""
        while True:
            has_moved = self._release(out)
            hole = self._line.hole
            if hole is None:
                break
            if self._filling is None:
                self._filling = Filling.begun(self.ts_event, now.mono)
            elif has_moved:
                self._filling.moved(now.mono)
            reason = self._filling.verdict(now.mono)
            if not reason and len(self._line) > WAITING_MOST:
                reason = f"{WAITING_MOST} trades wait"
            if not reason:
                self._ask(self._filling, now, out)
                return
            self._give_up(hole, reason, out)
        self._filling = None
        if self._owes_snapshot and (snapshot := self.capture()):
            self._owes_snapshot = False
            out.append(Emit(self.symbol, snapshot))

    def _release(self, out: list[Action]) -> bool:
        """Publish the trades that follow the last one; tell whether there were any."""
        has_moved = False
        for run in self._line.runs():
            has_moved = True
            trades = [arrival.trade for arrival in run]
            self._latest.extend(trades)
            self.ts_event, self.ts_recv = trades[-1][5], run[0].ts_recv
            event = Trades(
                ts_event=self.ts_event,
                ts_recv=self.ts_recv,
                ts_pub=0,
                flags=run[0].flags,
                trades=trades,
            )
            out.append(Emit(self.symbol, event))
        return has_moved

    def _ask(self, filling: Filling, now: Now, out: list[Action]) -> None:
        if not self._is_asking and now.mono >= filling.due:
            self._is_asking = True
            out.append(Fetch(self.symbol, filling.since))

    def _give_up(self, hole: tuple[int, int], reason: str, out: list[Action]) -> None:
        first, last = hole
        gap = Gap(
            ts_event=self.ts_event,
            ts_recv=self.ts_recv,
            ts_pub=0,
            flags=0,
            first=first,
            last=last,
            reason="unfilled",
            note=reason[:400],
        )
        out.append(Emit(self.symbol, gap))
        out.append(Log("trade.gap", f"symbol={self.symbol} first={first} last={last} {reason}"))
        self._line.skip()
        self._latest.clear()  # a snapshot's ids grow by 1 (WIRE.md 4.13)
        self._filling = None

    # Numbers --------------------------------------------------------------------------------------

    def _live(self, data: Deals, flags: int, now: Now) -> list[Arrival]:
        """Return a message's trades by id."""
        trades = sorted(self._numbers(data.trades))
        return [Arrival(each, flags, now.unix) for each in trades]

    def _numbers(self, trades: list[TradeText]) -> Iterator[Trade]:
        for text in trades:
            yield self._scaled(text, text.trade_id, nanoseconds(text.timestamp))

    def _past(self, past: PastTrade) -> Trade:
        return self._scaled(past, past.trade_id, past.time)

    def _scaled(self, text: TradeText | PastTrade, trade_id: int, time: int) -> Trade:
        price, qty = map(scaled, (text.price, text.qty), self._digits)
        ord_type = ORD_TYPES.get(text.ord_type, OTHER_TYPE)
        return trade_id, SIDES[text.side], price, qty, ord_type, time


def _tail(trades: list[Trade]) -> list[Trade]:
    """Return the last trades whose ids grow by 1."""
    start = len(trades) - 1
    while start > 0 and trades[start - 1][0] + 1 == trades[start][0]:
        start -= 1
    return trades[max(start, 0) :]
