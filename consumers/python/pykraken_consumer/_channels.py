"""What the events of each channel do to its state (WIRE §5, §7.2).

Pure. Knows nothing of sequences: the replica decides which events count, and whether the state is
valid. Each function leaves the replica's own marks (`seq`, `is_valid`, `is_stale`) alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from ._account_events import BalancesSnapshot, ExecutionsSnapshot
from ._book_events import OrdersSnapshot, Snapshot
from ._market_events import InstrumentsSnapshot, TradesSnapshot
from ._states import (
    BalancesState,
    CandleState,
    ExecutionsState,
    InstrumentsState,
    State,
    TickerState,
    TopState,
    TradesState,
)
from .book import Book, OrderBook, checksum_of, orders_checksum
from .errors import Code, DecodeError
from .wire import (
    REVISED,
    UNVERIFIED,
    AnySnapshot,
    Balance,
    Candle,
    ChannelEvent,
    Closed,
    EntryId,
    Execution,
    Instruments,
    Orders,
    OrdersGap,
    Ticker,
    Top,
    Trades,
    TradesGap,
    Update,
    decode_snapshot,
)

TRADES_KEPT: Final = 50  # WIRE §4.13
DONE: Final = ("filled", "canceled", "expired")  # WIRE §7.2: "is open no more"

_STATES: Final[dict[str, Callable[[], State]]] = {
    "book": Book,
    "level3": OrderBook,
    "bbo": TopState,
    "ticker": TickerState,
    "trade": TradesState,
    "ohlc": CandleState,
    "instrument": InstrumentsState,
    "executions": ExecutionsState,
    "balances": BalancesState,
}
_TOP: Final = ("bid", "bid_qty", "ask", "ask_qty")
_TICKER: Final = (
    *(*_TOP, "last", "high", "low", "volume", "vwap", "change", "change_pct"),
    "trades",
)
_CANDLE: Final = (*("interval_begin", "open", "high", "low", "close", "volume", "vwap", "trades"),)
_HEADER: Final = (
    *("channel", "symbol", "depth", "price_precision", "qty_precision"),
    *("source", "trigger", "interval", "account", "sequence"),
)


def new_state(channel: str) -> State:
    """Return the empty state of a channel."""
    return _STATES.get(channel, Book)()


def proven_snapshot(entry_id: EntryId, data: bytes | None, channel: str = "book") -> AnySnapshot:
    """Return the state in an entry of a channel's `.snap`, proven. Raise `DecodeError`."""
    if data is None:
        raise DecodeError(Code.SCHEMA, "field d")
    snapshot = decode_snapshot(entry_id, data, channel)
    prove(snapshot)
    return snapshot


def prove(snapshot: AnySnapshot) -> None:
    """Raise CHECKSUM where a whole book contradicts its own checksum (WIRE §5.3), and SCHEMA where
    Kraken's words name nothing.
    """
    match snapshot:
        case Snapshot() if not snapshot.flags & UNVERIFIED:
            compare(checksum_of(snapshot.bids or (), snapshot.asks or ()), snapshot.checksum)
        case OrdersSnapshot() if not snapshot.flags & UNVERIFIED:
            compare(orders_checksum(snapshot.bids or (), snapshot.asks or ()), snapshot.checksum)
        case ExecutionsSnapshot():
            _by_name(snapshot.orders or (), "order_id")
        case BalancesSnapshot():
            _by_name(snapshot.balances or (), "asset")


def compare(own: int, told: int) -> None:
    """Raise CHECKSUM where the two differ."""
    if own != told:
        raise DecodeError(Code.CHECKSUM, "c")


def load(state: State, snapshot: AnySnapshot) -> None:
    """Replace a state by a whole snapshot that was proven."""
    for name in _HEADER:
        if hasattr(state, name) and hasattr(snapshot, name):
            setattr(state, name, getattr(snapshot, name))
    match state, snapshot:
        case Book(), Snapshot():
            state.load(snapshot.bids or (), snapshot.asks or (), snapshot.depth)
        case OrderBook(), OrdersSnapshot():
            state.load(snapshot.bids or (), snapshot.asks or (), snapshot.depth)
        case TradesState(), TradesSnapshot():
            state.last_trade_id = snapshot.last_trade_id or 0
            state.trades = snapshot.trades or ()
        case InstrumentsState(), InstrumentsSnapshot():
            state.pairs = {row[0]: row for row in snapshot.pairs or ()}
            state.assets = {row[0]: row for row in snapshot.assets or ()}
        case ExecutionsState(), ExecutionsSnapshot():
            state.orders = _by_name(snapshot.orders or (), "order_id")
        case BalancesState(), BalancesSnapshot():
            state.balances = _by_name(snapshot.balances or (), "asset")
        case _:
            _replace(state, snapshot)


