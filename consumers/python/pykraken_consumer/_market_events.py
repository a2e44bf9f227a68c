"""Events of the streams that hold no book, and of `bbo`: as the publisher wrote them, all frozen.

Types only. Fields stand in the order, and bear the names, of WIRE §9. Prices and quantities are
scaled integers, `decimal` and `json` values texts. What may be absent is None.
"""

from __future__ import annotations

from typing import NamedTuple

from ._ids import EntryId

Trade = tuple[int, int, int, int, int, int]
"""Trade id, side (0 buy, 1 sell), price, qty, order type (0 limit, 1 market, 2 other), time."""
PairRow = tuple[str, str, int, int, str]
"""Symbol, status, price_precision, qty_precision, Kraken's own words as JSON text."""
AssetRow = tuple[str, str, int, str]
"""Id, status, precision, Kraken's own words as JSON text."""


class Top(NamedTuple):
    """The best bid and offer of a verified book (WIRE §4.11); None on an empty side."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    bid: int | None
    bid_qty: int | None
    ask: int | None
    ask_qty: int | None


class TopSnapshot(NamedTuple):
    """The best bid and offer as they stand (WIRE §4.11). With `pointer` they lie in `.snap`."""

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
    pointer: int | None
    source: str
    bid: int | None
    bid_qty: int | None
    ask: int | None
    ask_qty: int | None


class Ticker(NamedTuple):
    """The whole ticker (WIRE §4.12); None where Kraken gave nothing."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    bid: int | None
    bid_qty: int | None
    ask: int | None
    ask_qty: int | None
    last: int | None
    high: int | None
    low: int | None
    volume: int | None
    vwap: str | None
    change: str | None
    change_pct: str | None
    trades: int | None


class TickerSnapshot(NamedTuple):
    """The ticker as it stands (WIRE §4.12). With `pointer` it lies in `.snap`."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    symbol: str
    price_precision: int
    qty_precision: int
    pointer: int | None
    trigger: str
    bid: int | None
    bid_qty: int | None
    ask: int | None
    ask_qty: int | None
    last: int | None
    high: int | None
    low: int | None
    volume: int | None
    vwap: str | None
    change: str | None
    change_pct: str | None
    trades: int | None


class Trades(NamedTuple):
    """Trades of one symbol, ids rising by 1 (WIRE §4.13)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    trades: tuple[Trade, ...]


class TradesGap(NamedTuple):
    """Trades `first` to `last`, both included, that could not be had (WIRE §4.13)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    reason: str
    note: str | None
    first: int
    last: int


class TradesSnapshot(NamedTuple):
    """The latest trades, 50 at most (WIRE §4.13). With `pointer` they lie in `.snap`."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    symbol: str
    price_precision: int
    qty_precision: int
    pointer: int | None
    trades: tuple[Trade, ...] | None
    last_trade_id: int | None


class Candle(NamedTuple):
    """A candle as it stands (WIRE §4.14)."""

    entry_id: EntryId
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


class Closed(NamedTuple):
    """A candle that is final (WIRE §4.14)."""

    entry_id: EntryId
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


class CandleSnapshot(NamedTuple):
    """The open candle, None everywhere before the first (WIRE §4.14)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    symbol: str
    price_precision: int
    qty_precision: int
    pointer: int | None
    interval: int
    interval_begin: int | None
    open: int | None
    high: int | None
    low: int | None
    close: int | None
    volume: int | None
    vwap: str | None
    trades: int | None


class Instruments(NamedTuple):
    """Pairs and assets that changed (WIRE §4.15)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    pairs: tuple[PairRow, ...]
    assets: tuple[AssetRow, ...]


class InstrumentsSnapshot(NamedTuple):
    """All pairs and assets (WIRE §4.15). With `pointer` they lie in `.snap`."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    pointer: int | None
    pairs: tuple[PairRow, ...] | None
    assets: tuple[AssetRow, ...] | None
