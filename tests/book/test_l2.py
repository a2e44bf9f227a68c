"""The L2 book: the rules of protocol.md 5, with the official vectors and the model as judges."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.book.ints import Book, Level
from tests.matrix import MatrixRow
from tests.model import ModelBook, book_frames, rescaled, unscaled


def prices(levels: list[Level]) -> list[int]:
    return [price for price, _ in levels]


def test_last_wins_in_array_order() -> None:
    book = Book(10)
    book.apply([(100, 5), (100, 0), (100, 7), (99, 1), (99, 0)], [])
    assert book.bids == [(100, 7)]


def test_unknown_prices_may_be_removed() -> None:
    book = Book(10)
    book.apply([(100, 0)], [(101, 0)])
    assert (book.bids, book.asks) == ([], [])


def test_levels_come_best_first() -> None:
    book = Book(10)
    book.apply([(98, 1), (100, 1), (99, 1)], [(103, 1), (101, 1), (102, 1)])
    assert prices(book.bids) == [100, 99, 98]
    assert prices(book.asks) == [101, 102, 103]
    assert (book.best_bid, book.best_offer) == (100, 101)


@pytest.mark.row("X19")
def test_what_falls_out_of_the_depth_is_gone(matrix_row: MatrixRow) -> None:
    """§5.2: cut after every message; a level pushed out never comes back by itself."""
    book = Book(10)
    book.apply([(100 - i, 1) for i in range(10)], [(200 + i, 1) for i in range(10)])
    book.apply([(101, 1)], [(199, 1)])
    assert prices(book.bids) == list(range(101, 91, -1))
    assert prices(book.asks) == list(range(199, 209))
    assert book.longest == 10
    book.apply([(101, 0)], [(199, 0)])
    assert len(book.bids) == len(book.asks) == book.longest == 9
    book.apply([], [(209, 1)])
    assert book.longest == 10, "the longer side counts"
    matrix_row.saw("cut after every message, nothing comes back", metric="book_levels")


def test_the_cut_comes_after_the_message_not_within() -> None:
    """A level beyond the depth half-way through a message may be within it at its end."""
    book = Book(2)
    book.apply([(100, 1), (99, 1)], [])
    book.apply([(98, 5), (100, 0)], [])
    assert book.bids == [(99, 1), (98, 5)]


def test_a_snapshot_replaces() -> None:
    book = Book(10)
    book.apply([(100, 1)], [(101, 1)])
    book.take([(50, 2)], [])
    assert (book.bids, book.asks) == ([(50, 2)], [])
    assert book.best_offer is None
    book.take([], [])
    assert book.checksum() == 0
    assert book.best_bid is None


def test_crossed_and_locked() -> None:
    book = Book(10)
    assert not book.is_crossed
    book.apply([(100, 1)], [])
    assert not book.is_crossed
    book.apply([], [(101, 1)])
    assert not book.is_crossed
    book.apply([(101, 1)], [])
    assert book.is_crossed
    book.apply([(102, 1)], [])
    assert book.is_crossed
    book.apply([(102, 0), (101, 0)], [])
    assert not book.is_crossed


def test_quantities_of_any_length() -> None:
    """A cheap coin's qty passes 2^64 in scaled form (WIRE.md 3.5)."""
    book = Book(10)
    book.apply([(1, 2**64), (2, 10**39)], [(3, 2**63)])
    assert book.bids == [(2, 10**39), (1, 2**64)]
    assert book.asks == [(3, 2**63)]


# §5.5 (e), copied: bids 100.00 down by 0.01 with 0.50+0.25i, asks 100.02 up with 0.00000051(i+1).
STORY = [
    ([(9998, 10000000), (9998, 20000000)], [], 1093623998),
    ([(10001, 100000000)], [], 3886976298),
    ([(10001, 0), (9990, 700000000)], [], 3162990705),
    ([(10000, 0), (9989, 10000)], [(10002, 300000000)], 2830624766),
]
UNCUT = [1093623998, None, 1093623998, 1762703029]
"""What a client that never cuts arrives at."""


def story_book(depth: int) -> Book:
    book = Book(depth)
    book.take(
        [(10000 - i, 50000000 + 25000000 * i) for i in range(10)],
        [(10002 + i, 51 * (i + 1)) for i in range(10)],
    )
    return book


def test_the_derived_story() -> None:
    book = story_book(10)
    assert book.checksum() == 3208761894
    for bids, asks, checksum in STORY:
        book.apply(bids, asks)
        assert book.checksum() == checksum


