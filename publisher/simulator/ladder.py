"""One side of a book with every resting order, and what a step touched.

Prices and quantities are scaled integers. A level's `key` is its price on the ask side and minus
its price on the bid side, so that on both sides the best level has the smallest key. The ladder
knows nothing of the other side, of symbols, of text on the wire or of connections. Promise:
`drain` names every key whose total may have changed since the last call, with the total it had
then.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Side = Literal["bid", "ask"]

TOP = 10
"""Levels a side that the checksum covers (protocol.md 5.3)."""


@dataclass(slots=True)
class Order:
    """One resting order: its id, remaining qty and the Unix time in ns that gives its place in the
    queue."""

    order_id: int
    qty: int
    ts_ns: int


class Ladder:
    """The levels of one side, best first, each a queue of orders in time order."""

    __slots__ = (
        "_queue_edge",
        "_queue_text",
        "_tokens",
        "_top_edge",
        "_top_text",
        "_touched",
        "keys",
        "queues",
        "sign",
        "totals",
    )

    def __init__(self, side: Side) -> None:
        self.sign = 1 if side == "ask" else -1
        self.keys: list[int] = []
        self.totals: dict[int, int] = {}
        self.queues: dict[int, dict[int, Order]] = {}
        self._touched: dict[int, int] = {}
        self._tokens: dict[int, str] = {}
        self._top_text: str | None = None
        self._top_edge: int | None = None
        self._queue_text: str | None = None
        self._queue_edge: int | None = None

    def place(self, key: int, order: Order) -> None:
        """Add an order at the back of the queue at `key`."""
        total = self.totals.get(key, 0)
        self._touched.setdefault(key, total)
        if total == 0:
            insort(self.keys, key)
            self.queues[key] = {}
        self.queues[key][order.order_id] = order
        self.totals[key] = total + order.qty

    def reduce(self, key: int, order_id: int, qty: int) -> None:
        """Take `qty` from one order; an order (and a level) with nothing left goes."""
        total = self.totals[key]
        self._touched.setdefault(key, total)
        queue = self.queues[key]
        order = queue[order_id]
        if qty >= order.qty:
            qty = order.qty
            del queue[order_id]
        else:
            order.qty -= qty
        if queue:
            self.totals[key] = total - qty
        else:
            self._forget(key)

    def remove_level(self, key: int) -> None:
        """Cancel every order at `key`."""
        self._touched.setdefault(key, self.totals[key])
        self._forget(key)

    def _forget(self, key: int) -> None:
        del self.totals[key], self.queues[key]
        del self.keys[bisect_left(self.keys, key)]

    def first_order(self, key: int) -> Order:
        """Return the order at the head of the queue at `key`."""
        return next(iter(self.queues[key].values()))

    def drain(self) -> dict[int, int]:
        """Return {key: total before} of the keys touched since the last call."""
        touched = self._touched
        if not touched:
            return touched
        self._touched = {}
        tokens = self._tokens
        for key in touched:
            tokens.pop(key, None)
            if self._top_edge is None or key <= self._top_edge:
                self._top_text = None
            if self._queue_edge is None or key <= self._queue_edge:
                self._queue_text = None
        return touched

    def top_text(self) -> str:
        """Return the digits of the best ten levels, price then qty: this side's half of the
        checksum's text.

        protocol.md 5.3: without the point and without leading zeros, which is how a scaled
        integer prints.
        """
        if self._top_text is None:
            top = self.keys[:TOP]
            tokens = self._tokens
            parts = []
            for key in top:
                token = tokens.get(key)
                if token is None:
                    token = tokens[key] = f"{abs(key)}{self.totals[key]}"
                parts.append(token)
            self._top_text = "".join(parts)
            self._top_edge = top[-1] if len(top) == TOP else None
        return self._top_text

    def queue_text(self) -> str:
        """Return the digits of every order of the best ten levels, in queue order: this side's half
        of the level3 checksum's text (protocol.md 6.3)."""
        if self._queue_text is None:
            top = self.keys[:TOP]
            self._queue_text = "".join(
                [f"{abs(key)}{order.qty}" for key in top for order in self.queues[key].values()]
            )
            self._queue_edge = top[-1] if len(top) == TOP else None
        return self._queue_text

    def levels(self, depth: int) -> list[tuple[int, int]]:
        """Return the best `depth` levels as (price, qty), best first."""
        return [(abs(key), self.totals[key]) for key in self.keys[:depth]]

    def orders(self) -> Iterator[tuple[int, Order]]:
        """Yield (key, order) of every resting order, best level first, in queue order."""
        for key in self.keys:
            for order in self.queues[key].values():
                yield key, order
