"""The L3 model is checked by itself, against what Kraken said, before it judges anything."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from tests.level3_model import RULES, ModelLevel3, Rule, replay_level3
from tests.model import strip
from tests.spec.level3_vectors import NAMES, Level3Step, load_level3_vectors


def play(steps: list[Level3Step], rule: Rule) -> list[int]:
    book = ModelLevel3(10, rule)
    checksums = []
    for number, step in enumerate(steps):
        (book.update if number else book.snapshot)(step.bids, step.asks)
        checksums.append(book.checksum())
    return checksums


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_l3_vector_gives_its_checksum(name: str, rule: Rule) -> None:
    steps = load_level3_vectors()[name]
    assert play(steps, rule) == [step.checksum for step in steps]


@pytest.mark.parametrize("rule", RULES)
def test_replay_of_the_capture_proves_every_checksum(captures: Path, rule: Rule) -> None:
    with (captures / "l3-btc-d10-20240924.ndjson").open() as lines:
        verdicts = [
            book.checksum() == frame.checksum
            for frame, book in replay_level3(lines, depth=10, rule=rule)
        ]
    assert (verdicts.count(True), len(verdicts)) == (296, 296)


def test_a_book_that_is_never_cut_fails_most_of_the_capture(captures: Path) -> None:
    with (captures / "l3-btc-d10-20240924.ndjson").open() as lines:
        verdicts = [
            book.checksum() == frame.checksum for frame, book in replay_level3(lines, depth=10**6)
        ]
    assert (verdicts.count(False), len(verdicts)) == (227, 296)  # design/peers.md


class TestBugSignatures:
    """protocol.md §6.4: what common bugs give on Kraken's worked example, and what is right."""

    @pytest.fixture
    def book(self) -> ModelLevel3:
        (step,) = load_level3_vectors()["doc_l3_btcusd"]
        book = ModelLevel3(10)
        book.snapshot(step.bids, step.asks)
        return book

    def test_the_right_checksum(self, book: ModelLevel3) -> None:
        assert book.checksum() == 1063832831

    def test_aggregated_to_levels(self, book: ModelLevel3) -> None:
        levels = book.asks.levels()[:10] + book.bids.levels()[:10]
        text = "".join(strip(f"{price:.1f}") + strip(f"{qty:.8f}") for price, qty in levels)
        assert zlib.crc32(text.encode()) == 3003167673

    def test_the_first_ten_orders_only(self, book: ModelLevel3) -> None:
        orders = book.asks.listed()[:10] + book.bids.listed()[:10]
        text = "".join(strip(order.price) + strip(order.qty) for order in orders)
        assert zlib.crc32(text.encode()) == 2836668095

    def test_the_price_once_for_each_level(self, book: ModelLevel3) -> None:
        text = ""
        for side in (book.asks, book.bids):
            for price in side.prices()[:10]:
                text += strip(f"{price:.1f}")
                text += "".join(strip(order.qty) for order in side.queue(price))
        assert zlib.crc32(text.encode()) == 913620092

    def test_array_order_in_place_of_time_order(self) -> None:
        """Kraken lists the adds of one message out of their order; arrival alone is wrong then."""
        steps = load_level3_vectors()["synthetic_l3_depth10"]
        book, wrong = ModelLevel3(10), []
        for number, step in enumerate(steps):
            (book.update if number else book.snapshot)(step.bids, step.asks)
            text = ""
            for side in (book.asks, book.bids):
                for price in side.prices()[:10]:
                    queue = sorted(side.queue(price), key=lambda order: order.arrival)
                    text += "".join(strip(order.price) + strip(order.qty) for order in queue)
            wrong.append(zlib.crc32(text.encode()))
        assert wrong == [step.checksum_if_array_order for step in steps]
        assert wrong[-1] == 2133382473 != steps[-1].checksum
