"""The way of every frame to a client: through the armed faults, into the socket's queue, out in
batches.

Also delayed frames, close frames, and the end of clients that are too far behind.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from publisher.simulator.channels import Publication
from publisher.simulator.injector import Cut, Later, SendBinary, SendText, Trickle
from publisher.simulator.link import Link, encode
from publisher.simulator.requests import Frame

if TYPE_CHECKING:
    from publisher.simulator.server import Server


class Delivery:
    """Carries frames from the exchange to its links."""

    def __init__(self, server: Server) -> None:
        self.cut_off = 0
        """Clients that were too far behind."""
        self._server = server
        self._closing: set[asyncio.Task[None]] = set()

    def send(self, link: Link, frames: list[Frame]) -> None:
        """Send frames to one client now."""
        for frame in frames:
            self.queue(link, frame)
        self.flush(link)

    def queue(self, link: Link, frame: Frame) -> None:
        """Queue one frame for a client, or what the armed faults make of it."""
        injector = self._server.injector
        if injector.is_idle:
            link.send_text(frame.text)
            return
        for action in injector.pass_on(link.connection.number, frame):
            match action:
                case SendText(text):
                    link.send_text(text)
                case SendBinary(payload):
                    link.send_binary(payload)
                case Trickle(text, step_bytes, every_s):
                    link.trickle(text, step_bytes=step_bytes, every_s=every_s)
                case Later(late, delay_s):
                    loop = asyncio.get_running_loop()
                    loop.call_later(delay_s, self._send_late, link, late)
                case Cut(fault):
                    self.flush(link)
                    self._server.mischief.cut(link, fault)

    def _send_late(self, link: Link, frame: Frame) -> None:
        """Send a delayed frame; a snapshot holds what is right by now."""
        server = self._server
        if link.is_gone or link.is_silent:
            return
        if frame.kind == "snapshot":
            connection, name, symbol = link.connection, frame.channel, frame.symbol
            if (name, symbol) not in connection.subscriptions:
                return
            server.injector.unmute(connection.number, frame)
            if server.capture is None:
                frame = server.exchange.snapshot(connection, name, symbol, server.now_ns())
            else:
                frame = server.player.snapshot(link, frame)
        link.send_text(frame.text)
        self.flush(link)

    def broadcast(self, publications: list[Publication]) -> None:
        """Queue each message for every connection that watches it."""
        is_idle = self._server.injector.is_idle
        links = self._server.links
        for publication in publications:
            encoded = b""
            for number in publication.watchers:
                link = links[number]
                if is_idle and link.is_plain:
                    encoded = encoded or encode(publication.text.encode())
                    link.send_encoded(encoded)
                else:
                    self.queue(link, publication.frame())

    def flush(self, link: Link) -> None:
        """Write what is queued for a client; one that is too far behind is cut off."""
        if not link.is_gone and not link.flush():
            self.cut_off += 1

    def flush_all(self) -> None:
        """Write what is queued for every client."""
        for link in list(self._server.links.values()):
            self.flush(link)

    def close(self, link: Link, code: int, reason: str) -> None:
        """Close one connection with a close frame, behind what is queued."""
        link.stop_sending()
        task = asyncio.create_task(link.websocket.close(code, reason))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
