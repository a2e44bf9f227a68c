"""How many streams and entries share a call to Redis, so that none holds it for long. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from publisher.bus import calls
from publisher.bus.calls import Call
from publisher.bus.stream import Stream, StreamState

STREAMS_PER_CALL = 64
ENTRIES_PER_CALL = 1000
INSPECT_PER_CALL = 200


def inspections(streams: Sequence[Stream]) -> Iterator[Call]:
    """Yield the calls that ask for the ends of streams."""
    for i in range(0, len(streams), INSPECT_PER_CALL):
        yield calls.inspect(streams[i : i + INSPECT_PER_CALL])


def to_append(pending: Iterable[Stream]) -> Iterator[list[Stream]]:
    """Yield groups of the streams that may send now, each for one call. One whose ring gave up what
    is unsent waits for a new epoch.
    """
    group: list[Stream] = []
    entries = 0
    for stream in pending:
        if stream.state is not StreamState.OPEN or stream.is_in_flight or stream.is_overrun():
            continue
        group.append(stream)
        entries += stream.pending
        if len(group) == STREAMS_PER_CALL or entries >= ENTRIES_PER_CALL:
            yield group
            group, entries = [], 0
    if group:
        yield group
