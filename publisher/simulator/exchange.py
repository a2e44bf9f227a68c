"""The venue without sockets: connections, their requests and subscriptions, and what each is sent.

Text comes in, frames go out, the time is an argument. It has no socket, no clock and no
randomness of its own. Promises: `status` is the first frame of a connection; one ack a symbol; a
refused symbol stops no other; after its snapshot a subscriber holds the book that the checksum
says, message by message.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from publisher.simulator import frames, requests
from publisher.simulator.books import Books
from publisher.simulator.engine import Engine
from publisher.simulator.requests import Frame, Request
from publisher.simulator.rules import Rules

SECOND_NS = 1_000_000_000
ECHOED_CHANNELS = ("book", "instrument")
"""Channels that the engine feeds; a capture may bring more."""


@dataclass(slots=True)
class Connection:
    """One client's side of the protocol: what it subscribed to, and when it is due something."""

    number: int
    connection_id: int
    connected_ns: int
    last_request_ns: int
    subscriptions: dict[tuple[str, str], int] = field(default_factory=dict)
    next_heartbeat_ns: int | None = None
    requests: int = 0


class Exchange:
    """Every connection of the venue; `recorded` holds {channel: depth} when a capture feeds it
    instead."""

    def __init__(
        self, engine: Engine, *, idle_s: int = 60, recorded: dict[str, int] | None = None
    ) -> None:
        self.engine = engine
        self.books = Books(engine)
        self.rules = Rules()
        self.connections: dict[int, Connection] = {}
        self.maintenance: list[object] = []
        self.emergency: list[object] = []
        self._recorded = recorded
        self._channels = frozenset({*ECHOED_CHANNELS, *(recorded or {})})
        self._idle_ns = idle_s * SECOND_NS
        self.opened = 0

    # Connections

    def connected(self, now_ns: int) -> tuple[Connection, list[Frame]]:
        """Open a connection. Its first frame is the venue's status (3.1)."""
        self.opened += 1
        digest = sha256(f"{self.engine.seed}/{self.opened}".encode()).digest()
        # uint64, and always above int64: clients that read it as anything smaller fail here.
        connection_id = int.from_bytes(digest[:8], "big") | 1 << 63
        connection = Connection(self.opened, connection_id, now_ns, now_ns)
        self.connections[connection.number] = connection
        return connection, [self.status(connection)]

    def disconnected(self, connection: Connection) -> None:
        """Forget a connection and its subscriptions."""
        for key in list(connection.subscriptions):
            self._drop(connection, key)
        self.connections.pop(connection.number, None)
        self.rules.forget(connection.number)

    def status(self, connection: Connection) -> Frame:
        """Return the venue's present state for this connection."""
        text = frames.status(
            self.engine.system,
            connection.connection_id,
            maintenance=self.maintenance,
            emergency=self.emergency,
        )
        return Frame("status", text)

    def ticked(self, connection: Connection, now_ns: int) -> list[Frame]:
        """Return the heartbeat when due: once a second from the first subscription on (3.2)."""
        due = connection.next_heartbeat_ns
        if due is None or now_ns < due:
            return []
        connection.next_heartbeat_ns = max(due + SECOND_NS, now_ns)
        return [Frame("heartbeat", frames.HEARTBEAT)]

    def is_idle(self, connection: Connection, now_ns: int) -> bool:
        """Return whether the venue would close it: nothing subscribed and no request for a minute
        (1)."""
        quiet_ns = now_ns - connection.last_request_ns
        return not connection.subscriptions and quiet_ns > self._idle_ns

    # Requests

    def received(self, connection: Connection, message: str | bytes, now_ns: int) -> list[Frame]:
        """Answer one message of a client."""
        connection.last_request_ns = now_ns
        connection.requests += 1
        request = requests.parse(message, now_ns + self.books.clock_offset_ns)
        if request is None:
            return [requests.refusal(Request("", None, None, now_ns), requests.MALFORMED)]
        verdict = self.rules.admit(connection.number, now_ns)
        if verdict != "admitted":
            refused = requests.refusal(request, requests.TOO_FAST)
            return [refused] if verdict == "refused" else []
        match request.method:
            case "ping" if request.params is not None:
                return [requests.refusal(request, requests.PING_PARAMS)]
            case "ping":
                return [requests.pong(request)]
            case "subscribe" | "unsubscribe":
                return self._subscription(connection, request)
            case method if method in requests.TRADING_METHODS:
                return [requests.refusal(request, requests.PRIVATE_ELSEWHERE)]
            case _:
                return [requests.refusal(request, requests.UNSUPPORTED_EVENT)]

    def _subscription(self, connection: Connection, request: Request) -> list[Frame]:
        channel = request.param("channel")
        if channel in requests.PRIVATE_CHANNELS:
            return [requests.refusal(request, requests.PRIVATE_ELSEWHERE)]
        if not isinstance(channel, str) or channel not in self._channels:
            return [requests.refusal(request, requests.NAME_INVALID)]
        if channel == "instrument":
            return self._instrument(connection, request)
        symbols = request.param("symbol")
        if not isinstance(symbols, list):
            return [requests.refusal(request, requests.SYMBOLS_NO_ARRAY)]
        if not symbols:
            return [requests.refusal(request, requests.SYMBOLS_MISSING)]
        if request.method == "unsubscribe":
            return [self._unsubscribe(connection, request, channel, symbol) for symbol in symbols]
        answers = [self._subscribe(connection, request, channel, symbol) for symbol in symbols]
        if channel == "book" and request.param("snapshot", True) and self._recorded is None:
            acked = [frame.symbol for frame in answers if frame.kind == "ack"]
            now_ns = connection.last_request_ns
            answers += [self.snapshot(connection, symbol, now_ns) for symbol in acked]
        return answers

    def _instrument(self, connection: Connection, request: Request) -> list[Frame]:
        key = ("instrument", "")
        subscribed = key in connection.subscriptions
        if request.method == "unsubscribe":
            if not subscribed:
                return [requests.refusal(request, requests.NOT_SUBSCRIBED)]
            self._drop(connection, key)
            return [requests.ack(request, {"channel": "instrument"})]
        if subscribed:
            return [requests.refusal(request, requests.ALREADY_SUBSCRIBED)]
        self._add(connection, key, 0)
        snapshot = bool(request.param("snapshot", True))
        result = {
            "channel": "instrument",
            "snapshot": snapshot,
            "warnings": [frames.TICK_SIZE_WARNING],
        }
        listed = list(self.engine.instruments.values())
        text = frames.instruments("snapshot", listed) if snapshot else ""
        answers = [requests.ack(request, result)]
        return [*answers, Frame("instrument", text)] if snapshot else answers

    def _subscribe(
        self, connection: Connection, request: Request, channel: str, symbol: object
    ) -> Frame:
        depth = request.param("depth", 10) if channel == "book" else 0
        error = self._objection(connection, channel, symbol, depth)
        if error is not None or not isinstance(symbol, str):
            return requests.refusal(request, error or "", str(symbol))
        self._add(connection, (channel, symbol), depth)
        result: dict[str, object] = {
            "channel": channel,
            "snapshot": bool(request.param("snapshot", channel != "trade")),
            "symbol": symbol,
        }
        return requests.ack(request, result | ({"depth": depth} if depth else {}), symbol)

    def _objection(
        self, connection: Connection, channel: str, symbol: object, depth: object
    ) -> str | None:
        if not isinstance(symbol, str) or symbol not in self.engine.instruments:
            return requests.symbol_error(symbol)
        refused = self.rules.refusal(symbol)
        if refused is not None:
            return refused
        if channel == "book":
            if not isinstance(depth, int) or isinstance(depth, bool):
                return requests.DEPTH_NO_INTEGER
            offered = (
                requests.DEPTHS if self._recorded is None else (self._recorded.get("book", 10),)
            )
            if depth not in offered:
                return requests.DEPTH_UNSUPPORTED
        if (channel, symbol) in connection.subscriptions:
            return requests.ALREADY_SUBSCRIBED
        return None

    def _unsubscribe(
        self, connection: Connection, request: Request, channel: str, symbol: object
    ) -> Frame:
        depth = connection.subscriptions.get((channel, str(symbol)))
        if depth is None or request.param("depth", depth) != depth:
            return requests.refusal(request, requests.NOT_SUBSCRIBED, str(symbol))
        self._drop(connection, (channel, str(symbol)))
        result: dict[str, object] = {"channel": channel, "symbol": symbol}
        if channel == "book":
            result |= {"depth": depth, "snapshot": True}
        return requests.ack(request, result, str(symbol))

    # Subscriptions

    def _add(self, connection: Connection, key: tuple[str, str], depth: int) -> None:
        connection.subscriptions[key] = depth
        if connection.next_heartbeat_ns is None:
            connection.next_heartbeat_ns = connection.last_request_ns + SECOND_NS
        channel, symbol = key
        if channel == "book" and self._recorded is None:
            self.books.watch(connection.number, symbol, depth)

    def _drop(self, connection: Connection, key: tuple[str, str]) -> None:
        depth = connection.subscriptions.pop(key)
        channel, symbol = key
        if channel == "book" and self._recorded is None:
            self.books.unwatch(connection.number, symbol, depth)

    def snapshot(self, connection: Connection, symbol: str, now_ns: int) -> Frame:
        """Return the present book of a subscribed symbol."""
        depth = connection.subscriptions["book", symbol]
        return Frame("snapshot", self.books.snapshot(symbol, depth, now_ns), symbol)

    def instrument_update(self, symbol: str) -> Frame:
        """Return the instrument message that tells of a changed pair (4.5)."""
        listed = [self.engine.instruments[symbol]]
        return Frame("instrument", frames.instruments("update", listed), symbol)
