"""One L3 book (market by order), kept as Kraken's clients must keep it, with Kraken's checksum.

Rules (protocol.md 6.1 to 6.3): apply events in array order; a level's queue is ordered by the
orders' own times, ties as they came; a `modify` or `delete` of an order that is not there is
ignored; cut each side to the subscribed depth, counted in price levels, after every message, since
orders pushed out are never deleted by the venue and come back as `add`; the checksum covers every
order of the best ten levels, asks first. Pure; never repairs a book: after a BadNumber or BadFrame
it is half changed and must be dropped.

Orders come as the text of the wire and leave as what WIRE.md 4.10 carries. As in l2.py reading and
applying are one loop, and nine prices in ten have been read before.

Each side is three parallel lists sorted with the best level last: `keys` (the price; negated for
asks), `queues` (the orders of the level) and `texts` (what the level adds to the checksum).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, Protocol
from zlib import crc32

from publisher.book.l2 import CHECKSUM_LEVELS, PRICES, PRICES_PER_LEVEL, TOP
from publisher.errors import BadFrame
from publisher.numbers import LIMIT, Level, scaled
from publisher.timestamps import nanoseconds

Order = tuple[str, int, int, int]
"""order_id, price, qty, and the time in ns that rules its place in the queue (WIRE.md 4.10)."""
Change = tuple[int, str, int, int, int]
"""kind, then as in `Order`; the time of a `modify` is the one that the order has after it."""
ADD, MODIFY, DELETE = 0, 1, 2

QTY, TIME = itemgetter(2), itemgetter(3)
NOTHING: int = -LIMIT
"""Below the key of every price."""

ModifiedTime = Callable[[int, int], int]
"""The rule of `modify`: from the order's time and the event's, the time that the order has then. An
order whose time changes is queued anew by it."""


def keeps_place(order_time: int, event_time: int) -> int:
    """The rule of protocol.md 6.1: a modified order keeps its time, and so its place."""
    return order_time


def loses_place(order_time: int, event_time: int) -> int:
    """The other reading (6.2): a modified order takes the event's time, and the place of that."""
    return event_time


class OrderText(Protocol):
    """An order or event as decoded from JSON: numbers as in `numbers.LevelText`."""

    @property
    def order_id(self) -> str: ...
    @property
    def limit_price(self) -> Any: ...
    @property
    def order_qty(self) -> Any: ...
    @property
    def timestamp(self) -> str: ...
    @property
    def event(self) -> str: ...


class Queue:
    """The orders of one level, first in line first. `digits` is the price as the checksum wants it,
    `qtys` are the orders' quantities likewise.
    """

    __slots__ = ("digits", "orders", "qtys")

    def __init__(self, digits: str, order: Order) -> None:
        self.digits = digits
        self.orders = [order]
        self.qtys = [str(order[2])]

    def text(self) -> str:
        """Return what the level adds to the checksum's text: price and qty of every order."""
        return self.digits + self.digits.join(self.qtys)

    def level(self) -> Level:
        """Return the price and the total qty."""
        return self.orders[0][1], sum(map(QTY, self.orders))


