"""How many streams and entries share a call to Redis, so that none holds it for long. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from publisher.bus import calls
from publisher.bus.calls import Call
from publisher.bus.stream import Stream

STREAMS_PER_CALL = 64
ENTRIES_PER_CALL = 1000
INSPECT_PER_CALL = 200


def inspections(streams: Sequence[Stream]) -> Iterator[Call]:
    """Yield the calls that ask for the ends of streams."""
    for i in range(0, len(streams), INSPECT_PER_CALL):
        yield calls.inspect(streams[i : i + INSPECT_PER_CALL])


def appends(ready: Iterable[Stream], writer: int, feed: str, retention_ms: int) -> Iterator[Call]:
    """Yield the calls that append what is pending in streams that may send now."""
    for group in _groups(ready):
        yield calls.append(group, writer, feed, retention_ms)


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
