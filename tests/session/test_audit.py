"""The audit of levels that no checksum covers: two sessions' books, compared where they meet."""

from __future__ import annotations

from typing import Any

from publisher import wire
from publisher.model import BookState
from publisher.session.audit import Audit

A, B = "A/USD", "B/USD"
LEVELS = [(100, 5), (99, 4)]


class Books:
    """What a session holds, as the test says."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[BookState, int | None, int, list[tuple[int, int]]]] = {}

    def hold(
        self,
        ts_event: int,
        bids: list[tuple[int, int]],
        *,
        symbol: str = A,
        checksum: int = 7,
        state: BookState = BookState.LIVE,
    ) -> None:
        self.held[symbol] = state, checksum, ts_event, bids

    def state_of(self, symbol: str) -> tuple[BookState, int | None, int]:
        return self.held[symbol][:3]

    def capture(self, symbol: str) -> wire.Snapshot:
        _, checksum, ts_event, bids = self.held[symbol]
        return wire.Snapshot(
            ts_event=ts_event, ts_recv=0, ts_pub=0, flags=0, version=1, channel="book",
            symbol=symbol, depth=25, price_precision=1, qty_precision=8, checksum=checksum or 0,
            bids=bids, asks=[],
        )  # fmt: skip


def begun(*symbols: str) -> tuple[Audit, Books, Books]:
    published, fresh = Books(), Books()
    return Audit(symbols or (A,), published, fresh), published, fresh


def test_equal_books_are_right_and_looked_at_no_more() -> None:
    audit, published, fresh = begun()
    published.hold(1, LEVELS)
    fresh.hold(1, list(LEVELS))
    assert audit.look() == []
    assert (audit.right, audit.unjudged) == (1, 0)
    fresh.hold(1, [])
    assert audit.look() == []


def test_books_at_different_messages_are_not_compared() -> None:
    audit, published, fresh = begun()
    published.hold(2, LEVELS)
    for other in ({"ts_event": 1}, {"ts_event": 2, "checksum": 8}):
        fresh.hold(bids=[], **other)
        assert audit.look() == []
    fresh.hold(2, [], state=BookState.AWAITING_SNAPSHOT)
    assert audit.look() == []
    published.hold(2, LEVELS, state=BookState.DISCONNECTED)
    fresh.hold(2, [], state=BookState.DISCONNECTED)
    assert audit.look() == []
    assert (audit.right, audit.unjudged) == (0, 1)


def test_a_book_is_wrong_that_differs_at_two_meetings() -> None:
    audit, published, fresh = begun()
    published.hold(1, LEVELS[:1])
    fresh.hold(1, LEVELS)
    assert audit.look() == []
    assert audit.look() == [], "the same meeting counts once"
    published.hold(2, LEVELS[:1])
    assert audit.look() == []
    fresh.hold(2, LEVELS)
    assert audit.look() == [A]
    assert audit.look() == []
    assert (audit.right, audit.unjudged) == (0, 0)


def test_a_book_that_differed_once_and_is_equal_then_is_right() -> None:
    audit, published, fresh = begun()
    published.hold(1, LEVELS[:1])
    fresh.hold(1, LEVELS)
    audit.look()
    published.hold(2, LEVELS)
    fresh.hold(2, LEVELS)
    assert audit.look() == []
    assert audit.right == 1


def test_one_book_says_nothing_of_another_and_a_symbol_that_left_is_forgotten() -> None:
    audit, published, fresh = begun(A, B)
    published.hold(1, LEVELS)
    published.hold(1, LEVELS, symbol=B)
    fresh.hold(1, LEVELS)
    fresh.hold(0, [], symbol=B)
    assert audit.look() == []
    assert (audit.right, audit.unjudged) == (1, 1)
    del published.held[B]
    audit.forget({B})
    assert audit.look() == []
    assert audit.unjudged == 0


class OrderBooks(Books):
    """The same by orders."""

    precision = 1

    def capture(self, symbol: str) -> wire.OrdersSnapshot:
        _, checksum, ts_event, bids = self.held[symbol]
        return wire.OrdersSnapshot(
            ts_event=ts_event, ts_recv=0, ts_pub=0, flags=0, version=1, channel="level3",
            symbol=symbol, depth=100, price_precision=self.precision, qty_precision=8,
            checksum=checksum or 0, bids=bids, asks=[],
        )  # fmt: skip


def orders(*ids: str, time: int = 1, qty: int = 5) -> Any:
    return [(order_id, 100, qty, time) for order_id in ids]


def judged(published: Any, fresh: Any) -> list[str]:
    """Return who is found wrong when books by orders differ so at two meetings."""
    one, other = OrderBooks(), OrderBooks()
    audit = Audit((A,), one, other)
    wrong = []
    for ts_event in (1, 2):
        one.hold(ts_event, published)
        other.hold(ts_event, fresh)
        wrong += audit.look()
    assert audit.unjudged == 0
    return wrong


def test_of_orders_their_ids_prices_and_quantities_are_compared() -> None:
    whole = orders("O1", "O2")
    assert judged(whole, whole) == []
    assert judged(orders("O1"), whole) == [A]
    assert judged(orders("O1", "O3"), whole) == [A]
    assert judged(orders("O1", "O2", qty=6), whole) == [A]


def test_of_orders_their_places_in_the_queue_are_not() -> None:
    assert judged(orders("O2", "O1"), orders("O1", "O2", time=9)) == []


def test_books_of_different_precisions_are_not_compared() -> None:
    one, other = OrderBooks(), OrderBooks()
    other.precision = 2
    audit = Audit((A,), one, other)
    for ts_event in (1, 2, 3):
        one.hold(ts_event, orders("O1"))
        other.hold(ts_event, orders("O2"))
        assert audit.look() == []
    assert audit.unjudged == 1
