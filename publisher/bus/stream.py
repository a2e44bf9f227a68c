"""The writer's side of one stream: its epoch, its sequence, what is in flight, and what an answer
means.

Pure. It numbers entries, keeps them in the ring until Redis has confirmed them and for a while
after, and turns the scripts' answers into the next step. Promises: ids only grow by one; a retry
sends the same bytes under the same ids; an entry that the ring no longer holds is never skipped
silently, but ends in a new epoch that names the range.

| state | event | next |
|---|---|---|
| closed | lead | inspecting |
| inspecting | inspected | ready |
| ready | open sent | opening |
| opening | OK | open |
| opening | FENCED, CHANGED, cut | inspecting |
| open | OK | open |
| open | LOST, ring covers | open (refill) |
| open | LOST, ring too short | inspecting (reason lost) |
| open | ring gave up an unsent entry | inspecting (reason overrun) |
| open | FENCED | inspecting (reason fenced) |
| any | stand by | closed |
"""

from __future__ import annotations

from enum import StrEnum

from publisher.bus.keys import StreamKeys
from publisher.bus.ring import Entry, Ring
from publisher.bus.scripts import Code, Mode
from publisher.bus.slots import slot_of
from publisher.errors import InternalError

REFILL_ENTRIES = 1000
"""Entries of one append at most, so that a refill never holds Redis for long (decisions, Append
script).
"""


class StreamState(StrEnum):
    """Where a stream stands; see the table above."""

    CLOSED = "closed"
    INSPECTING = "inspecting"
    READY = "ready"
    OPENING = "opening"
    OPEN = "open"


OPEN = StreamState.OPEN  # a member of an enum costs a call each time
READY = StreamState.READY


