"""Reading a client's request, and the text of the answers to it.

protocol.md 2, 3.3 and 11: one JSON object a message; `req_id` is echoed when it is an integer;
answers have the key order of real ones. Pure; knows neither subscriptions nor markets.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from publisher.simulator.frames import compact, timestamp

DEPTHS = (10, 25, 100, 500, 1000)
PRIVATE_CHANNELS = frozenset({"executions", "balances", "level3"})
"""What needs a token, whether this venue serves it or not."""

TRADING_METHODS = frozenset(
    {
        "add_order", "amend_order", "edit_order", "cancel_order", "cancel_all",
        "cancel_all_orders_after", "batch_add", "batch_cancel",
    }
)  # fmt: skip

PRIVATE_ELSEWHERE = (
    "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"
)
PUBLIC_ELSEWHERE = (
    "Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com"
)
TOKEN_MISSING = "Token(s) not found"
SESSION_INVALID = "ESession:Invalid session"
PERMISSION_DENIED = "EGeneral:Permission denied"
ALREADY_SUBSCRIBED = "Already subscribed"
NOT_SUBSCRIBED = "Subscription Not Found"
NAME_INVALID = "Subscription name invalid"
DEPTH_UNSUPPORTED = "Subscription depth not supported"
DEPTH_NO_INTEGER = "Subscription book depth must be an integer"
INTERVAL_MISSING = "Subscription ohlc requires interval"
INTERVAL_NO_INTEGER = "Subscription ohlc interval must be an integer"
INTERVAL_UNSUPPORTED = "Subscription ohlc interval not supported"
ALREADY_ONE_INTERVAL = "Already subscribed to one ohlc interval on this symbol"
VENUE_INVALID = "EGeneral:Invalid arguments:execution_venue"
TRIGGER_INVALID = "EGeneral:Invalid arguments:event_trigger"
SYMBOLS_NO_ARRAY = "Pair field must be an array"
SYMBOLS_MISSING = "Pair(s) not found"
UNSUPPORTED_EVENT = "Unsupported event"
PING_PARAMS = "Unsupported field: 'params' for the given msg type: ping"
MALFORMED = "Malformed request"
TOO_FAST = "Exceeded msg rate"
RATE_LIMITED = "EAPI:Rate limit exceeded"
"""The code of 11 that fits the level3 budget best: its own words are not documented."""

PROCESSING_NS = 42_000
"""What lies between `time_in` and `time_out`; the captures show 20 to 60 microseconds."""

Kind = Literal[
    "status", "heartbeat", "pong", "ack", "error", "instrument", "snapshot", "update", "other"
]


@dataclass(slots=True)
class Frame:
    """One message to a client: its text, and what faults select it by."""

    kind: Kind
    text: str
    symbol: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as far as it could be read; `received_ns` is Unix time."""

    method: str
    params: dict[str, Any] | None
    req_id: int | None
    received_ns: int

    def param(self, name: str, default: Any = None) -> Any:
        """Return one parameter as JSON gave it."""
        return (self.params or {}).get(name, default)


def parse(message: str | bytes, now_ns: int) -> Request | None:
    """Return the request, or None when the message is no JSON object. Binary frames with JSON are
    accepted."""
    try:
        value = json.loads(message)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    method, params, req_id = value.get("method"), value.get("params"), value.get("req_id")
    return Request(
        method=method if isinstance(method, str) else "",
        params=params if isinstance(params, dict) else None,
        req_id=req_id if isinstance(req_id, int) and not isinstance(req_id, bool) else None,
        received_ns=now_ns,
    )


def integer(request: Request, name: str, default: int) -> int | None:
    """Return an integer parameter or its default; None for a value that is no integer."""
    value = request.param(name, default)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def depth_objection(request: Request, offered: Collection[int], held: object) -> str | None:
    """Return what is wrong with the depth asked for, or with asking again; None when nothing is."""
    depth = integer(request, "depth", 10)
    if depth is None:
        return DEPTH_NO_INTEGER
    if depth not in offered:
        return DEPTH_UNSUPPORTED
    return ALREADY_SUBSCRIBED if held is not None else None


def ack(request: Request, result: dict[str, object], symbol: str = "") -> Frame:
    """Return a successful answer; the keys of `result` are sorted as Kraken sorts them."""
    answer: dict[str, object] = {"method": request.method}
    if request.req_id is not None:
        answer["req_id"] = request.req_id
    answer |= {"result": dict(sorted(result.items())), "success": True} | _times(request)
    return Frame("ack", compact(answer), symbol, str(result.get("channel", "")))


def refusal(request: Request, error: str, symbol: str | None = None) -> Frame:
    """Return `success: false` with the error's text; the failing channel is not named (2)."""
    answer: dict[str, object] = {"error": error}
    if request.method:
        answer["method"] = request.method
    if request.req_id is not None:
        answer["req_id"] = request.req_id
    answer["success"] = False
    if symbol is not None:
        answer["symbol"] = symbol
    return Frame("error", compact(answer | _times(request)), symbol or "")


def invalid_session(request: Request, channel: str) -> Frame:
    """Return the refusal of a token that is not or no longer valid: the one error with `channel`
    and `status` (11)."""
    answer: dict[str, object] = {
        "channel": channel, "error": SESSION_INVALID, "method": request.method,
    }  # fmt: skip
    if request.req_id is not None:
        answer["req_id"] = request.req_id
    answer |= {"status": "error", "success": False}
    return Frame("error", compact(answer | _times(request)), "", channel)


def pong(request: Request) -> Frame:
    """Return the answer to a ping: method `pong`, no `success`, no `result` (3.3)."""
    answer: dict[str, object] = {"method": "pong"}
    if request.req_id is not None:
        answer["req_id"] = request.req_id
    return Frame("pong", compact(answer | _times(request)))


def _times(request: Request) -> dict[str, object]:
    return {
        "time_in": timestamp(request.received_ns),
        "time_out": timestamp(request.received_ns + PROCESSING_NS),
    }


def symbol_error(symbol: object) -> str:
    """Return the error for a symbol that is not listed, in the form that fits how it is written
    (11)."""
    base, slash, quote = str(symbol).partition("/")
    if isinstance(symbol, str) and base and slash and quote:
        return f"Currency pair not supported {symbol}"
    return f"Currency pair not in ISO 4217-A3 format {symbol}"
