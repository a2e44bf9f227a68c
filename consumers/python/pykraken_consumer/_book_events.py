"""Events of books, L2 and L3: as the publisher wrote them, all frozen.

Types only. Fields stand in the order, and bear the names, of WIRE §9. Prices and quantities are
scaled integers, times nanoseconds.
"""

from __future__ import annotations

from typing import NamedTuple

from ._ids import EntryId

Levels = tuple[tuple[int, int], ...]
# What an `Update` holds after its entry id.
UpdateFields = tuple[int, int, int, int, int, Levels, Levels]
Order = tuple[str, int, int, int]
"""Order id, price, qty, time."""
Change = tuple[int, str, int, int, int]
"""Kind (0 add, 1 modify, 2 delete), order id, price, qty, time."""
# What an `Orders` holds after its entry id.
OrdersFields = tuple[int, int, int, int, int, tuple[Change, ...], tuple[Change, ...]]


class Update(NamedTuple):
    """One Kraken message, verified (WIRE §4.2). Levels are (price, qty), qty 0 removes."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    checksum: int
    bids: Levels
    asks: Levels


class Snapshot(NamedTuple):
    """The whole book (WIRE §4.3). With `pointer` the levels lie in `.snap` and are None here."""

    entry_id: EntryId
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
    bids: Levels | None
    asks: Levels | None
    pointer: int | None


class Orders(NamedTuple):
    """One Kraken message of `level3`, verified (WIRE §4.10)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    checksum: int
    bids: tuple[Change, ...]
    asks: tuple[Change, ...]


class OrdersSnapshot(NamedTuple):
    """The whole L3 book, best level first, each in queue order (WIRE §4.10)."""

    entry_id: EntryId
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
    bids: tuple[Order, ...] | None
    asks: tuple[Order, ...] | None
    pointer: int | None
