"""A Redis stream as a value: entries, exact id rules, trims by whole nodes as Redis does them.

Pure, and silent about who writes. Ids are pairs of ints; errors are `Refused` with Redis' words.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque

Id = tuple[int, int]
Fields = tuple[bytes, ...]
Row = tuple[Id, Fields]

ZERO: Id = (0, 0)
TOP: Id = (2**64 - 1, 2**64 - 1)


class Refused(Exception):
    """Redis answers an error; `str()` is its text."""


def parse_id(text: str, *, missing_seq: int = 0) -> Id:
    """Return the id that a command names: `<ms>` or `<ms>-<seq>`."""
    ms, dash, seq = text.partition("-")
    return int(ms), int(seq) if dash else missing_seq


def show_id(entry_id: Id) -> str:
    """Return an id as Redis prints it."""
    return f"{entry_id[0]}-{entry_id[1]}"


class StreamValue:
    """Entries in order; `last` outlives trims. `node_entries` is `stream-node-max-entries`."""

    __slots__ = ("_nodes", "last", "node_entries", "rows")

    def __init__(self, node_entries: int) -> None:
        self.rows: list[Row] = []
        self.last: Id = ZERO
        self.node_entries = node_entries
        self._nodes: deque[list[int]] = deque()  # per node: entries left, entries ever

    def copy(self) -> StreamValue:
        """Return a value of its own with the same content."""
        twin = StreamValue(self.node_entries)
        twin.rows, twin.last = self.rows.copy(), self.last
        twin._nodes = deque(node.copy() for node in self._nodes)
        return twin

    def add(self, entry_id: Id | None, fields: Fields, now_ms: int) -> Id:
        """Append an entry; None asks for an id of the server's own (`*`)."""
        if entry_id is None:
            ms, seq = self.last
            entry_id = (now_ms, 0) if now_ms > ms else (ms, seq + 1)
        if entry_id <= self.last:
            raise Refused(
                "ERR The ID specified in XADD is equal or smaller than the target stream top item"
            )
        if not self._nodes or self._nodes[-1][1] >= self.node_entries:
            self._nodes.append([0, 0])
        self._nodes[-1][0] += 1
        self._nodes[-1][1] += 1
        self.rows.append((entry_id, fields))
        self.last = entry_id
        return entry_id

    def range(self, low: Id, high: Id) -> list[Row]:
        """Return the entries from `low` to `high`, both included."""
        start = bisect_left(self.rows, low, key=_id_of)
        return self.rows[start : bisect_right(self.rows, high, key=_id_of)]

    def after(self, position: Id, count: int) -> list[Row]:
        """Return at most `count` entries behind `position`."""
        start = bisect_right(self.rows, position, key=_id_of)
        return self.rows[start : start + count]

    def trim_below(self, low: Id) -> int:
        """Remove every entry below `low` (`MINID =`)."""
        removed = bisect_left(self.rows, low, key=_id_of)
        del self.rows[:removed]
        left = removed
        while left:
            part = min(left, self._nodes[0][0])
            self._nodes[0][0] -= part
            left -= part
            if not self._nodes[0][0]:
                self._nodes.popleft()
        return removed

    def trim_nodes(self, *, low: Id | None = None, longest: int | None = None) -> int:
        """Remove whole nodes that lie below `low`, or beyond `longest` entries (`~`)."""
        limit, removed = 100 * self.node_entries, 0
        while self._nodes:
            size = self._nodes[0][0]
            if removed + size > limit:
                break
            if low is not None and self.rows[removed + size - 1][0] >= low:
                break
            if longest is not None and len(self.rows) - removed - size < longest:
                break
            self._nodes.popleft()
            removed += size
        del self.rows[:removed]
        return removed


def _id_of(row: Row) -> Id:
    return row[0]
