"""When each book's periodic snapshot is due (WIRE.md 6; decisions, Epoch, seq, reset, snapshot).
Pure.

A book that changed is written every `snapshot_interval_s`, one that did not once per `retention_s`,
so that its heartbeats can be trimmed. Books take their turns: the first ones are spread over the
interval, and each look writes only a share of them, so that a feed of a thousand books never sends
all at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from publisher.bus.brake import Brake
from publisher.bus.stream import Stream, StreamState
from publisher.model import FeedPlan

LOOK_EVERY_S = 0.1


@dataclass(slots=True)
class _Turn:
    brake: Brake
    taken_at: float = 0.0
    is_hurried: bool = False
    newest: tuple[int, int] | None = None
    """Epoch and seq of the last snapshot sent."""


class SnapshotSchedule:
    """The turns of a feed's books."""

    def __init__(self, plan: FeedPlan) -> None:
        self._interval_s = plan.snapshot_interval_s
        self._retention_s = plan.retention_s
        self._turns: dict[str | None, _Turn] = {
            symbol: _Turn(Brake(plan.stream_max_bytes)) for symbol in plan.symbols
        }
        self._next_look = 0.0
        self._opened = 0

    def hurry(self, stream: Stream) -> None:
        """Let the stream's next snapshot be due at once."""
        turn = self._turns.get(stream.symbol)
        if turn is not None:  # the status stream has no snapshots
            turn.is_hurried = True
            self._next_look = 0.0

    def taken(self, stream: Stream, now: float, among: int) -> None:
        """Note the snapshot that opened an epoch; the next ones are spread over the interval."""
        turn = self._turns[stream.symbol]
        self._opened += 1
        turn.taken_at = now - self._interval_s * (self._opened % among) / among
        stream.is_changed = turn.is_hurried = False
        turn.newest = stream.epoch, 1
        turn.brake.retention_ms(now, stream.written, int(self._retention_s * 1000))

    def is_hurried(self, stream: Stream) -> bool:
        """True while a snapshot that was hurried has not been captured."""
        return self._turns[stream.symbol].is_hurried

    def newest(self, stream: Stream) -> int | None:
        """Return the seq of the newest snapshot in the stream's epoch, if any."""
        newest = self._turns[stream.symbol].newest
        return newest[1] if newest is not None and newest[0] == stream.epoch else None

    def is_time(self, now: float) -> bool:
        """True when it is time for the next look."""
        return now >= self._next_look

    def due(self, streams: Iterable[Stream], now: float) -> Iterator[tuple[Stream, int]]:
        """Yield streams whose book is to be captured now, with the retention in ms to use.

        Only streams of which everything has been sent: the snapshot then stands behind its last
        entry.
        """
        self._next_look = now + LOOK_EVERY_S
        share = 1 + int(2 * len(self._turns) * LOOK_EVERY_S / self._interval_s)
        for stream in streams:
            turn = self._turns[stream.symbol]
            if stream.state is not StreamState.OPEN:
                continue
            if stream.has_pending:
                if turn.is_hurried:
                    self._next_look = now
                continue
            if not self._is_due(turn, stream, now):
                continue
            turn.taken_at = now
            stream.is_changed = False
            if not turn.is_hurried:
                share -= 1
            turn.is_hurried = False
            turn.newest = stream.epoch, stream.last_seq
            retention_ms = int(self._retention_s * 1000)
            yield stream, turn.brake.retention_ms(now, stream.written, retention_ms)
            if share <= 0:
                return

    def struck(self) -> Iterator[str]:
        """Yield the symbols whose brake has just struck, once."""
        for symbol, turn in self._turns.items():
            if turn.brake.struck:
                turn.brake.struck = False
                yield symbol or ""

    def _is_due(self, turn: _Turn, stream: Stream, now: float) -> bool:
        if turn.is_hurried or turn.brake.asks_for_snapshot(stream.written):
            return True
        return now - turn.taken_at >= (self._interval_s if stream.is_changed else self._retention_s)