def test_a_book_that_is_not_cut_has_the_known_wrong_checksums() -> None:
    book = story_book(1000)
    for (bids, asks, _), wrong in zip(STORY, UNCUT, strict=True):
        book.apply(bids, asks)
        if wrong is not None:
            assert book.checksum() == wrong


@pytest.mark.parametrize(
    ("bids", "asks", "checksum"),
    [
        ([(149, 100000000), (148, 100)], [(150, 200000000)], 2693056088),
        ([], [(150, 200000000)], 1618633564),
        ([], [], 0),
    ],
)
def test_thin_books(bids: list[Level], asks: list[Level], checksum: int) -> None:
    book = Book(10)
    book.take(bids, asks)
    assert book.checksum() == checksum


# §5.5 (b), the official MATIC/USD example, 4 and 8 decimals.
MATIC_BIDS = """
0.5666 4831.75496356 0.5665 6658.22734739 0.5664 18724.91513344 0.5663 11563.92544914
0.5662 14006.65365711 0.5661 17454.85679807 0.5660 18097.15470000 0.5659 33644.89175666
0.5658 148.34640000 0.5657 606.70854372
"""
MATIC_ASKS = """
0.5668 4410.79769741 0.5669 4655.40412487 0.5670 49844.89424998 0.5671 24306.41678000
0.5672 29783.25223475 0.5673 57234.71239278 0.5674 45065.04744000 0.5675 5912.76380354
0.5676 42514.92434778 0.5677 36304.08470220
"""


def levels_of(text: str) -> list[Level]:
    words = text.split()
    return [(rescaled(p), rescaled(q)) for p, q in zip(words[::2], words[1::2], strict=True)]


def test_the_official_example() -> None:
    book = Book(10)
    book.take(levels_of(MATIC_BIDS), levels_of(MATIC_ASKS))
    assert book.checksum() == 2439117997
    book.apply([(5657, 109839475580)], [])
    assert book.checksum() == 2114181697


def test_the_order_of_a_snapshot_does_not_matter() -> None:
    book = Book(10)
    book.take(levels_of(MATIC_BIDS)[::-1], levels_of(MATIC_ASKS)[::-1])
    assert book.checksum() == 2439117997


@pytest.mark.parametrize("depth", [1, 5, 9, 10, 11, 25])
def test_the_same_as_the_model_whatever_comes(depth: int) -> None:
    """Random deltas around a moving middle; the checksum is asked for after some messages only,
    so that what it remembers is tried too.
    """
    chance = random.Random(depth)
    book, model = Book(depth), ModelBook(depth)
    middle = 1000
    for _ in range(1500):
        middle += chance.randint(-1, 1)
        sides: list[list[Level]] = [
            [
                (middle + sign * chance.randint(1, 15), chance.choice([0, 0, 1, 5, 10**19]))
                for _ in range(chance.randint(0, 4))
            ]
            for sign in (-1, 1)
        ]
        text = [[(unscaled(p, 1), unscaled(q, 8)) for p, q in side] for side in sides]
        if chance.random() < 0.01:
            unique = [dict(side) for side in sides]
            sides = [[(p, q) for p, q in side.items() if q] for side in unique]
            text = [[(unscaled(p, 1), unscaled(q, 8)) for p, q in side] for side in sides]
            book.take(*sides)
            model.snapshot(*text)
        else:
            book.apply(*sides)
            model.update(*text)
        assert [(unscaled(p, 1), unscaled(q, 8)) for p, q in book.bids] == model.sorted_bids()
        assert [(unscaled(p, 1), unscaled(q, 8)) for p, q in book.asks] == model.sorted_asks()
        if chance.random() < 0.7:
            assert book.checksum() == model.checksum()


@pytest.mark.parametrize(
    ("name", "depth", "proven"),
    [
        ("l2-btc-eth-d10-20260707.ndjson", 10, 2962),
        ("l2-10pairs-d1000-20210417-from-v1.ndjson", 1000, 4279),
        ("single-book-snapshots.ndjson", 1000, 3),
    ],
)
def test_every_recorded_checksum(captures: Path, name: str, depth: int, proven: int) -> None:
    books: dict[str, Book] = {}
    count = 0
    with (captures / name).open(encoding="utf-8") as lines:
        for frame in book_frames(lines):
            book = books.setdefault(frame.symbol, Book(depth))
            change = book.take if frame.kind == "snapshot" else book.apply
            change(
                [(rescaled(price), rescaled(qty)) for price, qty in frame.bids],
                [(rescaled(price), rescaled(qty)) for price, qty in frame.asks],
            )
            count += book.checksum() == frame.checksum
    assert count == proven
