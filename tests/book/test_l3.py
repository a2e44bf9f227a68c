"""The L3 book: the rules of protocol.md 6; the vectors, the capture and the model are judges."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from publisher.book.l3 import (
    ADD,
    DELETE,
    MODIFY,
    Change,
    ModifiedTime,
    Order,
    OrderBook,
    keeps_place,
    loses_place,
)
from publisher.errors import BadFrame, BadNumber
from publisher.kraken.level3 import decode_level3
from tests.level3_model import Item, Rule, integers, replay_level3, told, totals
from tests.model import unscaled
from tests.spec.level3_vectors import NAMES, load_level3_vectors

RULES: dict[Rule, ModifiedTime] = {
    "keeps its place": keeps_place,
    "loses its place": loses_place,
}
START = 1_767_323_045_000_000_000
"""2026-01-02T03:04:05Z: `date -u -d @1767323045`."""


def item(event: str, order_id: str, price: int, qty: int, time: int = 0) -> Item:
    """Return an event in scaled integers (1 and 8 decimals), its time in ns after START."""
    return {
        "event": event,
        "order_id": order_id,
        "limit_price": unscaled(price, 1),
        "order_qty": unscaled(qty, 8),
        "timestamp": f"2026-01-02T03:04:05.{time:09}Z",
    }


class Book(OrderBook):
    """The publisher's, for tests that think in events: `add`, `modify` and `delete` of bids."""

    __slots__ = ()

    def __init__(self, depth: int = 10, modified_time: ModifiedTime = keeps_place) -> None:
        super().__init__(depth, 1, 8, modified_time=modified_time)

    def apply(self, bids: list[Item], asks: list[Item]) -> tuple[list[Change], list[Change]]:
        """Apply one update, through Kraken's JSON and its decoder."""
        (data,) = decode_level3(told("update", bids, asks)).data
        return self.update(data.bids, data.asks)

    def take(self, bids: list[Item], asks: list[Item]) -> None:
        """Replace the book, likewise."""
        (data,) = decode_level3(told("snapshot", bids, asks)).data
        self.replace(data.bids, data.asks)

    def bid(self, *items: Item) -> list[Change]:
        return self.apply(list(items), [])[0]

    @property
    def ids(self) -> list[str]:
        return [order_id for order_id, *_ in self.bids]


def of_three(modified_time: ModifiedTime = keeps_place) -> Book:
    """Return a book with one level of three bids: a, b, c."""
    book = Book(modified_time=modified_time)
    book.bid(
        item("add", "a", 100, 1, 10), item("add", "b", 100, 2, 20), item("add", "c", 100, 3, 30)
    )
    return book


def test_orders_come_best_level_first_in_queue_order() -> None:
    book = Book()
    book.apply(
        [item("add", "a", 99, 1, 1), item("add", "b", 100, 2, 3), item("add", "c", 100, 3, 2)],
        [item("add", "d", 102, 4, 1), item("add", "e", 101, 5, 2)],
    )
    assert book.bids == [
        ("c", 100, 3, START + 2),
        ("b", 100, 2, START + 3),
        ("a", 99, 1, START + 1),
    ]
    assert book.asks == [("e", 101, 5, START + 2), ("d", 102, 4, START + 1)]
    assert (book.best_bid, book.best_offer) == (100, 101)
    assert (book.bid_levels, book.ask_levels) == ([(100, 5), (99, 1)], [(101, 5), (102, 4)])
    assert book.top() == ((100, 5), (101, 5))


def test_orders_of_one_time_queue_as_they_came() -> None:
    book = Book()
    book.bid(item("add", "b", 100, 1, 5), item("add", "a", 100, 1, 5))
    book.bid(item("add", "c", 100, 1, 5), item("add", "z", 100, 1, 4))
    assert book.ids == ["z", "b", "a", "c"]


def test_a_level_goes_with_its_last_order() -> None:
    book = of_three()
    book.bid(item("delete", "b", 100, 2, 40))
    assert book.ids == ["a", "c"]
    book.bid(item("delete", "a", 100, 1, 41), item("delete", "c", 100, 3, 41))
    assert (book.bids, book.bid_levels, book.best_bid) == ([], [], None)
    assert book.top() == (None, None)
    assert book.checksum() == 0


def test_every_change_is_told_as_it_came() -> None:
    """WIRE 4.10, an ignored one too."""
    book = of_three()
    changes = book.apply(
        [
            item("delete", "b", 100, 2, 40),
            item("delete", "x", 90, 7, 41),
            item("add", "d", 99, 4, 42),
        ],
        [item("modify", "y", 101, 5, 43)],
    )
    assert changes == (
        [
            (DELETE, "b", 100, 2, START + 40),
            (DELETE, "x", 90, 7, START + 41),
            (ADD, "d", 99, 4, START + 42),
        ],
        [(MODIFY, "y", 101, 5, START + 43)],
    )
    assert (ADD, MODIFY, DELETE) == (0, 1, 2)
    assert (book.ids, book.asks) == (["a", "c", "d"], [])


