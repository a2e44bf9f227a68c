"""Requests, against the shapes of protocol.md 3.3 and 4."""

from __future__ import annotations

import json

from publisher.actions import Send
from publisher.kraken import requests
from publisher.kraken.requests import Topic


def test_subscribe() -> None:
    topic = Topic("book", {"depth": 25})
    assert json.loads(requests.ask("subscribe", topic, ["BTC/USD", "ETH/USD"], 11)) == {
        "method": "subscribe",
        "params": {"channel": "book", "symbol": ["BTC/USD", "ETH/USD"], "depth": 25},
        "req_id": 11,
    }


def test_unsubscribe_names_the_depth() -> None:
    topic = Topic("book", {"depth": 1000})
    assert json.loads(requests.ask("unsubscribe", topic, ["BTC/USD"], 12)) == {
        "method": "unsubscribe",
        "params": {"channel": "book", "symbol": ["BTC/USD"], "depth": 1000},
        "req_id": 12,
    }


def test_unsubscribe_repeats_only_what_names_the_subscription() -> None:
    topic = Topic("executions", {"snap_orders": True, "order_status": True}, "t")
    params = json.loads(requests.ask("unsubscribe", topic, [], 1))["params"]
    assert params == {"channel": "executions", "token": "t"}
    topic = Topic("ohlc", {"interval": 5, "snapshot": True})
    params = json.loads(requests.ask("unsubscribe", topic, ["A/B"], 1))["params"]
    assert params == {"channel": "ohlc", "symbol": ["A/B"], "interval": 5}


def test_a_token_goes_with_the_request_and_into_no_repr() -> None:
    topic = Topic("executions", {"snap_orders": True}, "a-token")
    assert json.loads(requests.ask("subscribe", topic, [], 13)) == {
        "method": "subscribe",
        "params": {"channel": "executions", "snap_orders": True, "token": "a-token"},
        "req_id": 13,
    }
    assert "a-token" not in f"{topic} {topic!r} {[topic]}"
    assert "a-token" not in repr(Send(requests.ask("subscribe", topic, [], 13)))


def test_instrument_has_no_symbol() -> None:
    assert json.loads(requests.subscribe_instrument(1)) == {
        "method": "subscribe",
        "params": {
            "channel": "instrument",
            "snapshot": True,
            "include_tokenized_assets": True,
        },
        "req_id": 1,
    }


def test_ping_has_no_params() -> None:
    """§3.3: `params` in a ping is an error."""
    assert json.loads(requests.ping(101)) == {"method": "ping", "req_id": 101}
