"""Requests to Kraken as JSON text (protocol.md 2, 3.3, 4). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

Method = Literal["subscribe", "unsubscribe"]

NAMING = ("depth", "interval", "event_trigger")
"""Terms that say which subscription it is: an unsubscribe has these alone (protocol.md 4)."""


class Topic(msgspec.Struct, frozen=True):
    """What is asked for beside the symbols; `terms` are depth, interval and the like."""

    channel: str
    terms: dict[str, object] = {}
    token: str = ""

    def __repr__(self) -> str:  # the token is a secret
        return f"Topic({self.channel}, {self.terms})"


def ask(method: Method, topic: Topic, symbols: Sequence[str], req_id: int) -> bytes:
    """Return a request for a topic; Kraken answers with one ack, and a subscription with one
    snapshot, a symbol. A channel without symbols is asked for with none.
    """
    params: dict[str, object] = {"channel": topic.channel}
    if symbols:
        params["symbol"] = list(symbols)
    terms = topic.terms.items()
    params |= {key: term for key, term in terms if method == "subscribe" or key in NAMING}
    if topic.token:
        params["token"] = topic.token
    return _request(method, req_id, params)


INSTRUMENTS: dict[str, object] = {"snapshot": True, "include_tokenized_assets": True}
"""The terms of `instrument`: all pairs at once, and tokenised equities among them."""


def subscribe_instrument(req_id: int) -> bytes:
    """Return a subscription to `instrument`, which answers with all pairs at once."""
    return ask("subscribe", Topic("instrument", INSTRUMENTS), (), req_id)


def ping(req_id: int) -> bytes:
    """Return an application-level ping; Kraken answers `pong`."""
    return msgspec.json.encode({"method": "ping", "req_id": req_id})


def _request(method: str, req_id: int, params: dict[str, object]) -> bytes:
    return msgspec.json.encode({"method": method, "params": params, "req_id": req_id})
