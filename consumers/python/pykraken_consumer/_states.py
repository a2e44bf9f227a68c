"""What the streams without a book hold at an entry: one small class for each channel.

Pure. Prices and quantities are scaled integers, None where there is none; `scaled` of `book` makes
them decimals. Changed in place by a replica, read by anyone; `copy()` keeps a moment. What all have
besides: where they stand (`epoch`, `seq`, `ts_event`) and whether they can be trusted (`is_valid`,
`is_stale`), as of `Book`.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import Self

from ._market_events import AssetRow, PairRow, Trade
from .book import Book, OrderBook


@dataclass(slots=True)
class TopState:
    """The best bid and offer of the book `source` of `depth` (WIRE §4.11)."""

    channel: str = "bbo"
    symbol: str = ""
    depth: int = 0
    source: str = ""
    price_precision: int = 0
    qty_precision: int = 0
    epoch: int = 0
    seq: int = 0
    ts_event: int = 0
    is_valid: bool = False
    is_stale: bool = False
    bid: int | None = None
    bid_qty: int | None = None
    ask: int | None = None
    ask_qty: int | None = None

    def copy(self) -> Self:
        """Return a state of its own that no replica changes."""
        return copy(self)


@dataclass(slots=True)
class TickerState:
    """The ticker (WIRE §4.12); `vwap`, `change` and `change_pct` are decimal texts."""

    channel: str = "ticker"
    symbol: str = ""
    trigger: str = ""
    price_precision: int = 0
    qty_precision: int = 0
    epoch: int = 0
    seq: int = 0
    ts_event: int = 0
    is_valid: bool = False
    is_stale: bool = False
    bid: int | None = None
    bid_qty: int | None = None
    ask: int | None = None
    ask_qty: int | None = None
    last: int | None = None
    high: int | None = None
    low: int | None = None
    volume: int | None = None
    vwap: str | None = None
    change: str | None = None
    change_pct: str | None = None
    trades: int | None = None

    def copy(self) -> Self:
        """Return a state of its own that no replica changes."""
        return copy(self)


@dataclass(slots=True)
class TradesState:
    """The latest trades, 50 at most, oldest first, and the id that the next one follows (WIRE
    §4.13); it is 0 where none is known.
    """

    channel: str = "trade"
    symbol: str = ""
    price_precision: int = 0
    qty_precision: int = 0
    epoch: int = 0
    seq: int = 0
    ts_event: int = 0
    is_valid: bool = False
    is_stale: bool = False
    last_trade_id: int = 0
    trades: tuple[Trade, ...] = ()

    def copy(self) -> Self:
        """Return a state of its own that no replica changes."""
        return copy(self)


@dataclass(slots=True)
class CandleState:
    """The open candle (WIRE §4.14), None everywhere while there is none."""

    channel: str = "ohlc"
    symbol: str = ""
    interval: int = 0
    price_precision: int = 0
    qty_precision: int = 0
    epoch: int = 0
    seq: int = 0
    ts_event: int = 0
    is_valid: bool = False
    is_stale: bool = False
    interval_begin: int | None = None
    open: int | None = None
    high: int | None = None
    low: int | None = None
    close: int | None = None
    volume: int | None = None
    vwap: str | None = None
    trades: int | None = None

    def copy(self) -> Self:
        """Return a state of its own that no replica changes."""
        return copy(self)


@dataclass(slots=True)
class InstrumentsState:
    """All pairs by symbol and all assets by id (WIRE §4.15)."""

    channel: str = "instrument"
    epoch: int = 0
    seq: int = 0
    ts_event: int = 0
    is_valid: bool = False
    is_stale: bool = False
    pairs: dict[str, PairRow] = field(default_factory=dict)
    assets: dict[str, AssetRow] = field(default_factory=dict)

    def copy(self) -> Self:
        """Return a state of its own that no replica changes."""
        twin = copy(self)
        twin.pairs, twin.assets = dict(self.pairs), dict(self.assets)
        return twin


@dataclass(slots=True)
class ExecutionsState:
    """An account's open orders, each as JSON text, by order id (WIRE §4.16)."""

    channel: str = "executions"
    account: str = ""
    epoch: int = 0
    seq: int = 0
    ts_event: int = 0
    is_valid: bool = False
    is_stale: bool = False
    sequence: int = 0
    orders: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Self:
        """Return a state of its own that no replica changes."""
        twin = copy(self)
        twin.orders = dict(self.orders)
        return twin


@dataclass(slots=True)
class BalancesState:
    """An account's balances, each as JSON text, by asset (WIRE §4.17)."""

    channel: str = "balances"
    account: str = ""
    epoch: int = 0
    seq: int = 0
    ts_event: int = 0
    is_valid: bool = False
    is_stale: bool = False
    sequence: int = 0
    balances: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Self:
        """Return a state of its own that no replica changes."""
        twin = copy(self)
        twin.balances = dict(self.balances)
        return twin


State = (
    Book
    | OrderBook
    | TopState
    | TickerState
    | TradesState
    | CandleState
    | InstrumentsState
    | ExecutionsState
    | BalancesState
)
