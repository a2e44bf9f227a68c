"""When each book's periodic snapshot is due (WIRE.md 6; decisions, Epoch, seq, reset, snapshot).
Pure.

A book that changed is written every `snapshot_interval_s`, one that did not once per `retention_s`,
so that its heartbeats can be trimmed. Books take their turns: the first ones are spread over the
interval, and each look writes only a share of them, so that a feed of a thousand books never sends
all at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from math import ceil

from publisher.bus import calls
from publisher.bus.brake import Brake
from publisher.bus.calls import Call
from publisher.bus.stream import Stream, StreamState
from publisher.model import FeedPlan

LOOK_EVERY_S = 0.1
ROUND_S = 0.5
"""So long it takes to look at all of many books, a share at a time; a few are all looked at."""
FEW = 50
OPEN = StreamState.OPEN  # a member of an enum costs a call each time


@dataclass(slots=True)
class _Turn:
    brake: Brake
    taken_at: float = 0.0
    newest: tuple[int, int] | None = None
    """Epoch and seq of the last snapshot sent."""


class SnapshotSchedule:
    """The turns of a feed's books."""

    def __init__(self, plan: FeedPlan) -> None:
        self._interval_s = plan.snapshot_interval_s
        self._retention_s = plan.retention_s
        self._max_bytes = plan.stream_max_bytes
        self._turns: dict[Stream, _Turn] = {}
        self._next_look = 0.0
        self._opened = 0
        self._round: list[Stream] = []
        """Those not yet looked at in this round."""
        self._hurried: dict[Stream, None] = {}
        self._struck: list[str] = []

    def hurry(self, stream: Stream) -> None:
        """Let the stream's next snapshot be due at once."""
        has_snapshots = stream.symbol is not None  # all but the status stream
        if has_snapshots and stream.state is not StreamState.CLOSED:
            self._hurried[stream] = None
            self._next_look = 0.0

    def _turn(self, stream: Stream) -> _Turn:
        turn = self._turns.get(stream)
        if turn is None:
            turn = self._turns[stream] = _Turn(Brake(self._max_bytes))
        return turn

    def taken(self, stream: Stream, now: float, among: int) -> None:
        """Note the snapshot that opened an epoch; the next ones are spread over the interval."""
        turn = self._turn(stream)
        self._opened += 1
        turn.taken_at = now - self._interval_s * (self._opened % among) / among
        stream.is_changed = False
        self._hurried.pop(stream, None)
        turn.newest = stream.epoch, 1
        self._retention_ms(turn, stream, now)

    def forget(self, stream: Stream) -> None:
        """Give a stream no turn any more."""
        self._turns.pop(stream, None)
        self._hurried.pop(stream, None)

    def is_hurried(self, stream: Stream) -> bool:
        """True while a snapshot that was hurried has not been captured, though it can be."""
        return stream.state is OPEN and stream in self._hurried

    def newest(self, stream: Stream) -> int | None:
        """Return the seq of the newest snapshot in the stream's epoch, if any."""
        newest = self._turn(stream).newest
        return newest[1] if newest is not None and newest[0] == stream.epoch else None

    def trims(self, streams: Iterable[Stream]) -> list[Call]:
        """Return plain trims of each stream to its newest snapshot: these run even when Redis is
        full (R8). Older snapshots go first: none may be kept without the entries behind it.
        """
        return [
            calls.plain("XTRIM", name, "MINID", *rule, f"{stream.epoch}-{seq}")
            for stream in streams
            if (seq := self.newest(stream)) is not None
            for name, rule in ((stream.keys.snap, ()), (stream.keys.stream, ("~",)))
        ]

    def is_time(self, now: float) -> bool:
        """True when it is time for the next look."""
        return now >= self._next_look

    def due(self, streams: Collection[Stream], now: float) -> Iterator[tuple[Stream, int]]:
        """Yield streams whose book is to be captured now, with the retention in ms to use.

        Only streams of which everything has been sent: the snapshot then stands behind its last
        entry.
        """
        self._next_look = now + LOOK_EVERY_S
        share = 1 + int(2 * len(self._turns) * LOOK_EVERY_S / self._interval_s)
        for stream in self._looked_at(streams):
            if stream.state is not OPEN:
                continue
            is_hurried = stream in self._hurried
            if stream.has_pending:
                if is_hurried:
                    self._next_look = now
                continue
            turn = self._turn(stream)
            if not (is_hurried or self._is_due(turn, stream, now)):
                continue
            turn.taken_at = now
            stream.is_changed = False
            self._hurried.pop(stream, None)
            turn.newest = stream.epoch, stream.last_seq
            yield stream, self._retention_ms(turn, stream, now)
            share -= not is_hurried
            if share <= 0:
                return

    def _looked_at(self, streams: Collection[Stream]) -> Iterator[Stream]:
        """Yield the hurried, then this look's share of a round; the rest stays for the next."""
        yield from list(self._hurried)
        if not self._round:
            self._round = list(streams)[::-1]
        round_s = min(ROUND_S, self._interval_s)
        for _ in range(max(FEW, ceil(len(streams) * LOOK_EVERY_S / round_s))):
            if not self._round:
                return
            yield self._round.pop()

    def struck(self) -> list[str]:
        """Return the symbols whose brake has struck since the last call."""
        struck, self._struck = self._struck, []
        return struck

    def _retention_ms(self, turn: _Turn, stream: Stream, now: float) -> int:
        retention_ms = turn.brake.retention_ms(now, stream.written, int(self._retention_s * 1000))
        if turn.brake.struck:
            self._struck.append(stream.symbol or "")
        return retention_ms

    def _is_due(self, turn: _Turn, stream: Stream, now: float) -> bool:
        if turn.brake.asks_for_snapshot(stream.written):
            return True
        return now - turn.taken_at >= (self._interval_s if stream.is_changed else self._retention_s)
