"""The L3 book: WIRE §5.4 by hand, Kraken's checksums, and an independent naive model."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pytest
from pykraken_consumer.book import DecimalLevel, Level, OrderBook, orders_checksum

from publisher.book import l3
from publisher.kraken.level3 import decode_level3
from tests.level3_model import (
    Item,
    ModelLevel3,
    integers,
    replay_level3,
    rescaled,
    totals,
    unix_ns,
)
from tests.model import unscaled
from tests.spec.level3_vectors import NAMES, load_level3_vectors

Change = tuple[int, str, int, int, int]
ADD, MODIFY, DELETE = 0, 1, 2
LEVEL3 = '{"channel":"level3"'
KINDS = {"add": ADD, "modify": MODIFY, "delete": DELETE}
A_B_C: list[Change] = [(ADD, "a", 100, 1, 10), (ADD, "b", 100, 2, 20), (ADD, "c", 100, 3, 30)]


def change(item: Item) -> Change:
    return (
        KINDS[item.get("event", "add")],
        item["order_id"],
        rescaled(item["limit_price"]),
        rescaled(item["order_qty"]),
        unix_ns(item["timestamp"]),
    )


def book_of(*changes: Change, depth: int = 10) -> OrderBook:
    book = OrderBook()
    book.load([], [], depth)
    book.apply(changes, ())
    return book


def ids(book: OrderBook) -> str:
    return "".join(order.order_id for order in book.orders("bid"))


def test_orders_queue_by_time_and_ties_as_they_came() -> None:
    book = book_of((ADD, "b", 100, 1, 5), (ADD, "a", 100, 1, 5), (ADD, "w", 99, 1, 1))
    assert ids(book) == "baw"
    book.apply([(ADD, "c", 100, 1, 5), (ADD, "z", 100, 1, 4), (ADD, "y", 101, 1, 9)], ())
    assert ids(book) == "yzbacw"


@pytest.mark.parametrize(
    ("made", "left"),
    [
        ((MODIFY, "a", 100, 9, 10), "abc"),
        ((MODIFY, "a", 100, 1, 30), "bca"),
        ((MODIFY, "c", 100, 3, 15), "acb"),
        ((MODIFY, "b", 101, 2, 20), "bac"),
        ((MODIFY, "x", 100, 1, 1), "abc"),
        ((DELETE, "b", 0, 0, 0), "ac"),
        ((DELETE, "x", 100, 1, 10), "abc"),
        ((ADD, "a", 100, 7, 10), "abc"),
        ((ADD, "a", 100, 7, 20), "bac"),
        ((ADD, "a", 99, 7, 10), "bca"),
    ],
)
def test_what_each_change_does_to_a_queue(made: Change, left: str) -> None:
    book = book_of(*A_B_C)
    book.apply([made], ())
    assert ids(book) == left
    if made[0] != DELETE and made[1] in "abc":
        assert made[1:] in book.orders("bid")


def test_the_sides_know_nothing_of_each_other() -> None:
    book = book_of(*A_B_C)
    book.apply((), [(ADD, "a", 102, 5, 1), (DELETE, "b", 100, 2, 20)])
    assert ids(book) == "abc"
    assert book.orders("ask") == [("a", 102, 5, 1)]


def test_the_depth_counts_price_levels_and_is_cut_after_the_event() -> None:
    book = book_of(*A_B_C, (ADD, "d", 99, 1, 1), depth=2)
    book.apply([(ADD, "e", 98, 1, 1), (DELETE, "d", 99, 1, 1)], ())
    assert ids(book) == "abce"
    book.apply([(ADD, "f", 101, 1, 1)], ())
    assert ids(book) == "fabc"
    book.apply([(MODIFY, "e", 98, 2, 1), (DELETE, "f", 101, 1, 1)], ())
    assert ids(book) == "abc", "an order that was pushed out is not known any more"


def test_levels_have_their_total_qty() -> None:
    book = book_of(*A_B_C, (ADD, "d", 99, 10**39, 1))
    book.price_precision, book.qty_precision = 1, 8
    assert book.levels("bid") == [Level(100, 6), Level(99, 10**39)]
    assert book.levels("bid", 1) == [Level(100, 6)]
    assert book.levels("bid", 0) == book.orders("bid", 0) == []
    assert [order.order_id for order in book.orders("bid", 1)] == ["a", "b", "c"]
    assert book.best("bid") == Level(100, 6)
    assert book.best_bid == DecimalLevel(Decimal("10.0"), Decimal("6E-8"))
    assert (book.best_offer, book.spread, book.mid) == (None, None, None)
    book.apply((), [(ADD, "o", 103, 1, 1)])
    assert (book.spread, book.mid) == (Decimal("0.3"), Decimal("10.15"))
    assert book.decimal_levels("ask") == [DecimalLevel(Decimal("10.3"), Decimal("1E-8"))]


def test_a_copy_stands_still() -> None:
    book = book_of(*A_B_C)
    book.symbol, book.epoch, book.seq, book.is_valid = "BTC/USD", 5, 6, True
    twin = book.copy()
    book.apply([(DELETE, "a", 100, 1, 10)], ())
    assert ids(twin) == "abc"
    assert (twin.symbol, twin.epoch, twin.seq, twin.is_valid) == ("BTC/USD", 5, 6, True)
    assert twin.checksum() == orders_checksum(twin.orders("bid"), []) != book.checksum()
    assert "OrderBook BTC/USD" in repr(twin)
    assert OrderBook().checksum() == 0


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_vector_gives_its_checksum(name: str) -> None:
    book = OrderBook()
    book.load([], [], 10)
    for step in load_level3_vectors()[name]:
        told = book.apply([change(item) for item in step.bids], [change(i) for i in step.asks])
        assert told == book.checksum() == step.checksum
        assert orders_checksum(book.orders("bid"), book.orders("ask")) == step.checksum


@pytest.mark.parametrize("depth", [1, 9, 10, 11, 30])
def test_against_the_naive_model(depth: int) -> None:
    rng = random.Random(depth)
    model = ModelLevel3(depth, "loses its place")
    book = OrderBook()
    book.load([], [], depth)
    for _ in range(400):
        sides: list[list[Item]] = [[], []]
        for _ in range(rng.randint(0, 4)):
            side = rng.randint(0, 1)
            sides[side].append(
                {
                    "event": rng.choice(["add", "add", "modify", "delete"]),
                    "order_id": f"O{rng.randint(0, 80)}",
                    "limit_price": unscaled(rng.randint(1, 25) + 20 * side, 1),
                    "order_qty": unscaled(rng.choice([1, 77, 2**64 + 5]), 8),
                    "timestamp": f"2026-01-02T03:04:05.{rng.randint(0, 9):09}Z",
                }
            )
        model.update(*sides)
        told = book.apply(*[[change(item) for item in side] for side in sides])
        assert book.orders("bid") == integers(model.bids)
        assert book.orders("ask") == integers(model.asks)
        assert book.levels("bid") == totals(model.bids, 1, 8)
        assert book.levels("ask") == totals(model.asks, 1, 8)
        assert told == book.checksum() == model.checksum()


@pytest.mark.parametrize("rule", ["keeps its place", "loses its place"])
def test_every_recorded_checksum_by_the_publishers_events(captures: Path, rule: str) -> None:
    """A recorded feed through the publisher's book to events, and those through this one."""
    path = captures / "l3-btc-d10-20240924.ndjson"
    modified_time = l3.keeps_place if rule == "keeps its place" else l3.loses_place
    theirs, book, proven = l3.OrderBook(10, 1, 8, modified_time=modified_time), OrderBook(), 0
    lines = path.read_text().splitlines()
    messages = [decode_level3(line.encode()) for line in lines if line.startswith(LEVEL3)]
    frames = replay_level3(lines, depth=10, rule=rule)  # type: ignore[arg-type]
    for message, (frame, model) in zip(messages, frames, strict=True):
        (data,) = message.data
        if message.type == "snapshot":
            theirs.replace(data.bids, data.asks)
            book.load(theirs.bids, theirs.asks, 10)
        else:
            book.apply(*theirs.update(data.bids, data.asks))
        proven += book.checksum() == frame.checksum
        assert book.orders("bid") == integers(model.bids)
        assert book.orders("ask") == integers(model.asks)
    assert proven == 296
