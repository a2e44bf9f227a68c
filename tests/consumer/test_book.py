"""The book against a dict and `sorted`, Kraken's checksums, and what usual mistakes would give."""

from __future__ import annotations

import json
import random
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pykraken_consumer.book import Book, DecimalLevel, Level, checksum_of, scaled

from tests.consumer.packing import best_first, checksum
from tests.requirements import ROOT, require

VECTORS = ROOT.parent / "shared" / "kraken" / "vectors.json"

Pairs = list[list[str]]


def _vectors() -> dict[str, Any]:
    require(VECTORS.is_file(), f"no checksum vectors at {VECTORS}")
    loaded: dict[str, Any] = json.loads(VECTORS.read_text())
    return loaded


def _ints(levels: Pairs, places: tuple[int, int]) -> list[tuple[int, int]]:
    return [
        (int(Decimal(price).scaleb(places[0])), int(Decimal(qty).scaleb(places[1])))
        for price, qty in levels
    ]


def _places(vector: dict[str, Any]) -> tuple[int, int]:
    """Precisions as given, else as many decimals as the vector's text has."""
    if "price_precision" in vector:
        return vector["price_precision"], vector["qty_precision"]
    price, qty = (vector["asks"] or vector["bids"])[0]
    return len(price.partition(".")[2]), len(qty.partition(".")[2])


def _book(vector: dict[str, Any], depth: int = 10) -> Book:
    book = Book()
    places = _places(vector)
    book.load(_ints(vector["bids"], places), _ints(vector["asks"], places), depth)
    book.price_precision, book.qty_precision = places
    return book


def test_published_checksums() -> None:
    vectors = _vectors()
    checked = 0
    for name, vector in vectors.items():
        if "_l2_" not in name or "bids" not in vector:
            continue
        book = _book(vector)
        assert book.checksum() == vector["checksum"], name
        if "then_update" in vector:
            update, places = vector["then_update"], _places(vector)
            bids, asks = _ints(update["bids"], places), _ints(update["asks"], places)
            assert book.apply(bids, asks) == update["checksum"], name
            checked += 1
        checked += 1
    assert checked >= 7


def test_truncation_after_every_message() -> None:
    vector = _vectors()["synthetic_l2_depth10"]
    places = _places(vector)
    book = _book(vector["steps"][0] | {"price_precision": places[0], "qty_precision": places[1]})
    untruncated = Book()
    first = vector["steps"][0]
    untruncated.load(_ints(first["bids"], places), _ints(first["asks"], places), 1000)
    for step in vector["steps"][1:]:
        bids, asks = _ints(step["bids"], places), _ints(step["asks"], places)
        assert book.apply(bids, asks) == step["checksum"], step["step"]
        # The signature of a book that is never cut: what this book must not give.
        assert untruncated.apply(bids, asks) == step["checksum_if_not_truncated"], step["step"]


def test_signatures_of_common_mistakes() -> None:
    """protocol.md §5.6, on Kraken's worked example: the right answer is none of the wrong ones."""
    vector = _vectors()["doc_l2_btcusd"]
    asks, bids = _ints(vector["asks"], (1, 8)), _ints(vector["bids"], (1, 8))

    def crc(levels: list[tuple[int, int]]) -> int:
        return zlib.crc32("".join(f"{price}{qty}" for price, qty in levels).encode())

    wrong = {
        "bids before asks": (crc(bids + asks), 2704419326),
        "bids ascending": (crc(asks + bids[::-1]), 1220702774),
        "interleaved": (
            crc([level for pair in zip(asks, bids, strict=True) for level in pair]),
            2433588136,
        ),
    }
    digits = [
        part.replace(".", "") for side in ("asks", "bids") for row in vector[side] for part in row
    ]
    wrong["leading zeros kept"] = (zlib.crc32("".join(digits).encode()), 62089434)
    wrong["signed"] = (checksum_of(bids, asks) - 2**32, -984896862)
    right = checksum_of(bids, asks)
    assert right == vector["checksum"] == 3310070434
    for mistake, (made, signature) in wrong.items():
        assert made == signature, mistake
        assert right != signature


