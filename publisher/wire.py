"""The events of WIRE.md section 4, as frozen facts, and their msgpack bytes.

Field names are the glossary's; the short keys of the wire stand in each class's `rename`. Prices
and quantities are scaled integers, times integer nanoseconds of Unix time. An event is made with
`ts_pub` 0 and stamped once, by `encode`, so that its bytes are final: what a retry or a refill
sends again is the same bytes.
"""

from __future__ import annotations

from enum import IntFlag

import msgspec
from msgspec.structs import force_setattr, replace

WIRE_VERSION = 1
UINT64_END = 1 << 64
POINTER_BYTES = 16 * 1024
"""A snapshot event longer than this is written as a pointer (WIRE.md 4.3)."""

Level = tuple[int, int]

_TIMES = {"ts_event": "te", "ts_recv": "tr", "ts_pub": "tp", "flags": "f"}
_BOOK = {"bids": "b", "asks": "a", "checksum": "c"}
_WHAT = {
    "version": "v",
    "channel": "ch",
    "symbol": "y",
    "depth": "d",
    "price_precision": "pp",
    "qty_precision": "qp",
}


class Flag(IntFlag):
    """WIRE.md 4.1."""

    UNVERIFIED = 1
    CROSSED = 2


class Update(
    msgspec.Struct, frozen=True, gc=False, tag_field="t", tag="update", rename={**_TIMES, **_BOOK}
):
    """One Kraken message, verified (4.2)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    bids: list[Level]
    asks: list[Level]
    checksum: int


class Snapshot(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="snapshot",
    rename={**_TIMES, **_WHAT, **_BOOK, "pointer": "ptr"},
):
    """The whole book (4.3), or, with `pointer` 1, the word that it lies in `.snap`."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    symbol: str
    depth: int
    price_precision: int
    qty_precision: int
    checksum: int
    bids: list[Level] | None = None
    asks: list[Level] | None = None
    pointer: int = 0


class Epoch(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="epoch",
    rename={
        **_TIMES,
        **_WHAT,
        "reason": "why",
        "feed": "fd",
        "writer": "w",
        "prev_epoch": "pe",
        "prev_seq": "ps",
        "missed_first": "mf",
        "missed_last": "ml",
    },
):
    """A new life of the sequence (4.4). A status stream's has no channel, symbol, depth and
    precisions.
    """

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    reason: str
    feed: str
    writer: int
    channel: str | None = None
    symbol: str | None = None
    depth: int | None = None
    price_precision: int | None = None
    qty_precision: int | None = None
    prev_epoch: int | None = None
    prev_seq: int | None = None
    missed_first: int | None = None
    missed_last: int | None = None


class Reset(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="reset",
    rename={**_TIMES, "reason": "why", "note": "n"},
):
    """The book was dropped (4.5); the next `snapshot` replaces it."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    reason: str
    note: str = ""


class Heartbeat(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="heartbeat",
    rename={**_TIMES, "state": "s", "checksum": "c"},
):
    """Alive, nothing new (4.6). `checksum` only while `state` is live."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    state: str
    checksum: int | None = None


class Bye(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="bye",
    rename={**_TIMES, "note": "n"},
):
    """The publisher stopped on request (4.7)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    note: str = ""


class FeedState(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="t",
    tag="feed",
    rename={**_TIMES, "state": "s", "symbols": "ns", "live": "nl", "system": "sys"},
):
    """The feed's own heartbeat in its status stream (4.8)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    state: str
    symbols: int
    live: int
    system: str


class Notice(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="t",
    tag="notice",
    rename={**_TIMES, "kind": "k", "symbol": "y", "note": "n"},
):
    """Something that people should know (4.8)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    kind: str
    symbol: str
    note: str


Event = Update | Snapshot | Epoch | Reset | Heartbeat | Bye | FeedState | Notice


class CatalogueRow(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={**_WHAT, "feed": "fd", "line": "l", "epoch": "ep"},
):
    """A value of the catalogue (4.9)."""

    version: int
    feed: str
    channel: str
    symbol: str
    depth: int
    price_precision: int
    qty_precision: int
    line: str
    epoch: int


_encode = msgspec.msgpack.Encoder().encode


def encode(event: Event, ts_pub: int) -> bytes:
    """Stamp an event with its time of publishing and return its msgpack bytes."""
    force_setattr(event, "ts_pub", ts_pub)
    try:
        return _encode(event)
    except OverflowError:
        return _encode(_with_digits(event))


def encode_row(row: CatalogueRow) -> bytes:
    """Return the msgpack bytes of a catalogue value."""
    return _encode(row)


def pointer_to(snapshot: Snapshot) -> Snapshot:
    """Return the event that says: the book lies in `.snap` under this very entry id (4.3)."""
    return replace(snapshot, bids=None, asks=None, pointer=1)


def epoch_of(epoch: Epoch, snapshot: Snapshot) -> Epoch:
    """Return an epoch event of a book's stream, which repeats what the snapshot after it says."""
    return replace(
        epoch,
        ts_event=snapshot.ts_event,
        ts_recv=snapshot.ts_recv,
        channel=snapshot.channel,
        symbol=snapshot.symbol,
        depth=snapshot.depth,
        price_precision=snapshot.price_precision,
        qty_precision=snapshot.qty_precision,
    )


def _with_digits(event: Event) -> Event:
    """Return the event with numbers past uint64 as digit strings (WIRE.md 3.5)."""
    if not isinstance(event, Update | Snapshot):
        raise AssertionError(f"{type(event).__name__} holds a number past uint64")
    sides = {"bids": _digits(event.bids), "asks": _digits(event.asks)}
    return replace(event, **sides)


def _digits(levels: list[Level] | None) -> list[tuple[int | str, int | str]] | None:
    if levels is None:
        return None
    return [(_digit(price), _digit(qty)) for price, qty in levels]


def _digit(number: int) -> int | str:
    return number if number < UINT64_END else str(number)
