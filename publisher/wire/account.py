"""Events of an account's private channels (WIRE.md 4.16, 4.17). Kraken's own words travel as JSON
texts, every digit kept.
"""

from __future__ import annotations

import msgspec

from publisher.wire.common import HEADER, POINTER, TIMES, Json


class Execution(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="execution",
    rename={**TIMES, "order_id": "oi", "report": "rp", "order": "st", "sequence": "sq"},
):
    """One report, and the whole order after it (4.16)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    order_id: str
    report: Json
    order: Json
    sequence: int


class OrdersGap(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="gap",
    rename={**TIMES, "reason": "why", "order_ids": "oi", "note": "n"},
):
    """Orders whose end was not told (4.16)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    reason: str
    order_ids: list[str]
    note: str = ""


class ExecutionsSnapshot(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="snapshot",
    rename={**TIMES, **HEADER, "orders": "os", "sequence": "sq", **POINTER},
):
    """The open orders (4.16)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    account: str
    orders: list[Json] | None = None
    sequence: int | None = None
    pointer: int = 0


class Balance(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="balance",
    rename={**TIMES, "asset": "as", "report": "rp", "state": "st", "sequence": "sq"},
):
    """One report, and the asset's whole state after it (4.17)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    asset: str
    report: Json
    state: Json
    sequence: int


class BalancesSnapshot(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="snapshot",
    rename={**TIMES, **HEADER, "balances": "bs", "sequence": "sq", **POINTER},
):
    """All balances (4.17)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    account: str
    balances: list[Json] | None = None
    sequence: int | None = None
    pointer: int = 0
