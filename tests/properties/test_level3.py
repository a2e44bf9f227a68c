"""The L3 book against the naive one, against the market that it shows, and against L2.

Two flows are drawn: events of any kind at random, to which only the rules of the book give a sense;
and a market whose full book is known, told through the window of a client that cuts (protocol.md
6.1: orders that leave scope get no delete, those that enter come as `add` under their old id).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.book import l2
from publisher.book.l3 import Change, Order, OrderBook, keeps_place, loses_place
from publisher.kraken.level3 import decode_level3
from publisher.kraken.messages import LevelText
from tests.level3_model import RULES, Item, ModelLevel3, Rule, integers, told, totals
from tests.model import unscaled

DEPTHS = (1, 2, 3, 9, 10, 11)
START = 1_767_323_045_000_000_000
"""2026-01-02T03:04:05Z: `date -u -d @1767323045`."""


def book_of(depth: int, rule: Rule) -> OrderBook:
    modified_time = keeps_place if rule == "keeps its place" else loses_place
    return OrderBook(depth, 1, 8, modified_time=modified_time)


def take(book: OrderBook, kind: str, bids: list[Item], asks: list[Item]) -> list[list[Change]]:
    """Apply one message, through Kraken's JSON and its decoder; return the changes."""
    (data,) = decode_level3(told(kind, bids, asks)).data
    if kind == "snapshot":
        book.replace(data.bids, data.asks)
        return [[], []]
    return list(book.update(data.bids, data.asks))


def item(order: Order, event: str) -> Item:
    order_id, price, qty, time = order
    return {
        "event": event,
        "order_id": order_id,
        "limit_price": unscaled(price, 1),
        "order_qty": unscaled(qty, 8),
        "timestamp": f"2026-01-02T03:04:05.{time - START:09}Z",
    }


def assert_same(book: OrderBook, model: ModelLevel3) -> None:
    bids, asks = integers(model.bids), integers(model.asks)
    assert (book.bids, book.asks) == (bids, asks)
    levels = totals(model.bids, 1, 8), totals(model.asks, 1, 8)
    assert (book.bid_levels, book.ask_levels) == levels
    assert book.top() == tuple(side[0] if side else None for side in levels)
    assert book.best_bid == (bids[0][1] if bids else None)
    assert book.best_offer == (asks[0][1] if asks else None)
    assert book.is_crossed == bool(bids and asks and bids[0][1] >= asks[0][1])
    assert book.checksum() == model.checksum()


# Any events: few ids, few prices, few times, so that they meet.
EVENTS = st.lists(
    st.builds(
        item,
        st.tuples(
            st.integers(1, 14).map("O{}".format),
            st.integers(95, 112),
            st.sampled_from((1, 7, 10**8, 2**64, 10**30)),
            st.integers(START, START + 5),
        ),
        st.sampled_from(("add", "add", "add", "modify", "modify", "delete")),
    ),
    max_size=8,
)


@given(
    st.sampled_from(DEPTHS),
    st.sampled_from(RULES),
    st.tuples(EVENTS, EVENTS),
    st.lists(st.tuples(EVENTS, EVENTS), max_size=12),
)
@settings(max_examples=150, deadline=None)
def test_whatever_comes_the_book_is_the_models(
    depth: int,
    rule: Rule,
    first: tuple[list[Item], list[Item]],
    later: list[tuple[list[Item], list[Item]]],
) -> None:
    book, model = book_of(depth, rule), ModelLevel3(depth, rule)
    reader = Reader(depth)
    take(book, "snapshot", *first)
    model.snapshot(*first)
    reader.sides = [book.bids, book.asks]
    assert_same(book, model)
    for bids, asks in later:
        changes = take(book, "update", bids, asks)
        model.update(bids, asks)
        assert_same(book, model)
        for side, items in zip(changes, (bids, asks), strict=True):
            assert [change[1] for change in side] == [event["order_id"] for event in items]
        reader.apply(changes)
        assert reader.sides == [book.bids, book.asks]


class Reader:
    """What a consumer does with the changes, word for word as WIRE 5.4 has it; it knows no rule of
    `modify`.
    """

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.sides: list[list[Order]] = [[], []]

    def apply(self, changes: list[list[Change]]) -> None:
        for number, best_first in ((0, -1), (1, 1)):
            side = self.sides[number]
            for kind, order_id, price, qty, time in changes[number]:
                order = order_id, price, qty, time
                known = next((known for known in side if known[0] == order_id), None)
                if kind == 0:
                    side = put([o for o in side if o is not known], order, best_first)
                elif kind == 1 and known and (known[1], known[3]) == (price, time):
                    side = [order if o is known else o for o in side]
                elif kind == 1 and known:
                    side = put([o for o in side if o is not known], order, best_first)
                elif kind == 2:
                    side = [o for o in side if o is not known]
            prices = sorted({order[1] * best_first for order in side})[: self.depth]
            self.sides[number] = [order for order in side if order[1] * best_first in prices]


