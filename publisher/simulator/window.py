"""What a client that truncates holds of one book, and the deltas that keep it right.

protocol.md 5.1 and 14: a level pushed out of the depth gets no message; when a visible level
vanishes, the level that moves into scope is sent as an ordinary level; an empty difference is
not sent. After each message a client that applies it and cuts both sides to `depth` holds
exactly the book's best `depth` levels, whenever it subscribed; so one window serves every
connection with that (symbol, depth). Only touched prices and the window's two edges are looked
at, never the whole window. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from random import Random

from publisher.simulator.ladder import Ladder
from publisher.simulator.market import Change, Market

Delta = tuple[int, int]
"""(price, qty) as scaled integers; qty 0 removes the level."""

EVERYWHERE = 1 << 200
"""The edge of a side with fewer than `depth` levels: every key lies inside."""


class Window:
    """The edges of one (symbol, depth), moved along with the market."""

    __slots__ = ("_ask_edge", "_bid_edge", "_random", "depth", "market")

    def __init__(self, market: Market, depth: int, seed: int) -> None:
        self.market = market
        self.depth = depth
        self._random = Random(f"{seed}/{market.instrument.symbol}/{depth}")
        self._bid_edge = 0
        self._ask_edge = 0
        self.open()

    def open(self) -> None:
        """Take the market's present book as what every client holds."""
        self._bid_edge = self._edge(self.market.bids)
        self._ask_edge = self._edge(self.market.asks)

    def follow(self, change: Change) -> tuple[list[Delta], list[Delta]]:
        """Return (bids, asks) to send after `change`; both empty when nothing visible moved."""
        bids: list[Delta] = []
        asks: list[Delta] = []
        if change.bids:
            edge = self._edge(self.market.bids)
            bids = self._side(self.market.bids, change.bids, self._bid_edge, edge)
            self._bid_edge = edge
        if change.asks:
            edge = self._edge(self.market.asks)
            asks = self._side(self.market.asks, change.asks, self._ask_edge, edge)
            self._ask_edge = edge
        if bids or asks:
            draw = self._random.getrandbits(7)
            if draw < 6:
                self._untidy(draw, bids or asks)
        return bids, asks

    def _edge(self, ladder: Ladder) -> int:
        keys = ladder.keys
        return keys[self.depth - 1] if len(keys) >= self.depth else EVERYWHERE

    def _side(
        self, ladder: Ladder, touched: dict[int, int], old_edge: int, new_edge: int
    ) -> list[Delta]:
        totals = ladder.totals
        deltas: list[Delta] = []
        for key, before in touched.items():
            if key > old_edge:
                continue
            qty = totals.get(key, 0)
            if qty != before and (qty == 0 or key <= new_edge):
                deltas.append((abs(key), qty))
        if new_edge > old_edge:
            keys = ladder.keys
            for key in keys[bisect_right(keys, old_edge) : self.depth]:
                deltas.append((abs(key), totals[key]))
        return deltas

    def _untidy(self, draw: int, deltas: list[Delta]) -> None:
        """Do at times what Kraken does: repeat a price (the last wins), or list out of order."""
        if draw < 3:
            self._random.shuffle(deltas)
        else:
            index = self._random.randrange(len(deltas))
            price, qty = deltas[index]
            flips = [(price, 0), (price, qty or 1)] if draw == 5 else []
            deltas[index:index] = [*flips, (price, 0 if qty else 1)]
