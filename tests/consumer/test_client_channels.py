"""Both clients on streams of every channel, on a real server: names, states, requests."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import aclosing
from typing import Any

import msgpack
import pytest
from pykraken_consumer import (
    AmbiguousStream,
    AsyncClient,
    Client,
    EntryId,
    Gap,
    Joined,
    NoStream,
    OrderBook,
    RedisRefused,
    Trades,
)
from pykraken_consumer._choosing import wishes
from pykraken_consumer.tail import line
from pykraken_consumer.wire import place_of

from tests.consumer.channels import BALANCES, CHANNELS, EXECUTIONS, LEVEL3, TRADE, Telling, held
from tests.consumer.packing import EPOCH
from tests.servers import RedisServer

WORDS: dict[str, dict[str, Any]] = {
    "level3": {"depth": 10},
    "bbo": {"depth": 10, "source": "book"},
    "ticker": {"trigger": "bbo"},
    "trade": {},
    "ohlc": {"interval": 1},
    "instrument": {},
    "executions": {"account": "main"},
    "balances": {"account": "main"},
}


def asked(name: str) -> tuple[list[str], dict[str, Any]]:
    """Return the words that name the stream of a channel's story."""
    symbols = ["BTC/USD"] if "y" in CHANNELS[name].header else []
    return symbols, {"channel": name, **WORDS[name]}


def write(server: RedisServer, telling: Telling) -> None:
    client, stream = server.client(), telling.channel.stream
    for entry_id, data in telling.entries:
        client.xadd(stream, {"d": data}, id=entry_id)
    client.xadd(f"{stream}.snap", {"d": telling.snapshot()}, id=telling.entries[1][0])


def listed(server: RedisServer, telling: Telling, stream: str = "", **keys: Any) -> None:
    header = {"v": 1, **telling.channel.header, "fd": "f1", "l": "", "ep": EPOCH}
    name = stream or telling.channel.stream
    space = "priv.kraken" if name.startswith("{priv.") else "kraken"
    row = msgpack.packb({**header, **keys})
    server.client().hset(f"{{{space}.catalogue}}:streams", name, row)


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_a_stream_is_followed_by_its_words(redis_server: RedisServer, name: str) -> None:
    channel = CHANNELS[name]
    telling = Telling(channel).begin().story()
    write(redis_server, telling)
    symbols, words = asked(name)
    after = channel.events[-1][2]
    with Client(redis_server.url) as client:
        taken = list(itertools.islice(client.follow(*symbols, **words), len(channel.events) + 1))
        assert taken[0].body == Joined(EntryId(EPOCH, 1), None)
        assert taken[-1].stream == channel.stream
        assert held(taken[-1].state, after) == after
        state = client.state(*symbols, **words)
        assert (state.is_valid, state.seq) == (True, telling.seq)
        assert held(state, after) == after
        records = client.entries(channel.stream, start="snapshot")
        first: Any = next(records).body
        assert '"type":"snapshot"' in line(first)


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_what_is_left_out_the_catalogue_decides(redis_server: RedisServer, name: str) -> None:
    telling = Telling(CHANNELS[name]).begin().story()
    write(redis_server, telling)
    symbols, _ = asked(name)
    with Client(redis_server.url) as client:
        if WORDS[name]:
            with pytest.raises(NoStream, match=name):
                client.state(*symbols, channel=name)  # type: ignore[arg-type]
        listed(redis_server, telling)
        assert client.state(*symbols, channel=name).seq == telling.seq  # type: ignore[arg-type]
        scope = "private" if name in ("executions", "balances") else "public"
        [listing] = client.streams(scope)
        assert (listing.stream, listing.channel) == (telling.channel.stream, name)
        listed(redis_server, telling, f"{telling.channel.stream}/b", l="b")
        if WORDS[name]:
            with pytest.raises(AmbiguousStream, match="line="):
                client.state(*symbols, channel=name)  # type: ignore[arg-type]


def test_an_l3_book(redis_server: RedisServer) -> None:
    telling = Telling(LEVEL3).begin().story()
    write(redis_server, telling)
    with Client(redis_server.url) as client:
        book = client.book("BTC/USD", channel="level3", depth=10)
        assert isinstance(book, OrderBook)
        assert (book.levels("bid"), book.symbol, book.depth) == ([(100, 7)], "BTC/USD", 10)
        with pytest.raises(ValueError, match=r"state\(\)"):
            client.book("BTC/USD", channel="trade")


