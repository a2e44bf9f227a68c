"""Kraken's own vectors and recorded frames through the publisher's decoder, parser and book."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.book.l2 import Book
from publisher.kraken import messages
from tests.book import ints
from tests.model import ModelBook, book_frames, rescaled
from tests.spec.kraken_vectors import PRECISIONS, load_vectors

Precisions = dict[str, tuple[int, int]]


@pytest.mark.parametrize("name", PRECISIONS)
def test_every_l2_vector_gives_krakens_checksum(name: str) -> None:
    vector, book = load_vectors()[name], ints.Book(10)
    for number, step in enumerate(vector.steps):
        sides = (
            [(rescaled(price), rescaled(qty)) for price, qty in step.bids],
            [(rescaled(price), rescaled(qty)) for price, qty in step.asks],
        )
        if number == 0:
            book.take(*sides)
        else:
            book.apply(*sides)
        assert book.checksum() == step.checksum


def decimals(lines: list[str]) -> Precisions:
    """Return each symbol's precisions: the digits that the capture shows."""
    found: Precisions = {}
    for frame in book_frames(lines):
        for price, qty in [*frame.bids, *frame.asks]:
            sizes = len(price.partition(".")[2]), len(qty.partition(".")[2])
            before = found.get(frame.symbol, sizes)
            found[frame.symbol] = max(before[0], sizes[0]), max(before[1], sizes[1])
    return found


@pytest.mark.parametrize(
    ("file", "depth", "frames"),
    [
        ("l2-btc-eth-d10-20260707.ndjson", 10, 2962),
        ("l2-10pairs-d1000-20210417-from-v1.ndjson", 1000, 4279),
        ("single-book-snapshots.ndjson", 10, 3),
    ],
)
def test_captures_prove_every_checksum_and_equal_the_model(
    captures: Path, file: str, depth: int, frames: int
) -> None:
    lines = (captures / file).read_text().splitlines()
    precisions = decimals(lines)
    books = {symbol: Book(depth, *digits) for symbol, digits in precisions.items()}
    models = {symbol: ModelBook(depth=depth) for symbol in precisions}
    recorded = book_frames(lines)
    proven = 0
    for line in lines:
        try:
            message = messages.decode_book(line.encode())
        except messages.UNDECODABLE:
            continue
        for data in message.data:
            frame, book, model = next(recorded), books[data.symbol], models[data.symbol]
            if message.type == "snapshot":
                book.replace(data.bids, data.asks)
                model.snapshot(frame.bids, frame.asks)
            else:
                book.update(data.bids, data.asks)
                model.update(frame.bids, frame.asks)
            proven += book.checksum() == frame.checksum
            if depth == 10 or proven % 50 == 0:
                assert_equal(book, model)
    assert proven == frames
    for symbol, book in books.items():
        assert_equal(book, models[symbol])


def assert_equal(book: Book, model: ModelBook) -> None:
    assert book.bids == [(rescaled(p), rescaled(q)) for p, q in model.sorted_bids()]
    assert book.asks == [(rescaled(p), rescaled(q)) for p, q in model.sorted_asks()]