def apply(state: State, event: ChannelEvent) -> None:
    """Let a valid state take in an event of its channel. Raise CHECKSUM, ORDER or SCHEMA."""
    match state, event:
        case Book(), Update():
            compare(state.apply(event.bids, event.asks), event.checksum)
        case OrderBook(), Orders():
            compare(state.apply(event.bids, event.asks), event.checksum)
        case (TopState(), Top()) | (TickerState(), Ticker()):
            _replace(state, event)
        case CandleState(), Candle() | Closed() if not event.flags & REVISED:
            if isinstance(event, Candle):
                _replace(state, event)
            else:
                _clear(state)
        case TradesState(), Trades() | TradesGap():
            _follow_on(state, event)
        case InstrumentsState(), Instruments():
            state.pairs |= {row[0]: row for row in event.pairs}
            state.assets |= {row[0]: row for row in event.assets}
        case ExecutionsState(), Execution() | OrdersGap():
            _open_orders(state, event)
        case BalancesState(), Balance():
            state.balances[event.asset] = event.state
            state.sequence = event.sequence


def _follow_on(state: TradesState, event: Trades | TradesGap) -> None:
    """Take in trades, or a gap between, that follow the last known id. Raise ORDER (WIRE §7.2)."""
    if isinstance(event, Trades):
        if not event.trades:
            return
        first, last = event.trades[0][0], event.trades[-1][0]
        trades = (state.trades + event.trades)[-TRADES_KEPT:]
    else:
        first, last, trades = event.first, event.last, ()
    if state.last_trade_id and first != state.last_trade_id + 1:
        raise DecodeError(Code.ORDER, "x" if trades else "gf")
    state.last_trade_id, state.trades = last, trades


def forget(state: State) -> None:
    """Forget what later events would have to follow: they were missed, or may have been."""
    if isinstance(state, TradesState):
        state.last_trade_id = 0


def _open_orders(state: ExecutionsState, event: Execution | OrdersGap) -> None:
    if isinstance(event, OrdersGap):
        for order_id in event.order_id:
            state.orders.pop(order_id, None)
        return
    if _object(event.order).get("order_status") in DONE:
        state.orders.pop(event.order_id, None)
    else:
        state.orders[event.order_id] = event.order
    state.sequence = event.sequence or state.sequence


def _replace(state: State, event: AnySnapshot | ChannelEvent) -> None:
    for name in _OWN[type(state)]:
        setattr(state, name, getattr(event, name))


def values_of(state: State) -> tuple[Any, ...] | None:
    """Return what a state is known by in which each event is the whole; None for the others."""
    names = _OWN.get(type(state))
    return None if names is None else tuple(getattr(state, name) for name in names)


def _clear(state: CandleState) -> None:
    for name in _CANDLE:
        setattr(state, name, None)


def _by_name(texts: Iterable[str], name: str) -> dict[str, str]:
    """Return JSON texts of objects by a member that names them. Raise SCHEMA."""
    found = {}
    for text in texts:
        key = _object(text).get(name)
        if type(key) is not str:
            raise DecodeError(Code.SCHEMA, name)
        found[key] = text
    return found


def _unread(_: str) -> None:
    """No name is a number, and none may become a float."""


def _no_json(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _object(text: str) -> dict[str, Any]:
    """Return a JSON text's object, its numbers unread. Raise SCHEMA."""
    try:
        value = json.loads(text, parse_float=_unread, parse_int=_unread, parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        raise DecodeError(Code.SCHEMA, "json") from error
    if type(value) is not dict:
        raise DecodeError(Code.SCHEMA, "json")
    return value


_OWN: Final[dict[type, tuple[str, ...]]] = {
    TopState: _TOP,
    TickerState: _TICKER,
    CandleState: _CANDLE,
}
