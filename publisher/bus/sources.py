"""The streams of a feed's data, and what their snapshots and heartbeats are made of. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from publisher import wire
from publisher.bus import keys
from publisher.bus.stream import Stream
from publisher.model import BookState, FeedPlan

Capture = Callable[[str], wire.AnySnapshot | None]
StateOf = Callable[[str], tuple[BookState, int | None, int]]
"""State, checksum while it is live and has one, and ts_event of the last message."""


class DataStreams:
    """One stream a symbol, and one more for its best bid and offer where the plan has those.
    `capture` and `capture_top` look at the session's state.
    """

    def __init__(
        self,
        plan: FeedPlan,
        make: Callable[[str, keys.StreamKeys], Stream],
        capture: Capture,
        state_of: StateOf,
        capture_top: Capture | None,
    ) -> None:
        self.books = {symbol: make(symbol, keys.data_keys(plan, symbol)) for symbol in plan.symbols}
        with_tops = plan.symbols if plan.bbo else ()
        self.tops = {symbol: make(symbol, keys.top_keys(plan, symbol)) for symbol in with_tops}
        self._capture = capture
        self._capture_top = capture_top or capture
        self._state_of = state_of

    def __iter__(self) -> Iterator[Stream]:
        return chain(self.books.values(), self.tops.values())

    def __contains__(self, stream: object) -> bool:
        return isinstance(stream, Stream) and any(own is stream for own in self)

    def __len__(self) -> int:
        return len(self.books) + len(self.tops)

    def captured(self, stream: Stream) -> wire.AnySnapshot | None:
        """Return what the stream says as a snapshot; None while there is nothing to show."""
        symbol = stream.symbol or ""
        return (self._capture_top if self._is_top(stream) else self._capture)(symbol)

    def heartbeat(self, stream: Stream) -> wire.Heartbeat:
        """Return the heartbeat of a quiet stream (WIRE.md 4.6)."""
        state, checksum, ts_event = self._state_of(stream.symbol or "")
        return wire.Heartbeat(
            ts_event=ts_event,
            ts_recv=0,
            ts_pub=0,
            flags=0,
            state=state.value,
            checksum=None if self._is_top(stream) else checksum,
        )

    def _is_top(self, stream: Stream) -> bool:
        return self.tops.get(stream.symbol or "") is stream
