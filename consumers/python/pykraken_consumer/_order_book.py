"""The L3 book of one stream: two sides of price levels, each a queue of orders, kept by WIRE §5.4.

Knows nothing of Redis, msgpack or sequences. Each side is two parallel lists sorted so that the
best level is last (the sort key and the level), beside the orders by their ids. A level keeps the
checksum's text of each of its orders and joins them when it is looked at. Promises: after `load`
or `apply` the sides hold at most `depth` price levels, and `checksum()` is Kraken's CRC-32.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final, NamedTuple
from zlib import crc32

from ._book_events import Change
from ._levels import BEST, CHECKSUM_LEVELS, AnyBook, Level, Side

ADD, MODIFY, DELETE = 0, 1, 2  # WIRE §4.10
_QTY: Final = itemgetter(2)
_TIME: Final = itemgetter(3)


class Order(NamedTuple):
    """One resting order: scaled integers; `time`, in nanoseconds, rules its place in the queue."""

    order_id: str
    price: int
    qty: int
    time: int


class _Level:
    """The orders of one price, first in line first; `texts` are their parts of the checksum."""

    __slots__ = ("joined", "orders", "texts")

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.texts: list[bytes] = []
        self.joined: bytes | None = None

    def text(self) -> bytes:
        """Return the level's part of the checksum's input."""
        if self.joined is None:
            self.joined = b"".join(self.texts)
        return self.joined

    def insert(self, order: Order) -> None:
        """Queue an order behind all whose time is not later."""
        orders = self.orders
        at = len(orders)
        if orders and orders[-1][3] > order[3]:
            at = bisect_right(orders, order[3], key=_TIME)
        orders.insert(at, order)
        self.texts.insert(at, b"%d%d" % (order[1], order[2]))
        self.joined = None


class _Side:
    """Levels of one side, best last. `sign` is 1 for bids, -1 for asks; keys are `sign * price`.

    `text` is the side's part of the checksum's input, always that of the orders as they are.
    """

    __slots__ = ("_is_text_old", "by_id", "keys", "queues", "sign", "text")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.queues: list[_Level] = []
        self.by_id: dict[str, Order] = {}
        self.text = b""
        self._is_text_old = False

    def load(self, orders: Iterable[tuple[str, int, int, int]], depth: int) -> None:
        """Replace all orders; `orders` come best level first, each level in queue order."""
        self.keys, self.queues, self.by_id = [], [], {}
        for order in orders:
            self._put_in(Order(*order))
        self._settle(depth)

    def apply(self, changes: Sequence[Change], depth: int) -> None:
        """Make each change in array order, then cut to `depth` levels (WIRE §5.4)."""
        for kind, order_id, price, qty, time in changes:
            known = self.by_id.get(order_id)
            if known is None:
                if kind == ADD:
                    self._put_in(Order(order_id, price, qty, time))
            elif kind == MODIFY and known[1] == price and known[3] == time:
                self._resize(known, qty)
            else:
                self._take_out(known)
                if kind != DELETE:
                    self._put_in(Order(order_id, price, qty, time))
        self._settle(depth)

    def levels(self, limit: int | None) -> list[Level]:
        """Return at most `limit` levels with their total qty, best first."""
        stop = None if limit is None else -limit - 1
        return [
            Level(level.orders[0][1], sum(map(_QTY, level.orders)))
            for level in self.queues[:stop:-1]
        ]

    def orders(self, limit: int | None) -> list[Order]:
        """Return the orders of at most `limit` levels, best level first, in queue order."""
        stop = None if limit is None else -limit - 1
        return [order for level in self.queues[:stop:-1] for order in level.orders]

    def _put_in(self, order: Order) -> None:
        key = self.sign * order[1]
        at = bisect_left(self.keys, key)
        if at == len(self.keys) or self.keys[at] != key:
            self.keys.insert(at, key)
            self.queues.insert(at, _Level())
        self.queues[at].insert(order)
        self.by_id[order[0]] = order
        self._changed(at)

    def _take_out(self, order: Order) -> None:
        at = bisect_left(self.keys, self.sign * order[1])
        level = self.queues[at]
        place = level.orders.index(order)
        del level.orders[place], level.texts[place], self.by_id[order[0]]
        level.joined = None
        if not level.orders:
            del self.keys[at], self.queues[at]
        self._changed(at)

    def _resize(self, order: Order, qty: int) -> None:
        at = bisect_left(self.keys, self.sign * order[1])
        level = self.queues[at]
        place = level.orders.index(order)
        resized = Order(order[0], order[1], qty, order[3])
        level.orders[place] = self.by_id[order[0]] = resized
        level.texts[place] = b"%d%d" % (order[1], qty)
        level.joined = None
        self._changed(at)

    def _changed(self, at: int) -> None:
        if at >= len(self.keys) - CHECKSUM_LEVELS:
            self._is_text_old = True

    def _settle(self, depth: int) -> None:
        """Cut to the best `depth` price levels, and renew `text` where the best ten changed."""
        over = len(self.keys) - depth
        if over > 0:
            for level in self.queues[:over]:
                for order in level.orders:
                    del self.by_id[order[0]]
            del self.keys[:over], self.queues[:over]
        if self._is_text_old:
            self.text = b"".join([level.text() for level in self.queues[BEST]])
            self._is_text_old = False


class OrderBook(AnyBook[_Side]):
    """The L3 book of one stream at entry `(epoch, seq)`. Changed in place by its replica, read by
    anyone.

    It says all that `Book` says, of levels with their total qty, and `orders` besides. `is_valid`,
    `is_stale` and `copy()` are as there.
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(_Side(1), _Side(-1))

    def load(
        self,
        bids: Iterable[tuple[str, int, int, int]],
        asks: Iterable[tuple[str, int, int, int]],
        depth: int,
    ) -> None:
        """Replace both sides by a snapshot's orders (id, price, qty, time), best level first, each
        in queue order, and keep `depth` levels a side from now on.
        """
        self.depth = depth
        self._bids.load(bids, depth)
        self._asks.load(asks, depth)
        self._asks_crc = crc32(self._asks.text)

    def apply(self, bids: Sequence[Change], asks: Sequence[Change]) -> int:
        """Make one event's changes, bids then asks (WIRE §5.4); return `checksum()`."""
        if bids:
            self._bids.apply(bids, self.depth)
        if asks:
            self._asks.apply(asks, self.depth)
            self._asks_crc = crc32(self._asks.text)
        return crc32(self._bids.text, self._asks_crc)

    def orders(self, side: Side, limit: int | None = None) -> list[Order]:
        """Return the orders of `side`, best level first, each level in queue order, of at most
        `limit` levels.
        """
        return (self._bids if side == "bid" else self._asks).orders(limit)

    def copy(self) -> OrderBook:
        """Return a book of its own that no replica changes."""
        twin = OrderBook()
        twin.load(self.orders("bid"), self.orders("ask"), self.depth)
        twin._stand_like(self)
        return twin


def orders_checksum(
    bids: Iterable[tuple[str, int, int, int]], asks: Iterable[tuple[str, int, int, int]]
) -> int:
    """Return the checksum of two sides of orders, each best level first, in queue order."""
    crc = 0
    for side in (asks, bids):
        prices: set[int] = set()
        for _, price, qty, _ in side:
            prices.add(price)
            if len(prices) > CHECKSUM_LEVELS:
                break
            crc = crc32(b"%d%d" % (price, qty), crc)
    return crc
