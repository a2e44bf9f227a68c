"""What the consumer library's cluster shell stands on, in virtual time: its clock, its selector,
its connections.

`in_virtual_time` puts them where the shell looks for them. They find the process that they belong
to by the fiber whose code runs.
"""

from __future__ import annotations

import contextlib
import selectors
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from unittest import mock

import redis
from pykraken_consumer import _cluster
from redis._parsers.base import BaseParser

from tests.simulation.fibers import Fiber
from tests.simulation.network import Connection, Network
from tests.simulation.server import Address, Command
from tests.simulation.streams import Refused
from tests.simulation.world import World

Place = Callable[[str, int], Address]


class ClientFiber(Fiber):
    """The thread of a consumer: its name, its way to Redis, and where a node is."""

    def __init__(self, world: World, name: str, network: Network, place: Place) -> None:
        super().__init__(world)
        self.name = name
        self.network = network
        self.place = place


class _Time:
    """Stands for the module `time`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def monotonic(self) -> float:
        return self._world.now

    def sleep(self, seconds: float) -> None:
        until = self._world.now + seconds
        while self._world.now < until:
            Fiber.current().wait(until - self._world.now)


class _Key(NamedTuple):
    fileobj: BlockingConnection
    data: Any


class _Selector:
    """Stands for `DefaultSelector`: its sockets are connections."""

    def __init__(self) -> None:
        self._keys: dict[BlockingConnection, _Key] = {}

    def register(self, connection: BlockingConnection, mask: int, data: object) -> None:
        self._keys[connection] = _Key(connection, data)

    def unregister(self, connection: BlockingConnection) -> None:
        del self._keys[connection]

    def select(self, timeout_s: float) -> list[tuple[_Key, int]]:
        until = _now() + timeout_s
        while True:
            ready = [key for key in self._keys.values() if key.fileobj.is_ready]
            if ready or _now() >= until:
                return [(key, selectors.EVENT_READ) for key in ready]
            Fiber.current().wait(until - _now())

    def close(self) -> None:
        self._keys.clear()


class _Selectors:
    """Stands for the module `selectors`."""

    EVENT_READ = selectors.EVENT_READ
    DefaultSelector = _Selector


class BlockingConnection:
    """Stands for `redis.Connection`."""

    def __init__(self, **options: Any) -> None:
        fiber = Fiber.current()
        assert isinstance(fiber, ClientFiber)
        self._fiber = fiber
        self._node = options["host"], options["port"]
        self._connect_s: float = options["socket_connect_timeout"]
        self._timeout_s: float = options["socket_timeout"]
        self._connection: Connection | None = None
        self._inbox: deque[object] = deque()
        self._why = ""
        """Why the connection is of no use any more."""

    @property
    def _sock(self) -> BlockingConnection:
        return self

    @property
    def is_ready(self) -> bool:
        """True when `read_response` would not wait."""
        return bool(self._inbox or self._why)

    def connect(self) -> None:
        fiber = self._fiber

        def dialed(result: Connection | str) -> None:
            if isinstance(result, str):
                self._closed(result)
            elif self._why:
                result.close()
            else:
                self._connection = result
                fiber.wake()

        host, port = self._node
        client = f"{fiber.name} {host}:{port}"
        fiber.network.dial(client, dialed, self._closed, fiber.place(host, port))
        self._await(lambda: self._connection is not None, self._connect_s, "connecting")

    def pack_commands(self, commands: Sequence[Command]) -> Sequence[Command]:
        return commands

    def send_command(self, *command: Any) -> None:
        self.send_packed_command([command])

    def send_packed_command(self, commands: Sequence[Command]) -> None:
        if self._connection is None or self._why:
            raise redis.ConnectionError(self._why or "not connected")
        self._connection.request(commands, self._arrived)

    def read_response(self) -> object:
        self._await(lambda: bool(self._inbox), self._timeout_s, "reading")
        reply = self._inbox.popleft()
        if isinstance(reply, Refused):
            raise BaseParser.parse_error(str(reply))
        return reply

    def disconnect(self) -> None:
        self._why = self._why or "disconnected"
        if self._connection is not None:
            self._connection.close()

    def _await(self, is_done: Callable[[], bool], timeout_s: float, doing: str) -> None:
        until = _now() + timeout_s
        while not is_done():
            if self._why:
                raise redis.ConnectionError(self._why)
            if _now() >= until:
                self.disconnect()
                raise redis.TimeoutError(f"timed out {doing}")
            self._fiber.wait(until - _now())

    def _arrived(self, replies: list[object]) -> None:
        self._inbox.extend(replies)
        self._fiber.wake()

    def _closed(self, why: str) -> None:
        self._why = self._why or why
        self._fiber.wake()


def _now() -> float:
    fiber = Fiber.current()
    assert isinstance(fiber, ClientFiber)
    return fiber.network.world.now


@contextlib.contextmanager
def in_virtual_time(world: World) -> Iterator[None]:
    """Let the shell run in fibers."""
    with (
        mock.patch.object(_cluster, "time", _Time(world)),
        mock.patch.object(_cluster, "selectors", _Selectors),
        mock.patch.object(redis, "Connection", BlockingConnection),
    ):
        yield
