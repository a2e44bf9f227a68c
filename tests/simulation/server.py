"""A Redis server in virtual time: runs commands in order, stalls, fills, loads, dies, is replaced.

`Address` is what clients dial: it leads to the current primary. A failover puts another server
there, with data as old as the replica was; connections to the old one may live on for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from publisher.bus.scripts import INSPECT, digest
from tests.simulation.keyspace import Argument, Keyspace
from tests.simulation.scripts import Script
from tests.simulation.streams import ZERO, Id, Refused, parse_id
from tests.simulation.world import UNIX_NS, World

OOM = "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'"
LOADING = "LOADING Redis is loading the dataset in memory"
NOSCRIPT = "NOSCRIPT No matching script. Please use EVAL."
READONLY = "READONLY You can't write against a read only replica."
ALLOWED_WHEN_FULL = ("HMGET", "XTRIM", "XRANGE", "XREVRANGE", "DEL")
STALL_LOOK_S = 0.05
READS = ("HMGET", "XRANGE", "XREVRANGE")

Command = tuple[Argument, ...]
Answered = Callable[[object], None]


@dataclass
class Blocked:
    """An XREAD that waits."""

    positions: list[tuple[str, Id]]
    count: int
    answer: Answered
    is_over: bool = False


class Server:
    """One server process. `scripts`: the model of each script, by the Lua text it stands for."""

    def __init__(self, world: World, db: Keyspace, scripts: dict[str, Script]) -> None:
        self.world = world
        self.db = db
        self.scripts = scripts
        self.loaded: dict[str, str] = {}
        self.is_up = True
        self.is_replica = False
        self.stalled_until = 0.0
        self.full_until = 0.0
        self.loading_until = 0.0
        self.clock_skew_ms = 0
        self.connections: dict[Callable[[], None], None] = {}
        """How to break each connection."""
        self.blocked: list[Blocked] = []
        self._come: list[Callable[[], None]] = []
        """What waits for the end of a stall."""

    def successor(self, db: Keyspace) -> Server:
        """Return a server that stands where this one stood, with other data."""
        return Server(self.world, db, self.scripts)

    def load_scripts(self) -> None:
        """SCRIPT LOAD of all scripts."""
        self.loaded = {digest(text): text for text in self.scripts}

    def reach(self, act: Callable[[], None]) -> None:
        """Bytes have come: act on them now, or when the stall is over, in the order of coming."""
        if self.is_up:
            self._come.append(act)
            if len(self._come) == 1:
                self._take()

    def _take(self) -> None:
        wait = self.stalled_until - self.world.now
        if wait > 0:  # it may end sooner than it was to
            self.world.at(min(wait, STALL_LOOK_S), self._take)
            return
        come, self._come = self._come, []
        for act in come:
            if self.is_up:
                act()

    def break_connections(self) -> None:
        """Close every connection."""
        closes, self.connections = list(self.connections), {}
        self.blocked.clear()
        for close in closes:
            close()

    def execute(self, command: Command, writer: str, *, is_asking: bool = False) -> object:
        """Run one command; errors come back as `Refused`."""
        refusal = self.elsewhere(command, is_asking=is_asking)
        if refusal is not None:
            return refusal
        self.db.writer = writer
        self.db.now_ms = (UNIX_NS + int(self.world.now * 1e9)) // 1_000_000 + self.clock_skew_ms
        added = self.db.added
        try:
            reply = self._run(command)
        except Refused as error:
            return error
        if self.db.added != added:
            self.wake()
        return reply

    def elsewhere(self, command: Command, *, is_asking: bool) -> Refused | None:
        """Return where a command is to go instead; only nodes of a cluster know of others."""
        return None

    def _run(self, command: Command) -> object:
        now, name = self.world.now, command[0]
        if now < self.loading_until:
            raise Refused(LOADING)
        if name == "EVALSHA":
            return self._script(command)
        if self.is_replica and name not in READS:
            raise Refused(READONLY)
        if now < self.full_until and name not in ALLOWED_WHEN_FULL:
            raise Refused("OOM command not allowed when used memory > 'maxmemory'.")
        return self.db.run(*command)

    def _script(self, command: Command) -> object:
        text = self.loaded.get(str(command[1]))
        if text is None:
            raise Refused(NOSCRIPT)
        is_write = text != INSPECT
        if is_write and self.is_replica:
            raise Refused(READONLY)
        if is_write and self.world.now < self.full_until:
            raise Refused(OOM)
        count = int(command[2])
        keys = [str(key) for key in command[3 : 3 + count]]
        arguments = [
            part if isinstance(part, bytes) else str(part).encode() for part in command[3 + count :]
        ]
        return self.scripts[text](self.db, keys, arguments)

    def read(self, command: Command, answer: Answered, *, is_asking: bool = False) -> None:
        """Run XREAD; with BLOCK, answer when there is something or the time is over."""
        refusal = self.elsewhere(command, is_asking=is_asking)
        if refusal is not None:
            answer(refusal)
            return
        words = [str(word) for word in command]
        count = int(words[words.index("COUNT") + 1])
        named = words[words.index("STREAMS") + 1 :]
        half = len(named) // 2
        positions = [
            (key, self._end(key) if at == "$" else parse_id(at))
            for key, at in zip(named[:half], named[half:], strict=True)
        ]
        if self.world.now < self.loading_until:
            answer(Refused(LOADING))
            return
        reply = self.db.xread(count, positions)
        if reply is not None or "BLOCK" not in words:
            answer(reply)
            return
        blocked = Blocked(positions, count, answer)
        self.blocked.append(blocked)
        wait_s = int(words[words.index("BLOCK") + 1]) / 1000
        self.world.at(wait_s, lambda: self.reach(lambda: self._give_up(blocked)))

    def _end(self, key: str) -> Id:
        stream = self.db.stream(key)
        return stream.last if stream is not None else ZERO

    def _give_up(self, blocked: Blocked) -> None:
        if not blocked.is_over:
            blocked.is_over = True
            self.blocked = [other for other in self.blocked if other is not blocked]
            blocked.answer(None)

    def wake(self) -> None:
        """Answer who waits for entries that are there."""
        for blocked in self.blocked[:]:
            reply = self.db.xread(blocked.count, blocked.positions)
            if reply is not None:
                blocked.is_over = True
                self.blocked.remove(blocked)
                blocked.answer(reply)


class Address:
    """Where clients find the primary."""

    def __init__(self, server: Server) -> None:
        self.primary = server

    def replace(self, db: Keyspace, *, skew_ms: int = 0) -> Server:
        """Put a new primary with this data at the address; return the old one, still up."""
        old = self.primary
        self.primary = old.successor(db)
        self.primary.clock_skew_ms = old.clock_skew_ms + skew_ms
        return old