def test_a_gap_in_any_channel_is_told(redis_server: RedisServer) -> None:
    telling = Telling(TRADE).begin().story()
    write(redis_server, telling)
    redis_server.client().xdel(TRADE.stream, f"{EPOCH}-3")
    with Client(redis_server.url) as client:
        events = client.follow("BTC/USD", channel="trade")
        bodies = [event.body for event in itertools.islice(events, 3)]
        assert [type(body) for body in bodies] == [Joined, Trades, Gap]


@pytest.mark.parametrize("name", ["trade", "executions"])
def test_a_snapshot_is_requested_of_the_feed(redis_server: RedisServer, name: str) -> None:
    telling = Telling(CHANNELS[name]).begin()
    space = "priv.kraken" if name == "executions" else "kraken"
    key = f"{{{space}.feed.f1}}:requests"
    server = redis_server.client()
    symbols, words = asked(name)
    with Client(redis_server.url) as client:
        with pytest.raises(NoStream):
            client.request_snapshot(*symbols, **words)
        listed(redis_server, telling)
        client.request_snapshot(*symbols, **words)
        client.request_snapshot(telling.channel.stream)
        wanted = {"t": "snapshot", "y": symbols[0] if symbols else ""}
        assert [msgpack.unpackb(row[b"d"]) for _, row in server.xrange(key)] == [wanted] * 2
        for _ in range(1500):
            server.xadd(key, {"d": b""})
        client.request_snapshot(*symbols, **words)
        assert server.xlen(key) < 1200
        server.delete(key)
        server.set(key, "no stream")
        with pytest.raises(RedisRefused, match="WRONGTYPE"):
            client.request_snapshot(*symbols, **words)


def test_asyncio_has_the_same_words(redis_server: RedisServer) -> None:
    for channel in (TRADE, LEVEL3, EXECUTIONS, BALANCES):
        telling = Telling(channel).begin().story()
        write(redis_server, telling)
        listed(redis_server, telling)

    async def main() -> None:
        async with AsyncClient(redis_server.url) as client:
            assert len(await client.streams()) == len(await client.streams("private")) == 2
            assert (await client.state("BTC/USD", channel="trade")).is_valid
            assert isinstance(await client.book("BTC/USD", channel="level3"), OrderBook)
            await client.request_snapshot(channel="balances")
            async with aclosing(client.follow(channel="executions")) as events:  # type: ignore[type-var]
                assert isinstance((await anext(events)).body, Joined)

    asyncio.run(main())
    assert redis_server.client().xlen("{priv.kraken.feed.f1}:requests") == 1


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_words_name_keys_by_the_grammar(name: str) -> None:
    symbols, words = asked(name)
    [wish] = wishes(symbols, words)  # type: ignore[arg-type]
    stream = CHANNELS[name].stream
    assert wish.key("kraken") == stream
    assert wish._replace(line="a").key("kraken") == f"{stream}/a"
    assert place_of(stream) == place_of(f"{stream}/a") == name
    assert place_of(f"{stream}/b.snap") == f"{name}.snap"
    assert wish.key("other") == stream.replace("kraken", "other", 1)


def test_keys_that_hold_no_channel() -> None:
    assert place_of("{kraken.feed.f}:status") == "status"
    assert place_of("{kraken.BTC/USD}:novelty.3") == place_of("mine") == "book"


@pytest.mark.parametrize(
    ("symbols", "words", "told"),
    [
        ([], {"channel": "trade"}, "at least one symbol"),
        (["BTC/USD"], {"channel": "executions"}, "no symbols"),
        (["BTC/USD"], {"channel": "trade", "depth": 10}, "depth= means nothing for trade"),
        (["BTC/USD"], {"channel": "book", "account": "main"}, "account="),
        (["BTC/USD"], {"channel": "candles"}, "no channel 'candles'"),
    ],
)
def test_words_that_mean_nothing(symbols: list[str], words: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        wishes(symbols, words)
