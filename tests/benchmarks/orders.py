"""Made-up Kraken level3 messages: the same bytes for the same seed, with checksums that are right.

A market of orders with more price levels than anybody subscribes to, seen through a window of
`depth` levels: orders of a level that leaves it take no message, those of one that comes into it
come as `add` with their old ids (protocol.md 6.1). How many events a message has, and of which
kind, follows the recorded capture and Kraken's own counts. Shares no code with what it measures.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.benchmarks.market import BASE_SECOND, HIDDEN_LEVELS, STEP_US, Pair, point

ORDERS_A_LEVEL = 3
"""Most that a level of the first fill has."""
RESTED = f"{BASE_SECOND[:8]}06T00:00:00."


@dataclass
class _Level:
    """A price and its orders in queue order, each [id, qty, time]."""

    price: int
    orders: list[list[str]] = field(default_factory=list)


class _Side:
    """One side, best level first. `sign` is -1 for bids."""

    def __init__(self, name: str, sign: int, market: OrderMarket) -> None:
        self.name = name
        self.sign = sign
        self.levels: list[_Level] = []
        self.market = market

    def fill(self, first: int, size: int) -> None:
        """Add levels behind the worst, up to `size`."""
        price = self.levels[-1].price if self.levels else first - self.sign
        while len(self.levels) < size:
            price += self.sign * self.market.chance.randint(1, 4)
            count = self.market.chance.randint(1, ORDERS_A_LEVEL)
            rested = [self.market.order(RESTED) for _ in range(count)]
            self.levels.append(_Level(price, rested))


class OrderMarket:
    """The book behind a window; `step` changes it and returns the message's events."""

    def __init__(self, pair: Pair, depth: int, seed: int) -> None:
        self.pair = pair
        self.depth = depth
        self.chance = random.Random(seed)
        self._made = 0
        self.bids, self.asks = _Side("bids", -1, self), _Side("asks", 1, self)
        self.bids.fill(pair.price, depth + HIDDEN_LEVELS)
        self.asks.fill(pair.price + 1, depth + HIDDEN_LEVELS)

    def order(self, second: str) -> list[str]:
        """Return a new order; ids rise, and so do times within a second."""
        self._made += 1
        digits = self.chance.randint(max(1, self.pair.qty_digits - 4), self.pair.qty_digits)
        qty = self.chance.randrange(10 ** (digits - 1), 10**digits)
        name = f"O{self._made % 100_000:05}-{self._made // 100_000:05}-KRAKEN"
        return [name, str(qty), f"{second}{self._made % 1_000_000_000:09}Z"]

    def checksum(self) -> int:
        """Return Kraken's CRC-32 of all orders of the best ten levels (protocol.md 6.3)."""
        best = [*self.asks.levels[:10], *self.bids.levels[:10]]
        text = "".join(f"{level.price}{order[1]}" for level in best for order in level.orders)
        return zlib.crc32(text.encode())

    def whole(self, side: _Side) -> list[str]:
        """Return the window's orders of a side as JSON."""
        window = side.levels[: self.depth]
        return [self._json("", level.price, order) for level in window for order in level.orders]

    def step(self, second: str) -> tuple[list[str], list[str]]:
        """Change the market as one message does; return the events of bids and of asks."""
        events: tuple[list[str], list[str]] = [], []
        which = self.chance.random() < 0.55
        side = self.asks if which else self.bids
        rank = min(int(self.chance.expovariate(0.15)), self.depth - 1)
        draw = self.chance.random()
        if draw < 0.42:  # as many as go, so that queues keep their length
            self._add(side, rank, events[which], second)
        elif draw < 0.84:
            self._delete(side, rank, events[which])
        elif draw < 0.98:  # an order moves to another price
            self._delete(side, rank, events[which])
            self._add(side, rank, events[which], second)
        else:
            level = side.levels[rank]
            order = level.orders[0]
            order[1] = str(max(1, int(order[1]) // 2))
            events[which].append(self._json("modify", level.price, order))
        return events

    def _add(self, side: _Side, rank: int, events: list[str], second: str) -> None:
        """Add an order to the level at `rank`, or on a new level before it where there is room."""
        level = side.levels[rank]
        other = self.bids if side is self.asks else self.asks
        better = side.levels[rank - 1].price if rank else other.levels[0].price
        room = (level.price - better) * side.sign - 1
        if room > 0 and self.chance.random() < 0.65:
            price = level.price - side.sign * self.chance.randint(1, min(room, 8))
            level = _Level(price)
            side.levels.insert(rank, level)
            del side.levels[self.depth + 2 * HIDDEN_LEVELS :]
        order = self.order(second)
        level.orders.append(order)
        events.append(self._json("add", level.price, order))

    def _delete(self, side: _Side, rank: int, events: list[str]) -> None:
        level = side.levels[rank]
        gone = level.orders.pop(self.chance.randrange(len(level.orders)))
        events.append(self._json("delete", level.price, gone))
        if level.orders:
            return
        del side.levels[rank]
        if len(side.levels) <= self.depth:
            side.fill(0, self.depth + HIDDEN_LEVELS)
        come = side.levels[self.depth - 1]
        events += [self._json("add", come.price, order) for order in come.orders]

    def _json(self, event: str, price: int, order: list[str]) -> str:
        kind = f'"event":"{event}",' if event else ""
        price_text = point(price, self.pair.price_precision)
        qty_text = point(int(order[1]), self.pair.qty_precision)
        return (
            f'{{{kind}"order_id":"{order[0]}","limit_price":{price_text},'
            f'"order_qty":{qty_text},"timestamp":"{order[2]}"}}'
        )


def messages(pair: Pair, depth: int, seed: int) -> Iterator[tuple[bytes, int]]:
    """Yield a snapshot, then updates without end, each with its checksum."""
    market = OrderMarket(pair, depth, seed)
    stamps = random.Random(seed + 1)
    at_us = 0
    kind, orders = "snapshot", (market.whole(market.bids), market.whole(market.asks))
    while True:
        checksum = market.checksum()
        minute, rest = divmod(at_us, 60_000_000)
        second = f"{BASE_SECOND}{minute % 60:02}:{rest // 1_000_000:02}."
        yield (
            (
                f'{{"channel":"level3","type":"{kind}","data":[{{"checksum":{checksum},'
                f'"symbol":"{pair.symbol}","bids":[{",".join(orders[0])}],'
                f'"asks":[{",".join(orders[1])}],'
                f'"timestamp":"{second}{rest % 1_000_000:06}000Z"}}]}}'
            ).encode(),
            checksum,
        )
        at_us += stamps.randint(1, STEP_US)
        kind, orders = "update", market.step(second)
