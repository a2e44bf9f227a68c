"""Two lines of a stream told as one: the arbiter of WIRE §7.7. `trade` has one of its own.

Pure: no I/O, no clock. It is handed what the replicas of the lines tell, as they tell it, with
`now` (seconds of any monotonic clock), and gives back what the application is told. Promises: the
state of every event is one line's own proven state, never mixed of two; an event that both lines
have is told once; what was told by neither, or may be told twice, is announced by a `Jump`.

The lines are 0 and 1 here. One leads: its events are told. That says nothing about its health: of
two good lines it is whoever had the latest event first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from typing import Any, Final

from ._channels import values_of
from ._events import Disconnected, Event, Joined, Jump, LineDown, LineUp, Reconnected, Stale
from .book import Book, OrderBook
from .replica import Replica
from .wire import AnySnapshot, Balance, Bye, ChannelEvent, Execution, Instruments, Orders, Update

NAMES: Final = ("a", "b")
TRAIL: Final = 1000  # marks that a line may be behind and still meet the other
PATIENCE_S: Final = 1.0  # how long a line that the other has passed may say nothing
Mark = tuple[Hashable, ...]


def mark_of(event: Event) -> Mark | None:
    """Return where an event leaves its line: the venue's stamp first, then what the state is known
    by. None where it tells nothing of that.
    """
    if event.plain is not None:
        fields = event.plain[1]
        return fields[0], fields[4]
    body, state = event.fact, event.state
    match body:
        case Update() | Orders():
            return body.ts_event, body.checksum
        case Execution():
            return body.ts_event, body.order_id, body.report
        case Balance():
            return body.ts_event, body.asset, body.report
        case Instruments():
            return body.ts_event, body.pairs, body.assets
    if not isinstance(body, ChannelEvent | AnySnapshot | Joined) or not state.is_valid:
        return None
    if isinstance(state, Book | OrderBook):
        return state.ts_event, state.checksum()
    values = values_of(state)
    return None if values is None else (state.ts_event, *values)


class Pair:
    """Which of two lines are up: their states valid, and they have not ended."""

    def __init__(self, replicas: tuple[Replica, Replica]) -> None:
        self._streams = replicas[0].stream, replicas[1].stream
        self._states = replicas[0].state, replicas[1].state
        self._up = [False, False]
        self._heard = [0.0, 0.0]

    def _takes(self, line: int, event: Event, now: float) -> bool:
        """Note how a line stands after an event; return whether it was up before."""
        body = event.fact
        if not isinstance(body, Stale):
            self._heard[line] = now
        was_up = self._up[line]
        self._up[line] = self._states[line].is_valid and not isinstance(body, Bye | Stale)
        return was_up

    def _line_up(self, line: int, state: Any) -> Event:
        return Event(self._streams[line], state, LineUp(NAMES[line]))

    def _line_down(self, line: int, event: Event, state: Any) -> Event:
        return Event(self._streams[line], state, LineDown(NAMES[line], event.body))


class Lines(Pair):
    """The arbiter of every channel but `trade`."""

    def __init__(self, replicas: tuple[Replica, Replica]) -> None:
        super().__init__(replicas)
        self._lead = 0
        self._marks: list[Mark | None] = [None, None]
        self._trail: deque[Mark] = deque()
        """The leader's marks since the other line's own, the newest last."""
        self._is_apart = True
        """True while it is not known where the other line stands."""
        self._owed: deque[Mark] = deque()
        """What a lost leader had told beyond the present one, which has yet to come by."""

    def take(self, line: int, event: Event, now: float) -> Iterator[Event]:
        """Take what a line's replica tells; give what the application is told."""
        if isinstance(event.fact, Disconnected | Reconnected):
            if line == self._lead:  # both lie on one server
                yield event
            return
        was_up, mark = self._takes(line, event, now), mark_of(event)
        if mark is not None:
            self._marks[line] = mark
        is_up, is_other_up = self._up[line], self._up[1 - line]
        if was_up and not is_up:
            yield from self._lost(line, event)
        elif not was_up and is_up:
            yield from self._found(line, event)
        elif not is_up:
            if not is_other_up and self._follows(line, event):
                yield event
        elif line == self._lead:
            yield from self._of_leader(event, mark)
        elif mark is not None:
            yield from self._of_other(event, mark)

    def ticked(self, now: float) -> list[Event]:
        """Let time pass: a leader that says nothing while the other has passed it leads no more."""
        own, others = self._marks[self._lead], self._marks[1 - self._lead]
        is_passed = own is not None and others is not None and _stamp(others) > _stamp(own)
        is_silent = now - self._heard[self._lead] >= PATIENCE_S
        if not (self._is_apart and is_passed and is_silent and all(self._up)):
            return []
        return [self._jump(1 - self._lead)]

    def _lost(self, line: int, event: Event) -> Iterator[Event]:
        other = 1 - line
        if not self._up[other]:
            self._owed.clear()
            yield self._line_down(line, event, self._states[line])
            return
        yield self._line_down(line, event, self._states[other])
        if line != self._lead:
            self._is_apart = True
        elif self._is_apart or self._owed:
            yield self._jump(other)
        else:
            self._owed = self._trail
            self._leads(other)

    def _found(self, line: int, event: Event) -> Iterator[Event]:
        if self._up[1 - line]:
            yield self._line_up(line, self._states[self._lead])
            self._is_apart = True
            mark = self._marks[line]
            if line != self._lead and mark is not None:
                self._place(mark)
            return
        yield self._line_up(line, self._states[line])
        is_new = line != self._lead and not isinstance(event.fact, Joined | AnySnapshot)
        self._leads(line)
        if is_new:  # the other may have told all of this before it was lost
            yield self._jump(line)
        yield event

    def _follows(self, line: int, event: Event) -> bool:
        """Both are down: what comes of a channel comes from the line that leads from here."""
        if isinstance(event.body, ChannelEvent):
            self._leads(line)
        return line == self._lead

    def _of_leader(self, event: Event, mark: Mark | None) -> Iterator[Event]:
        if mark is None:
            if not self._owed:
                yield event
            return
        self._moved(mark)
        if not self._owed:
            yield event
        elif mark in self._owed:
            _drop_through(self._owed, mark)
        else:
            yield self._jump(self._lead)
            yield event

    def _of_other(self, event: Event, mark: Mark) -> Iterator[Event]:
        is_level = not (self._is_apart or self._trail or self._owed)
        if self._place(mark) or not is_level:
            return
        self._leads(1 - self._lead)
        self._is_apart = False
        self._moved(mark)
        yield event

    def _place(self, mark: Mark) -> bool:
        """Find where the other line stands; if nowhere in the trail, it is apart."""
        if mark in self._trail:
            _drop_through(self._trail, mark)
        elif self._is_apart and mark == self._marks[self._lead]:
            self._trail.clear()
        else:
            self._is_apart = True
            return False
        self._is_apart = False
        return True

    def _moved(self, mark: Mark) -> None:
        """The leader has come to a mark: the other line is behind it, or was ahead and is met."""
        if self._is_apart and self._up[1 - self._lead] and mark == self._marks[1 - self._lead]:
            self._trail.clear()
            self._is_apart = False
            return
        self._trail.append(mark)
        if len(self._trail) > TRAIL:
            self._trail.popleft()
            self._is_apart = True

    def _leads(self, line: int) -> None:
        self._lead = line
        self._trail = deque()
        self._is_apart = True

    def _jump(self, line: int) -> Event:
        if line != self._lead:
            self._leads(line)
        self._owed.clear()
        return Event(self._streams[line], self._states[line], Jump(NAMES[line]))


def _drop_through(marks: deque[Mark], mark: Mark) -> None:
    while marks.popleft() != mark:
        pass


def _stamp(mark: Mark) -> int:
    stamp = mark[0]
    assert isinstance(stamp, int)
    return stamp
