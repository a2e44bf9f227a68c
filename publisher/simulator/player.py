"""Running the playbacks of a capture: one a connection, each as quick as its pace and its socket
allow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from publisher.simulator.capture import BOOK_CHANNELS
from publisher.simulator.link import Link
from publisher.simulator.replay import Playback
from publisher.simulator.requests import Frame

if TYPE_CHECKING:
    from publisher.simulator.server import Server

CHUNK = 200
"""Frames between two looks at the socket."""

HIGH_WATER = 1 << 20
"""Bytes not yet taken by the client: above it a playback waits, so nothing is ever cut off."""


class Player:
    """The playbacks of all connections, by connection number."""

    def __init__(self, server: Server) -> None:
        self.playbacks: dict[int, Playback] = {}
        self.finished = 0
        self._server = server

    def joined(self, link: Link) -> None:
        """Give a new connection its own run."""
        capture, options = self._server.capture, self._server.options
        if capture is not None:
            self.playbacks[link.connection.number] = Playback(
                capture,
                speed=options.speed,
                grace_s=options.replay_grace_s,
                loops=options.replay_loops,
            )

    def left(self, link: Link) -> None:
        """Forget the run of a connection that ended."""
        self.playbacks.pop(link.connection.number, None)

    def answered(self, link: Link, answers: list[Frame]) -> None:
        """Take note of new subscriptions; one in the middle of the run gets the book as played so
        far."""
        playback = self.playbacks.get(link.connection.number)
        subscriptions = link.connection.subscriptions
        acked = [
            (answer.channel, answer.symbol)
            for answer in answers
            if answer.kind == "ack"
            and answer.channel in BOOK_CHANNELS
            and (answer.channel, answer.symbol) in subscriptions
        ]
        if playback is None or not acked:
            return
        now = asyncio.get_running_loop().time()
        if playback.state == "waiting":
            playback.subscribed(subscriptions, now)
            return
        for channel, symbol in acked:
            text = playback.present_book(channel, symbol)
            if text is not None:
                self._server.delivery.send(link, [Frame("snapshot", text, symbol, channel)])

    def snapshot(self, link: Link, frame: Frame) -> Frame:
        """Return what a delayed snapshot holds by now."""
        playback = self.playbacks.get(link.connection.number)
        text = None
        if playback is not None:
            text = playback.present_book(frame.channel, frame.symbol)
        return Frame("snapshot", text or frame.text, frame.symbol, frame.channel)

    async def run(self) -> None:
        """Play until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            played = sum(
                self._play(link, clock())
                for link in list(self._server.links.values())
                if not link.is_gone
            )
            await asyncio.sleep(self._pause_s(played))

    def _pause_s(self, played: int) -> float:
        if all(playback.state != "playing" for playback in self.playbacks.values()):
            return 0.01
        return 0.0 if played and self._server.options.speed == 0 else 0.001

    def _play(self, link: Link, now: float) -> int:
        playback = self.playbacks[link.connection.number]
        if playback.is_done or link.backlog() > HIGH_WATER:
            return 0
        subscriptions = link.connection.subscriptions
        frames = playback.due(subscriptions, now, CHUNK)
        for frame in frames:
            self._server.delivery.queue(
                link, Frame(frame.kind, frame.text, frame.symbol, frame.channel)
            )
        self._server.delivery.flush(link)
        self._server.published += len(frames)
        self.finished += playback.is_done
        return len(frames)

    def report(self) -> dict[str, object] | None:
        """Return how far the playbacks are; None without a capture."""
        capture = self._server.capture
        if capture is None:
            return None
        states = [playback.state for playback in self.playbacks.values()]
        return {
            "frames": len(capture.frames),
            "depth": capture.depth,
            "symbols": sorted({symbol for _, symbol in capture.books}),
            "playing": states.count("playing"),
            "finished": self.finished,
            "replay_done": self.finished > 0 and "playing" not in states,
            "connections": [
                {"conn": number, "state": playback.state, "played": playback.played}
                for number, playback in self.playbacks.items()
            ],
        }
