"""The entries with which an epoch opens, and the stream's row in the catalogue (WIRE.md 4.3, 4.4,
4.9). Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from publisher import wire
from publisher.bus import calls, keys
from publisher.bus.calls import Call
from publisher.bus.ring import Entry
from publisher.bus.stream import Stream, parse_id
from publisher.model import FeedPlan

SNAPSHOTS = frozenset(get_args(wire.AnySnapshot))
QUIET = frozenset({wire.Heartbeat, wire.Reset, wire.Bye})
"""Events that change nothing of what a snapshot holds."""
EPOCH_END = 1 << 53
"""Epochs are below it (WIRE.md 3.1)."""
EPOCH_SPREAD = 1024
"""Epochs are Unix milliseconds at heart: this runs a second ahead of the clock at most."""


def with_body(event: wire.AnySnapshot, ts_pub: int) -> Entry:
    """Return a snapshot event as an entry; its body goes to `.snap`, and a large one only there."""
    body = wire.encode(event, ts_pub)
    if len(body) <= wire.POINTER_BYTES:
        return Entry(body, body)
    return Entry(wire.encode(wire.pointer_to(event), ts_pub), body)


def next_epoch(stream: Stream, leader: int, now_ms: int, writer: int) -> int:
    """Return an epoch above the leader's and all that was seen, which hardly another writer takes.

    On two branches of a failover two writers may reckon from the same number; a reader that changes
    branches would take one's entries for the other's. So each keeps to a residue of its own.
    """
    seen, _ = parse_id(stream.inspected)
    # Our own ones even where the stream shows none of them: a failover may have taken them back.
    above = max(seen, stream.epoch, stream.past)
    least = leader if above < leader else 1 + max(above, now_ms)
    return least + (writer - least) % EPOCH_SPREAD


def first_entries(
    stream: Stream, snapshot: wire.AnySnapshot | None, feed: str, writer: int, ts_pub: int
) -> tuple[list[bytes | Entry], list[bytes]]:
    """Return what an epoch begins with: as entries of the stream, and as the call's words."""
    epoch_entry = wire.encode(epoch_event(stream, snapshot, feed, writer), ts_pub)
    if snapshot is None:
        return [epoch_entry], [epoch_entry]
    entry = with_body(snapshot, ts_pub)
    return [epoch_entry, entry], [epoch_entry, entry.payload, entry.body]


def epoch_event(
    stream: Stream, snapshot: wire.AnySnapshot | None, feed: str, writer: int
) -> wire.Epoch:
    """Return entry 0 of the stream's next epoch; `snapshot` is None for a status stream."""
    previous = parse_id(stream.inspected) if stream.inspected != "0-0" else (None, None)
    missed = stream.unpublished() or (None, None)
    event = wire.Epoch(
        ts_event=0,
        ts_recv=0,
        ts_pub=0,
        flags=0,
        version=wire.WIRE_VERSION,
        reason=stream.reason,
        feed=feed,
        writer=writer,
        prev_epoch=previous[0],
        prev_seq=previous[1],
        missed_first=missed[0],
        missed_last=missed[1],
    )
    return event if snapshot is None else wire.epoch_of(event, snapshot)


def refusal(last_id: str) -> str:
    """Return why a stream that ends so can never be written, empty if it can."""
    if last_id.startswith("!"):
        return last_id[1:]
    if parse_id(last_id)[0] + 1 + EPOCH_SPREAD > EPOCH_END:
        return f"POISONED: no epoch lies above the entry {last_id}"
    return ""


def row_of(stream: Stream, snapshot: wire.AnySnapshot, plan: FeedPlan) -> tuple[str, bytes]:
    """Return field and value of the stream's row in the catalogue."""
    header: dict[str, Any] = wire.header_of(snapshot)
    row = wire.CatalogueRow(feed=plan.feed, line=plan.line, epoch=stream.epoch, **header)
    return stream.keys.stream, wire.encode_row(row)


def rows_call(rows: Sequence[str | bytes], plan: FeedPlan) -> Call:
    """Write rows (`row_of`, one behind the other) into the catalogue."""
    return calls.plain("HSET", keys.catalogue_key(plan.space), *rows)