class Side:
    """One side of a book, best level last. `sign` is 1 for bids and -1 for asks."""

    __slots__ = (
        "_best_changed",
        "_depth",
        "_modified_time",
        "_orders",
        "_precisions",
        "_prices",
        "_qty_point",
        "_remembered",
        "_sign",
        "keys",
        "queues",
        "texts",
    )

    def __init__(
        self, sign: int, depth: int, precisions: tuple[int, int], modified_time: ModifiedTime
    ) -> None:
        self.keys: list[int] = []
        self.queues: list[Queue] = []
        self.texts: list[str] = []
        self._orders: dict[str, Order] = {}
        self._best_changed: int = LIMIT
        self._sign = sign
        self._depth = depth
        self._precisions = precisions
        self._modified_time = modified_time
        self._qty_point = -1 - precisions[1]
        self._prices: dict[str, tuple[int, str]] = {}
        self._remembered = PRICES + PRICES_PER_LEVEL * depth

    def replace(self, items: Iterable[OrderText]) -> None:
        """Take the orders of a snapshot into an empty side, in any order."""
        for item in items:
            self._add(*self._read(item))
        self._cut()

    def update(self, items: Iterable[OrderText]) -> list[Change]:
        """Apply events in order, keep the best `depth` levels, return the events as changes."""
        changes: list[Change] = []
        for item in items:
            order, digits = self._read(item)
            event = item.event
            if event == "add":
                self._add(order, digits)
                changes.append((ADD, *order))
            elif event == "delete":
                known = self._orders.pop(order[0], None)
                if known:
                    self._take_out(known)
                changes.append((DELETE, *order))
            elif event == "modify":
                changes.append((MODIFY, *self._modify(order, digits)))
            else:
                raise BadFrame(f"event {event[:40]!r} of order {order[0][:40]!r}")
        self._cut()
        return changes

    def is_top_changed(self) -> bool:
        """Whether one of the best ten levels may have changed since the last `top_text`."""
        keys = self.keys
        tenth = keys[-CHECKSUM_LEVELS] if len(keys) >= CHECKSUM_LEVELS else NOTHING + 1
        return self._best_changed >= tenth

    def top_text(self) -> bytes:
        """Return the checksum's text of the best ten levels."""
        self._best_changed = NOTHING
        return "".join(self.texts[:TOP:-1]).encode()

    def orders(self) -> list[Order]:
        """Return all orders, best level first, each level in queue order."""
        return [order for queue in reversed(self.queues) for order in queue.orders]

    def levels(self) -> list[Level]:
        """Return all levels with their total qty, best first."""
        return [queue.level() for queue in reversed(self.queues)]

    def _read(self, item: OrderText) -> tuple[Order, str]:
        """Return what an item says, and the digits of its price; raise BadNumber or BadFrame."""
        text = item.order_qty
        try:
            known = self._prices.get(item.limit_price)
            plain = text.replace(".", "", 1)
            if text[self._qty_point] == "." and plain.isdecimal():
                qty = int(plain)
            else:
                qty = scaled(text, self._precisions[1])
        except (TypeError, LookupError, ValueError, AttributeError):
            known, qty = None, scaled(text, self._precisions[1])  # a bare integer, or no number
        if qty >= LIMIT:
            qty = scaled(text, self._precisions[1])  # says why not
        price, digits = known or self._price(item.limit_price)
        return (item.order_id, price, qty, nanoseconds(item.timestamp)), digits

    def _price(self, number: str | int) -> tuple[int, str]:
        """Return price and digits of a price met for the first time, and remember them."""
        price = scaled(number, self._precisions[0])
        known = price, str(price)
        if isinstance(number, str):
            if len(self._prices) >= self._remembered:
                self._prices.clear()
            self._prices[number] = known
        return known

    def _add(self, order: Order, digits: str) -> None:
        """Put an order in its queue; one of this id that is there leaves first."""
        if not order[2]:
            raise BadFrame(f"order {order[0][:40]!r} of qty 0")
        known = self._orders.get(order[0])
        if known:
            self._take_out(known)
        self._orders[order[0]] = order
        self._put_in(order, digits)

    def _modify(self, order: Order, digits: str) -> Order:
        """Return the order as it is after a `modify`; with a new price or time it queues anew."""
        order_id, price, qty, time = order
        known = self._orders.get(order_id)
        if known is None:
            return order
        if price == known[1]:
            time = self._modified_time(known[3], time)
            order = order_id, price, qty, time
        if not qty or price != known[1] or time != known[3]:
            self._add(order, digits)
            return order
        place = bisect_left(self.keys, price * self._sign)
        queue = self.queues[place]
        at = queue.orders.index(known)
        queue.orders[at] = self._orders[order_id] = order
        queue.qtys[at] = str(qty)
        self._changed(place)
        return order

    def _put_in(self, order: Order, digits: str) -> None:
        """Queue an order by its time, behind those whose time is not later (protocol.md 6.2)."""
        key, time = order[1] * self._sign, order[3]
        place = bisect_left(self.keys, key)
        if place == len(self.keys) or self.keys[place] != key:
            self.keys.insert(place, key)
            self.queues.insert(place, Queue(digits, order))
            self.texts.insert(place, "")
        else:
            queue = self.queues[place]
            orders = queue.orders
            at = len(orders) if orders[-1][3] <= time else bisect_right(orders, time, key=TIME)
            orders.insert(at, order)
            queue.qtys.insert(at, str(order[2]))
        self._changed(place)

    def _take_out(self, order: Order) -> None:
        """Take an order out of its queue, and its level away with the last of them."""
        place = bisect_left(self.keys, order[1] * self._sign)
        queue = self.queues[place]
        if len(queue.orders) > 1:
            at = queue.orders.index(order)
            del queue.orders[at], queue.qtys[at]
            self._changed(place)
        else:
            self._best_changed = max(self._best_changed, self.keys[place])
            del self.keys[place], self.queues[place], self.texts[place]

    def _changed(self, place: int) -> None:
        """Renew what a level adds to the checksum."""
        self.texts[place] = self.queues[place].text()
        if self.keys[place] > self._best_changed:
            self._best_changed = self.keys[place]

    def _cut(self) -> None:
        """Keep the best `depth` levels (protocol.md 6.1: levels, not orders)."""
        surplus = len(self.keys) - self._depth
        if surplus > 0:
            for queue in self.queues[:surplus]:
                for order in queue.orders:
                    del self._orders[order[0]]
            del self.keys[:surplus], self.queues[:surplus], self.texts[:surplus]


