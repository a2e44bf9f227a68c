"""The judge at Redis: knows what each entry should hold, and what may follow what.

Publishers file what their verified books were at each id (`file`); what lands in Redis is compared
with that and with WIRE's promises about a stream (3.1, 6, 10); readers ask `state_at` for the
truth. It keeps, with each lineage of a stream, who wrote which id: a rollback rolls that back too.
Of the streams of tops it is told the ids alone; what they hold `TopRows` judges.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

import msgpack

from tests.simulation.exchange import Levels
from tests.simulation.keyspace import Keyspace
from tests.simulation.streams import Fields, Id, StreamValue, show_id
from tests.simulation.tops import Top, TopRows, told_top
from tests.simulation.world import World

STRAY = "stray"


class _Mark(Enum):
    SAME = "as at the id before"
    UNKNOWN = "a pointer or a stray: the snapshot under this id will tell"


SAME: Final = _Mark.SAME
UNKNOWN: Final = _Mark.UNKNOWN
State = Levels | Top
"""A book, or its best bid and offer."""


@dataclass
class Lineage:
    """All ids that ever landed in one life of a stream, trimmed ones too, each with its writer."""

    ids: list[Id] = field(default_factory=list)
    writers: list[str] = field(default_factory=list)

    def before(self, entry_id: Id) -> Id | None:
        """Return the id that landed before `entry_id`."""
        at = bisect_left(self.ids, entry_id)
        return self.ids[at - 1] if at else None

    def has(self, entry_id: Id) -> bool:
        """True when the id landed."""
        at = bisect_left(self.ids, entry_id)
        return at < len(self.ids) and self.ids[at] == entry_id


class Judge:
    """The truth about the streams of books, `books`, and of their tops, `tops`."""

    def __init__(
        self, world: World, books: tuple[str, ...], tops: tuple[str, ...], lease_key: str
    ) -> None:
        self.world = world
        self.tops = tops
        self.streams = books + tops
        self.lease_key = lease_key
        self.top_rows = TopRows(world)
        self.written: Counter[tuple[str, str]] = Counter()
        self.opened: Counter[tuple[str, str]] = Counter()
        """How many snapshots, by writer and stream."""
        self._filed: dict[tuple[str, str, Id], Levels | None] = {}
        self._truth: dict[tuple[str, Id], State | _Mark | None] = {}
        self._payloads: dict[tuple[str, Id], bytes] = {}
        self._lineages: dict[StreamValue, Lineage] = {}

    # What publishers say --------------------------------------------------------------------------

    def file(self, writer: str, stream: str, entry_id: Id, levels: Levels | None) -> None:
        """Note the writer's verified book at an id that it gave out, None if it had none, and for
        each id of a stream of tops.
        """
        self._filed[writer, stream, entry_id] = levels

    # What lands -----------------------------------------------------------------------------------

    def added(self, db: Keyspace, key: str, entry_id: Id, fields: Fields) -> None:
        """Judge an entry that Redis has just taken."""
        if key.endswith(".snap") and key[:-5] in self.streams:
            self._snapshot(db, key[:-5], entry_id, fields)
        elif key in self.streams:
            stream = db.stream(key)
            assert stream is not None
            writer = db.writer.partition(":")[0]
            self._entry(key, writer, entry_id, fields, self.lineage(stream))
            self.opened[writer, key] += entry_id[1] == 0
            if entry_id[1] == 0 and self._holder(db) not in ("", writer):
                self.world.counts["openings past the lease"] += 1

    def _holder(self, db: Keyspace) -> str:
        """Return who holds the lease."""
        (owner,) = db.hmget(self.lease_key, "owner")
        return (owner or b"").decode()

    def lineage(self, stream: StreamValue) -> Lineage:
        """Return the lineage of a stream's value."""
        return self._lineages.setdefault(stream, Lineage())

    def forked(self, old: Keyspace, new: Keyspace) -> None:
        """A replica was cut off: from here its streams have a lineage of their own."""
        for key in self.streams:
            before, after = old.stream(key), new.stream(key)
            if before is not None and after is not None:
                kept = self.lineage(before)
                self._lineages[after] = Lineage(kept.ids.copy(), kept.writers.copy())

    def _entry(self, key: str, writer: str, entry_id: Id, fields: Fields, lineage: Lineage) -> None:
        name = f"{key} {show_id(entry_id)} of {writer}"
        if writer == STRAY:
            # Where the entry itself landed on another branch, readers rightly hold its book.
            self._truth.setdefault((key, entry_id), UNKNOWN if key in self.tops else None)
            self.top_rows.strayed(key, entry_id[0])
        else:
            is_new = (key, entry_id) not in self._payloads
            before = self._payloads.setdefault((key, entry_id), fields[1])
            if before != fields[1]:
                raise self.world.violated("an id comes back with the same bytes", name)
            if (writer, key, entry_id) not in self._filed:
                raise self.world.violated("only what was published lands", name)
            self._follows(name, writer, entry_id, lineage)
            if key not in self.tops:
                self._truth[key, entry_id] = self._filed[writer, key, entry_id]
            elif is_new:
                event = msgpack.unpackb(fields[1])
                self.top_rows.take(writer, key, entry_id[0], event)
                self._truth[key, entry_id] = _top_after(event)
        lineage.ids.append(entry_id)
        lineage.writers.append(writer)
        self.world.counts["entries"] += 1

    def _follows(self, name: str, writer: str, entry_id: Id, lineage: Lineage) -> None:
        """WIRE 3.1: seq grows by exactly 1 in its epoch, under one writer."""
        if not lineage.ids:
            return  # a new life: a refill begins where the ring does
        last, other = lineage.ids[-1], lineage.writers[-1]
        if entry_id[0] == last[0]:
            if entry_id[1] != last[1] + 1:
                raise self.world.violated("no hole in an epoch", f"{name} after {show_id(last)}")
            if other == STRAY:  # a slow server clock gave it the writer's next id
                self.world.counts["strays within an epoch"] += 1
            elif writer != other:
                raise self.world.violated("one writer an epoch", f"{name} after {other}")
        elif entry_id[1] != 0:
            # Allowed: readers see a gap there and wait for the snapshot that follows a refill.
            self.world.counts["epochs refilled from their middle"] += 1

    def _snapshot(self, db: Keyspace, key: str, entry_id: Id, fields: Fields) -> None:
        """WIRE 2.1: a snapshot lies under the id of the last entry that it includes."""
        name = f"{key}.snap {show_id(entry_id)}"
        stream = db.stream(key)
        if stream is None or not self.lineage(stream).has(entry_id):
            raise self.world.violated("a snapshot stands behind its entry", name)
        writer = db.writer.partition(":")[0]
        body = msgpack.unpackb(fields[1], use_list=True)
        truth, told = self.state_at(key, entry_id), _state_of(body)
        if truth is None:  # a stray holds the id, or the entry points here, or there was no book
            truth = self._filed.get((writer, key, entry_id))
            is_open = self._mark(key, entry_id) is UNKNOWN
            if is_open and self.top_rows.had(writer, key, told_top(body)):
                truth = told
            self._truth[key, entry_id] = truth
        if truth is None or told != truth:
            raise self.world.violated("a snapshot is the book of its id", name)
        self.written[writer, key] += 1
        self.world.counts["snapshots"] += 1

    # What readers ask -----------------------------------------------------------------------------

    def state_at(self, key: str, entry_id: Id) -> State | None:
        """Return the book or top as published at an id, None where there was no verified one."""
        truth = self._mark(key, entry_id)
        return None if isinstance(truth, _Mark) else truth

    def _mark(self, key: str, entry_id: Id) -> State | _Mark | None:
        """Return the truth at an id; entries that change nothing have the one before theirs, which
        is not known where it never landed: Redis lost all, and the ring had given it up.
        """
        epoch, seq = entry_id
        while (truth := self._truth.get((key, (epoch, seq)), UNKNOWN)) is SAME:
            seq -= 1
        return truth

    def has_landed(self, key: str, entry_id: Id) -> bool:
        """True when Redis ever took an entry of this id."""
        return (key, entry_id) in self._truth


def _top_after(event: dict[str, Any]) -> Top | _Mark | None:
    """Return the top that is known behind an entry."""
    match event["t"]:
        case "top" | "snapshot":
            return UNKNOWN if "ptr" in event else told_top(event)
        case "heartbeat" | "bye":
            return SAME
    return None


def _state_of(snapshot: dict[str, Any]) -> State:
    if snapshot["ch"] == "bbo":
        return told_top(snapshot)
    return numbers(snapshot["b"]), numbers(snapshot["a"])


def numbers(levels: list[list[int | str]]) -> list[tuple[int, int]]:
    """Return levels with numbers past uint64 as ints again (WIRE 3.5)."""
    return [(int(price), int(qty)) for price, qty in levels]