class Stream:
    """One stream of the feed, identified by its symbol (None for the status stream, empty in a
    channel without symbols).
    """

    def __init__(self, symbol: str | None, keys: StreamKeys, ring: Ring) -> None:
        self.symbol = symbol
        self.keys = keys
        self.slot = slot_of(keys.stream)
        """Of a Redis Cluster."""
        self.ring = ring
        self.state = StreamState.CLOSED
        self.epoch = 0
        self.past = 0
        """The last epoch of a stream of this name that this process kept before."""
        self.reason = "start"
        self.inspected = "0-0"
        self._missed: tuple[int, int, int] | None = None
        """Epoch, first and last seq that Redis had not confirmed when that epoch ended."""
        self.is_in_flight = False
        self.takes_entries = False
        """True while an epoch is open or opening; events at other times its snapshot will cover."""
        self.fresh: list[bytes | Entry] = []
        """Published, not yet in the ring: the hot path only appends here (`settle`)."""
        self.held: bytes | None = None
        """A top that waits for the append in flight; a newer one replaces it (WIRE.md 4.11)."""
        self.published_at = 0.0
        self.written = self.entries = 0
        """Bytes and entries published, in all."""
        self.sent_since = 0.0
        """When the oldest entry of the append sent last was published, as `settle` saw it."""
        self._unsent_since = 0.0
        self.is_changed = False
        """True when the book changed since its last snapshot."""
        self._acked = -1
        self._sent = -1
        self._mode = Mode.NORMAL

    # Opening --------------------------------------------------------------------------------------

    def inspect(self, reason: str) -> None:
        """Ask for the stream's end anew; whatever was not confirmed is over with its epoch."""
        self.reason = reason
        self.state = StreamState.INSPECTING
        self._leave()

    def inspected_as(self, last_id: str) -> None:
        """Take the stream's last id, `0-0` if it has none."""
        self.inspected = last_id
        if self.state is StreamState.INSPECTING:
            self.state = StreamState.READY

    def begin(self, epoch: int, first: list[bytes | Entry], now: float) -> None:
        """Start an epoch whose `first` entries (epoch event, snapshot) travel in the open call."""
        self.state = StreamState.OPENING
        self.takes_entries = True
        self.epoch = epoch
        self.is_in_flight = True
        self.ring.restart(0)
        self.ring.extend(first, now)
        self._acked = self._sent = len(first) - 1
        self._mode = Mode.NORMAL
        self.published_at = self.sent_since = now
        self._unsent_since = 0.0
        self.entries += len(first)

    def opened(self, code: Code, detail: str) -> None:
        """Take the answer to the open call."""
        self.is_in_flight = False
        if self.state is not StreamState.OPENING:
            return
        if code is Code.OK:
            self.state = StreamState.OPEN
            self._missed = None
        elif code is not Code.REFUSED:
            self.inspect("fenced" if code is Code.FENCED else self.reason)

    def close(self) -> None:
        """Stand by: forget the epoch."""
        self.state = StreamState.CLOSED
        self._leave()

    def end(self) -> None:
        """Give up for good, with the memory of what was said."""
        self.close()
        self.ring.restart(0)

    def _leave(self) -> None:
        self.is_in_flight = False
        self.takes_entries = False
        self.fresh.clear()
        self.held = None

    # Publishing -----------------------------------------------------------------------------------

    @property
    def last_seq(self) -> int:
        """The seq of the newest entry."""
        return self.ring.end + len(self.fresh) - 1

    @property
    def pending(self) -> int:
        """How many entries Redis has not confirmed."""
        return self.ring.end + len(self.fresh) - 1 - self._acked

    @property
    def has_pending(self) -> bool:
        """True while entries wait to be sent."""
        return self._sent < self.ring.end + len(self.fresh) - 1 or self.held is not None

    def release(self) -> None:
        """Let the held top take its place."""
        if self.held is not None:
            self.fresh.append(self.held)
            self.held = None

    def settle(self, now: float) -> bool:
        """Move what was published since the last call into the ring; return whether an append may
        go. An overrun stream's may not: the next tick opens a new epoch.
        """
        if self.held is not None and not self.is_in_flight:
            self.release()
        if self.fresh:
            self.written += self.ring.extend(self.fresh, now)
            self.entries += len(self.fresh)
            self.fresh.clear()
            self.published_at = now
            if not self._unsent_since:
                self._unsent_since = now
        return self.state is OPEN and not self.is_in_flight and self.ring.first <= self._acked + 1

    def is_overrun(self) -> bool:
        """True when the ring gave up an entry that is neither confirmed nor on its way."""
        return not self.is_in_flight and self.ring.first > self._acked + 1

    def take(self) -> tuple[Mode, int, list[bytes | Entry]]:
        """Return mode, expected seq and entries of the next append, and count them as in flight."""
        if self.is_in_flight or self.state is not OPEN:
            raise InternalError(f"{self.keys.stream}: append while {self.state}")
        start = self._acked + 1
        stop = min(self.ring.end, start + REFILL_ENTRIES)
        self._sent = stop - 1
        self.is_in_flight = True
        self.sent_since = self._unsent_since or self.published_at
        self._unsent_since = 0.0
        return self._mode, self._acked, self.ring.slice(start, stop)

    def took(self) -> bool:
        """Take that all in flight has arrived, as nearly always; False when no epoch is open."""
        self.is_in_flight = False
        if self.state is not OPEN:
            return False
        self._acked = self._sent
        self._mode = Mode.NORMAL
        return True

    def answered(self, code: Code, detail: str) -> None:
        """Take the answer to an append."""
        if code is Code.OK:
            self.took()
            return
        self.is_in_flight = False
        if self.state is not OPEN:
            return
        match code:
            case Code.LOST:
                self._lost(detail)
            case Code.FENCED | Code.CHANGED:
                self._missed = (self.epoch, self._acked + 1, self.last_seq)
                self.inspect("fenced")

    def unpublished(self) -> tuple[int, int] | None:
        """Return the first and last seq of the previous epoch that nobody can have read, if any.

        What was missed begins after the stream's end as inspected: a batch whose answer was lost
        may have arrived. WIRE 4.4 counts in the previous epoch alone: if that is another by now (a
        stray entry's, or ours whose opening arrived unheard), there is nothing to tell.
        """
        if self._missed is None:
            return None
        missed, first, last = self._missed
        epoch, seq = parse_id(self.inspected)
        if epoch != missed:
            return None
        first = max(first, seq + 1)
        return (first, last) if first <= last else None

    def cut(self) -> None:
        """The connection went with an answer outstanding: what was in flight will be sent again."""
        self._sent = self._acked
        if self.is_in_flight:
            self._unsent_since = self.sent_since
        self.is_in_flight = False
        if self.state is StreamState.OPENING:
            self.inspect(self.reason)

    def overrun(self) -> None:
        """The ring gave up unsent entries: only a new epoch can follow."""
        self._missed = (self.epoch, self._acked + 1, self.last_seq)
        self.inspect("overrun")

    def _lost(self, last_id: str) -> None:
        """Redis ends at `last_id`: go back there, if the ring reaches so far (publish-protocol R1,
        R6).
        """
        epoch, seq = parse_id(last_id)
        resume = seq + 1 if epoch == self.epoch else self.ring.first
        if resume < self.ring.first or (epoch != self.epoch and self.ring.end == resume):
            self._missed = (self.epoch, max(resume, 0), self.last_seq)
            self.inspect("lost")
            return
        self._acked = self._sent = resume - 1
        self._mode = Mode.SEED


def parse_id(entry_id: str) -> tuple[int, int]:
    """Return (epoch, seq) of an entry id."""
    epoch, _, seq = entry_id.partition("-")
    return int(epoch), int(seq)
