"""An independent, deliberately naive L3 book, to judge the publisher's and the consumer's.

Written from protocol.md §6 alone: a side is a dict of orders as the text that came, sorted when
looked at, cut after every message; the checksum works on text. It shares no code with what it
judges and must never import it. Slow on purpose: each line is one rule.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Literal

from tests.model import rescaled, strip

Item = dict[str, str]
"""An order or event as recorded: order_id, limit_price, order_qty, timestamp and, in an update,
event; the numbers as their text."""
Rule = Literal["keeps its place", "loses its place"]
RULES: tuple[Rule, ...] = ("keeps its place", "loses its place")


@dataclass
class ModelOrder:
    """A resting order; `arrival` decides between orders of one price and time."""

    order_id: str
    price: str
    qty: str
    time: str
    arrival: int


@dataclass
class ModelSide:
    """Resting orders by id, in no order. `best_first` is 1 for asks and -1 for bids."""

    best_first: int
    orders: dict[str, ModelOrder] = field(default_factory=dict)

    def prices(self) -> list[Decimal]:
        """Return the prices that have orders, best first."""
        found = {Decimal(order.price) for order in self.orders.values()}
        return sorted(found, key=lambda price: price * self.best_first)

    def queue(self, price: Decimal) -> list[ModelOrder]:
        """Return the orders of one level: by time, then as they arrived (§6.2)."""
        level = [order for order in self.orders.values() if Decimal(order.price) == price]
        return sorted(level, key=lambda order: (nine_digits(order.time), order.arrival))

    def listed(self) -> list[ModelOrder]:
        """Return all orders, best level first, in queue order."""
        return [order for price in self.prices() for order in self.queue(price)]

    def levels(self) -> list[tuple[Decimal, Decimal]]:
        """Return the prices with their total qty, best first: what L2 shows."""
        with localcontext(prec=100):  # sums of quantities of any length are exact
            return [
                (price, sum((Decimal(order.qty) for order in self.queue(price)), Decimal(0)))
                for price in self.prices()
            ]

    def cut(self, depth: int) -> None:
        """Forget the orders beyond the best `depth` price levels (§6.1)."""
        for price in self.prices()[depth:]:
            for order in self.queue(price):
                del self.orders[order.order_id]


class ModelLevel3:
    """A book of `depth` price levels a side; `rule` is what a `modify` does to the place (§6.2)."""

    def __init__(self, depth: int, rule: Rule = "keeps its place") -> None:
        self.depth = depth
        self.rule = rule
        self.bids = ModelSide(best_first=-1)
        self.asks = ModelSide(best_first=1)
        self.arrivals = 0

    def snapshot(self, bids: Iterable[Item], asks: Iterable[Item]) -> None:
        """Replace the whole book."""
        self.bids.orders.clear()
        self.asks.orders.clear()
        self.update(({**item, "event": "add"} for item in bids), [])
        self.update([], ({**item, "event": "add"} for item in asks))

    def update(self, bids: Iterable[Item], asks: Iterable[Item]) -> None:
        """Apply events in array order, then cut both sides (§6.1)."""
        for side, items in ((self.bids, bids), (self.asks, asks)):
            for item in items:
                self.apply(side, item)
            side.cut(self.depth)

    def apply(self, side: ModelSide, item: Item) -> None:
        """Apply one event; a modify or delete of an order that is not there does nothing."""
        order_id, event = item["order_id"], item["event"]
        known = side.orders.get(order_id)
        if event == "add":
            self.add(side, item)
        elif event == "delete":
            side.orders.pop(order_id, None)
        elif known is not None:
            assert event == "modify"
            is_elsewhere = Decimal(known.price) != Decimal(item["limit_price"])
            is_later = self.rule == "loses its place" and known.time != item["timestamp"]
            if is_elsewhere or is_later:
                self.add(side, item)
            else:
                known.qty = item["order_qty"]

    def add(self, side: ModelSide, item: Item) -> None:
        """Rest an order under its own time; it replaces one of its id."""
        self.arrivals += 1
        side.orders[item["order_id"]] = ModelOrder(
            order_id=item["order_id"],
            price=item["limit_price"],
            qty=item["order_qty"],
            time=item["timestamp"],
            arrival=self.arrivals,
        )

    def checksum(self) -> int:
        """Return Kraken's CRC-32: each order of the best ten price levels, asks first (§6.3)."""
        text = ""
        for side in (self.asks, self.bids):
            for price in side.prices()[:10]:
                for order in side.queue(price):
                    text += strip(order.price) + strip(order.qty)
        return zlib.crc32(text.encode("ascii"))


