"""Events that every stream may have, those of status streams, and the catalogue's rows (WIRE.md
4.4 to 4.9).
"""

from __future__ import annotations

import msgspec

from publisher.wire.common import HEADER, TIMES, Json


class Epoch(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="epoch",
    rename={
        **TIMES,
        **HEADER,
        "reason": "why",
        "feed": "fd",
        "writer": "w",
        "prev_epoch": "pe",
        "prev_seq": "ps",
        "missed_first": "mf",
        "missed_last": "ml",
    },
):
    """A new life of the sequence (4.4), with the stream's header; a status stream's has none."""

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
    source: str | None = None
    trigger: str | None = None
    interval: int | None = None
    account: str | None = None
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
    rename={**TIMES, "reason": "why", "note": "n"},
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
    rename={**TIMES, "state": "s", "checksum": "c"},
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
    rename={**TIMES, "note": "n"},
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
    rename={**TIMES, "state": "s", "symbols": "ns", "live": "nl", "system": "sys"},
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
    omit_defaults=True,
    tag_field="t",
    tag="notice",
    rename={**TIMES, "kind": "k", "symbol": "y", "note": "n", "report": "rp"},
):
    """Something that people should know (4.8)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    kind: str
    symbol: str
    note: str
    report: Json | None = None
    """Kraken's own words."""


class CatalogueRow(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename={**HEADER, "feed": "fd", "line": "l", "epoch": "ep"},
):
    """A value of the catalogue (4.9): the stream's header, and who writes it."""

    version: int
    feed: str
    channel: str
    line: str
    epoch: int
    symbol: str | None = None
    depth: int | None = None
    price_precision: int | None = None
    qty_precision: int | None = None
    source: str | None = None
    trigger: str | None = None
    interval: int | None = None
    account: str | None = None
