"""Which symbols a feed publishes: all that are listed, filtered, and each in exactly one shard."""

from __future__ import annotations

import contextlib
import json
import random
import socket
from itertools import chain
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from publisher import listing
from publisher.channel_rules import chosen, share
from publisher.errors import InvalidSettings, KrakenRefused, KrakenUnreachable
from publisher.feed import Endpoint
from publisher.model import Instrument, Now
from publisher.settings import feed_id, load
from publisher.state import StateFolder
from tests.feed.exchange import exchange
from tests.servers import free_port
from tests.session.desk import pair

NAMES = [f"T{i}/USD" for i in range(1500)]
LISTED = [
    pair("A/USD"), pair("B/EUR"), pair("C/USD", status="maintenance"), pair("D/USDT"),
    pair("E/USD", status="delisted"), pair("F/USD"),
]  # fmt: skip


class Venue:
    """Lists its pairs to whoever asks, after as many connections that end at once."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.connections = 0

    def __call__(self, connection: ServerConnection) -> None:
        self.connections += 1
        if self.connections <= self.refusals:
            return
        with contextlib.suppress(ConnectionClosed):
            connection.send('{"channel":"status","type":"update","data":[{"system":"online"}]}')
            for text in connection:
                request = json.loads(text)
                assert request["params"]["channel"] == "instrument"
                ack = {"method": "subscribe", "success": True, "req_id": request["req_id"]}
                connection.send(json.dumps({**ack, "result": {"channel": "instrument"}}))
                data = {"assets": [], "pairs": LISTED}
                update = {"channel": "instrument", "type": "update", "data": {"pairs": []}}
                connection.send(json.dumps(update))
                connection.send(json.dumps(update | {"type": "snapshot", "data": data}))


def where(port: int) -> Endpoint:
    return Endpoint(f"ws://localhost:{port}/v2", 5, 1 << 20)


def test_every_symbol_is_in_exactly_one_shard_whatever_else_is_listed() -> None:
    shards = [share(NAMES, f"{i}/4") for i in range(1, 5)]
    assert sorted(chain(*shards)) == sorted(NAMES)
    assert all(300 < len(shard) < 450 for shard in shards)
    shuffled = random.Random(1).sample(NAMES, len(NAMES))
    assert set(share(shuffled, "2/4")) == set(shards[1])
    fewer = NAMES[::3]
    assert set(share(fewer, "2/4")) == set(shards[1]) & set(fewer)
    assert share(NAMES, "1/1") == share(NAMES, "") == NAMES


def test_filters_by_quote_and_status() -> None:
    pairs = [Instrument(p["symbol"], 1, 8, p["status"]) for p in LISTED]
    assert chosen(pairs, (), ("online",)) == ["A/USD", "B/EUR", "D/USDT", "F/USD"]
    assert chosen(pairs, ("USD",), ("online",)) == ["A/USD", "F/USD"]
    assert chosen(pairs, ("USD", "EUR"), ("maintenance",)) == ["C/USD"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"symbols": "all"}, "book.10.all"),
        ({"symbols": "all", "quotes": "USD", "shard": "1/4"}, "book.10.all-usd.1of4"),
        ({"symbols": "all", "quotes": "USD,EUR"}, "book.10.all-eur-usd"),
        ({"symbols": "all", "statuses": "online,post_only"}, "book.10.all-online-post_only"),
        ({"symbols": "A/USD", "shard": "2/2"}, "book.10.A/USD.2of2"),
        ({"symbols": "all", "channel": "trade"}, "trade.all"),
    ],
)
def test_a_feed_has_its_name_by_what_was_asked_for(given: dict[str, str], name: str) -> None:
    assert feed_id(load(given)) == name


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({"symbols": "A/USD", "quotes": "USD"}, "PYKRAKEN_QUOTES"),
        ({"symbols": "A/USD", "statuses": "delisted"}, "PYKRAKEN_STATUSES"),
        ({"symbols": "all", "statuses": "on"}, "PYKRAKEN_STATUSES"),
        ({"symbols": "all,A/USD"}, "PYKRAKEN_SYMBOLS"),
        ({"symbols": "all", "shard": "5/4"}, "PYKRAKEN_SHARD"),
        ({"symbols": "all", "shard": "0/4"}, "PYKRAKEN_SHARD"),
        ({"symbols": "all", "shard": "one"}, "PYKRAKEN_SHARD"),
        ({"channel": "instrument", "shard": "1/2"}, "PYKRAKEN_SHARD"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, str], setting: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        load(given)
    assert [fault.setting for fault in caught.value.faults] == [setting]


def test_all_is_what_the_venue_lists(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    with exchange(Venue()) as port:
        url = f"ws://localhost:{port}/v2"
        asked = load({"symbols": "all", "quotes": "USD,USDT", "ws_url": url})
        settings = listing.resolved(asked, state)
        assert settings.symbols == ("A/USD", "D/USDT", "F/USD")
        assert settings.feed == feed_id(asked) == "book.10.all-usd-usdt"
        with pytest.raises(KrakenRefused) as caught:
            listing.resolved(load({"symbols": "all", "quotes": "GBP", "ws_url": url}), state)
        assert "PYKRAKEN_QUOTES" in str(caught.value)
    assert listing.ConnectBudget(state).left() == 100 - 2


def test_named_symbols_need_no_venue(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    asked = load({"symbols": ",".join(NAMES[:8]), "ws_url": "ws://localhost:1/v2", "shard": "1/2"})
    settings = listing.resolved(asked, state)
    assert settings.symbols == tuple(share(NAMES[:8], "1/2"))
    assert settings.feed == feed_id(asked)
    instrument = load({"channel": "instrument", "ws_url": "ws://localhost:1/v2"})
    assert listing.resolved(instrument, state) == instrument


def test_it_asks_again_when_the_connection_goes(tmp_path: Path) -> None:
    venue = Venue(refusals=1)
    with exchange(venue) as port:
        pairs = listing.all_pairs(where(port), listing.ConnectBudget(StateFolder(tmp_path)))
    assert len(pairs) == len(LISTED)
    assert venue.connections == 2


def test_no_list_is_a_clear_error(tmp_path: Path) -> None:
    budget = listing.ConnectBudget(StateFolder(tmp_path))
    with pytest.raises(KrakenUnreachable) as caught:
        listing.all_pairs(where(free_port()), budget, patience_s=0.0)
    assert "PYKRAKEN_WS_URL" in str(caught.value)
    assert caught.value.exit_code == 75


def test_a_spent_budget_is_kept(tmp_path: Path) -> None:
    budget = listing.ConnectBudget(StateFolder(tmp_path))
    now = listing.clock()
    while not budget.spend(Now(now.mono, now.unix)):
        pass
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        nobody.listen()
        nobody.setblocking(False)
        with pytest.raises(KrakenUnreachable) as caught:
            listing.all_pairs(where(nobody.getsockname()[1]), budget, patience_s=0.0)
        with pytest.raises(BlockingIOError):
            nobody.accept()
    assert "budget" in str(caught.value)
