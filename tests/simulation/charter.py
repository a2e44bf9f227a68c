"""Asks the nodes of a cluster for its map in virtual time: stands where the shipped `Charter`
stands, one node after the other, each for as long as a dial waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import redis

from publisher.bus.charting import Chart
from publisher.bus.slots import map_of
from publisher.redis_url import Node
from tests.simulation.link import TIMEOUT_S, Host
from tests.simulation.network import Connection, Network, is_error
from tests.simulation.server import Address


class SimulatedCharter:
    """`seeds` are the nodes of the URL, `places` where each node is."""

    def __init__(
        self,
        name: str,
        host: Host,
        network: Network,
        *,
        seeds: Sequence[Node],
        places: dict[Node, Address],
    ) -> None:
        self._client = f"{host.name}:{name} chart"
        self._host = host
        self._network = network
        self._seeds = seeds
        self._places = places
        self._left: deque[Node] = deque()
        self._result: Chart | Exception | None = None
        self._attempt = 0
        self.is_asking = False

    def start(self, known: Sequence[Node]) -> None:
        """Ask the nodes `known`, then those of the URL."""
        if not self.is_asking:
            self.is_asking = True
            self._left = deque(dict.fromkeys([*known, *self._seeds]))
            self._next()

    def result(self) -> Chart | Exception | None:
        """Return the map or why there is none, once."""
        result, self._result = self._result, None
        if result is not None:
            self.is_asking = False
        return result

    def end(self) -> None:
        """Ask no more."""
        self._attempt += 1
        self._result, self.is_asking = None, False

    def _next(self) -> None:
        self._attempt += 1
        if not self._left:
            self._ended(redis.ConnectionError("no node of the cluster answers"))
            return
        node, attempt = self._left.popleft(), self._attempt

        def fail() -> None:
            if attempt == self._attempt:
                self._next()

        def dialed(result: Connection | str) -> None:
            if isinstance(result, str):
                fail()
            elif attempt != self._attempt:
                result.close()
            else:
                result.request([("CLUSTER", "SLOTS")], lambda replies: answered(result, replies))

        def answered(connection: Connection, replies: list[object]) -> None:
            connection.close()
            (reply,) = replies
            if attempt != self._attempt:
                return
            if is_error(reply) or not isinstance(reply, list):
                fail()
            else:
                self._ended(Chart(map_of(reply, node)))

        self._network.world.at(TIMEOUT_S * 2, fail)
        self._network.dial(self._client, dialed, lambda reason: fail(), self._places[node])

    def _ended(self, result: Chart | Exception) -> None:
        self._attempt += 1
        self._result = result
        self._host.post(_nothing)


def _nothing() -> None:
    """The result is taken at the next turn."""
