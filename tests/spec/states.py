"""What a naive consumer holds of each channel (WIRE.md §7.2), as plain as can be.

Each state is loaded from a snapshot event, changed by the events of its channel, and shown as a
story's `final` lists it. What is wrong with an event raises `Bad`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.level3_model import ModelLevel3, ModelSide
from tests.model import ModelBook, rescaled, unscaled
from tests.spec.vectors.events import Event, items

SHAPE = (
    "depth", "price_precision", "qty_precision", "source", "trigger", "interval", "account",
)  # fmt: skip
REVISED = 8
ENDS = ("filled", "canceled", "expired")


@dataclass(frozen=True)
class Bad(Exception):
    """An entry that decodes and yet is bad (§7.3)."""

    code: str


class State(Protocol):
    """What §7.2 calls "book"."""

    def load(self, event: Event) -> None:
        """Take a snapshot in place of all that was; raise Bad."""

    def changed(self, event: Event) -> None:
        """Take an event of the channel; raise Bad."""

    def shown(self) -> Event:
        """Return it as a story shows it."""


def state_of(channel: str) -> State:
    """Return a channel's state before its first snapshot."""
    match channel:
        case "book":
            return BookState()
        case "level3":
            return OrdersState()
        case "trade":
            return TradesState()
        case "bbo" | "ticker" | "ohlc":
            return LastState()
        case "instrument":
            return ListedState({"pairs": {}, "assets": {}})
        case "executions":
            return NamedState({"orders": {}})
    return NamedState({"balances": {}})


def shape_of(event: Event) -> Event:
    """Return what a story shows of a header."""
    return {name: event[name] for name in SHAPE if name in event}


def _precisions(shape: Event) -> tuple[int, int]:
    return int(shape["price_precision"]), int(shape["qty_precision"])


@dataclass
class BookState:
    """Levels, by the model (§5.1)."""

    book: ModelBook = field(default_factory=lambda: ModelBook(depth=0))
    shape: Event = field(default_factory=dict)

    def load(self, event: Event) -> None:
        """§5.3."""
        self.shape, self.book = shape_of(event), ModelBook(depth=int(event["depth"]))
        self.book.snapshot(self._texts(event["bids"]), self._texts(event["asks"]))

    def changed(self, event: Event) -> None:
        """§5.1."""
        self.book.update(self._texts(event["bids"]), self._texts(event["asks"]))

    def shown(self) -> Event:
        """Best first, scaled."""
        sides = self.book.sorted_bids(), self.book.sorted_asks()
        bids, asks = ([[str(rescaled(n)) for n in level] for level in side] for side in sides)
        return {**self.shape, "checksum": str(self.book.checksum()), "bids": bids, "asks": asks}

    def _texts(self, levels: list[list[str]]) -> list[tuple[str, str]]:
        prices, qtys = _precisions(self.shape)
        return [(unscaled(int(price), prices), unscaled(int(qty), qtys)) for price, qty in levels]


@dataclass
class OrdersState:
    """Orders, by the model (§5.4): the wire's times are those that the orders end up with."""

    book: ModelLevel3 = field(default_factory=lambda: ModelLevel3(0))
    shape: Event = field(default_factory=dict)

    def load(self, event: Event) -> None:
        """§5.4."""
        self.shape = shape_of(event)
        self.book = ModelLevel3(int(event["depth"]), "loses its place")
        precisions = _precisions(self.shape)
        self.book.snapshot(items(event["bids"], precisions), items(event["asks"], precisions))

    def changed(self, event: Event) -> None:
        """§5.4."""
        precisions = _precisions(self.shape)
        self.book.update(items(event["bids"], precisions), items(event["asks"], precisions))

    def shown(self) -> Event:
        """Best first, in queue order."""
        bids, asks = self._rows(self.book.bids), self._rows(self.book.asks)
        return {**self.shape, "checksum": str(self.book.checksum()), "bids": bids, "asks": asks}

    def _rows(self, side: ModelSide) -> list[list[str]]:
        return [
            [
                order.order_id,
                str(rescaled(order.price)),
                str(rescaled(order.qty)),
                str(int(order.time)),
            ]
            for order in side.listed()
        ]