def nine_digits(stamp: str) -> str:
    """Return a stamp in a form whose text sorts as time: nine digits after the point."""
    second, _, fraction = stamp.removesuffix("Z").partition(".")
    return f"{second}.{fraction:0<9}"


def unix_ns(stamp: str) -> int:
    """Return the nanoseconds since 1970 of a stamp."""
    second, _, fraction = nine_digits(stamp).partition(".")
    return int(datetime.fromisoformat(second + "+00:00").timestamp()) * 10**9 + int(fraction)


def integers(side: ModelSide) -> list[tuple[str, int, int, int]]:
    """Return a side's orders as (id, scaled price, scaled qty, ns), best first in queue order."""
    return [
        (order.order_id, rescaled(order.price), rescaled(order.qty), unix_ns(order.time))
        for order in side.listed()
    ]


def totals(side: ModelSide, price_precision: int, qty_precision: int) -> list[tuple[int, int]]:
    """Return a side's levels as (scaled price, scaled qty), best first."""
    with localcontext(prec=100):
        return [
            (int(price.scaleb(price_precision)), int(qty.scaleb(qty_precision)))
            for price, qty in side.levels()
        ]


@dataclass(frozen=True)
class Level3Frame:
    """One level3 message of a capture: its kind, its orders as recorded, the venue's checksum."""

    symbol: str
    kind: str
    bids: list[Item]
    asks: list[Item]
    checksum: int


def level3_frames(lines: Iterable[str]) -> Iterator[Level3Frame]:
    """Yield the level3 messages of a capture's lines, numbers as the text that was recorded."""
    for line in lines:
        message = json.loads(line, parse_float=str, parse_int=str)
        if message.get("channel") != "level3":
            continue
        for body in message["data"]:
            yield Level3Frame(
                symbol=body["symbol"],
                kind=message["type"],
                bids=body["bids"],
                asks=body["asks"],
                checksum=int(body["checksum"]),
            )


def replay_level3(
    lines: Iterable[str], *, depth: int, rule: Rule = "keeps its place"
) -> Iterator[tuple[Level3Frame, ModelLevel3]]:
    """Replay a capture of one symbol; yield after each frame the frame and the live book."""
    book = ModelLevel3(depth, rule)
    for frame in level3_frames(lines):
        (book.snapshot if frame.kind == "snapshot" else book.update)(frame.bids, frame.asks)
        yield frame, book


def told(kind: str, bids: Iterable[Item], asks: Iterable[Item], checksum: int = 1) -> bytes:
    """Return the JSON of a level3 message as Kraken writes it: numbers bare, every digit kept."""
    sides = ["[" + ",".join(map(_order, side)) + "]" for side in (bids, asks)]
    return (
        f'{{"channel":"level3","type":"{kind}","data":[{{"symbol":"X/Y","checksum":{checksum},'
        f'"bids":{sides[0]},"asks":{sides[1]}}}]}}'
    ).encode()


def _order(item: Item) -> str:
    event = f'"event":"{item["event"]}",' if "event" in item else ""
    return (
        f'{{{event}"order_id":"{item["order_id"]}","limit_price":{item["limit_price"]},'
        f'"order_qty":{item["order_qty"]},"timestamp":"{item["timestamp"]}"}}'
    )
