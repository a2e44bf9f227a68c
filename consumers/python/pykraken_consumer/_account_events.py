"""Events of an account's private streams: as the publisher wrote them, all frozen.

Types only. Fields stand in the order, and bear the names, of WIRE §9. Kraken's own words are JSON
texts, every digit kept.
"""

from __future__ import annotations

from typing import NamedTuple

from ._ids import EntryId


class Execution(NamedTuple):
    """One report, and the whole `order` after it, as JSON texts (WIRE §4.16)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    order_id: str
    report: str
    order: str
    sequence: int


class OrdersGap(NamedTuple):
    """Orders that are open no more, of which nothing tells the end (WIRE §4.16)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    reason: str
    note: str | None
    order_id: tuple[str, ...]


class ExecutionsSnapshot(NamedTuple):
    """The open orders as JSON texts (WIRE §4.16). With `pointer` they lie in `.snap`."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    pointer: int | None
    account: str
    orders: tuple[str, ...] | None
    sequence: int | None


class Balance(NamedTuple):
    """One report, and the asset's whole `state` after it, as JSON texts (WIRE §4.17)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    state: str
    report: str
    asset: str
    sequence: int


class BalancesSnapshot(NamedTuple):
    """All balances as JSON texts (WIRE §4.17). With `pointer` they lie in `.snap`."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    pointer: int | None
    account: str
    balances: tuple[str, ...] | None
    sequence: int | None
