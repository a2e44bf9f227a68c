"""A tokenised share (`METAx/USD`) through simulator, daemon and server to the consumer: listed only
when asked for, with a precision of its own, thin, and proven like any other book.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pykraken_consumer import Book, Client, InstrumentsState, OrderBook

from tests.endtoend.program import Publisher
from tests.polling import wait_until
from tests.servers import RedisServer
from tests.simulator.program import Program
from tests.simulator.signed import KEY, SECRET

SHARE = "METAx/USD"
PRECISIONS = (5, 6)
"""As in the recorded snapshot of that pair (captures/single-book-snapshots.ndjson)."""


def settings_of(simulator: Program, server: RedisServer, channel: str) -> dict[str, object]:
    urls = ("ws_url", "ws_l3_url", "rest_url")
    return {
        "channel": channel,
        "depth": 10,
        "redis_url": server.url,
        "api_key": KEY,
        "api_secret": SECRET,
        **{url: simulator.addresses[url] for url in urls},
    }


@pytest.mark.parametrize("channel", ["book", "level3"])
def test_its_book_is_proven_at_the_consumer(
    channel: str, tmp_path: Path, redis_server: RedisServer
) -> None:
    with Program("--rate", "100", "--symbols", f"{SHARE},BTC/USD") as simulator:
        settings = settings_of(simulator, redis_server, channel)
        with (
            Publisher(tmp_path / "p", symbols=SHARE, **settings),
            redis_server.client() as raw,
            Client(redis_server.url) as client,
        ):
            wait_until(lambda: raw.xlen(f"{{kraken.{SHARE}}}:{channel}.10") > 1, 15, "its book")
            changes = 0
            for event in client.follow(SHARE, channel=channel, depth=10):
                book = event.state
                assert isinstance(book, Book | OrderBook)
                assert book.is_valid, event
                assert (book.price_precision, book.qty_precision) == PRECISIONS
                changes += type(event.body).__name__ in ("Update", "Orders")
                if changes >= 20:
                    break


def test_all_of_its_quote_finds_it_and_the_instruments_list_it(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    with Program("--rate", "100", "--symbols", f"{SHARE},BTC/USD,BTC/EUR") as simulator:
        settings = settings_of(simulator, redis_server, "book")
        everything = {"symbols": "all", "quotes": "USD", "feed": "f"}
        with (
            Publisher(tmp_path / "books", **(settings | everything)),
            Publisher(tmp_path / "instruments", **(settings | {"channel": "instrument"})),
            redis_server.client() as client,
        ):
            books = {f"{{kraken.{symbol}}}:book.10" for symbol in (SHARE, "BTC/USD")}
            wait_until(lambda: all(client.xlen(name) > 1 for name in books), 15, "both books")
            assert client.xlen("{kraken.BTC/EUR}:book.10") == 0
            with Client(redis_server.url) as consumer:
                listed = "{kraken.instrument}:instrument"
                wait_until(lambda: client.xlen(listed) > 1, 15, "instruments")
                state = consumer.state(channel="instrument")
                assert isinstance(state, InstrumentsState)
                assert tuple(state.pairs[SHARE][2:4]) == PRECISIONS
                assert '"class":"tokenized_asset"' in state.assets["METAx"][-1]
