"""The control endpoint: what the simulator did, and telling it what to do.

    GET  /control/status                     everything that is counted
    GET  /control/book?symbol=&depth=        the venue's present book, decimal text and checksum
    GET  /control/account                    the account's open orders, balances and last fills
    POST /control/account {"events": 10}     let ten things happen to the account
    GET  /control/faults                     every fault with its help and parameters
    POST /control/fault {"name": "drop", ..} order a fault: its parameters beside the name
    POST /control/clear                      disarm all faults, return the venue to normal
    POST /control/rate {"rate": 5000}        messages a second; 0 pauses
    POST /control/step {"messages": 10}      move the markets until 10 were sent

Every answer is JSON; a bad request is 400 with `{"error": ...}`. POST takes a JSON object or
query parameters.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from publisher.simulator.faults import catalogue
from publisher.simulator.frames import compact, decimal
from publisher.simulator.options import MAX_RATE
from publisher.simulator.web import WebAnswer, WebRequest

if TYPE_CHECKING:
    from publisher.simulator.server import Server

VERBS = (
    "GET status", "GET book?symbol=&depth=", "GET account", "GET faults", "POST fault",
    "POST clear", "POST rate", "POST step", "POST account",
)  # fmt: skip


def answer(request: WebRequest, server: Server) -> WebAnswer:
    """Return the answer to one control request."""
    verb = request.path.removeprefix("/control").strip("/")
    try:
        given = _given(request)
        found = _told(verb, server, given) if request.method == "GET" else None
        if request.method == "POST":
            found = _done(verb, server, given)
    except (KeyError, ValueError, TypeError) as error:
        return _refused(str(error), 400)
    if found is None:
        return _refused(f"no control verb {request.method} {verb!r}", 404)
    return WebAnswer(compact(found))


def _told(verb: str, server: Server, given: dict[str, Any]) -> object:
    """Return what GET answers; None for an unknown verb."""
    match verb:
        case "":
            return {"verbs": VERBS}
        case "status":
            return status(server)
        case "book":
            return book(server, given)
        case "account":
            return server.exchange.private.report()
        case "faults":
            return catalogue()
    return None


def _done(verb: str, server: Server, given: dict[str, Any]) -> object:
    """Do what POST asks for and return its outcome; None for an unknown verb."""
    match verb:
        case "fault":
            name = str(given.pop("name", ""))
            return server.mischief.order(name, given).report()
        case "clear":
            server.mischief.clear()
            return {"cleared": True}
        case "rate":
            return _rate(server, given)
        case "step":
            return {"published": server.move(int(given.get("messages", 1)))}
        case "account":
            server.move_account(int(given.get("events", 1)))
            return server.exchange.private.report()
    return None


def _refused(error: str, status: int) -> WebAnswer:
    return WebAnswer(compact({"error": error}), status)


def _given(request: WebRequest) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query)
    if request.body:
        body = json.loads(request.body)
        if not isinstance(body, dict):
            raise ValueError("the body is a JSON object")
        given |= body
    return given


def status(server: Server) -> dict[str, object]:
    """Return everything that is counted."""
    fired: Counter[str] = Counter()
    for fault in server.mischief.orders:
        fired[fault.spec.name] += fault.fired
    return {
        "system": server.engine.system,
        "rate": server.pace.rate,
        "seed": server.engine.seed,
        "published": server.published,
        "opened": server.exchange.opened,
        "cut_off": server.delivery.cut_off,
        "faults": [fault.report() for fault in server.mischief.orders],
        "fired": fired,
        "replay": server.player.report(),
        "connections": [
            {
                "conn": link.connection.number,
                "requests": link.connection.requests,
                "sent": link.sent,
                "backlog_bytes": link.backlog(),
                "is_silent": link.is_silent,
                "subscriptions": [
                    {"channel": channel, "symbol": symbol, "option": option}
                    for (channel, symbol), option in link.connection.subscriptions.items()
                ],
            }
            for link in server.links.values()
        ],
    }


def book(server: Server, given: dict[str, Any]) -> dict[str, object]:
    """Return the venue's present book of `symbol` to `depth`, as decimal text."""
    symbol = str(given.get("symbol", ""))
    if server.capture is not None:
        raise ValueError("a replay has no book of its own")
    if symbol not in server.engine.instruments:
        raise ValueError(f"symbol={symbol!r} is not listed")
    market = server.engine.market(symbol)
    item = market.instrument
    depth = int(given.get("depth", 10))

    def text(levels: list[tuple[int, int]]) -> list[list[str]]:
        return [
            [decimal(price, item.price_precision), decimal(qty, item.qty_precision)]
            for price, qty in levels
        ]

    return {
        "symbol": symbol,
        "depth": depth,
        "steps": market.steps,
        "checksum": market.checksum(),
        "bids": text(market.bids.levels(depth)),
        "asks": text(market.asks.levels(depth)),
    }


def _rate(server: Server, given: dict[str, Any]) -> dict[str, object]:
    rate = float(given["rate"])
    if not (rate == 0 or 1 <= rate <= MAX_RATE):
        raise ValueError(f"rate={rate:g}: 0 (paused) or 1 to {MAX_RATE}")
    server.pace.rate = rate
    return {"rate": rate}
