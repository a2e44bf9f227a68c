"""What `book --json` prints of an L2 and of an L3 book."""

from __future__ import annotations

import argparse
import json

import pytest
from pykraken_consumer import Book, OrderBook

from publisher.errors import ConfigurationError
from publisher.views import target
from publisher.views.book import as_json, orders_of


def l3_book() -> OrderBook:
    book = OrderBook()
    book.load([("B1", 1000, 5, 7), ("B2", 1000, 6, 8), ("B3", 999, 1, 9)], [("A1", 1001, 2, 7)], 10)
    book.channel, book.symbol, book.price_precision, book.qty_precision = "level3", "BTC/USD", 1, 3
    return book


def test_an_l3_book_has_its_levels_and_if_asked_its_orders() -> None:
    book = l3_book()
    told = json.loads(as_json(book, None))
    assert (told["bids"], told["asks"]) == (
        [["100.0", "0.011"], ["99.9", "0.001"]],
        [["100.1", "0.002"]],
    )
    assert "orders" not in told
    told = json.loads(as_json(book, 1, orders_of(book, 1)))
    assert told["bids"] == [["100.0", "0.011"]]
    assert told["orders"] == {
        "bids": [["B1", "100.0", "0.005", 7], ["B2", "100.0", "0.006", 8]],
        "asks": [["A1", "100.1", "0.002", 7]],
    }


def test_only_level3_has_orders() -> None:
    with pytest.raises(ConfigurationError, match="level3"):
        orders_of(Book(), None)


@pytest.mark.parametrize("words", [["{kraken.BTC/USD}:trade"], ["{priv.kraken.main}:balances"]])
def test_only_books_are_shown(words: list[str]) -> None:
    parser = argparse.ArgumentParser()
    target.add_arguments(parser)
    with pytest.raises(ConfigurationError, match="only book and level3"):
        target.book_target_of(parser.parse_args([*words, "--redis-url", "redis://127.0.0.1:1"]))


@pytest.mark.parametrize(
    ("words", "told"),
    [([], "must be given"), (["--channel", "level3"], "must be given")],
)
def test_a_symbol_is_given_where_there_are_symbols(words: list[str], told: str) -> None:
    parser = argparse.ArgumentParser()
    target.add_arguments(parser)
    with pytest.raises(ConfigurationError, match=told):
        target.target_of(parser.parse_args([*words, "--redis-url", "redis://127.0.0.1:1"]))
