"""Events of books: `book`, `level3`, and `bbo`, which is derived from either (WIRE.md 4.2, 4.3,
4.10, 4.11). The updates are hot: made by position, and without a place in the collector's lists.
"""

from __future__ import annotations

import msgspec

from publisher.wire.common import BOOK, HEADER, POINTER, TIMES, TOP, Change, Level, Order


class Update(
    msgspec.Struct, frozen=True, gc=False, tag_field="t", tag="update", rename={**TIMES, **BOOK}
):
    """One Kraken message of `book`, verified (4.2)."""

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
    rename={**TIMES, **HEADER, **BOOK, **POINTER},
):
    """The whole L2 book (4.3), or, with `pointer` 1, the word that it lies in `.snap`."""

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


class Orders(
    msgspec.Struct, frozen=True, gc=False, tag_field="t", tag="orders", rename={**TIMES, **BOOK}
):
    """One Kraken message of `level3`, verified (4.10)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    bids: list[Change]
    asks: list[Change]
    checksum: int


class OrdersSnapshot(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="snapshot",
    rename={**TIMES, **HEADER, **BOOK, **POINTER},
):
    """The whole L3 book (4.10), or, with `pointer` 1, the word that it lies in `.snap`."""

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
    bids: list[Order] | None = None
    asks: list[Order] | None = None
    pointer: int = 0


class Top(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="top",
    rename={**TIMES, **TOP},
):
    """Best bid and offer, None on an empty side (4.11)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    bid: int | None = None
    bid_qty: int | None = None
    ask: int | None = None
    ask_qty: int | None = None


class TopSnapshot(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="snapshot",
    rename={**TIMES, **HEADER, **TOP, **POINTER},
):
    """Best bid and offer as they stand (4.11)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    symbol: str
    depth: int
    source: str
    price_precision: int
    qty_precision: int
    bid: int | None = None
    bid_qty: int | None = None
    ask: int | None = None
    ask_qty: int | None = None
    pointer: int = 0