@pytest.mark.parametrize("depth", [1, 3, 10, 25, 1000])
def test_against_a_dict_and_sorted(depth: int) -> None:
    rng = random.Random(depth)
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    book = Book()
    book.load([], [], depth)
    for _ in range(1500):
        deltas: dict[str, list[tuple[int, int]]] = {"bid": [], "ask": []}
        for _ in range(rng.randint(0, 5)):
            side = rng.choice(["bid", "ask"])
            price = rng.randint(0, 60) + (0 if side == "bid" else 40)
            qty = rng.choice([0, 0, 1, rng.randint(1, 99), 2**64 + rng.randint(0, 9)])
            deltas[side].append((price, qty))
        for side, levels in (("bid", bids), ("ask", asks)):
            for price, qty in deltas[side]:
                levels[price] = qty
                if not qty:
                    del levels[price]
            kept = best_first(levels, side, depth)
            levels.clear()
            levels.update(kept)
        told = book.apply(deltas["bid"], deltas["ask"])
        expected_bids, expected_asks = (
            best_first(bids, "bid", depth),
            best_first(asks, "ask", depth),
        )
        assert book.levels("bid") == expected_bids
        assert book.levels("ask") == expected_asks
        assert told == book.checksum() == checksum(expected_bids, expected_asks)


def test_empty_and_one_sided_books_have_no_made_up_numbers() -> None:
    book = Book()
    assert book.checksum() == 0
    assert (book.best_bid, book.best_offer, book.spread, book.mid) == (None, None, None, None)
    book.load([(150, 2)], [], 10)
    assert book.best("bid") == Level(150, 2)
    assert (book.best_offer, book.spread, book.mid) == (None, None, None)


def test_decimals_are_exact_whatever_their_size() -> None:
    book = Book()
    book.price_precision, book.qty_precision = 1, 8
    huge = 10**39 + 1
    book.load([(635_016, huge)], [(635_019, 1)], 10)
    assert book.best_bid == DecimalLevel(Decimal("63501.6"), Decimal(f"{huge}E-8"))
    assert book.spread == Decimal("0.3")
    assert book.mid == Decimal("63501.75")
    assert book.decimal_levels("ask") == [DecimalLevel(Decimal("63501.9"), Decimal("1E-8"))]
    assert format(scaled(0, 8), "f") == "0.00000000"
    assert book.levels("bid", 0) == []


def test_a_copy_stands_still() -> None:
    book = Book()
    book.load([(1, 1)], [(2, 2)], 10)
    book.symbol, book.epoch, book.seq, book.is_valid = "BTC/USD", 5, 6, True
    twin = book.copy()
    book.apply([(1, 0)], [])
    assert twin.levels("bid") == [Level(1, 1)]
    assert (twin.symbol, twin.epoch, twin.seq, twin.is_valid) == ("BTC/USD", 5, 6, True)
    assert twin.checksum() == checksum_of([(1, 1)], [(2, 2)])
    assert "BTC/USD" in repr(twin)
    assert "valid" in repr(twin)


def test_recorded_frames(captures: Path) -> None:
    """Every checksum of a recorded feed, Kraken's own, from the frames' own digits."""
    books: dict[str, Book] = {}
    places = {"BTC/USD": (1, 8), "ETH/USD": (2, 8)}
    checked = 0
    with (captures / "l2-btc-eth-d10-20260707.ndjson").open() as frames:
        for frame in frames:
            message = json.loads(frame, parse_float=str)
            if message.get("channel") != "book":
                continue
            part = message["data"][0]
            sides = [
                _ints([[row["price"], row["qty"]] for row in part[side]], places[part["symbol"]])
                for side in ("bids", "asks")
            ]
            book = books.setdefault(part["symbol"], Book())
            if message["type"] == "snapshot":
                book.load(sides[0], sides[1], 10)
                assert book.checksum() == part["checksum"]
            else:
                assert book.apply(sides[0], sides[1]) == part["checksum"]
            checked += 1
    assert checked == 2962