def put(side: list[Order], order: Order, best_first: int) -> list[Order]:
    """Insert behind all better levels, and all orders of its level whose time is not later."""
    rank = order[1] * best_first, order[3]
    ahead = [o for o in side if (o[1] * best_first, o[3]) <= rank]
    return [*ahead, order, *side[len(ahead) :]]


@dataclass
class Market:
    """All orders of one side of a market, and what a client of `depth` levels holds of them."""

    best_first: int
    depth: int
    rule: Rule
    orders: dict[str, Order] = field(default_factory=dict)
    held: dict[str, Order] = field(default_factory=dict)

    def window(self) -> dict[str, Order]:
        """Return the orders of the best `depth` levels by id, best first in queue order."""
        ranked = sorted(self.orders.values(), key=lambda o: (o[1] * self.best_first, o[3]))
        prices = sorted({o[1] * self.best_first for o in ranked})[: self.depth]
        return {o[0]: o for o in ranked if o[1] * self.best_first in prices}

    def told(self, chance: Random) -> list[Item]:
        """Return the events that lead the client to the window, in an order of no meaning."""
        window, events = self.window(), []
        for order_id, order in self.held.items():
            left = self.orders.get(order_id, ("", 0))[1] != order[1]
            if left and order_id not in window:
                events.append(item(order, "delete"))
        for order_id, order in window.items():
            known = self.held.get(order_id)
            if known is None or self.is_new(known, order):
                events += [item(known, "delete")] if known else []
                events.append(item(order, "add"))
            elif known != order:
                events.append(item(order, "modify"))
        events += [item(("ghost", 100, 1, START), chance.choice(("delete", "modify")))]
        self.held = window
        by_order = chance.sample(range(len(events)), len(events))
        return sorted(events, key=lambda e: (by_order[_last(events, e)], e["event"] == "add"))

    def is_new(self, known: Order, order: Order) -> bool:
        """Whether an order lost its place in a way that no `modify` tells."""
        return known[1] != order[1] or (self.rule == "keeps its place" and known[3] != order[3])


def _last(events: list[Item], event: Item) -> int:
    """Return one rank for all events of an order: its delete goes before its add."""
    return next(n for n, other in enumerate(events) if other["order_id"] == event["order_id"])


def levels_of(orders: dict[str, Order]) -> dict[int, int]:
    """Return total qty by price."""
    totals: dict[int, int] = {}
    for _, price, qty, _ in orders.values():
        totals[price] = totals.get(price, 0) + qty
    return totals


def deltas(before: dict[int, int], after: dict[int, int]) -> list[LevelText]:
    """Return the L2 deltas between two windows, as Kraken writes them."""
    changed = {**dict.fromkeys(before, 0), **after}
    return [
        LevelText(unscaled(price, 1), unscaled(qty, 8))
        for price, qty in changed.items()
        if before.get(price, 0) != qty
    ]


@given(st.sampled_from(DEPTHS), st.sampled_from(RULES), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_a_market_through_the_window_of_a_client(depth: int, rule: Rule, chance: Random) -> None:
    """Full book, client and L2 book agree after every message."""
    book, flat = book_of(depth, rule), l2.Book(depth, 1, 8)
    markets = Market(-1, depth, rule), Market(1, depth, rule)
    clock = START
    busy = chance.choice(((0, 1), (0,), (1,)))  # some markets have one side only
    for step in range(25):
        for number in busy:
            for _ in range(chance.randrange(4)):
                clock += chance.randrange(2, 9)
                trade(markets[number], f"{step}.{clock}", clock, chance)
        seen = [levels_of(market.held) for market in markets]
        events = [market.told(chance) for market in markets]
        take(book, "update", *events)
        flat.update(*(deltas(old, levels_of(m.held)) for old, m in zip(seen, markets, strict=True)))
        bids, asks = (list(market.held.values()) for market in markets)
        assert (book.bids, book.asks) == (bids, asks)
        assert (book.bid_levels, book.ask_levels) == (flat.bids, flat.asks)
        model = ModelLevel3(depth)
        model.snapshot([item(o, "add") for o in bids], [item(o, "add") for o in asks])
        assert book.checksum() == model.checksum()


def trade(market: Market, order_id: str, clock: int, chance: Random) -> None:
    """Let one thing happen: an order rests, leaves, is filled in part or goes elsewhere."""
    orders = market.orders
    price = chance.randint(88, 100) if market.best_first < 0 else chance.randint(101, 113)
    known = orders[chance.choice(list(orders))] if orders else None
    match chance.randrange(6):
        case 0 if known:
            del orders[known[0]]
        case 1 if known and known[2] > 1:
            time = known[3] if market.rule == "keeps its place" else clock
            orders[known[0]] = (*known[:2], known[2] - 1, time)
        case 2 if known:
            orders[known[0]] = (known[0], price, known[2], clock)
        case _:
            orders[order_id] = (order_id, price, chance.randrange(1, 10**9), clock)
