"""The simulator's shell: WebSocket and HTTP listeners, the clock, and the pace of the markets.

All protocol lies in `exchange`, all misbehaviour in `injector` and `link`; this module only
carries frames between them and sockets. One event loop, one thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from types import TracebackType
from typing import Self, TextIO

from websockets.asyncio.server import Server as WebSocketServer
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from publisher.simulator import control, rest
from publisher.simulator.engine import Engine
from publisher.simulator.exchange import Exchange, Publication
from publisher.simulator.instruments import choose
from publisher.simulator.link import Link, encode
from publisher.simulator.options import SimulatorOptions
from publisher.simulator.pace import Pace
from publisher.simulator.requests import Frame
from publisher.simulator.web import WebAnswer, WebRequest, serve_http

CHUNK = 100
"""Messages between two looks at the sockets: small enough for latency, large enough to batch
writes."""

BEAT_S = 0.05
"""How often heartbeats, idle connections and delayed frames are looked at."""


class Server:
    """A running simulator; use as an async context manager."""

    def __init__(self, options: SimulatorOptions) -> None:
        self.options = options
        self.engine = Engine(choose(options.symbols), options.seed)
        self.exchange = Exchange(self.engine, idle_s=options.idle_s)
        self.pace = Pace(options.rate)
        self.links: dict[int, Link] = {}
        self.published = 0
        self.cut_off = 0
        self._closing: set[asyncio.Task[None]] = set()
        self._last_ns = 0
        self._log: TextIO | None = None
        self._stack = contextlib.AsyncExitStack()
        self._ws_port = 0
        self._http_port = 0

    async def __aenter__(self) -> Self:
        options = self.options
        if options.log is not None:
            self._log = self._stack.enter_context(options.log.open("w", encoding="utf-8"))
        websocket_server = await serve(
            self._converse,
            options.host,
            options.port,
            compression=None,  # Kraken offers none (1)
            ping_interval=None,  # nor does it send protocol pings
            max_size=1 << 20,
            close_timeout=1,
        )
        self._stack.push_async_callback(self._close_sockets, websocket_server)
        http = await serve_http(options.host, options.http_port, self._respond)
        self._stack.callback(http.close)
        self._ws_port = websocket_server.sockets[0].getsockname()[1]
        self._http_port = http.sockets[0].getsockname()[1]
        for work in (self._move_markets(), self._beat()):
            task = asyncio.create_task(work)
            self._stack.callback(task.cancel)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def _close_sockets(self, websocket_server: WebSocketServer) -> None:
        for link in self.links.values():
            if link.is_silent:
                link.reset()
        websocket_server.close()
        await websocket_server.wait_closed()

    @property
    def addresses(self) -> dict[str, str]:
        """Return the ready line: where the three endpoints are."""
        host = self.options.host
        rest_url = f"http://{host}:{self._http_port}"
        return {
            "ws_url": f"ws://{host}:{self._ws_port}/v2",
            "rest_url": rest_url,
            "control_url": f"{rest_url}/control",
        }

    @property
    def summary(self) -> str:
        """Return what is served, for people."""
        symbols = len(self.engine.instruments)
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

    async def _converse(self, websocket: ServerConnection) -> None:
        connection, greeting = self.exchange.connected(self.now_ns())
        link = Link(
            websocket,
            connection,
            backlog_bytes=self.options.backlog_mib << 20,
            log=self._log,
        )
        self.links[connection.number] = link
        try:
            self.deliver(link, greeting)
            async for message in websocket:
                if not link.is_silent:
                    self.deliver(link, self.exchange.received(connection, message, self.now_ns()))
        except ConnectionClosed:
            pass  # resets and missing close frames are the normal end of a faulty client
        finally:
            link.ended()
            del self.links[connection.number]
            self.exchange.disconnected(connection)

    def deliver(self, link: Link, frames: list[Frame]) -> None:
        """Send frames to one client now."""
        for frame in frames:
            link.send_text(frame.text)
        self._flush(link)

    def _flush(self, link: Link) -> None:
        if not link.is_gone and not link.flush():
            self.cut_off += 1

    # Time

    async def _move_markets(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(self.pace.interval_s(clock()))
            due = self.pace.due(clock())
            while due > 0:
                due -= self.move(min(due, CHUNK))
                if due > 0:
                    await asyncio.sleep(0)

    def move(self, messages: int) -> int:
        """Move the markets until `messages` were published, and return how many were (0: nobody
        watches)."""
        done = 0
        for _ in range(messages * 8):  # moves that no depth shows publish nothing
            if done >= messages:
                break
            publications = self.exchange.step(self.now_ns())
            for publication in publications:
                self._publish(publication)
            done += bool(publications)
        for link in list(self.links.values()):
            self._flush(link)
        self.published += done
        return done or messages

    def _publish(self, publication: Publication) -> None:
        encoded = b""
        for connection in self.exchange.watchers(publication.symbol, publication.depth):
            link = self.links[connection.number]
            if link.is_plain:
                encoded = encoded or encode(publication.text.encode())
                link.send_encoded(encoded)
            else:
                link.send_text(publication.text)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            now_ns = self.now_ns()
            for link in list(self.links.values()):
                self.deliver(link, self.exchange.ticked(link.connection, now_ns))
                if self.exchange.is_idle(link.connection, now_ns):
                    self.close(link, 1000, "")

    def close(self, link: Link, code: int, reason: str) -> None:
        """Close one connection with a close frame, behind what is queued."""
        self._flush(link)
        task = asyncio.create_task(link.websocket.close(code, reason))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _respond(self, request: WebRequest) -> WebAnswer:
        if request.path.startswith("/0/"):
            return rest.answer(request, self.engine, self.now_ns())
        return control.answer(request, self)
