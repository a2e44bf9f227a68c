"""How large a deployment must be: what was measured (deploy/CAPACITY.md), and arithmetic upon it.
Pure.

CPU grows less than the messages do, since one read and one append carry many of them when it is
busy; so both are read from a table of measured points, a line between two of them. Beyond the last
point the line goes on. All figures are of one core of the machine that measured, and of the largest
feed, of all symbols: a feed of few takes less.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

MB = 1_000_000
MIB = 1024 * 1024

# Measured by tests/benchmarks/capacity.py: messages a second, and cores.
PUBLISHER_CORES: Sequence[tuple[float, float]] = (
    (200, 0.103),
    (1000, 0.203),
    (4000, 0.286),
    # Calculated: each further message costs what it did from 1,000 to 4,000, no gain assumed.
    (20_000, 0.73),
)
REDIS_CORES: Sequence[tuple[float, float]] = (
    (200, 0.053),
    (1000, 0.103),
    (4000, 0.170),
    (20_000, 0.53),  # calculated, as above
)
READER_CORES, READER_CORES_PER_MESSAGE = 0.067, 33e-6
"""Of Redis, for a reader of everything: a read a message where few come, and never more than this,
since who names many streams lets a moment pass between reads (WIRE.md 7.5). Of one reader beside a
server that is idle otherwise; of sixteen each costs a third.
"""
READER_BYTES_S, READER_BYTES_PER_MESSAGE = 2_300_000, 560
"""That its commands bring to the server."""
PROCESS_MB = 64.0
SYMBOL_KB = 20.0
"""A book of depth ten."""
LEVEL_KB = 0.9
"""Each further level, both sides: of books with 30 and with 100 levels more."""
ENTRY_BYTES = 125
"""In the server."""
WIRE_BYTES = 350
"""That come into the server for each entry, what fences it and snapshots included."""
SNAPSHOT_BYTES = 1_450
LEVEL_BYTES = 28
"""Calculated: each further level of a snapshot, both sides."""
STREAM_BYTES = 6_000
"""Of a symbol whatever happens: its keys and the first node of each stream."""

REDIS_MB = 64.0
"""The server itself, and buffers of its clients: an estimate."""
BUSY = 0.6
"""Of a core: more leaves no room for a burst."""
HEADROOM = 1.5
BUSY_SYMBOLS = 12
BUSY_RATE, QUIET_RATE = 17.0, 0.5
"""Messages a second of each of the busiest and of each other symbol on a calm day: an estimate."""
PEAK = 10.0
"""What a wild hour is to a calm one: an estimate."""


class Wish(NamedTuple):
    """What is to be published."""

    symbols: int
    depth: int
    rate: float
    """Messages a second in all."""
    retention_s: float
    snapshot_interval_s: float
    ring_bytes: int
    readers: int
    """That read everything."""
    standbys: int


class Size(NamedTuple):
    """What that needs. One standby costs what its leader costs, but writes nothing."""

    feeds: int
    """Processes that share the symbols, standbys not counted."""
    publisher_cores: float
    """Of each."""
    publisher_mb: float
    redis_servers: int
    """Masters: one, or the shards of a cluster."""
    redis_cores: float
    """In all."""
    redis_mb: float
    redis_in_bytes_s: float
    redis_out_bytes_s: float
    nodes_cores: float
    """All publishers and standbys together."""


def usual_rate(symbols: int) -> float:
    """Return an estimate of the messages a second of so many symbols on a calm day."""
    busy = min(symbols, BUSY_SYMBOLS)
    return busy * BUSY_RATE + (symbols - busy) * QUIET_RATE


def size(wish: Wish) -> Size:
    """Return what a wish needs."""
    feeds = 1
    while cores(PUBLISHER_CORES, wish.rate / feeds) > BUSY and feeds < wish.symbols:
        feeds += 1
    each = math.ceil(wish.symbols / feeds)
    deeper = max(0, wish.depth - 10)
    held_mb = (each * (SYMBOL_KB + deeper * LEVEL_KB)) / 1000
    ring_mb = min(wish.ring_bytes, wish.rate / feeds * 60 * 2 * ENTRY_BYTES) / MB
    publisher_mb = PROCESS_MB + held_mb + ring_mb

    reading = wish.readers * min(READER_CORES, wish.rate * READER_CORES_PER_MESSAGE)
    redis_cores = feeds * cores(REDIS_CORES, wish.rate / feeds) + reading
    kept_s = wish.retention_s + wish.snapshot_interval_s
    snapshots = kept_s / wish.snapshot_interval_s + 1
    # No more snapshots than messages: a book that did not change is not written again.
    snapshots = min(snapshots, 1 + wish.rate / wish.symbols * kept_s)
    snapshot = SNAPSHOT_BYTES + deeper * LEVEL_BYTES
    held = wish.rate * kept_s * ENTRY_BYTES + wish.symbols * (snapshots * snapshot + STREAM_BYTES)
    coming = wish.rate * WIRE_BYTES + wish.symbols * deeper * LEVEL_BYTES / wish.snapshot_interval_s
    coming += wish.readers * min(READER_BYTES_S, wish.rate * READER_BYTES_PER_MESSAGE)
    return Size(
        feeds=feeds,
        publisher_cores=cores(PUBLISHER_CORES, wish.rate / feeds),
        publisher_mb=publisher_mb,
        redis_servers=max(1, math.ceil(redis_cores / BUSY)),
        redis_cores=redis_cores,
        redis_mb=held / MB,
        redis_in_bytes_s=coming,
        redis_out_bytes_s=wish.readers * wish.rate * WIRE_BYTES,
        nodes_cores=feeds * (1 + wish.standbys) * cores(PUBLISHER_CORES, wish.rate / feeds),
    )


def cores(points: Sequence[tuple[float, float]], rate: float) -> float:
    """Return the cores at a rate, by the measured points."""
    previous = points[0]
    for point in points[1:]:
        if rate <= point[0]:
            break
        previous = point
    else:
        previous, point = points[-2], points[-1]
    share = (rate - previous[0]) / (point[0] - previous[0])
    return max(points[0][1], previous[1] + share * (point[1] - previous[1]))


def megabytes(count: float) -> int:
    """Return a limit of memory in MiB with headroom, in steps of 64."""
    return math.ceil(count * MB * HEADROOM / MIB / 64) * 64
