"""Requests to Kraken as JSON text (protocol.md 2, 3.3, 4). Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


def subscribe_book(symbols: Sequence[str], depth: int, req_id: int) -> bytes:
    """Return a subscription to `book`; Kraken answers with one ack and one snapshot a symbol."""
    return _request("subscribe", req_id, _book(symbols, depth))


def unsubscribe_book(symbols: Sequence[str], depth: int, req_id: int) -> bytes:
    """Return the end of a subscription to `book`. It names the depth: Kraken takes 10 otherwise."""
    return _request("unsubscribe", req_id, _book(symbols, depth))


def subscribe_instrument(req_id: int) -> bytes:
    """Return a subscription to `instrument`, which answers with all pairs at once."""
    return _request("subscribe", req_id, {"channel": "instrument", "snapshot": True})


def ping(req_id: int) -> bytes:
    """Return an application-level ping; Kraken answers `pong`."""
    return msgspec.json.encode({"method": "ping", "req_id": req_id})


def _book(symbols: Sequence[str], depth: int) -> dict[str, object]:
    return {"channel": "book", "symbol": list(symbols), "depth": depth}


def _request(method: str, req_id: int, params: dict[str, object]) -> bytes:
    return msgspec.json.encode({"method": method, "params": params, "req_id": req_id})
