"""The simulator's shell: WebSocket and HTTP listeners, the clock, and the pace of the markets.

All protocol lies in `exchange`, all misbehaviour in `injector`, `mischief` and `link`; this
module only carries frames between them and sockets. One event loop, one thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Iterator
from functools import partial
from types import TracebackType
from typing import Self, TextIO

from websockets.asyncio.server import Server as WebSocketServer
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from publisher.errors import ConfigurationError
from publisher.simulator import capture, control, rest
from publisher.simulator.channels import Host
from publisher.simulator.delivery import Delivery
from publisher.simulator.engine import Engine
from publisher.simulator.exchange import Exchange
from publisher.simulator.faults import parse
from publisher.simulator.injector import Injector
from publisher.simulator.instruments import choose
from publisher.simulator.keys import signatures
from publisher.simulator.link import Link
from publisher.simulator.mischief import Mischief
from publisher.simulator.options import SimulatorOptions
from publisher.simulator.pace import Pace
from publisher.simulator.player import Player
from publisher.simulator.private_rest import PREFIX, PrivateRest
from publisher.simulator.rest_trades import TradePages
from publisher.simulator.web import WebAnswer, WebRequest, serve_http

CHUNK = 100
"""Messages between two looks at the sockets: small enough for latency, large enough to batch
writes."""

BEAT_S = 0.05
"""How often heartbeats and idle connections are looked at."""

LOG_FLUSH_S = 1.0
PORT = "a port that is free, on an address (--host) of this machine; 0 takes any"


class Server:
    """A running simulator; use as an async context manager."""

    def __init__(self, options: SimulatorOptions) -> None:
        self.options = options
        self.capture = capture.load(options.replay) if options.replay is not None else None
        listed = choose(options.symbols) if self.capture is None else self.capture.instruments
        recorded = None if self.capture is None else self.capture.channels
        # A capture has its own past, and its own time.
        opened_ns = time.time_ns() if self.capture is None else 0
        self.engine = Engine(
            listed, options.seed, opened_ns=opened_ns, clock_speed=options.clock_speed
        )
        self.trade_pages = TradePages(self.engine, options.trades_per_s)
        self.exchange = Exchange(self.engine, idle_s=options.idle_s, recorded=recorded)
        self.private_rest = PrivateRest(signatures(options.api_key_file), self.exchange.tokens)
        self.pace = Pace(options.rate)
        self.injector = Injector(options.seed)
        self.delivery = Delivery(self)
        self.mischief = Mischief(self)
        self.player = Player(self)
        self.links: dict[int, Link] = {}
        self.published = 0
        self.addresses: dict[str, str] = {}
        self.tasks: list[asyncio.Task[None]] = []
        """What runs until the end; one that ends earlier failed."""
        self._last_ns = 0
        self._log: TextIO | None = None
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        options = self.options
        for text in options.faults:
            self._order(text)
        if options.log is not None:
            with _allowed("--log", options.log, "a file that can be written"):
                self._log = self._stack.enter_context(options.log.open("w", encoding="utf-8"))
        tls = self._tls()
        with _allowed("--port", options.port, PORT):
            ws_url = await self._listen("public", options.port, tls)
        with _allowed("--l3-port", options.l3_port, PORT):
            ws_l3_url = await self._listen("level3", options.l3_port, tls)
        with _allowed("--auth-port", options.auth_port, PORT):
            ws_auth_url = await self._listen("auth", options.auth_port, tls)
        with _allowed("--http-port", options.http_port, PORT):
            http = await serve_http(options.host, options.http_port, self._respond)
        self._stack.callback(http.close)
        rest_url = f"http://{options.host}:{http.sockets[0].getsockname()[1]}"
        self.addresses = {
            "ws_url": ws_url,
            "ws_l3_url": ws_l3_url,
            "ws_auth_url": ws_auth_url,
            "rest_url": rest_url,
            "control_url": f"{rest_url}/control",
        }
        source = self._move_markets() if self.capture is None else self.player.run()
        self.tasks = [
            asyncio.create_task(work) for work in (source, self._move_account(), self._beat())
        ]
        for task in self.tasks:
            self._stack.callback(task.cancel)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def _listen(self, host: Host, port: int, tls: ssl.SSLContext | None) -> str:
        """Serve one endpoint and return its URL."""
        websocket_server = await serve(
            partial(self._converse, host),
            self.options.host,
            port,
            process_request=self._admit,
            compression=None,  # Kraken offers none (1)
            ping_interval=None,  # nor does it send protocol pings
            max_size=1 << 20,
            close_timeout=1,
            ssl=tls,
        )
        self._stack.push_async_callback(self._close_sockets, websocket_server)
        port = websocket_server.sockets[0].getsockname()[1]
        return f"{'ws' if tls is None else 'wss'}://{self.options.host}:{port}/v2"

    def _tls(self) -> ssl.SSLContext | None:
        if self.options.tls is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with _allowed(
            "--tls", self.options.tls, "a PEM file with a private key and its certificate"
        ):
            context.load_cert_chain(self.options.tls)
        return context

    def _order(self, text: str) -> None:
        try:
            self.mischief.order(*parse(text))
        except ValueError as error:
            raise ConfigurationError("--fault", text, str(error)) from error

    async def _close_sockets(self, websocket_server: WebSocketServer) -> None:
        for link in self.links.values():
            if link.is_silent:
                link.reset()
        websocket_server.close()
        await websocket_server.wait_closed()

    @property
    def summary(self) -> str:
        """Return what is served, for people."""
        symbols = len(self.engine.instruments)
        if self.capture is not None:
            return (
                f"symbols={symbols} frames={len(self.capture.frames)} speed={self.options.speed:g}"
            )
        return f"symbols={symbols} rate={self.pace.rate:g} seed={self.engine.seed}"

    @property
    def totals(self) -> str:
        """Return what was served, for people."""
        return f"messages={self.published} connections={self.exchange.opened}"

    def now_ns(self) -> int:
        """Return Unix time in ns, at least a microsecond later at each call: stamps rise."""
        self._last_ns = max(time.time_ns(), self._last_ns + 1000)
        return self._last_ns

    # One connection

    def _admit(self, websocket: ServerConnection, request: Request) -> Response | None:
        if request.path.partition("?")[0] != "/v2":
            return _refusal(404, "Not Found", "<h1>not found: the path is /v2</h1>")
        refused = self.mischief.refuse_upgrade(asyncio.get_running_loop().time())
        return _refusal(*refused) if refused is not None else None

    async def _converse(self, host: Host, websocket: ServerConnection) -> None:
        connection, greeting = self.exchange.connected(self.now_ns(), host)
        backlog = self.options.backlog_mib << 20
        link = Link(websocket, connection, backlog_bytes=backlog, log=self._log)
        self.links[connection.number] = link
        self.player.joined(link)
        try:
            self.delivery.send(link, greeting)
            async for message in websocket:
                if link.is_silent:
                    continue
                answers = self.exchange.received(connection, message, self.now_ns())
                self.delivery.send(link, answers)
                self.player.answered(link, answers)
        except ConnectionClosed:
            pass  # resets and missing close frames are the normal end of a faulty client
        finally:
            link.ended()
            del self.links[connection.number]
            self.player.left(link)
            self.injector.forget(connection.number)
            self.exchange.disconnected(connection)

    # Time

    async def _move_markets(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(self.pace.interval_s(clock()))
            due = self.pace.due(clock())
            while due > 0:
                due -= self.move(min(due, CHUNK)) or due
                await asyncio.sleep(0)

    def move(self, messages: int) -> int:
        """Move the markets until `messages` were sent; return how many were (0: nobody watches)."""
        done = 0
        # Moves that no watcher is told of do not count; where nobody listens all of them do.
        for _ in range(messages * 8 if self.links else messages):
            if done >= messages:
                break
            publications = self.exchange.step(self.now_ns())
            if publications:
                self.delivery.broadcast(publications)
                done += 1
        self.delivery.flush_all()
        self.published += done
        return done

    async def _move_account(self) -> None:
        pace, clock = Pace(self.options.account_rate), asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(pace.interval_s(clock()))
            self.move_account(pace.due(clock()))

    def move_account(self, events: int) -> None:
        """Let so many things happen to the account."""
        for _ in range(events):
            self.delivery.broadcast(self.exchange.private.step(self.now_ns()))
        self.delivery.flush_all()

    async def _beat(self) -> None:
        log_due = 0.0
        while True:
            await asyncio.sleep(BEAT_S)
            now_ns = self.now_ns()
            for link in list(self.links.values()):
                self.delivery.send(link, self.exchange.ticked(link.connection, now_ns))
                if self.exchange.is_idle(link.connection, now_ns):
                    self.delivery.close(link, 1000, "")
            if self._log is not None and time.monotonic() >= log_due:
                self._log.flush()
                log_due = time.monotonic() + LOG_FLUSH_S

    # HTTP

    def _respond(self, request: WebRequest) -> WebAnswer:
        if request.path.startswith(PREFIX):
            return self.private_rest.answer(request, self.now_ns())
        if request.path == "/0/public/Trades":
            return self.trade_pages.answer(request.query, self.now_ns())
        if request.path.startswith("/0/"):
            now_ns = self.engine.stamped(self.now_ns())
            return rest.answer(request, self.engine, now_ns)
        if self._log is not None:
            self._log.flush()  # who asks for the status may read the log next
        return control.answer(request, self)


@contextlib.contextmanager
def _allowed(flag: str, value: object, allowed: str) -> Iterator[None]:
    """Tell what the system refuses in the block as the flag's fault."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(flag, str(value), f"{allowed} ({error.strerror})") from error


def _refusal(status: int, reason: str, html: str) -> Response:
    body = html.encode()
    headers = Headers(
        {"Content-Type": "text/html; charset=UTF-8", "Content-Length": str(len(body))}
    )
    headers["Connection"] = "close"
    return Response(status, reason, headers, body)
