"""A ticker as its reader sees it: exact decimals, None wherever Kraken gave nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from publisher.numbers import decimal_text
from publisher.sockets.books import Level
from publisher.wire import Event, Reset, Ticker, TickerSnapshot


class TickerState(NamedTuple):
    """What Kraken's ticker says of one symbol; `ts_event` is its stamp in ns of Unix time."""

    best_bid: Level | None
    best_offer: Level | None
    last: Decimal | None
    low: Decimal | None
    high: Decimal | None
    volume: Decimal | None
    vwap: Decimal | None
    change: Decimal | None
    change_pct: Decimal | None
    trades: int | None
    ts_event: int


class LatestTicker:
    """The ticker of a socket while it is live; readers in other threads see one or the other."""

    def __init__(self) -> None:
        self.state: TickerState | None = None
        self._precisions = 0, 0

    def take(self, event: Event) -> None:
        """Take what an event says of the ticker."""
        match event:
            case TickerSnapshot():
                self._precisions = event.price_precision, event.qty_precision
                self.state = _state(event, *self._precisions)
            case Ticker():
                self.state = _state(event, *self._precisions)
            case Reset():
                self.drop()

    def drop(self) -> None:
        """There is no ticker."""
        self.state = None


def _state(event: Ticker | TickerSnapshot, price: int, qty: int) -> TickerState:
    return TickerState(
        best_bid=_level(_scaled(event.bid, price), _scaled(event.bid_qty, qty)),
        best_offer=_level(_scaled(event.ask, price), _scaled(event.ask_qty, qty)),
        last=_scaled(event.last, price),
        low=_scaled(event.low, price),
        high=_scaled(event.high, price),
        volume=_scaled(event.volume, qty),
        vwap=_decimal(event.vwap),
        change=_decimal(event.change),
        change_pct=_decimal(event.change_pct),
        trades=event.trades,
        ts_event=event.ts_event,
    )


def _level(price: Decimal | None, qty: Decimal | None) -> Level | None:
    return None if price is None or qty is None else Level(price, qty)


def _scaled(value: int | None, precision: int) -> Decimal | None:
    return None if value is None else Decimal(decimal_text(value, precision))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
