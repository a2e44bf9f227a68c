"""The publisher's book, fed with Kraken's JSON, against the model: same levels, same checksum."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings

from publisher.book.l2 import Book
from publisher.kraken import messages as kraken
from tests.book import ints
from tests.model import Levels, ModelBook, rescaled, unscaled
from tests.properties.strategies import DEPTHS, Messages, messages, written


class Publisher:
    """Messages of text through the publisher's own decoder, parser and book."""

    def __init__(self, story: Messages) -> None:
        self.story = story
        self.book = Book(story.depth, story.price_precision, story.qty_precision)
        self.written = 0

    def take(self, kind: str, bids: Levels, asks: Levels) -> None:
        text = (
            f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"X/Y","bids":{self._json(bids)},'
            f'"asks":{self._json(asks)},"checksum":1}}]}}'
        )
        message = kraken.decode_book(text.encode())
        assert isinstance(message, kraken.BookMessage)
        data = message.data[0]
        if kind == "snapshot":
            self.book.replace(data.bids, data.asks)
        else:
            self.book.update(data.bids, data.asks)

    def _json(self, levels: Levels) -> str:
        return "[" + ",".join(map(self._level, levels)) + "]"

    def _level(self, level: tuple[str, str]) -> str:
        self.written += 1
        style = self.story.styles[self.written % len(self.story.styles)]
        return f'{{"price":{written(level[0], style)},"qty":{written(level[1], style)}}}'


def scaled(levels: Levels) -> list[tuple[int, int]]:
    return [(rescaled(price), rescaled(qty)) for price, qty in levels]


def assert_same(book: Book, model: ModelBook) -> None:
    bids, asks = scaled(model.sorted_bids()), scaled(model.sorted_asks())
    assert book.bids == bids
    assert book.asks == asks
    assert book.checksum() == model.checksum()
    assert book.best_bid == (bids[0][0] if bids else None)
    assert book.best_offer == (asks[0][0] if asks else None)
    assert book.is_crossed == bool(bids and asks and bids[0][0] >= asks[0][0])


@given(messages())
@example(Messages(10, 0, 0, [([], [])], [0]))
@settings(max_examples=150, deadline=None)
def test_levels_and_checksum_are_the_models_after_every_message(story: Messages) -> None:
    publisher, model = Publisher(story), ModelBook(depth=story.depth)
    for number, (bids, asks) in enumerate(story.sides):
        if number == 0:
            publisher.take("snapshot", bids, asks)
            model.snapshot(bids, asks)
        else:
            publisher.take("update", bids, asks)
            model.update(bids, asks)
        assert_same(publisher.book, model)


@given(messages(), messages())
@settings(max_examples=50, deadline=None)
def test_a_second_snapshot_leaves_nothing_of_the_first(one: Messages, two: Messages) -> None:
    book, model = ints.Book(two.depth), ModelBook(depth=two.depth)
    for story in (one, two):
        bids, asks = story.sides[0]
        book.take(scaled(bids), scaled(asks))
    model.snapshot(*two.sides[0])
    assert_same(book, model)


@pytest.mark.row("X19")
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_full_book_of_every_depth_under_a_long_random_walk(depth: int) -> None:
    """Cut to the depth after every message, equal to the model."""
    walk = random.Random(depth)
    book, model = ints.Book(depth), ModelBook(depth=depth)
    prices = range(10**6, 10**6 + 3 * depth + 40)

    def deltas(count: int) -> Levels:
        return [
            (unscaled(walk.choice(prices), 3), unscaled(walk.choice((0, 0, 7, 10**20)), 8))
            for _ in range(count)
        ]

    bids, asks = deltas(2 * depth), deltas(2 * depth)
    book.take(scaled(bids), scaled(asks))
    model.snapshot(bids, asks)
    assert_same(book, model)
    for step in range(200 if depth < 1000 else 40):
        bids, asks = deltas(walk.randrange(4)), deltas(walk.randrange(4))
        book.apply(scaled(bids), scaled(asks))
        model.update(bids, asks)
        assert book.checksum() == model.checksum()
        if step % 10 == 9:
            assert_same(book, model)
