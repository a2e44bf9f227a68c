"""Requests, against the shapes of protocol.md 3.3 and 4."""

from __future__ import annotations

import json

from publisher.kraken import requests


def test_subscribe() -> None:
    assert json.loads(requests.subscribe_book(["BTC/USD", "ETH/USD"], 25, 11)) == {
        "method": "subscribe",
        "params": {"channel": "book", "symbol": ["BTC/USD", "ETH/USD"], "depth": 25},
        "req_id": 11,
    }


def test_unsubscribe_names_the_depth() -> None:
    assert json.loads(requests.unsubscribe_book(["BTC/USD"], 1000, 12)) == {
        "method": "unsubscribe",
        "params": {"channel": "book", "symbol": ["BTC/USD"], "depth": 1000},
        "req_id": 12,
    }


def test_instrument_has_no_symbol() -> None:
    assert json.loads(requests.subscribe_instrument(1)) == {
        "method": "subscribe",
        "params": {"channel": "instrument", "snapshot": True},
        "req_id": 1,
    }


def test_ping_has_no_params() -> None:
    """§3.3: `params` in a ping is an error."""
    assert json.loads(requests.ping(101)) == {"method": "ping", "req_id": 101}
