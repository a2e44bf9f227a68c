"""Two lines of a `trade` stream told as one (WIRE §7.7): by trade id, without loss or duplicate.

Pure, like `_lines`. The state told is one of its own, with the ids that were told. Ids that a line
names as a gap, or leaves out with a new snapshot, are waited for while the other line may yet bring
them; a `TradesGap` is told of those that neither had.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ._events import Disconnected, Event, Joined, Reconnected
from ._lines import Pair
from ._market_events import Trade
from ._states import TradesState
from .replica import Replica
from .wire import BACKFILL, EntryId, Trades, TradesGap, TradesSnapshot

PATIENCE_S: Final = 1.0  # how long missing ids are waited for
HELD: Final = 10_000  # trades behind missing ids, beyond which these are given up
KEPT: Final = 50


class TradeLines(Pair):
    """The arbiter of two lines of trades."""

    def __init__(self, replicas: tuple[Replica, Replica]) -> None:
        super().__init__(replicas)
        self.state = TradesState()
        self._passed = [0, 0]
        """The last id that each line has told or left out; 0 where unknown."""
        self._held: dict[int, Trade] = {}
        """Trades not told yet, by id."""
        self._missing_since: float | None = None
        self._stamps = EntryId(0, 0), 0, 0, 0, 0
        self._line = 0

    def take(self, line: int, event: Event, now: float) -> Iterator[Event]:
        """Take what a line's replica tells; give what the application is told."""
        body = event.body
        if isinstance(body, Disconnected | Reconnected):
            if line == self._line:
                self.state.is_stale = self.state.is_valid and isinstance(body, Disconnected)
                yield Event(event.stream, self.state, body)
            return
        was_up = self._takes(line, event, now)
        is_up = self._up[line]
        self._line = line
        if was_up and not is_up:
            self._passed[line] = 0
            self.state.is_valid = any(state.is_valid for state in self._states)
            self.state.is_stale = not any(self._up)
            yield self._line_down(line, event, self.state)
        if is_up:
            self.state.is_valid, self.state.is_stale = True, False
        if not was_up and is_up:
            self._begin(line)
            yield self._line_up(line, self.state)
        yield from self._taken(line, event, now)

    def ticked(self, now: float) -> list[Event]:
        """Let time pass: what is missing is not waited for any longer."""
        return list(self._advance(now))

    def _begin(self, line: int) -> None:
        """Take the header of the first line that is up; nothing before its last id is told."""
        own, state = self.state, self._states[line]
        assert isinstance(state, TradesState)
        if own.last_trade_id == 0:
            own.last_trade_id, own.trades = state.last_trade_id, state.trades
        own.symbol = state.symbol
        own.price_precision, own.qty_precision = state.price_precision, state.qty_precision

    def _taken(self, line: int, event: Event, now: float) -> Iterator[Event]:
        body, state = event.body, event.state
        assert isinstance(state, TradesState)
        rows: Sequence[Trade] = ()
        match body:
            case Trades():
                rows, self._stamps = body.trades, body[:5]
                passed = rows[-1][0] if rows else 0
            case TradesGap():
                passed, self._stamps = body.last, body[:5]
            case TradesSnapshot() | Joined() if state.is_valid:
                entry_id = EntryId(state.epoch, state.seq)
                self._stamps = entry_id, state.ts_event, 0, 0, BACKFILL
                rows, passed = state.trades, state.last_trade_id
            case _:
                return
        own = self.state
        own.epoch, own.seq, own.ts_event = state.epoch, state.seq, state.ts_event
        self._passed[line] = max(passed, self._passed[line])
        self._held |= {row[0]: row for row in rows if row[0] > own.last_trade_id}
        yield from self._advance(now)

    def _advance(self, now: float) -> Iterator[Event]:
        """Tell what follows on; of what is missing, only what nobody can bring any more."""
        own = self.state
        if own.last_trade_id == 0 and self._held:
            own.last_trade_id = min(self._held) - 1  # no trade was known: any id may come
        while True:
            rows: list[Trade] = []
            while (row := self._held.pop(own.last_trade_id + 1, None)) is not None:
                rows.append(row)
                own.last_trade_id = row[0]
            if rows:
                self._missing_since = None
                own.trades = (*own.trades, *rows)[-KEPT:]
                yield self._event(Trades(*self._stamps, tuple(rows)))
            last = min(self._held, default=max(self._passed) + 1) - 1
            if last <= own.last_trade_id or not own.last_trade_id:
                self._missing_since = None
                return
            if self._missing_since is None:
                self._missing_since = now
            is_late = now - self._missing_since >= PATIENCE_S or len(self._held) > HELD
            if self._may_come(last) and not is_late:
                return
            first, own.last_trade_id, own.trades = own.last_trade_id + 1, last, ()
            yield self._event(TradesGap(*self._stamps, "unfilled", None, first, last))

    def _may_come(self, last: int) -> bool:
        """Tell whether a line that is up has not come as far as `last`."""
        return any(up and passed < last for up, passed in zip(self._up, self._passed, strict=True))

    def _event(self, body: Trades | TradesGap) -> Event:
        return Event(self._streams[self._line], self.state, body)
