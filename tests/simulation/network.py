"""Connections to Redis that lose, cut, delay and reset, as TCP and its middlemen do.

A request's fate is drawn when it is sent: it may never arrive, arrive in part, arrive long after
its sender gave up, or its reply may be lost. Whatever happens, bytes of one connection keep their
order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from tests.simulation.server import Address, Command, Server
from tests.simulation.streams import Refused
from tests.simulation.world import World

LATENCY_S = (0.0002, 0.002)
LATE_S = (1.0, 6.0)
DIAL_S = (0.001, 0.01)
DIAL_TIMEOUT_S = 1.0

Replies = Callable[[list[object]], None]


class Network:
    """The way to Redis. `loss` is the chance of a request to meet a fault."""

    def __init__(self, world: World, address: Address) -> None:
        self.world = world
        self.address = address
        self.loss = 0.0
        self.cut_off: dict[str, float] = {}
        """Clients that reach nothing until a time."""

    def latency(self) -> float:
        """Return the seconds that one way takes."""
        return self.world.random.uniform(*LATENCY_S)

    def reaches(self, client: str) -> bool:
        """True when the client's packets get through; behind a blank stands whom it speaks to."""
        return self.cut_off.get(client.partition(" ")[0], 0.0) <= self.world.now

    def dial(
        self,
        client: str,
        done: Callable[[Connection | str], None],
        closed: Callable[[str], None],
        at: Address | None = None,
    ) -> None:
        """Connect to an address, else to the only one; `done` gets the connection or why there is
        none, `closed` a later reset.
        """
        attempt = _Attempt(done)
        self.world.at(DIAL_TIMEOUT_S, lambda: attempt.end("timed out"))
        if not self.reaches(client):
            return

        def arrive() -> None:
            server = (at or self.address).primary
            if not server.is_up:
                attempt.end("connection refused")
            else:
                server.reach(lambda: attempt.end(Connection(self, server, client, closed)))

        self.world.at(self.world.random.uniform(*DIAL_S), arrive)


class _Attempt:
    """A dial: it ends once, well or not."""

    def __init__(self, done: Callable[[Connection | str], None]) -> None:
        self._done: Callable[[Connection | str], None] | None = done

    def end(self, result: Connection | str) -> None:
        """Hand on the first result; a connection that comes too late is closed."""
        done, self._done = self._done, None
        if done is not None:
            done(result)
        elif isinstance(result, Connection):
            result.close()


class Connection:
    """One connection of one client to one server."""

    def __init__(
        self, network: Network, server: Server, client: str, closed: Callable[[str], None]
    ) -> None:
        self._network = network
        self._world = network.world
        self.server = server
        self._client = client
        self._closed = closed
        self.is_open = True
        self._is_dead = False
        """True when nothing gets through any more although nobody was told."""
        self._is_asking = False
        """True behind ASKING, for one command."""
        self._is_blocked = False
        self._todo: deque[tuple[Sequence[Command], Replies | None]] = deque()
        """Requests behind an XREAD that waits."""
        self._there_at = 0.0
        self._back_at = 0.0
        server.connections[self.reset] = None

    def close(self) -> None:
        """Close at the client's end."""
        self.is_open = False
        self.server.connections.pop(self.reset, None)

    def reset(self) -> None:
        """Close at the other end; the client hears of it."""
        if self.is_open:
            self.close()
            self._world.at(self._network.latency(), lambda: self._closed("connection reset"))

    def request(self, commands: Sequence[Command], replies: Replies) -> None:
        """Send commands in one piece; `replies` gets those that come back, in order."""
        if not self._network.reaches(self._client):
            self._is_dead = True
        if self._is_dead:
            return
        fate = "arrive"
        if self._network.loss and self._world.chance(self._network.loss):
            fate = self._world.random.choice(("lost request", "lost reply", "cut", "late"))
            self._world.fault(fate, f"{self._client} {commands[0][0]!r}")
        match fate:
            case "arrive":
                self._send(commands, replies, self._network.latency())
                return
            case "lost reply":
                self._send(commands, None, self._network.latency())
            case "cut":
                part = self._world.random.randrange(len(commands))
                self._send(commands[:part], None, self._network.latency())
            case "late":
                self._send(commands, None, self._world.random.uniform(*LATE_S))
        self._is_dead = True
        if self._world.chance(0.5):
            self._world.at(self._network.latency() * 3, self.reset)

    def _send(self, commands: Sequence[Command], replies: Replies | None, delay: float) -> None:
        self._there_at = max(self._there_at, self._world.now + delay)
        wait = self._there_at - self._world.now
        self._world.at(wait, lambda: self.server.reach(lambda: self._arrive(commands, replies)))

    def _arrive(self, commands: Sequence[Command], replies: Replies | None) -> None:
        self._todo.append((commands, replies))
        self._serve()

    def _serve(self) -> None:
        while self._todo and not self._is_blocked:
            commands, replies = self._todo.popleft()
            if len(commands) == 1 and commands[0][0] == "XREAD":
                self._is_blocked = True
                self._read(commands[0], replies)
            else:
                self._answer([self._execute(command) for command in commands], replies)

    def _read(self, command: Command, replies: Replies | None) -> None:
        def answer(reply: object) -> None:
            self._is_blocked = False
            self._answer([reply], replies)
            self._serve()

        self.server.read(command, answer, is_asking=self._takes_asking())

    def _execute(self, command: Command) -> object:
        if command[0] == "ASKING":
            self._is_asking = True
            return b"OK"
        is_asking = self._takes_asking()
        if command[0] == "XREAD":  # one of several, which does not wait
            found: list[object] = []
            self.server.read(command, found.append, is_asking=is_asking)
            return found[0]
        return self.server.execute(command, self._client, is_asking=is_asking)

    def _takes_asking(self) -> bool:
        is_asking, self._is_asking = self._is_asking, False
        return is_asking

    def _answer(self, answers: list[object], replies: Replies | None) -> None:
        if replies is None or self._is_dead or not self.is_open:
            return
        self._back_at = max(self._back_at, self._world.now + self._network.latency())

        def deliver() -> None:
            if not self._network.reaches(self._client):
                self._is_dead = True  # TCP never hands over what comes after something lost
            if self.is_open and not self._is_dead:
                replies(answers)

        self._world.at(self._back_at - self._world.now, deliver)


def is_error(reply: object) -> bool:
    """True for an error answer."""
    return isinstance(reply, Refused)
