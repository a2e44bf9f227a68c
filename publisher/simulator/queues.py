"""What a client that truncates holds of one order book, and the events that keep it right.

protocol.md 6: the depth counts price levels. Orders of a level that leaves the scope get no
`delete`; when a level comes into it, all its orders come as `add` with the ids they always had.
A smaller quantity in the same place is a `modify`; a lost place is a `delete` and an `add`. One
window serves every connection with that (symbol, depth). Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from random import Random
from types import MappingProxyType
from typing import Literal, NamedTuple

from publisher.simulator.ladder import Ladder, Order
from publisher.simulator.market import Change, Market
from publisher.simulator.window import EVERYWHERE

EventKind = Literal["add", "modify", "delete"]

Held = dict[int, tuple[int, int]]
"""One level as clients hold it: {order: (qty, ts_ns)} in queue order."""

NOBODY: Mapping[int, Order] = MappingProxyType({})


class OrderEvent(NamedTuple):
    """One order that changed: price and qty scaled; a delete's qty is the last visible one, and
    its time is that of the message (None)."""

    kind: EventKind
    order: int
    price: int
    qty: int
    ts_ns: int | None


class OrderWindow:
    """The levels of one (symbol, depth) as every client holds them, moved along with the market."""

    __slots__ = ("_asks", "_bids", "_random", "depth", "market")

    def __init__(self, market: Market, depth: int, seed: int) -> None:
        self.market = market
        self.depth = depth
        self._random = Random(f"{seed}/{market.instrument.symbol}/level3/{depth}")
        self._bids = _Scope(market.bids, depth)
        self._asks = _Scope(market.asks, depth)

    def open(self) -> None:
        """Take the market's present book as what every client holds."""
        self._bids = _Scope(self.market.bids, self.depth)
        self._asks = _Scope(self.market.asks, self.depth)

    def follow(self, change: Change) -> tuple[list[OrderEvent], list[OrderEvent]]:
        """Return (bids, asks) to send after `change`; both empty when nothing visible moved."""
        bids = self._listed(self._bids.follow(change.bids)) if change.bids else []
        asks = self._listed(self._asks.follow(change.asks)) if change.asks else []
        return bids, asks

    def _listed(self, events: list[OrderEvent]) -> list[OrderEvent]:
        """Put deletes first and adds last, since an order that lost its place has both; at times
        list the adds out of time order, as Kraken does (6.2)."""
        events.sort(key=lambda event: ("delete", "modify", "add").index(event.kind))
        adds = [event for event in events if event.kind == "add"]
        if len(adds) > 1 and self._random.getrandbits(2) == 0:
            self._random.shuffle(adds)
            events[len(events) - len(adds) :] = adds
        return events


class _Scope:
    """One side of the window."""

    __slots__ = ("_depth", "_edge", "_held", "_ladder")

    def __init__(self, ladder: Ladder, depth: int) -> None:
        self._ladder = ladder
        self._depth = depth
        self._edge = self._present_edge()
        self._held = {key: _held(ladder.queues[key]) for key in ladder.keys[:depth]}

    def follow(self, touched: Mapping[int, int]) -> list[OrderEvent]:
        ladder, old_edge, edge = self._ladder, self._edge, self._present_edge()
        keys = ladder.keys
        for key in keys[self._depth : bisect_right(keys, old_edge)]:
            self._held.pop(key, None)  # 6.1: pushed out of scope, without a word
        came = keys[bisect_right(keys, old_edge) : self._depth]
        events: list[OrderEvent] = []
        for key in (*(key for key in touched if key <= old_edge), *came):
            queue = ladder.queues.get(key, NOBODY)
            if not queue or key <= edge:
                self._compare(key, queue, events)
        self._edge = edge
        return events

    def _compare(self, key: int, queue: Mapping[int, Order], events: list[OrderEvent]) -> None:
        """Add what turns the held level into `queue`."""
        before = self._held.pop(key, {})
        price = abs(key)
        for order_id, (qty, ts_ns) in before.items():
            order = queue.get(order_id)
            if order is None or order.ts_ns != ts_ns:
                events.append(OrderEvent("delete", order_id, price, qty, None))
            elif order.qty != qty:
                events.append(OrderEvent("modify", order_id, price, order.qty, ts_ns))
        for order_id, order in queue.items():
            if order_id not in before or before[order_id][1] != order.ts_ns:
                events.append(OrderEvent("add", order_id, price, order.qty, order.ts_ns))
        if queue:
            self._held[key] = _held(queue)

    def _present_edge(self) -> int:
        keys = self._ladder.keys
        return keys[self._depth - 1] if len(keys) >= self._depth else EVERYWHERE


def _held(queue: Mapping[int, Order]) -> Held:
    return {order_id: (order.qty, order.ts_ns) for order_id, order in queue.items()}
