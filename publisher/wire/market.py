"""Events of the other public channels: ticker, trades, candles, instruments (WIRE.md 4.12 to
4.15).
"""

from __future__ import annotations

import msgspec

from publisher.wire.common import (
    CANDLE,
    HEADER,
    POINTER,
    TICKER,
    TIMES,
    Json,
    Trade,
)

PairRow = tuple[str, str, int, int, Json]
"""Symbol, status, price_precision, qty_precision, Kraken's own words (4.15)."""
AssetRow = tuple[str, str, int, Json]
"""Id, status, precision, Kraken's own words (4.15)."""


class Ticker(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="ticker",
    rename={**TIMES, **TICKER},
):
    """The whole ticker (4.12); `vwap`, `change` and `change_pct` are decimals."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    bid: int | None = None
    bid_qty: int | None = None
    ask: int | None = None
    ask_qty: int | None = None
    last: int | None = None
    low: int | None = None
    high: int | None = None
    volume: int | None = None
    vwap: str | None = None
    change: str | None = None
    change_pct: str | None = None
    trades: int | None = None


class TickerSnapshot(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="snapshot",
    rename={**TIMES, **HEADER, **TICKER, **POINTER},
):
    """The ticker as it stands (4.12)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    symbol: str
    trigger: str
    price_precision: int
    qty_precision: int
    bid: int | None = None
    bid_qty: int | None = None
    ask: int | None = None
    ask_qty: int | None = None
    last: int | None = None
    low: int | None = None
    high: int | None = None
    volume: int | None = None
    vwap: str | None = None
    change: str | None = None
    change_pct: str | None = None
    trades: int | None = None
    pointer: int = 0


class Trades(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="trades",
    rename={**TIMES, "trades": "x"},
):
    """Trades of one symbol, ids rising by 1 (4.13)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    trades: list[Trade]


class Gap(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="gap",
    rename={**TIMES, "first": "gf", "last": "gl", "reason": "why", "note": "n"},
):
    """Trades that could not be had, by their ids, inclusive (4.13)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    first: int
    last: int
    reason: str
    note: str = ""


class TradesSnapshot(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="snapshot",
    rename={**TIMES, **HEADER, "last_trade_id": "lt", "trades": "x", **POINTER},
):
    """The latest trades (4.13)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    symbol: str
    price_precision: int
    qty_precision: int
    last_trade_id: int | None = None
    trades: list[Trade] | None = None
    pointer: int = 0


class Candle(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="candle",
    rename={**TIMES, **CANDLE},
):
    """A candle as it stands (4.14)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    interval_begin: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    vwap: str
    trades: int


class Closed(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="closed",
    rename={**TIMES, **CANDLE},
):
    """A candle that is final (4.14)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    interval_begin: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    vwap: str
    trades: int


class CandleSnapshot(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="snapshot",
    rename={**TIMES, **HEADER, **CANDLE, **POINTER},
):
    """The open candle, None everywhere before the first (4.14)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    symbol: str
    interval: int
    price_precision: int
    qty_precision: int
    interval_begin: int | None = None
    open: int | None = None
    high: int | None = None
    low: int | None = None
    close: int | None = None
    volume: int | None = None
    vwap: str | None = None
    trades: int | None = None
    pointer: int = 0


class Instruments(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="instruments",
    rename={**TIMES, "pairs": "ps", "assets": "as"},
):
    """Pairs and assets that changed (4.15)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    pairs: list[PairRow]
    assets: list[AssetRow]


class InstrumentSnapshot(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="t",
    tag="snapshot",
    rename={**TIMES, **HEADER, "pairs": "ps", "assets": "as", **POINTER},
):
    """All pairs and assets (4.15)."""

    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    pairs: list[PairRow] | None = None
    assets: list[AssetRow] | None = None
    pointer: int = 0
