"""Acks, errors, heartbeats and idle connections: shapes and strings of protocol.md 2, 3, 4, 11."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from publisher.simulator.engine import Engine
from publisher.simulator.exchange import Exchange
from publisher.simulator.instruments import choose
from publisher.simulator.requests import Frame

NOW = 1_782_000_000_123_456_789
SECOND = 1_000_000_000
MICROSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class Venue:
    """An exchange with one connection."""

    def __init__(self, symbols: str = "BTC/USD,ETH/USD,SOL/USD") -> None:
        self.exchange = Exchange(Engine(choose(symbols), seed=1), idle_s=60)
        self.connection, self.greeting = self.exchange.connected(NOW)

    def ask(self, method: str, **request: Any) -> list[Frame]:
        return self.exchange.received(
            self.connection, json.dumps({"method": method, **request}), NOW
        )

    def subscribe(self, method: str = "subscribe", **params: Any) -> list[dict[str, Any]]:
        return [json.loads(frame.text) for frame in self.ask(method, params=params, req_id=7)]


@pytest.fixture
def venue() -> Venue:
    return Venue()


def shape(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer without its times, which must be microseconds."""
    for name in ("time_in", "time_out"):
        assert MICROSECONDS.fullmatch(answer[name])
    assert list(answer)[-2:] == ["time_in", "time_out"]
    return {key: value for key, value in answer.items() if not key.startswith("time_")}


def test_status_is_first_and_its_connection_id_passes_int64(venue: Venue) -> None:
    (frame,) = venue.greeting
    message = json.loads(frame.text)
    assert (message["channel"], message["type"]) == ("status", "update")
    (state,) = message["data"]
    assert list(state)[:4] == ["version", "system", "api_version", "connection_id"]
    assert (state["system"], state["api_version"]) == ("online", "v2")
    assert 2**63 <= state["connection_id"] < 2**64
    assert state["upcoming_maintenance"] == state["emergency"] == []


def test_one_ack_a_symbol_then_the_snapshots(venue: Venue) -> None:
    answers = venue.subscribe(channel="book", symbol=["BTC/USD", "ETH/USD"], depth=25)
    acks, snapshots = answers[:2], answers[2:]
    for ack, symbol in zip(acks, ["BTC/USD", "ETH/USD"], strict=True):
        assert list(ack) == ["method", "req_id", "result", "success", "time_in", "time_out"]
        assert list(ack["result"]) == ["channel", "depth", "snapshot", "symbol"]
        assert shape(ack) == {
            "method": "subscribe",
            "req_id": 7,
            "result": {"channel": "book", "depth": 25, "snapshot": True, "symbol": symbol},
            "success": True,
        }
    assert [each["data"][0]["symbol"] for each in snapshots] == ["BTC/USD", "ETH/USD"]
    assert all(len(each["data"][0]["bids"]) == 25 for each in snapshots)


def test_a_snapshot_has_the_key_order_and_padding_of_real_ones(venue: Venue) -> None:
    frames = venue.ask("subscribe", params={"channel": "book", "symbol": ["BTC/USD"]})
    level = r'\{"price":\d+\.\d,"qty":\d+\.\d{8}\}'
    levels = rf"\[{level}(,{level}){{9}}\]"
    assert re.fullmatch(
        r'\{"channel":"book","type":"snapshot","data":\[\{"symbol":"BTC/USD",'
        rf'"bids":{levels},"asks":{levels},"checksum":\d+,"timestamp":"[^"]+"\}}\]\}}',
        frames[1].text,
    )