def test_a_modified_order_keeps_its_place_and_its_time() -> None:
    book = of_three()
    assert book.bid(item("modify", "a", 100, 9, 50)) == [(MODIFY, "a", 100, 9, START + 10)]
    assert book.bids[0] == ("a", 100, 9, START + 10)
    assert book.ids == ["a", "b", "c"]


def test_by_the_other_rule_it_takes_the_events_time_and_place() -> None:
    book = of_three(loses_place)
    assert book.bid(item("modify", "a", 100, 9, 50)) == [(MODIFY, "a", 100, 9, START + 50)]
    assert book.bids[2] == ("a", 100, 9, START + 50)
    book.bid(item("modify", "a", 100, 8, 20))
    assert book.ids == ["b", "a", "c"]


def test_by_the_other_rule_the_same_time_is_the_same_place() -> None:
    book = Book(modified_time=loses_place)
    book.bid(item("add", "a", 100, 1, 5), item("add", "b", 100, 1, 5))
    book.bid(item("modify", "a", 100, 9, 5))
    assert book.ids == ["a", "b"]


@pytest.mark.parametrize("rule", RULES.values())
def test_a_modified_price_is_a_delete_and_an_add(rule: ModifiedTime) -> None:
    book = of_three(rule)
    book.bid(item("add", "d", 99, 4, 45))
    assert book.bid(item("modify", "a", 99, 9, 50)) == [(MODIFY, "a", 99, 9, START + 50)]
    assert book.ids == ["b", "c", "d", "a"]
    assert book.bid_levels == [(100, 5), (99, 13)]


def test_an_add_of_a_known_id_replaces_it() -> None:
    book = of_three()
    book.bid(item("add", "a", 99, 9, 50))
    assert book.ids == ["b", "c", "a"]
    book.bid(item("add", "b", 100, 8, 20))
    assert book.bids[0] == ("b", 100, 8, START + 20)


def test_the_same_order_twice_in_one_message() -> None:
    book = Book()
    book.bid(
        item("add", "a", 100, 1, 1),
        item("modify", "a", 100, 5, 2),
        item("delete", "a", 100, 5, 3),
        item("add", "a", 100, 6, 4),
        item("delete", "b", 100, 1, 5),
    )
    assert book.bids == [("a", 100, 6, START + 4)]


def test_a_deletes_qty_and_price_mean_nothing() -> None:
    """§6.1: it repeats the last visible qty; a 0 would do as well."""
    book = of_three()
    assert book.bid(item("delete", "b", 98, 0, 40)) == [(DELETE, "b", 98, 0, START + 40)]
    assert book.ids == ["a", "c"]


def test_the_depth_counts_levels_and_is_cut_after_the_message() -> None:
    book = Book(depth=2)
    book.bid(*(item("add", f"{price}{n}", price, 1, n) for price in (98, 99) for n in range(5)))
    assert len(book.bids) == 10
    book.bid(item("add", "x", 100, 1, 9))
    assert book.bid_levels == [(100, 1), (99, 5)]
    # A third level in the middle of a message is not cut before its end.
    book.bid(item("add", "y", 98, 1, 9), item("delete", "x", 100, 1, 9))
    assert book.bid_levels == [(99, 5), (98, 1)]


def test_orders_out_of_the_depth_are_gone_and_come_back_as_add() -> None:
    book = Book(depth=2)
    book.bid(item("add", "a", 98, 1, 1), item("add", "b", 98, 1, 2), item("add", "c", 99, 1, 3))
    book.bid(item("add", "d", 100, 1, 9))
    assert book.ids == ["d", "c"]
    book.bid(item("delete", "a", 98, 1, 10), item("modify", "b", 98, 7, 10))
    assert book.ids == ["d", "c"]
    book.bid(
        item("delete", "d", 100, 1, 11), item("add", "b", 98, 7, 2), item("add", "a", 98, 1, 1)
    )
    assert book.ids == ["c", "a", "b"]


def test_a_snapshot_replaces() -> None:
    book = of_three()
    bare = item("add", "z", 50, 2, 1)
    del bare["event"]
    book.take([bare], [])
    assert (book.bids, book.asks) == ([("z", 50, 2, START + 1)], [])
    book.take([], [])
    assert (book.bids, book.checksum()) == ([], 0)


def test_crossed_and_locked() -> None:
    book = Book()
    book.bid(item("add", "a", 100, 1, 1))
    assert not book.is_crossed
    book.apply([], [item("add", "b", 101, 1, 1)])
    assert not book.is_crossed
    book.bid(item("add", "c", 101, 1, 1))
    assert book.is_crossed
    book.bid(item("delete", "c", 101, 1, 2))
    assert not book.is_crossed


def test_numbers_in_other_forms_and_of_any_length() -> None:
    book = Book()
    odd = item("add", "a", 0, 0, 1) | {"limit_price": "1E+3", "order_qty": "7"}
    book.bid(odd, item("add", "b", 10**30, 10**39, 1))
    assert book.bids == [("b", 10**30, 10**39, START + 1), ("a", 10000, 700000000, START + 1)]
    book.bid(odd | {"event": "delete", "limit_price": "1000", "order_qty": "0.5e1"})
    assert book.ids == ["b"]


