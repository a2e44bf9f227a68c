"""The replay ring: the last entries of one stream, so that what Redis lost can be written again,
byte for byte.

Entries have consecutive seqs. The ring of a stream is bounded in seconds; all rings of a feed
together in bytes (`RingBudget`): the stream that adds pays, by giving up its own oldest. Rule for a
full ring: the oldest goes, sent or not; the stream notices that an unsent one went and opens a new
epoch with the missed range announced.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice

OVERHEAD_BYTES = 48
"""What a bytes object and its place in the ring cost beside the payload."""
MARK_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Entry:
    """A `snapshot` event's payload, with the body that goes to `.snap`. Its length is of both."""

    payload: bytes
    body: bytes

    def __len__(self) -> int:
        return len(self.payload) + len(self.body) + OVERHEAD_BYTES


@dataclass(slots=True)
class RingBudget:
    """The bytes that all rings of a feed may hold together."""

    limit: int
    used: int = 0


class Ring:
    """Entries `first` to `end - 1` of one stream's epoch."""

    __slots__ = ("_budget", "_entries", "_marks", "_seconds", "end", "first")

    def __init__(self, budget: RingBudget, seconds: float) -> None:
        self._budget = budget
        self._seconds = seconds
        self._entries: deque[bytes | Entry] = deque()
        self._marks: deque[tuple[float, int]] = deque()
        self.first = self.end = 0
        """The seq of the oldest entry, and the one after the newest."""

    def restart(self, first: int) -> None:
        """Forget everything; the next entry is `first`."""
        self._drop(len(self._entries))
        self._marks.clear()
        self.first = self.end = first

    def extend(self, fresh: list[bytes | Entry], now: float) -> int:
        """Append entries from seq `end` on; drop what is too old or too much; return the bytes."""
        marks = self._marks
        if not marks or now - marks[-1][0] >= MARK_EVERY_S:
            marks.append((now, self.end))
            while len(marks) > 1 and now - marks[1][0] >= self._seconds:
                marks.popleft()
                self._drop(max(0, marks[0][1] - self.first))  # the budget may have taken more
        self._entries.extend(fresh)
        self.end += len(fresh)
        budget = self._budget
        added = sum(map(len, fresh)) + OVERHEAD_BYTES * len(fresh)
        budget.used += added
        if budget.used > budget.limit:
            self._give_up(budget.used - budget.limit)
        return added

    def slice(self, start: int, stop: int) -> list[bytes | Entry]:
        """Return entries `start` to `stop - 1`; both lie within the ring."""
        entries, first = self._entries, self.first
        if start == first and stop == self.end:
            return list(entries)
        if start + 1 == stop == self.end:
            return [entries[-1]]
        if stop == self.end:  # the newest few: walk from the right end
            newest = [entries[-i] for i in range(1, stop - start + 1)]
            newest.reverse()
            return newest
        return list(islice(entries, start - first, stop - first))

    def cover_s(self, now: float) -> float:
        """Return how many seconds back the ring reaches. Another thread may ask, and gets a
        RuntimeError when the ring grows meanwhile.
        """
        held = (at for at, seq in self._marks if seq >= self.first)
        return now - next(held, now)

    def _drop(self, count: int) -> None:
        popleft = self._entries.popleft
        freed = sum(len(popleft()) for _ in range(count))
        self._budget.used -= freed + OVERHEAD_BYTES * count
        self.first += count

    def _give_up(self, excess: int) -> None:
        """Drop the oldest until `excess` bytes are free; the newest stays."""
        count, freed = 0, 0
        for entry in islice(self._entries, len(self._entries) - 1):
            if freed >= excess:
                break
            freed += len(entry) + OVERHEAD_BYTES
            count += 1
        self._drop(count)