@pytest.mark.parametrize(
    ("params", "error", "symbol"),
    [
        ({"symbol": ["XBT/USD"]}, "Currency pair not supported XBT/USD", "XBT/USD"),
        ({"symbol": ["UNKNOWN"]}, "Currency pair not in ISO 4217-A3 format UNKNOWN", "UNKNOWN"),
        ({"symbol": ["BTC/USD"], "depth": 27}, "Subscription depth not supported", "BTC/USD"),
        (
            {"symbol": ["BTC/USD"], "depth": "10"},
            "Subscription book depth must be an integer",
            "BTC/USD",
        ),
        ({"symbol": ["BTC/USD"], "channel": "bock"}, "Subscription name invalid", None),
        ({"symbol": ["BTC/USD"], "channel": "status"}, "Subscription name invalid", None),
        ({"symbol": ["BTC/USD"], "channel": None}, "Subscription name invalid", None),
        ({"symbol": "BTC/USD"}, "Pair field must be an array", None),
        (
            {"channel": "executions", "token": "t"},
            "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com",
            None,
        ),
    ],
)
def test_refused_subscriptions(
    venue: Venue, params: dict[str, Any], error: str, symbol: str | None
) -> None:
    (answer,) = venue.subscribe(**{"channel": "book", **params})
    expected: dict[str, Any] = {
        "error": error,
        "method": "subscribe",
        "req_id": 7,
        "success": False,
    }
    if symbol is not None:
        expected["symbol"] = symbol
    assert shape(answer) == expected
    assert list(answer) == [*expected, "time_in", "time_out"]


def test_a_refused_symbol_stops_no_other(venue: Venue) -> None:
    answers = venue.subscribe(channel="book", symbol=["BTC/USD", "NOPE/USD", "ETH/USD"])
    assert [answer.get("success") for answer in answers] == [True, False, True, None, None]


def test_the_same_symbol_twice_is_already_subscribed_at_any_depth(venue: Venue) -> None:
    venue.subscribe(channel="book", symbol=["BTC/USD"], depth=10)
    for depth in (10, 100):
        (answer,) = venue.subscribe(channel="book", symbol=["BTC/USD"], depth=depth)
        assert (answer["error"], answer["symbol"]) == ("Already subscribed", "BTC/USD")


def test_unsubscribing_acks_and_lets_the_symbol_be_subscribed_again(venue: Venue) -> None:
    venue.subscribe(channel="book", symbol=["BTC/USD"], depth=100)
    (answer,) = venue.subscribe("unsubscribe", channel="book", symbol=["BTC/USD"], depth=100)
    assert answer["success"] is True
    assert answer["result"] == {
        "channel": "book",
        "depth": 100,
        "snapshot": True,
        "symbol": "BTC/USD",
    }
    assert venue.exchange.step(NOW) == []
    assert len(venue.subscribe(channel="book", symbol=["BTC/USD"], depth=10)) == 2


def test_unsubscribing_nothing_is_not_found(venue: Venue) -> None:
    venue.subscribe(channel="book", symbol=["BTC/USD"], depth=10)
    for params in ({"symbol": ["ETH/USD"]}, {"symbol": ["BTC/USD"], "depth": 25}):
        (answer,) = venue.subscribe("unsubscribe", channel="book", **params)
        assert answer["error"] == "Subscription Not Found"
        assert answer["symbol"] == params["symbol"][0]  # type: ignore[index]


def test_pong_has_neither_success_nor_result(venue: Venue) -> None:
    (frame,) = venue.ask("ping", req_id=101)
    assert shape(json.loads(frame.text)) == {"method": "pong", "req_id": 101}
    (frame,) = venue.ask("ping")
    assert shape(json.loads(frame.text)) == {"method": "pong"}


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (
            {"method": "ping", "params": {}},
            "Unsupported field: 'params' for the given msg type: ping",
        ),
        ({"method": "dance"}, "Unsupported event"),
        ({"params": {}}, "Unsupported event"),
        (
            {"method": "add_order", "params": {"token": "t"}},
            "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com",
        ),
    ],
)
def test_refused_requests(venue: Venue, request_: dict[str, Any], error: str) -> None:
    (frame,) = venue.exchange.received(venue.connection, json.dumps(request_), NOW)
    answer = json.loads(frame.text)
    assert (answer["error"], answer["success"]) == (error, False)
    assert "symbol" not in answer
    assert "result" not in answer


@pytest.mark.parametrize("message", ["{", "[]", "7", b"\xff\xfe"])
def test_what_is_no_request_is_malformed(venue: Venue, message: str | bytes) -> None:
    (frame,) = venue.exchange.received(venue.connection, message, NOW)
    assert json.loads(frame.text)["error"] == "Malformed request"


