"""A Redis Cluster as one server: runs a program's commands on whichever nodes have their slots.

One command of a program is an XREAD over many symbols, and a cluster takes none over two slots: it
becomes one for each slot, each waiting on a connection of its own, and what comes first is the
answer; the others go on waiting, and are asked for again by the same words. With more slots than
`WAITING_MOST` they are asked in turn instead, without waiting.

A node that is away costs its own streams only: what it should have answered counts as nothing new.
Used by one thread at a time, but for `end`, which any may call.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Literal, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ._programs import Command
from ._servers import ANSWER_S, options_of
from ._slots import SlotMap, block_ms, by_slot, key_of, map_of, slot_of, without_block
from ._url import Node, Target

WAITING_MOST: Final = 64  # connections that a follower may hold
POLL_S: Final = 0.01
LOOK_S: Final = 0.1  # how soon `end` is noticed
CONNECT_S: Final = 0.5  # while it lasts, nothing else is read
AWAY_S: Final = 2.0  # before a node that did not answer is tried again
CHART_S: Final = 0.25  # between two looks at the map
REDIRECTS_MOST: Final = 40
TRYAGAIN_S: Final = 0.05

_LOST = (redis.ConnectionError, redis.TimeoutError, redis.exceptions.ClusterDownError, OSError)
_ELSEWHERE = (
    redis.exceptions.MovedError,
    redis.exceptions.AskError,
    redis.exceptions.TryAgainError,
)


class _Waiting(NamedTuple):
    """An XREAD that a connection waits with, and when it is overdue."""

    command: Command
    connection: Any
    node: Node
    overdue: float


class _Job:
    """Commands of one slot each, and what came of them."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self.commands = commands
        self.left = dict(enumerate(commands))
        self.fault: Exception | None = None
        self._replies: dict[int, Any] = {}

    def answered(self, at: int, reply: Any) -> None:
        del self.left[at]
        self._replies[at] = _shaped(self.commands[at], reply)

    def failed(self, places: Sequence[int], error: Exception) -> None:
        self.fault = error
        for at in places:
            self.left.pop(at, None)

    def result(self) -> list[Any]:
        """Return a reply a command, None where its node is away. Raise when all are."""
        if self.left:
            self.fault = redis.ConnectionError("slots of the cluster are on the move")
        if not self._replies and self.fault is not None:
            raise self.fault
        for reply in self._replies.values():
            if isinstance(reply, redis.RedisError):
                raise reply
        return [self._replies.get(at) for at in range(len(self.commands))]