class OrderBook:
    """An L3 book of at most `depth` levels a side, of an instrument with these precisions.

    `update` and `replace` take orders as text and raise BadNumber or BadFrame. `modified_time` is
    the rule by which a `modify` keeps or loses the order's place.
    """

    __slots__ = (
        "_asks",
        "_asks_crc",
        "_bids",
        "_bids_text",
        "_modified_time",
        "_precisions",
        "depth",
        "is_crossed",
    )

    def __init__(
        self,
        depth: int,
        price_precision: int,
        qty_precision: int,
        *,
        modified_time: ModifiedTime = keeps_place,
    ) -> None:
        self.depth = depth
        self._precisions = price_precision, qty_precision
        self._modified_time = modified_time
        self._asks_crc = 0
        self._bids_text = b""
        self.is_crossed = False
        """True when the best bid is at or above the best offer (WIRE.md 4.1, `CROSSED`)."""
        self.replace((), ())

    def replace(self, bids: Iterable[OrderText], asks: Iterable[OrderText]) -> None:
        """Forget everything and take a snapshot's orders; those of one time in the order given."""
        self._bids = Side(1, self.depth, self._precisions, self._modified_time)
        self._asks = Side(-1, self.depth, self._precisions, self._modified_time)
        self._bids.replace(bids)
        self._asks.replace(asks)
        self._look_at_the_top()

    def update(
        self, bids: Iterable[OrderText], asks: Iterable[OrderText]
    ) -> tuple[list[Change], list[Change]]:
        """Apply the events of one message to both sides; return each as a change, ignored ones
        too.
        """
        new_bids = self._bids.update(bids) if bids else []
        new_asks = self._asks.update(asks) if asks else []
        self._look_at_the_top()
        return new_bids, new_asks

    def _look_at_the_top(self) -> None:
        bid_keys, ask_keys = self._bids.keys, self._asks.keys
        self.is_crossed = bool(bid_keys and ask_keys) and bid_keys[-1] + ask_keys[-1] >= 0

    def checksum(self) -> int:
        """Return Kraken's CRC-32 of all orders of the best ten levels (protocol.md 6.3)."""
        if self._asks.is_top_changed():
            self._asks_crc = crc32(self._asks.top_text())
        if self._bids.is_top_changed():
            self._bids_text = self._bids.top_text()
        return crc32(self._bids_text, self._asks_crc)

    @property
    def longest(self) -> int:
        """How many levels the side has that has more."""
        return max(len(self._bids.keys), len(self._asks.keys))

    @property
    def bids(self) -> list[Order]:
        """All bids, highest price first, each level in queue order."""
        return self._bids.orders()

    @property
    def asks(self) -> list[Order]:
        """All asks, lowest price first, each level in queue order."""
        return self._asks.orders()

    @property
    def bid_levels(self) -> list[Level]:
        """The bids as L2 has them: (price, total qty), highest price first."""
        return self._bids.levels()

    @property
    def ask_levels(self) -> list[Level]:
        """The asks as L2 has them: (price, total qty), lowest price first."""
        return self._asks.levels()

    def top(self) -> tuple[Level | None, Level | None]:
        """Return the best bid's level and the best offer's; None for an empty side."""
        bids, asks = self._bids.queues, self._asks.queues
        return bids[-1].level() if bids else None, asks[-1].level() if asks else None

    @property
    def best_bid(self) -> int | None:
        """The highest bid's price; None on an empty side."""
        return self._bids.keys[-1] if self._bids.keys else None

    @property
    def best_offer(self) -> int | None:
        """The lowest ask's price; None on an empty side."""
        return -self._asks.keys[-1] if self._asks.keys else None