LAST = {
    "top": ("bid", "bid_qty", "ask", "ask_qty"),
    "ticker": (
        "bid", "bid_qty", "ask", "ask_qty", "last", "high", "low", "volume", "vwap", "change",
        "change_pct", "trades",
    ),
    "candle": ("interval_begin", "open", "high", "low", "close", "volume", "vwap", "trades"),
}  # fmt: skip
CONTENT_OF = {"bbo": "top", "ticker": "ticker", "ohlc": "candle"}


@dataclass
class LastState:
    """The last top, ticker or open candle."""

    shape: Event = field(default_factory=dict)
    content: Event = field(default_factory=dict)

    def load(self, event: Event) -> None:
        """Take what the snapshot has of the content."""
        names = LAST[CONTENT_OF[event["channel"]]]
        self.shape = shape_of(event)
        self.content = {name: event[name] for name in names if name in event}

    def changed(self, event: Event) -> None:
        """The event is the state; a closed candle leaves none open."""
        if not int(event["flags"]) & REVISED:
            names = LAST.get(event["type"], ())
            self.content = {name: event[name] for name in names if name in event}

    def shown(self) -> Event:
        """What there is of it."""
        return {**self.shape, **self.content}


@dataclass
class TradesState:
    """The latest trades and the last id, which outlives a reset (§7.2)."""

    shape: Event = field(default_factory=dict)
    trades: list[list[str]] = field(default_factory=list)
    last: int = 0

    def load(self, event: Event) -> None:
        """Take the snapshot's trades."""
        self.shape = shape_of(event)
        self.trades, self.last = list(event["trades"]), int(event["last_trade_id"])

    def changed(self, event: Event) -> None:
        """Each id is the next one; before a snapshot none is known."""
        if not self.shape:
            return
        is_gap = event["type"] == "gap"
        ids = [event["first"], event["last"]] if is_gap else [row[0] for row in event["trades"]]
        if ids and self.last and int(ids[0]) != self.last + 1:
            raise Bad("ORDER")
        self.last = int(ids[-1]) if ids else self.last
        self.trades = [] if is_gap else [*self.trades, *event["trades"]][-50:]

    def shown(self) -> Event:
        """The last id and the trades."""
        return {**self.shape, "last_trade_id": str(self.last), "trades": self.trades}


@dataclass
class ListedState:
    """Pairs by symbol, assets by id."""

    listed: dict[str, dict[str, list[str]]]

    def load(self, event: Event) -> None:
        """Take all of them."""
        self.listed = {name: {row[0]: row for row in event[name]} for name in self.listed}

    def changed(self, event: Event) -> None:
        """Take those that changed."""
        for name in self.listed:
            self.listed[name].update({row[0]: row for row in event[name]})

    def shown(self) -> Event:
        """Sorted by their names."""
        return {name: [rows[key] for key in sorted(rows)] for name, rows in self.listed.items()}


@dataclass
class NamedState:
    """Open orders by id, or balances by asset: JSON texts."""

    named: dict[str, dict[str, str]]
    shape: Event = field(default_factory=dict)

    def load(self, event: Event) -> None:
        """Take all of them, each by the name in its text."""
        key = "order_id" if "orders" in self.named else "asset"
        named = {name: {_text_in(text, key): text for text in event[name]} for name in self.named}
        self.named, self.shape = named, shape_of(event)

    def changed(self, event: Event) -> None:
        """Take what an order or an asset is now; an order that ended goes."""
        match event:
            case {"type": "execution", "order_id": str(order_id), "order": str(order)}:
                self.named["orders"] |= {order_id: order}
                if _object_in(order).get("order_status") in ENDS:
                    del self.named["orders"][order_id]
            case {"type": "gap", "order_id": list(order_ids)}:
                for order_id in order_ids:
                    self.named["orders"].pop(order_id, None)
            case {"type": "balance", "asset": str(asset), "state": str(state)}:
                self.named["balances"] |= {asset: state}

    def shown(self) -> Event:
        """Sorted by their names."""
        texts = {name: [texts[key] for key in sorted(texts)] for name, texts in self.named.items()}
        return {**self.shape, **texts}


def _no_json(_: str) -> None:
    raise Bad("SCHEMA")


def _object_in(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=_no_json)
    except ValueError:
        raise Bad("SCHEMA") from None
    if not isinstance(value, dict):
        raise Bad("SCHEMA")
    return value


def _text_in(text: str, key: str) -> str:
    value = _object_in(text).get(key)
    if not isinstance(value, str):
        raise Bad("SCHEMA")
    return value
