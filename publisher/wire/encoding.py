"""Events to bytes, once: what a retry or a refill sends again is the same bytes.

An event is made with `ts_pub` 0 and stamped by `encode`, so that its bytes are final.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec.structs import fields, force_setattr, replace

from publisher.wire.account import (
    Balance,
    BalancesSnapshot,
    Execution,
    ExecutionsSnapshot,
    OrdersGap,
)
from publisher.wire.books import Orders, OrdersSnapshot, Snapshot, Top, TopSnapshot, Update
from publisher.wire.common import HEADER, POINTER, TIMES, UINT64_END
from publisher.wire.market import (
    Candle,
    CandleSnapshot,
    Closed,
    Gap,
    Instruments,
    InstrumentSnapshot,
    Ticker,
    TickerSnapshot,
    Trades,
    TradesSnapshot,
)
from publisher.wire.stream import Bye, CatalogueRow, Epoch, FeedState, Heartbeat, Notice, Reset

AnySnapshot = (
    Snapshot
    | OrdersSnapshot
    | TopSnapshot
    | TickerSnapshot
    | TradesSnapshot
    | CandleSnapshot
    | InstrumentSnapshot
    | ExecutionsSnapshot
    | BalancesSnapshot
)
Change = (
    Update | Orders | Top | Ticker | Trades | Gap | Candle | Closed | Instruments
    | Execution | OrdersGap | Balance
)  # fmt: skip
"""What changes a stream's state between snapshots."""
Event = Change | AnySnapshot | Epoch | Reset | Heartbeat | Bye | FeedState | Notice

KEPT_BY_POINTERS = {*TIMES, *HEADER, *POINTER, "checksum"}

NUMBERS = {"b", "a", "x", "bp", "bq", "ap", "aq", "la", "lo", "hi", "op", "cl", "vo"}
"""The keys of prices and quantities."""

SnapshotT = TypeVar("SnapshotT", bound=AnySnapshot)

_encode = msgspec.msgpack.Encoder().encode


def encode(event: Event, ts_pub: int) -> bytes:
    """Stamp an event with its time of publishing and return its msgpack bytes."""
    force_setattr(event, "ts_pub", ts_pub)
    try:
        return _encode(event)
    except OverflowError:
        keys: dict[str, object] = msgspec.to_builtins(event)
        numbers = {key: _with_digits(keys[key]) for key in keys.keys() & NUMBERS}
        return _encode(keys | numbers)


def encode_row(row: CatalogueRow) -> bytes:
    """Return the msgpack bytes of a catalogue value."""
    return _encode(row)


def pointer_to(snapshot: SnapshotT) -> SnapshotT:
    """Return the event that says: the content lies in `.snap` under this very entry id (4.3)."""
    content = [field.name for field in fields(snapshot) if field.name not in KEPT_BY_POINTERS]
    return replace(snapshot, **dict.fromkeys(content), pointer=1)


def header_of(snapshot: AnySnapshot) -> dict[str, int | str]:
    """Return what a stream is, by the fields' names, in the words of a snapshot (4.3)."""
    return {name: getattr(snapshot, name) for name in HEADER if hasattr(snapshot, name)}


def epoch_of(epoch: Epoch, snapshot: AnySnapshot) -> Epoch:
    """Return an epoch event of a stream, which repeats the header of the snapshot after it."""
    times = {"ts_event": snapshot.ts_event, "ts_recv": snapshot.ts_recv}
    return replace(epoch, **times, **header_of(snapshot))


def _with_digits(value: object) -> object:
    """Return the value with numbers past uint64 as digit strings (WIRE.md 3.5)."""
    if isinstance(value, list | tuple):
        return [_with_digits(part) for part in value]
    return str(value) if isinstance(value, int) and value >= UINT64_END else value
