"""The streams that the feed gives up while it runs: each says `bye` behind all that it said, has a
last snapshot there, and is then forgotten. Pure.

Nothing more is said in them. When Redis is away, or a stream must open again first, they wait, and
a stream of the same name that is wanted again waits behind them: two writers of one stream would
fence each other.
"""

from __future__ import annotations

from collections.abc import Iterator

from publisher import wire
from publisher.bus.snapshots import SnapshotSchedule
from publisher.bus.stream import Stream, StreamState

BYE = wire.Bye(ts_event=0, ts_recv=0, ts_pub=0, flags=0)


class Departures:
    """The streams on their way out, each with what it said last as a snapshot, if it was live."""

    def __init__(self) -> None:
        self._last: dict[Stream, wire.AnySnapshot | None] = {}
        self._epochs: dict[str, int] = {}
        """The last epoch of each that has left, by its name: none is ever begun twice."""

    def __iter__(self) -> Iterator[Stream]:
        return iter(self._last)

    def __contains__(self, stream: object) -> bool:
        return stream in self._last

    def take(self, stream: Stream, last: wire.AnySnapshot | None) -> None:
        """Take a stream that nobody publishes to any more."""
        self._last[stream] = last

    def last(self, stream: Stream) -> wire.AnySnapshot | None:
        """Return the stream's last snapshot."""
        return self._last[stream]

    def let_go(self, stream: Stream) -> None:
        """Forget a stream."""
        del self._last[stream]
        self._epochs[stream.keys.stream] = max(stream.epoch, stream.past)
        stream.end()

    def past(self, stream: Stream) -> int:
        """Return the last epoch of those of the same name that have left."""
        return self._epochs.get(stream.keys.stream, 0)

    def is_done(self, stream: Stream, schedule: SnapshotSchedule) -> bool:
        """Tell whether the stream has said all, or can never say it."""
        match stream.state:
            case StreamState.OPEN:
                is_busy = stream.is_in_flight or stream.has_pending
                return not (is_busy or schedule.is_hurried(stream))
            case StreamState.OPENING:
                return False
            case StreamState.CLOSED:
                return True
        # It must open again first: with a snapshot, and only if it was ever open.
        return self._last[stream] is None or not stream.epoch

    def is_awaited(self, name: str) -> bool:
        """Tell whether a stream of that name is still on its way out."""
        return any(stream.keys.stream == name for stream in self._last)
