"""The streams of a feed's data, and what their snapshots and heartbeats are made of. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from publisher import wire
from publisher.bus import keys
from publisher.bus.departures import Departures
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
        self._plan = plan
        self._make = make
        self.books: dict[str, Stream] = {}
        self.tops: dict[str, Stream] = {}
        self.leaving = Departures()
        self._capture = capture
        self._capture_top = capture_top or capture
        self._state_of = state_of
        for symbol in plan.symbols:
            self.add(symbol)

    def __iter__(self) -> Iterator[Stream]:
        return chain(self.books.values(), self.tops.values())

    def __contains__(self, stream: object) -> bool:
        return isinstance(stream, Stream) and any(own is stream for own in self)

    def __len__(self) -> int:
        return len(self.books) + len(self.tops)

    def add(self, symbol: str) -> list[Stream]:
        """Return the streams of one more symbol."""
        stream = self.books[symbol] = self._make(symbol, keys.data_keys(self._plan, symbol))
        if not self._plan.bbo:
            return [stream]
        self.tops[symbol] = self._make(symbol, keys.top_keys(self._plan, symbol))
        return [stream, self.tops[symbol]]

    def remove(self, symbol: str) -> list[Stream]:
        """Return the streams of a symbol that is given up; they are `leaving` now."""
        own = [streams[symbol] for streams in (self.books, self.tops) if symbol in streams]
        for stream in own:
            self.leaving.take(stream, self.captured(stream))
        for streams in (self.books, self.tops):
            streams.pop(symbol, None)
        return own

    def named(self, names: keys.StreamKeys) -> Iterator[Stream]:
        """Yield the stream of these keys, if there is one."""
        return (stream for stream in self if stream.keys == names)

    def symbol_of(self, name: str) -> str | None:
        """Return the symbol of the stream of that name."""
        return next((stream.symbol for stream in self if stream.keys.stream == name), None)

    def captured(self, stream: Stream) -> wire.AnySnapshot | None:
        """Return what the stream says as a snapshot; None while there is nothing to show."""
        if stream in self.leaving:
            return self.leaving.last(stream)
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
