"""How many streams and entries share a call to Redis, so that none holds it for long. Pure.

Where the plan `is_sharded` only streams of one slot share one: a cluster takes no other call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from publisher.bus import calls
from publisher.bus.calls import Call
from publisher.bus.stream import Stream
from publisher.model import FeedPlan

STREAMS_PER_CALL = 64
ENTRIES_PER_CALL = 1000
INSPECT_PER_CALL = 200


def inspections(streams: Sequence[Stream], plan: FeedPlan) -> Iterator[Call]:
    """Yield the calls that ask for the ends of streams."""
    for together in by_slot(streams) if plan.is_sharded else (streams,):
        for i in range(0, len(together), INSPECT_PER_CALL):
            yield calls.inspect(together[i : i + INSPECT_PER_CALL])


def appends(
    ready: Iterable[Stream], writer: int, plan: FeedPlan, retention_ms: int
) -> Iterator[Call]:
    """Yield the calls that append what is pending in streams that may send now."""
    for together in by_slot(ready) if plan.is_sharded else (ready,):
        for group in _groups(together):
            yield calls.append(group, writer, plan.feed, retention_ms)


def by_slot(streams: Iterable[Stream]) -> Iterable[list[Stream]]:
    """Return streams apart by slot."""
    slots: dict[int, list[Stream]] = {}
    for stream in streams:
        slots.setdefault(stream.slot, []).append(stream)
    return slots.values()


def _groups(ready: Iterable[Stream]) -> Iterator[list[Stream]]:
    group: list[Stream] = []
    entries = 0
    for stream in ready:
        group.append(stream)
        entries += stream.pending
        if len(group) == STREAMS_PER_CALL or entries >= ENTRIES_PER_CALL:
            yield group
            group, entries = [], 0
    if group:
        yield group
