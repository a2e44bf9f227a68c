"""Every book message that the venue sends, judged by a naive client that applies, cuts and checks.

The model reads the text on the wire and shares no code with the simulator.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from publisher.simulator.engine import Engine
from publisher.simulator.exchange import Connection, Exchange
from publisher.simulator.instruments import WELL_KNOWN, choose
from publisher.simulator.ladder import Ladder, Order
from publisher.simulator.market import Market
from tests.model import BookFrame, ModelBook, book_frames, rescaled, unscaled
from tests.spec.kraken_vectors import PRECISIONS, Vector, load_vectors

SYMBOLS = [instrument.symbol for instrument in WELL_KNOWN]


def subscribe(
    exchange: Exchange, *, depth: int, symbols: list[str]
) -> tuple[Connection, list[str]]:
    connection, _ = exchange.connected(0)
    params = {"channel": "book", "symbol": symbols, "depth": depth}
    answers = exchange.received(
        connection, json.dumps({"method": "subscribe", "params": params}), 0
    )
    return connection, [frame.text for frame in answers if frame.kind == "snapshot"]


def stream(exchange: Exchange, count: int, *, depth: int) -> Iterator[str]:
    """Yield `count` updates of one depth, moving the markets."""
    now_ns = 1_750_000_000_000_000_000
    while count:
        now_ns += 1_000_000
        for publication in exchange.step(now_ns):
            if publication.option == depth and count:
                count -= 1
                yield publication.text


class Client:
    """Books by symbol, each checked after every message."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.books: dict[str, ModelBook] = {}

    def take(self, text: str) -> BookFrame:
        (frame,) = book_frames([text])
        book = self.books.setdefault(frame.symbol, ModelBook(self.depth))
        if frame.kind == "snapshot":
            book.snapshot(frame.bids, frame.asks)
        else:
            assert frame.bids or frame.asks, "an empty difference was sent"
            book.update(frame.bids, frame.asks)
        assert book.checksum() == frame.checksum, text
        return frame

    def equals(self, market: Market) -> bool:
        """Return whether the book is the venue's to the last level: a checksum covers only ten."""
        item, book = market.instrument, self.books[market.instrument.symbol]
        ours = [book.sorted_bids(), book.sorted_asks()]
        venue = [
            [
                (unscaled(price, item.price_precision), unscaled(qty, item.qty_precision))
                for price, qty in ladder.levels(self.depth)
            ]
            for ladder in (market.bids, market.asks)
        ]
        return ours == venue


@pytest.mark.parametrize(("depth", "count"), [(10, 12_000), (25, 6000), (100, 3000), (1000, 700)])
def test_every_checksum_verifies_and_the_whole_book_follows(depth: int, count: int) -> None:
    exchange = Exchange(Engine(WELL_KNOWN, seed=depth))
    _, snapshots = subscribe(exchange, depth=depth, symbols=SYMBOLS)
    client = Client(depth)
    assert {client.take(text).symbol for text in snapshots} == set(SYMBOLS)
    for number, text in enumerate(stream(exchange, count, depth=depth)):
        frame = client.take(text)
        if number % 20 == 0:
            assert client.equals(exchange.engine.market(frame.symbol))
    assert all(client.equals(exchange.engine.market(symbol)) for symbol in SYMBOLS)


@pytest.mark.parametrize("symbol", ["METAx/USD", "PEPE/USD", "LTC/USD"])
def test_odd_markets_verify_for_thousands_of_messages(symbol: str) -> None:
    exchange = Exchange(Engine(WELL_KNOWN, seed=99))
    _, snapshots = subscribe(exchange, depth=10, symbols=[symbol])
    client = Client(10)
    for text in (*snapshots, *stream(exchange, 5000, depth=10)):
        client.take(text)
    assert client.equals(exchange.engine.market(symbol))


def test_all_depths_at_once_and_late_joiners_hold_the_same_market() -> None:
    exchange = Exchange(Engine(choose("ETH/USD,SOL/USD"), seed=4))
    clients = {depth: Client(depth) for depth in (10, 25, 100, 500, 1000)}
    for depth, client in clients.items():
        for text in subscribe(exchange, depth=depth, symbols=["ETH/USD", "SOL/USD"])[1]:
            client.take(text)
    late = Client(25)
    for number in range(1500):
        if number == 700:
            for text in subscribe(exchange, depth=25, symbols=["ETH/USD"])[1]:
                late.take(text)
        for publication in exchange.step(number):
            clients[publication.option].take(publication.text)
            if number >= 700 and publication.option == 25 and publication.symbol == "ETH/USD":
                late.take(publication.text)
    for client in (*clients.values(), late):
        assert client.equals(exchange.engine.market("ETH/USD"))


def test_messages_show_what_real_ones_show() -> None:
    exchange = Exchange(Engine(WELL_KNOWN, seed=1))
    subscribe(exchange, depth=10, symbols=SYMBOLS)
    frames = list(book_frames(stream(exchange, 8000, depth=10)))
    both_sides = sum(bool(frame.bids and frame.asks) for frame in frames)
    removals = [qty for f in frames for _, qty in (*f.bids, *f.asks) if float(qty) == 0]
    repeats = [f for f in frames for side in (f.bids, f.asks) if len(dict(side)) < len(side)]
    unsorted = [f for f in frames if [p for p, _ in f.asks] != sorted(p for p, _ in f.asks)]
    assert both_sides
    assert removals
    assert repeats
    assert unsorted
    assert any(frame.checksum > 2**31 for frame in frames)
    assert all(len(frame.timestamp) == len("2026-01-02T03:04:05.123456Z") for frame in frames)
    stamps = [frame.timestamp for frame in frames]
    assert stamps == sorted(set(stamps))


def test_a_client_that_never_cuts_fails() -> None:
    """The feed must punish the commonest bug: levels pushed out get no message."""
    exchange = Exchange(Engine(choose("BTC/USD"), seed=1))
    _, snapshots = subscribe(exchange, depth=10, symbols=["BTC/USD"])
    book = ModelBook(10)
    wrong = 0
    for frame in book_frames([*snapshots, *stream(exchange, 500, depth=10)]):
        book.apply_only(frame.bids, frame.asks)
        wrong += book.checksum() != frame.checksum
    assert wrong > 100


def ladder_of(side: str, levels: dict[str, str]) -> Ladder:
    ladder = Ladder(side)  # type: ignore[arg-type]
    for number, (price, qty) in enumerate(levels.items()):
        ladder.place(ladder.sign * rescaled(price), Order(number, rescaled(qty), 0))
    return ladder


@pytest.mark.parametrize("name", sorted(PRECISIONS))
def test_checksums_of_the_published_vectors(name: str) -> None:
    vector: Vector = load_vectors()[name]
    market = Market(choose("ETH/USD")[0], seed=1)
    model = ModelBook(10)
    for step in vector.steps:
        model.update(step.bids, step.asks)
        market.bids = ladder_of("bid", dict(model.sorted_bids()))
        market.asks = ladder_of("ask", dict(model.sorted_asks()))
        assert market.checksum() == step.checksum
