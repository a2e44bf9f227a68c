"""The model is checked by itself, against what Kraken said, before it judges anything."""

from __future__ import annotations

import zlib
from decimal import Decimal
from pathlib import Path

import pytest

from tests.model import (
    ModelBook,
    checksum_text,
    padded,
    replay,
    rescaled,
    unscaled,
)
from tests.spec.kraken_vectors import PRECISIONS, Vector, load_vectors


def play(vector: Vector) -> list[int]:
    book = ModelBook(depth=10)
    checksums = []
    for number, step in enumerate(vector.steps):
        if number == 0:
            book.snapshot(step.bids, step.asks)
        else:
            book.update(step.bids, step.asks)
        checksums.append(book.checksum())
    return checksums


def play_without_cut(vector: Vector) -> list[int]:
    book = ModelBook(depth=10)
    checksums = []
    for step in vector.steps:
        book.apply_only(step.bids, step.asks)
        checksums.append(book.checksum())
    return checksums


@pytest.mark.parametrize("name", PRECISIONS)
def test_every_l2_vector_gives_the_checksum_that_kraken_gave(name: str) -> None:
    vector = load_vectors()[name]
    assert play(vector) == [step.checksum for step in vector.steps]


def test_a_book_that_is_never_cut_gives_the_known_wrong_checksums() -> None:
    vector = load_vectors()["synthetic_l2_depth10"]
    assert play_without_cut(vector) == [step.checksum_if_not_truncated for step in vector.steps]
    assert play_without_cut(vector)[3:] != play(vector)[3:]


@pytest.mark.parametrize(
    ("file", "depth", "frames"),
    [
        ("l2-btc-eth-d10-20260707.ndjson", 10, 2962),
        ("l2-10pairs-d1000-20210417-from-v1.ndjson", 1000, 4279),
    ],
)
def test_replay_of_a_capture_proves_every_checksum(
    captures: Path, file: str, depth: int, frames: int
) -> None:
    with (captures / file).open() as lines:
        verdicts = [book.checksum() == stated for _, book, stated in replay(lines, depth=depth)]
    assert (verdicts.count(True), len(verdicts)) == (frames, frames)


def test_replay_of_the_single_snapshots_proves_every_checksum(captures: Path) -> None:
    with (captures / "single-book-snapshots.ndjson").open() as lines:
        verdicts = [book.checksum() == stated for _, book, stated in replay(lines, depth=10)]
    assert verdicts == [True] * 3


class TestBugSignatures:
    """protocol.md §5.6: what common bugs give on Kraken's worked example, and what is right."""

    @pytest.fixture
    def book(self) -> ModelBook:
        step = load_vectors()["doc_l2_btcusd"].steps[0]
        book = ModelBook(depth=10)
        book.snapshot(step.bids, step.asks)
        return book

    def test_the_right_checksum(self, book: ModelBook) -> None:
        assert book.checksum() == 3310070434 == 0xC54BAAA2

    def test_bids_before_asks(self, book: ModelBook) -> None:
        text = checksum_text(book.sorted_bids()) + checksum_text(book.sorted_asks())
        assert zlib.crc32(text.encode()) == 2704419326

    def test_shortest_float_printing(self, book: ModelBook) -> None:
        levels = book.sorted_asks() + book.sorted_bids()
        text = checksum_text((repr(float(price)), repr(float(qty))) for price, qty in levels)
        assert zlib.crc32(text.encode()) == 1604409348

    def test_leading_zeros_kept(self, book: ModelBook) -> None:
        levels = book.sorted_asks() + book.sorted_bids()
        text = "".join((price + qty).replace(".", "") for price, qty in levels)
        assert zlib.crc32(text.encode()) == 62089434

    def test_bids_ascending(self, book: ModelBook) -> None:
        text = checksum_text(book.sorted_asks()) + checksum_text(reversed(book.sorted_bids()))
        assert zlib.crc32(text.encode()) == 1220702774

    def test_levels_interleaved(self, book: ModelBook) -> None:
        pairs = zip(book.sorted_asks(), book.sorted_bids(), strict=True)
        text = "".join(checksum_text(pair) for pair in pairs)
        assert zlib.crc32(text.encode()) == 2433588136

    def test_signed_integer(self, book: ModelBook) -> None:
        assert int.from_bytes(book.checksum().to_bytes(4, "big"), "big", signed=True) == -984896862


def test_crc_check_value_and_empty_book() -> None:
    assert zlib.crc32(b"123456789") == 0xCBF43926
    assert ModelBook(depth=10).checksum() == 0


@pytest.mark.parametrize(
    ("number", "precision", "text"),
    [
        ("0.567", 4, "0.5670"),
        ("18097.1547", 8, "18097.15470000"),
        ("1e-08", 8, "0.00000001"),
        ("1E+3", 1, "1000.0"),
        ("5", 0, "5"),
        ("5.000", 0, "5"),
        ("0", 8, "0.00000000"),
    ],
)
def test_padding_moves_no_digit(number: str, precision: int, text: str) -> None:
    assert padded(number, precision) == text
    assert unscaled(rescaled(text), precision) == text
    assert Decimal(text) == Decimal(number)


def test_padding_refuses_to_round() -> None:
    with pytest.raises(ValueError, match="more than 1 decimals"):
        padded("0.25", 1)