class Cluster:
    """One follower's connections to a cluster."""

    def __init__(self, target: Target, protocol: Literal[2, 3]) -> None:
        self._target = target
        self._protocol: Literal[2, 3] = protocol
        self._map: SlotMap | None = None
        self._chart_at = 0.0
        self._is_doubtful = True
        self._asking: dict[int, Node] = {}
        self._idle: dict[Node, list[Any]] = {}
        self._waiting: dict[int, _Waiting] = {}
        self._away: dict[Node, float] = {}
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._is_over = False

    def run(self, commands: Sequence[Command]) -> list[Any]:
        """Return the replies. Raise RedisError or OSError when no node could answer any, and what
        Redis answers with an error that is no redirection.
        """
        with self._lock:
            try:
                self._chart()
                if len(commands) == 1 and commands[0][0] == "XREAD":
                    return [self._read(commands[0])]
                return self._run(commands)
            finally:
                if self._is_over:
                    self._disconnect()

    def redial(self) -> None:
        """Give up all connections and the map."""
        with self._lock:
            self._disconnect()

    def end(self) -> None:
        """Close for good; a command under way ends within a moment."""
        self._is_over = True
        if self._lock.acquire(blocking=False):
            self._disconnect()
            self._selector.close()
            self._lock.release()

    def _disconnect(self) -> None:
        for slot in list(self._waiting):
            self._release(slot).connection.disconnect()
        for node in list(self._idle):
            self._drop_idle(node)
        self._away.clear()
        self._asking.clear()
        self._map = None

    # Entries of many slots ------------------------------------------------------------------------

    def _read(self, command: Command) -> list[Any]:
        """Return what an XREAD over any slots brings: [stream, entries] as they came."""
        parts = by_slot(command)
        until = time.monotonic() + block_ms(command) / 1000
        if not block_ms(command) or len(parts) > WAITING_MOST:
            return self._poll([without_block(part) for part in parts.values()], until)
        for slot in [s for s, each in self._waiting.items() if each.command != parts.get(s)]:
            self._release(slot).connection.disconnect()
        while not self._is_over:
            away = self._wait_for(parts)
            if len(away) == len(parts):
                raise next(iter(away.values()))
            left_s = until - time.monotonic()
            found = self._received(max(0.0, min(left_s, LOOK_S)))
            if found or left_s <= 0:
                return found
            self._chart()
        return []

    def _poll(self, parts: Sequence[Command], until: float) -> list[Any]:
        while True:
            found = [pair for reply in self._run(parts) for pair in _pairs(reply)]
            if found or time.monotonic() >= until or self._is_over:
                return found
            time.sleep(POLL_S)

    def _wait_for(self, parts: dict[int, Command]) -> dict[int, Exception]:
        """Have every slot's XREAD wait; return those whose node is away, and why."""
        away: dict[int, Exception] = {}
        for slot, command in parts.items():
            if slot in self._waiting:
                continue
            try:
                node, is_asking = self._place(slot)
                connection = self._connection(node)
                if is_asking:
                    connection.send_command("ASKING")
                    connection.read_response()
                connection.send_command(*command)
            except _LOST as error:
                away[slot] = error
                continue
            overdue = time.monotonic() + block_ms(command) / 1000 + ANSWER_S
            self._waiting[slot] = _Waiting(command, connection, node, overdue)
            self._selector.register(connection._sock, selectors.EVENT_READ, slot)
        return away

    def _release(self, slot: int) -> _Waiting:
        waiting = self._waiting.pop(slot)
        self._selector.unregister(waiting.connection._sock)
        return waiting

    def _received(self, timeout_s: float) -> list[Any]:
        """Return what has come, waiting for the first at most so long."""
        found: list[Any] = []
        for key, _ in self._selector.select(timeout_s):
            waiting = self._release(key.data)
            try:
                reply = waiting.connection.read_response()
            except _ELSEWHERE as error:
                self._redirected(error, key.data, waiting.node)
                waiting.connection.disconnect()
            except _LOST:
                self._lose(waiting.node, waiting.connection)
            except redis.ResponseError:
                waiting.connection.disconnect()
                raise
            else:
                self._idle.setdefault(waiting.node, []).append(waiting.connection)
                found += _pairs(reply)
        now = time.monotonic()
        for slot in [slot for slot, each in self._waiting.items() if each.overdue < now]:
            waiting = self._release(slot)
            self._lose(waiting.node, waiting.connection)
        return found

    # Commands of one key --------------------------------------------------------------------------

    def _run(self, commands: Sequence[Command]) -> list[Any]:
        """Run commands of one slot each, those of a node in one round trip."""
        job = _Job(commands)
        for _ in range(REDIRECTS_MOST):
            for (node, is_asking), places in self._routes(job).items():
                try:
                    for at, reply in self._exchange(node, is_asking, places, commands):
                        if isinstance(reply, _ELSEWHERE):
                            self._redirected(reply, slot_of(key_of(commands[at])), node)
                        else:
                            job.answered(at, reply)
                except _LOST as error:
                    job.failed(places, error)
            if not job.left or self._is_over:
                break
        return job.result()

    def _routes(self, job: _Job) -> dict[tuple[Node, bool], list[int]]:
        routes: dict[tuple[Node, bool], list[int]] = {}
        for at, command in list(job.left.items()):
            try:
                routes.setdefault(self._place(slot_of(key_of(command))), []).append(at)
            except _LOST as error:
                job.failed([at], error)
        return routes

    def _exchange(
        self, node: Node, is_asking: bool, places: Sequence[int], commands: Sequence[Command]
    ) -> Iterator[tuple[int, Any]]:
        connection = self._connection(node)
        try:
            asking: list[Command] = [("ASKING",)] if is_asking else []
            words = [word for at in places for word in (*asking, commands[at])]
            connection.send_packed_command(connection.pack_commands(words))
            for at in places:
                if is_asking:
                    connection.read_response()
                try:
                    reply = connection.read_response()
                except redis.ResponseError as error:
                    if isinstance(error, redis.exceptions.ClusterDownError):
                        raise
                    reply = error
                yield at, reply
        except BaseException:
            # Whatever it is, and if nobody reads on (GeneratorExit, Ctrl-C): answers are owed on
            # this connection, which the next command would take for its own.
            self._lose(node, connection)
            raise
        self._idle.setdefault(node, []).append(connection)

    # Nodes ----------------------------------------------------------------------------------------

    def _place(self, slot: int) -> tuple[Node, bool]:
        """Return the node to ask for a slot, and whether with ASKING."""
        if (asking := self._asking.pop(slot, None)) is not None:
            return asking, True
        owner = self._map.owner(slot) if self._map is not None else None
        if owner is None:
            self._is_doubtful = True
            raise redis.ConnectionError(f"no node of the cluster has slot {slot}")
        return owner, False

    def _chart(self) -> None:
        """Ask for the cluster's map if it is in doubt. Raise when there is none and none is to be
        had.
        """
        now = time.monotonic()
        if self._map is not None and (not self._is_doubtful or now < self._chart_at):
            return
        self._chart_at = now + CHART_S
        faults: list[str] = []
        known = sorted(self._map.nodes) if self._map is not None else []
        for node in dict.fromkeys([*known, *self._target.nodes]):
            if now < self._away.get(node, 0.0) and len(self._away) < len(known):
                continue
            try:
                connection = self._opened(node)
                try:
                    connection.send_command("CLUSTER", "SLOTS")
                    self._map = map_of(connection.read_response(), node)
                finally:
                    connection.disconnect()
            except (*_LOST, ValueError) as error:
                faults.append(f"{node}: {error or type(error).__name__}")
                self._away[node] = time.monotonic() + AWAY_S
            else:
                self._is_doubtful = False
                return
        if self._map is None:
            raise redis.ConnectionError("no node of the cluster answers: " + "; ".join(faults))

    def _connection(self, node: Node) -> Any:
        if idle := self._idle.get(node):
            return idle.pop()
        if time.monotonic() < self._away.get(node, 0.0):
            raise redis.ConnectionError(f"{node} is away")
        try:
            return self._opened(node)
        except _LOST:
            self._lose(node, None)
            raise

    def _opened(self, node: Node) -> Any:
        kind = redis.SSLConnection if self._target.is_tls else redis.Connection
        options = options_of(self._target, self._protocol)
        options |= {"host": node.host, "port": node.port, "socket_connect_timeout": CONNECT_S}
        connection: Any = kind(**options, retry=Retry(NoBackoff(), 0))
        connection.connect()
        self._away.pop(node, None)
        return connection

    def _lose(self, node: Node, connection: Any | None) -> None:
        """A node did not answer: leave it alone for a while, and ask for the map again."""
        if connection is not None:
            connection.disconnect()
        self._drop_idle(node)
        self._away[node] = time.monotonic() + AWAY_S
        self._is_doubtful = True

    def _drop_idle(self, node: Node) -> None:
        for connection in self._idle.pop(node, []):
            connection.disconnect()

    def _redirected(self, error: redis.RedisError, slot: int, node: Node) -> None:
        match error:
            case redis.exceptions.MovedError():  # an AskError too, for redis-py
                self._is_doubtful = True
                if self._map is not None:
                    self._map.move(slot, Node(error.host or node.host, error.port))
            case redis.exceptions.AskError():
                self._asking[slot] = Node(error.host or node.host, error.port)
            case _:  # its keys move one by one, and some are here, some there
                time.sleep(TRYAGAIN_S)


class AsyncCluster:
    """The same for asyncio, which runs in a thread of its own: what waits is there, not here."""

    def __init__(self, target: Target, protocol: Literal[2, 3]) -> None:
        self._cluster = Cluster(target, protocol)
        self._thread = ThreadPoolExecutor(1, "pykraken-cluster")

    async def run(self, commands: Sequence[Command]) -> list[Any]:
        """Return the replies; see `Cluster.run`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._cluster.run, commands)

    async def redial(self) -> None:
        """Give up all connections and the map."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._cluster.redial)

    def end(self) -> None:
        """Close for good; a command under way ends within a moment."""
        self._cluster.end()
        self._thread.shutdown(wait=False)


def _pairs(reply: Any) -> list[Any]:
    """Return [stream, entries] of an XREAD's reply, whichever RESP version shaped it."""
    return list(reply.items()) if isinstance(reply, dict) else list(reply or ())


def _shaped(command: Command, reply: Any) -> Any:
    if command[0] == "HGETALL" and isinstance(reply, list):
        return dict(zip(reply[::2], reply[1::2], strict=True))
    return reply