BAD_NUMBERS = {
    "qty finer than the precision": {"order_qty": "0.000000001"},
    "qty negative": {"order_qty": "-1.00000000"},
    "qty no number": {"order_qty": "null"},
    "qty a list": {"order_qty": "[1.00000000]"},
    "qty true": {"order_qty": "true"},
    "qty too long": {"order_qty": "9" * 45 + ".00000000"},
    "qty text": {"order_qty": '"one"'},
    "price negative": {"limit_price": "-100.0"},
    "price finer than the precision": {"limit_price": "100.01"},
    "price a list": {"limit_price": "[100.0]"},
    "price no number": {"limit_price": '"x"'},
}
BAD_FRAMES = {
    "another event": {"event": "expire"},
    "no event": {"event": ""},
    "a time that is none": {"timestamp": "yesterday"},
    "a time with ten digits": {"timestamp": "2026-01-02T03:04:05.1234567890Z"},
}


@pytest.mark.parametrize("event", ["add", "modify", "delete"])
@pytest.mark.parametrize("what", BAD_NUMBERS)
def test_a_bad_number_is_refused(what: str, event: str) -> None:
    with pytest.raises(BadNumber):
        of_three().bid(item(event, "a", 100, 1, 1) | BAD_NUMBERS[what])


@pytest.mark.parametrize("what", BAD_FRAMES)
def test_a_bad_event_or_time_is_refused(what: str) -> None:
    with pytest.raises(BadFrame):
        of_three().bid(item("add", "d", 100, 1, 1) | BAD_FRAMES[what])


@pytest.mark.parametrize("event", ["add", "modify"])
@pytest.mark.parametrize("qty", ["0", "0.00000000", "-0.00000000", "0e5"])
def test_an_order_of_nothing_is_refused(event: str, qty: str) -> None:
    with pytest.raises(BadFrame):
        of_three().bid(item(event, "a", 100, 1, 1) | {"order_qty": qty})


def test_a_snapshot_refuses_the_same() -> None:
    for bad in (*BAD_NUMBERS.values(), BAD_FRAMES["a time that is none"], {"order_qty": "0"}):
        with pytest.raises((BadNumber, BadFrame)):
            Book().take([], [item("add", "a", 100, 1, 1) | bad])


@pytest.mark.parametrize("rule", RULES.values())
@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_vector_gives_its_checksum(name: str, rule: ModifiedTime) -> None:
    book, checksums = Book(modified_time=rule), []
    steps = load_level3_vectors()[name]
    for number, step in enumerate(steps):
        if number:
            book.apply(step.bids, step.asks)
        else:
            book.take(step.bids, step.asks)
        checksums.append(book.checksum())
    assert checksums == [step.checksum for step in steps]
    # What the bugs of §6.4 give: aggregated, ten orders, price once a level, array order.
    assert not {3003167673, 2836668095, 913620092, 2133382473} & set(checksums)


def test_every_recorded_checksum_and_every_book_is_the_models(captures: Path) -> None:
    path = captures / "l3-btc-d10-20240924.ndjson"
    for rule, modified_time in RULES.items():
        book, proven = OrderBook(10, 1, 8, modified_time=modified_time), 0
        messages = (
            decode_level3(line)
            for line in path.read_bytes().splitlines()
            if line.startswith(b'{"channel":"level3"')
        )
        with path.open() as lines:
            for message, (frame, model) in zip(
                messages, replay_level3(lines, depth=10, rule=rule), strict=True
            ):
                (data,) = message.data
                if message.type == "snapshot":
                    book.replace(data.bids, data.asks)
                else:
                    book.update(data.bids, data.asks)
                proven += book.checksum() == frame.checksum
                assert book.bids == integers(model.bids)
                assert book.asks == integers(model.asks)
                assert book.bid_levels == totals(model.bids, 1, 8)
                assert book.ask_levels == totals(model.asks, 1, 8)
        assert proven == 296


@pytest.mark.parametrize("depth", [1, 5, 9, 10, 11, 1000])
def test_the_checksum_is_never_an_old_one(depth: int) -> None:
    """One change after another at every rank: what is kept between checksums is renewed."""
    ticks = count(1)
    book = Book(depth)
    for rank in [*range(25), *range(24, -1, -1), 7, 9, 10, 11]:
        for side, price in (("bid", 500 - rank), ("ask", 501 + rank)):
            event = item("add", f"{side}{rank}", price, next(ticks), rank)
            book.apply([event], []) if side == "bid" else book.apply([], [event])
            kept = book.checksum()
            bare = Book(depth)
            bare.take(of(book.bids), of(book.asks))
            assert kept == bare.checksum()


def of(orders: list[Order]) -> list[Item]:
    """Return orders of the book as Kraken would list them."""
    return [
        item("add", order_id, price, qty, time - START) for order_id, price, qty, time in orders
    ]
