"""A link to Redis in virtual time: stands where the shipped `LinkKeeper` stands, with its manners.

It dials again with the keeper's own pauses, ends a link on which an answer is overdue, and tells
its `Ear` the same three things. Sockets and threads are all that it leaves out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import pairwise
from typing import Protocol

import hiredis

from publisher.bus.answers import Patience
from publisher.bus.calls import Call
from publisher.bus.keeper import RETRY_S, Ear
from publisher.bus.tally import LinkTally
from tests.simulation.network import Connection, Network
from tests.simulation.server import Address
from tests.simulation.streams import Refused

TIMEOUT_S = 1.0


class Host(Protocol):
    """The process that a link belongs to."""

    name: str

    def post(self, act: Callable[[], None]) -> None:
        """Do this at the process' next turn."""


class SimulatedLink:
    """One link that is dialed again whenever it breaks."""

    def __init__(
        self, name: str, ear: Ear, host: Host, network: Network, at: Address | None = None
    ) -> None:
        self.name = f"{host.name}:{name}"
        self._at = at
        self._ear = ear
        self._host = host
        self._network = network
        self._connection: Connection | None = None
        self._owed: deque[float] = deque()
        self._is_dialing = False
        self._failures = 0
        self._retry_at = 0.0
        self._generation = 0
        self._patience = Patience()
        self.tally = LinkTally()

    @property
    def is_up(self) -> bool:
        """True while calls can be sent."""
        return self._connection is not None

    def send(self, calls: list[Call], now: float) -> None:
        """Send calls, in order, if the link is up."""
        connection = self._connection
        if connection is None or not calls:
            return
        self._owed.extend([now] * len(calls))
        alone = [at for at, call in enumerate(calls) if call.command[0] == "XREAD"]
        borders = sorted({0, len(calls), *alone, *(at + 1 for at in alone)})
        for first, end in pairwise(borders):  # what waits keeps no answer before it
            self._request(connection, calls[first:end])

    def _request(self, connection: Connection, calls: list[Call]) -> None:
        post = self._host.post
        connection.request(
            [call.command for call in calls],
            lambda replies: post(lambda: self._answered(connection, calls, replies)),
        )

    def ticked(self, now: float) -> None:
        """End a link that has fallen silent, dial when it is due."""
        if self._connection is not None:
            if self._owed and now - self._owed[0] > TIMEOUT_S:
                self.drop("no answer", now)
        elif not self._is_dialing and now >= self._retry_at:
            self._is_dialing = True
            self._generation += 1
            generation, post = self._generation, self._host.post
            self._network.dial(
                self.name,
                lambda result: post(lambda: self._dialed(generation, result)),
                lambda reason: post(lambda: self._was_closed(generation, reason)),
                self._at,
            )

    def drop(self, reason: str, now: float, least_s: float = 0.0) -> None:
        """Close the link; it will be dialed again, not before `least_s`."""
        self._wait(now, least_s)
        self.close()
        self._ear.link_down()

    def refuse(self, error: str, now: float) -> None:
        """Close the link on an error answer with which it cannot go on."""
        self.drop(error, now, self._patience.wait_s(error, now))

    def end(self) -> None:
        """Close for good."""
        self.close()

    def close(self) -> None:
        """Close the link, and forget a dial under way."""
        self._generation += 1
        self._is_dialing = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._owed.clear()

    def _dialed(self, generation: int, result: Connection | str) -> None:
        if generation != self._generation:
            if isinstance(result, Connection):
                result.close()
            return
        self._is_dialing = False
        now = self._network.world.now
        if isinstance(result, str):
            self._wait(now)
            return
        if result.server.is_replica or now < result.server.loading_until:
            result.close()
            self._wait(now)
            return
        result.server.load_scripts()
        self._failures = 0
        self._connection = result
        self._ear.link_up()

    def _was_closed(self, generation: int, reason: str) -> None:
        if generation == self._generation and self._connection is not None:
            self.drop(reason, self._network.world.now)

    def _answered(self, connection: Connection, calls: list[Call], replies: list[object]) -> None:
        if connection is not self._connection:
            return
        for _ in replies:
            self._owed.popleft()
        pairs = zip(calls, map(decoded, replies), strict=True)
        self._ear.answers(list(pairs))

    def _wait(self, now: float, least_s: float = 0.0) -> None:
        self._retry_at = now + max(least_s, RETRY_S[min(self._failures, len(RETRY_S) - 1)])
        self._failures += 1


def decoded(reply: object) -> object:
    """Return a reply as hiredis hands it to the writer: text, ints, lists, ReplyError."""
    if isinstance(reply, Refused):
        return hiredis.ReplyError(str(reply))
    if isinstance(reply, bytes):
        return reply.decode(errors="replace")
    if isinstance(reply, list):
        return [decoded(part) for part in reply]
    return reply
