"""The venue without sockets: connections, their requests and subscriptions, and what each is sent.

Text comes in, frames go out, the time is an argument; what each channel says is the channel's own
affair. It has no socket, no clock and no randomness of its own. Promises: `status` is the first
frame of a connection; one ack a symbol; a refused symbol stops no other; after its snapshot a
subscriber holds what the venue holds, message by message.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from publisher.simulator import frames, registry, requests
from publisher.simulator.channels import Channel, Host, Option, Publication
from publisher.simulator.engine import Engine
from publisher.simulator.listing import Listing
from publisher.simulator.market import Change, Market
from publisher.simulator.private import PrivateSide
from publisher.simulator.requests import Frame, Request
from publisher.simulator.rules import Rules
from publisher.simulator.tokens import Tokens

SECOND_NS = 1_000_000_000


@dataclass(slots=True)
class Connection:
    """One client's side of the protocol: what it subscribed to, and when it is due something."""

    number: int
    connection_id: int
    connected_ns: int
    last_request_ns: int
    host: Host
    subscriptions: dict[tuple[str, str], Option] = field(default_factory=dict)
    next_heartbeat_ns: int | None = None
    requests: int = 0


class Exchange:
    """Every connection of the venue; `recorded` holds {channel: depth} when a capture feeds it
    instead."""

    def __init__(
        self, engine: Engine, *, idle_s: int = 60, recorded: dict[str, int] | None = None
    ) -> None:
        self.engine = engine
        self.listing = Listing(engine)
        fed = registry.live(engine) if recorded is None else registry.played(recorded)
        self.private = PrivateSide(engine)
        owned = (self.listing, self.private.executions, self.private.balances)
        self.channels: dict[str, Channel] = {each.name: each for each in (*fed, *owned)}
        self.rules = Rules()
        self.tokens = Tokens(engine.seed)
        self.connections: dict[int, Connection] = {}
        self._idle_ns = idle_s * SECOND_NS
        self.opened = 0

    # Connections

    def connected(self, now_ns: int, host: Host = "public") -> tuple[Connection, list[Frame]]:
        """Open a connection to one endpoint. Its first frame is the venue's status (3.1)."""
        self.opened += 1
        digest = sha256(f"{self.engine.seed}/{self.opened}".encode()).digest()
        # uint64, and always above int64: clients that read it as anything smaller fail here.
        connection_id = int.from_bytes(digest[:8], "big") | 1 << 63
        connection = Connection(self.opened, connection_id, now_ns, now_ns, host)
        self.connections[connection.number] = connection
        return connection, [self.status(connection)]

    def disconnected(self, connection: Connection) -> None:
        """Forget a connection and its subscriptions."""
        for key in list(connection.subscriptions):
            self._drop(connection, key)
        self._activate()
        self.connections.pop(connection.number, None)
        self.rules.forget(connection.number)

    def status(self, connection: Connection) -> Frame:
        """Return the venue's present state for this connection."""
        text = frames.status(
            self.engine.system,
            connection.connection_id,
            maintenance=self.engine.maintenance,
            emergency=self.engine.emergency,
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
        request = requests.parse(message, self.engine.stamped(now_ns))
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
                return [requests.refusal(request, self._no_trading(connection, request))]
            case _:
                return [requests.refusal(request, requests.UNSUPPORTED_EVENT)]

    def _subscription(self, connection: Connection, request: Request) -> list[Frame]:
        name = request.param("channel")
        channel = self.channels.get(name) if isinstance(name, str) else None
        if channel is None and name not in requests.PRIVATE_CHANNELS:
            return [requests.refusal(request, requests.NAME_INVALID)]
        if channel is None or channel.host != connection.host:
            return [requests.refusal(request, _elsewhere(name, connection.host))]
        if channel.host != "public":
            verdict = self.tokens.judge(request.param("token"), connection.last_request_ns)
            if verdict == "missing":
                return [requests.refusal(request, requests.TOKEN_MISSING)]
            if verdict == "invalid":
                return [requests.invalid_session(request, channel.name)]
        if not channel.has_symbols:
            return self._answer(connection, request, channel, [""])
        symbols = request.param("symbol")
        if not isinstance(symbols, list):
            return [requests.refusal(request, requests.SYMBOLS_NO_ARRAY)]
        if not symbols:
            return [requests.refusal(request, requests.SYMBOLS_MISSING)]
        return self._answer(connection, request, channel, symbols)

    def _no_trading(self, connection: Connection, request: Request) -> str:
        """Return why the venue takes no orders: the scripted account's key has no such right."""
        if connection.host != "auth":
            return requests.PRIVATE_ELSEWHERE
        if self.tokens.judge(request.param("token"), connection.last_request_ns) == "missing":
            return requests.TOKEN_MISSING
        return requests.PERMISSION_DENIED

    def _answer(
        self, connection: Connection, request: Request, channel: Channel, symbols: list[object]
    ) -> list[Frame]:
        """Return one answer a symbol, then the snapshots of those that were subscribed."""
        if request.method == "unsubscribe":
            answers = [self._unsubscribe(connection, request, channel, each) for each in symbols]
        else:
            answers = [self._subscribe(connection, request, channel, each) for each in symbols]
            if channel.wants_snapshot(request):
                now_ns = connection.last_request_ns
                answers += [
                    self.snapshot(connection, channel.name, answer.symbol, now_ns)
                    for answer in answers
                    if answer.kind == "ack"
                ]
        self._activate()
        return answers

    def _subscribe(
        self, connection: Connection, request: Request, channel: Channel, symbol: object
    ) -> Frame:
        error = self._objection(connection, request, channel, symbol)
        option = channel.option(request)
        if error is not None or option is None or not isinstance(symbol, str):
            return requests.refusal(request, error or "", _named(channel, symbol))
        connection.subscriptions[channel.name, symbol] = option
        if connection.next_heartbeat_ns is None:
            connection.next_heartbeat_ns = connection.last_request_ns + SECOND_NS
        channel.watch(connection.number, symbol, option, request)
        if channel.host != "public":
            self.tokens.used(request.param("token"), connection.number)
        return requests.ack(request, channel.result(request, symbol, option), symbol)

    def _objection(
        self, connection: Connection, request: Request, channel: Channel, symbol: object
    ) -> str | None:
        if not isinstance(symbol, str):
            return requests.symbol_error(symbol)
        if channel.has_symbols:
            listed = self.engine.instruments.get(symbol)
            if listed is None or listed.status == "delisted":
                return requests.symbol_error(symbol)
            refused = self.rules.refusal(symbol)
            if refused is not None:
                return refused
        held = connection.subscriptions.get((channel.name, symbol))
        return channel.objection(connection.number, request, held)

    def _unsubscribe(
        self, connection: Connection, request: Request, channel: Channel, symbol: object
    ) -> Frame:
        key = (channel.name, str(symbol))
        held = connection.subscriptions.get(key)
        asked = request.param(channel.option_name, held) if channel.option_name else held
        if held is None or asked != held:
            return requests.refusal(request, requests.NOT_SUBSCRIBED, _named(channel, symbol))
        self._drop(connection, key)
        return requests.ack(request, channel.result(request, key[1], held), key[1])

    # Subscriptions

    def _drop(self, connection: Connection, key: tuple[str, str]) -> None:
        option = connection.subscriptions.pop(key)
        name, symbol = key
        self.channels[name].unwatch(connection.number, symbol, option)
        if not connection.subscriptions:
            self.tokens.released(connection.number)

    def _activate(self) -> None:
        """Let exactly those markets move that some channel's watchers need."""
        needed = [channel.symbols for channel in self.channels.values()]
        self.engine.activate(set[str]().union(*needed))

    def snapshot(self, connection: Connection, name: str, symbol: str, now_ns: int) -> Frame:
        """Return the present state of what the connection subscribed to."""
        option = connection.subscriptions[name, symbol]
        text = self.channels[name].snapshot(connection.number, symbol, option, now_ns)
        return Frame("instrument" if name == "instrument" else "snapshot", text, symbol, name)

    # Markets

    def step(self, now_ns: int) -> list[Publication]:
        """Move one watched market and return the messages; an invisible move gives none."""
        moved = self.engine.step(now_ns)
        return self.publish(*moved, now_ns) if moved is not None else []

    def publish(self, market: Market, change: Change, now_ns: int) -> list[Publication]:
        """Return what every channel tells its watchers after `change`."""
        return [
            publication
            for channel in self.channels.values()
            for publication in channel.publish(market, change, now_ns)
        ]

    def reopen(self, symbol: str) -> None:
        """Take the book as every client's starting point, after its market was restated."""
        for channel in self.channels.values():
            channel.reopen(symbol)


def _named(channel: Channel, symbol: object) -> str | None:
    """Return the symbol that a refusal names, None for a channel without symbols."""
    return str(symbol) if channel.has_symbols else None


def _elsewhere(name: object, host: Host) -> str:
    """Return the error for a channel that another endpoint serves (7)."""
    is_private = name in requests.PRIVATE_CHANNELS
    # Since level3 left ws-auth no words for asking there were seen: the ones that exist fit worst.
    if is_private and not (name == "level3" and host == "auth"):
        return requests.PRIVATE_ELSEWHERE
    return requests.PUBLIC_ELSEWHERE