def test_a_binary_frame_with_json_is_accepted(venue: Venue) -> None:
    (frame,) = venue.exchange.received(venue.connection, b'{"method":"ping","req_id":1}', NOW)
    assert frame.kind == "pong"


def test_instrument_tells_precisions_as_real_frames_do(venue: Venue) -> None:
    ack, snapshot = venue.ask("subscribe", params={"channel": "instrument"}, req_id=1)
    assert json.loads(ack.text)["result"] == {
        "channel": "instrument",
        "snapshot": True,
        "warnings": ["tick_size is deprecated, use price_increment"],
    }
    data = json.loads(snapshot.text, parse_float=str)["data"]
    assert {asset["id"] for asset in data["assets"]} == {"BTC", "ETH", "SOL", "USD"}
    by_symbol = {pair["symbol"]: pair for pair in data["pairs"]}
    assert list(by_symbol) == ["BTC/USD", "ETH/USD", "SOL/USD"]
    bitcoin = by_symbol["BTC/USD"]
    assert (bitcoin["price_precision"], bitcoin["qty_precision"]) == (1, 8)
    assert (bitcoin["price_increment"], bitcoin["qty_increment"]) == ("0.1", "0.00000001")
    assert (bitcoin["base"], bitcoin["quote"], bitcoin["status"]) == ("BTC", "USD", "online")
    (again,) = venue.subscribe(channel="instrument")
    assert again["error"] == "Already subscribed"


def test_the_instrument_keys_are_those_of_a_real_capture(venue: Venue, captures: Any) -> None:
    recorded = json.loads((captures / "instrument-snapshot-683pairs.json").read_text())
    real = {key for pair in recorded["data"]["pairs"] for key in pair}
    _, snapshot = venue.ask("subscribe", params={"channel": "instrument"})
    ours = set(json.loads(snapshot.text)["data"]["pairs"][0])
    assert ours - real == {"ws_display_price_precision"}  # newer than the capture
    assert real <= ours


def test_heartbeats_start_with_the_first_subscription_and_come_each_second(venue: Venue) -> None:
    exchange, connection = venue.exchange, venue.connection
    assert exchange.ticked(connection, NOW + 5 * SECOND) == []
    venue.subscribe(channel="book", symbol=["BTC/USD"])
    assert exchange.ticked(connection, NOW + SECOND - 1) == []
    beats = [exchange.ticked(connection, NOW + tick * SECOND // 10) for tick in range(10, 60)]
    assert sum(map(len, beats)) == 5
    assert beats[0][0].text == '{"channel":"heartbeat"}'


def test_a_connection_without_subscription_is_idle_after_a_minute(venue: Venue) -> None:
    exchange, connection = venue.exchange, venue.connection
    assert not exchange.is_idle(connection, NOW + 60 * SECOND)
    assert exchange.is_idle(connection, NOW + 61 * SECOND)
    exchange.received(connection, '{"method":"ping"}', NOW + 59 * SECOND)
    assert not exchange.is_idle(connection, NOW + 110 * SECOND)
    venue.subscribe(channel="book", symbol=["BTC/USD"])
    assert not exchange.is_idle(connection, NOW + 999 * SECOND)


def test_requests_over_the_limit_are_refused_or_vanish(venue: Venue) -> None:
    venue.exchange.rules.limit_per_s = 3
    venue.exchange.rules.drop_every = 2
    answers = [venue.ask("ping", req_id=number) for number in range(7)]
    kinds = [[frame.kind for frame in answer] for answer in answers]
    assert kinds == [["pong"], ["pong"], ["pong"], ["error"], [], ["error"], []]
    refused = json.loads(answers[3][0].text)
    assert shape(refused) == {
        "error": "Exceeded msg rate",
        "method": "ping",
        "req_id": 3,
        "success": False,
    }


def test_an_ended_connection_leaves_nothing_behind(venue: Venue) -> None:
    venue.subscribe(channel="book", symbol=["BTC/USD"])
    other, _ = venue.exchange.connected(NOW)
    venue.exchange.disconnected(venue.connection)
    assert list(venue.exchange.connections.values()) == [other]
    assert venue.exchange.step(NOW) == []
