"""How events take their places: each is encoded once and put behind what its stream has, to go with
the next calls (`pending`). Pure.

A stream that takes no entries now opens with a snapshot, which covers what came meanwhile. In a
stream of tops only the newest waits behind an append in flight (WIRE.md 4.11).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from publisher import wire
from publisher.actions import Action, Emit, EmitTop
from publisher.bus import tops
from publisher.bus.opening import QUIET, SNAPSHOTS, with_body
from publisher.bus.ring import Entry
from publisher.bus.sources import DataStreams
from publisher.bus.stream import Stream
from publisher.bus.tally import MEASURED, Tally
from publisher.wire import encode

UPDATES = frozenset({wire.Update, wire.Orders})
"""Most of all events."""
GAPS = frozenset({wire.Gap, wire.OrdersGap})
BACKFILL = int(wire.Flag.BACKFILL)
UNTIMED = QUIET | SNAPSHOTS | GAPS
"""Their `ts_event` is of something older."""


class Intake:
    """Puts events into the streams of `data`, and these into `pending`."""

    def __init__(self, data: DataStreams, pending: dict[Stream, None], tally: Tally) -> None:
        self._data = data
        self._pending = pending
        self._tally = tally
        self._until_measured = 1

    def put_all(self, actions: Sequence[Action], ts_pub: int) -> list[Action]:
        """Put what a session emits, in its order, stamped `ts_pub` (Unix ns); return its other
        actions. The hot path: updates of a book come in rows, and need one look at their stream.
        """
        rest: list[Action] = []
        symbol, fresh = "", None
        for action in actions:
            if type(action) is Emit:
                event = action.event
                if type(event) not in UPDATES:
                    self.put(action.symbol, event, ts_pub)
                    continue
                if action.symbol is not symbol:
                    symbol = action.symbol
                    fresh = self._changing(self._data.books[symbol])
                if fresh is not None:
                    fresh.append(encode(event, ts_pub))
            elif type(action) is EmitTop:
                self.put_top(action.symbol, action.event, ts_pub)
            else:
                rest.append(action)
        if actions:
            self._until_measured -= 1
            if self._until_measured <= 0 and type(actions[0]) is Emit:
                self._until_measured = MEASURED
                self._measure(actions[0].event, ts_pub)
        return rest

    def _measure(self, event: wire.Event, ts_pub: int) -> None:
        """Measure the first event of those that one read brought: the others came with it. What
        tells of the past measures nothing.
        """
        if type(event) in UPDATES or (
            type(event) not in UNTIMED and event.ts_event and not event.flags & BACKFILL
        ):
            self._tally.received(event.ts_event, event.ts_recv, ts_pub)

    def put(self, symbol: str, event: wire.Event, ts_pub: int) -> None:
        """Put an event of a book."""
        stream = self._data.books[symbol]
        if type(event) in QUIET:
            self.put_quiet(stream, event, ts_pub)
            if type(event) is wire.Reset and symbol in self._data.tops:
                self.put_quiet(self._data.tops[symbol], event, ts_pub)
            return
        fresh = self._changing(stream)
        if fresh is None:
            return
        if event.flags & BACKFILL:
            self._tally.backfilled += 1
        elif type(event) in GAPS:
            self._tally.gaps += 1
        if type(event) in SNAPSHOTS:
            fresh.append(with_body(cast(wire.AnySnapshot, event), ts_pub))
        else:
            fresh.append(encode(event, ts_pub))

    def put_top(self, symbol: str, event: wire.Top | wire.TopSnapshot, ts_pub: int) -> None:
        """Put a book's top."""
        stream = self._data.tops[symbol]
        if stream.takes_entries:
            self._pending[stream] = None
            self._tally.conflated += tops.put(stream, event, ts_pub)

    def put_quiet(self, stream: Stream, event: wire.Event, ts_pub: int) -> None:
        """Put an event that changes nothing of what a snapshot holds."""
        if stream.takes_entries:
            stream.release()
            stream.fresh.append(encode(event, ts_pub))
            self._pending[stream] = None

    def _changing(self, stream: Stream) -> list[bytes | Entry] | None:
        """Return where a stream's changes go now; None while a snapshot will cover them."""
        if not stream.takes_entries:
            return None
        self._pending[stream] = None
        stream.is_changed = True
        return stream.fresh
