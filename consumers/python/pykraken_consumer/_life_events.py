"""Events that tell of a stream's life, those of a status stream, and the catalogue's rows.

Types only. Fields stand in the order, and bear the names, of WIRE §9.
"""

from __future__ import annotations

from typing import NamedTuple

from ._ids import EntryId


class Epoch(NamedTuple):
    """A new life of the sequence (WIRE §4.4). What its stream has not is None."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    reason: str
    feed: str
    writer: int
    channel: str | None
    symbol: str | None
    depth: int | None
    price_precision: int | None
    qty_precision: int | None
    prev_epoch: int | None
    prev_seq: int | None
    missed_first: int | None
    missed_last: int | None
    source: str | None
    trigger: str | None
    interval: int | None
    account: str | None


class Reset(NamedTuple):
    """The state was dropped; a snapshot follows (WIRE §4.5)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    reason: str
    note: str | None


class Heartbeat(NamedTuple):
    """Alive, nothing new (WIRE §4.6). `checksum` is that of a live book."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    checksum: int | None
    state: str


class Bye(NamedTuple):
    """The publisher stopped on request (WIRE §4.7)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    note: str | None


class Feed(NamedTuple):
    """A status stream's pulse (WIRE §4.8): how many symbols, how many are live."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    state: str
    symbols: int
    live: int
    system: str


class Notice(NamedTuple):
    """Something that people should know (WIRE §4.8)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    symbol: str
    kind: str
    note: str
    report: str | None


class Unknown(NamedTuple):
    """An event of a type that this reader does not know; it keeps its place (WIRE §3.6)."""

    entry_id: EntryId
    type: str


class Listing(NamedTuple):
    """One stream of the catalogue (WIRE §4.9). A hint, not a proof. What it has not is None."""

    stream: str
    version: int
    feed: str
    channel: str
    symbol: str | None
    depth: int | None
    price_precision: int | None
    qty_precision: int | None
    line: str
    epoch: int
    source: str | None = None
    trigger: str | None = None
    interval: int | None = None
    account: str | None = None
