"""A node of a Redis Cluster in virtual time: a server that answers for its slots alone.

Each node has a view of its own of who has which slot, right or old; what it answers for a key that
is elsewhere, or half on its way, is what a real one answers (`test_cluster_model`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

from publisher.bus.slots import SLOTS, key_of, slot_of
from publisher.redis_url import Node
from tests.simulation.keyspace import Keyspace
from tests.simulation.scripts import Script
from tests.simulation.server import Command, Server
from tests.simulation.streams import Refused
from tests.simulation.world import World

CROSSSLOT = "CROSSSLOT Keys in request don't hash to the same slot"
CLUSTERDOWN = "CLUSTERDOWN The cluster is down"
TRYAGAIN = "TRYAGAIN Multiple keys request during rehashing of slot"

slot_of = cache(slot_of)


def keys_of(command: Command) -> list[str]:
    """Return the keys of a command; none for one that any node answers."""
    words = [str(word) for word in command if not isinstance(word, bytes)]
    match command[0]:
        case "EVALSHA":
            return [str(key) for key in command[3 : 3 + int(command[2])]]
        case "XREAD":
            names = words[words.index("STREAMS") + 1 :]
            return names[: len(names) // 2]
        case "DEL":
            return words[1:]
        case "CLUSTER":
            return []
    return [key_of(command)]


class View:
    """Who has which slot, as one node sees it: each of the `homes` an even share, but for what
    `moved` says.
    """

    def __init__(self, homes: Sequence[Node]) -> None:
        self.homes = list(homes)
        self.moved: dict[int, int] = {}

    def copy(self) -> View:
        """Return a view of its own that is the same."""
        twin = View(self.homes)
        twin.moved = self.moved.copy()
        return twin

    def shard_of(self, slot: int) -> int:
        """Return the number of the shard that has a slot."""
        return self.moved.get(slot, min(slot // self._share, len(self.homes) - 1))

    def owner(self, slot: int) -> Node:
        """Return the node that has a slot."""
        return self.homes[self.shard_of(slot)]

    @property
    def _share(self) -> int:
        return SLOTS // len(self.homes)

    def ranges(self) -> list[list[object]]:
        """Return the answer to `CLUSTER SLOTS`."""
        borders = {number * self._share for number in range(len(self.homes))}
        borders |= {SLOTS, *self.moved, *(slot + 1 for slot in self.moved)}
        ends = sorted(borders)
        found: list[list[object]] = []
        for first, end in pairwise(ends):
            node = self.owner(first)
            found.append([first, end - 1, [node.host.encode(), node.port, b"id"]])
        return found


class ClusterNode(Server):
    """One node. `is_down`: whether it takes the cluster for down."""

    def __init__(
        self,
        world: World,
        db: Keyspace,
        scripts: dict[str, Script],
        *,
        node: Node,
        view: View,
        is_down: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(world, db, scripts)
        self.node = node
        self.view = view
        self.is_down = is_down
        self.down_until = 0.0
        self.migrating: dict[int, Node] = {}
        self.importing: set[int] = set()

    def successor(self, db: Keyspace) -> ClusterNode:
        """Return this node started again: what it knew of the cluster was on its disk."""
        twin = ClusterNode(
            self.world, db, self.scripts, node=self.node, view=self.view, is_down=self.is_down
        )
        twin.migrating, twin.importing = self.migrating, self.importing
        return twin

    def elsewhere(self, command: Command, *, is_asking: bool) -> Refused | None:
        """Return the redirection or refusal for a command that this node cannot run."""
        words = self._refusal(keys_of(command), is_asking=is_asking)
        if not words:
            return None
        self.world.counts[f"answered {words.split()[0]}"] += 1
        return Refused(words)

    def _refusal(self, keys: list[str], *, is_asking: bool) -> str:
        slot, *others = {slot_of(key) for key in keys} or {-1}
        if slot < 0:
            return ""
        if others:
            return CROSSSLOT
        if self.world.now < self.down_until or self.is_down():
            return CLUSTERDOWN
        owner = self.view.owner(slot)
        is_mine = owner == self.node and not self.is_replica
        missing = sum(key not in self.db.values for key in keys)
        if is_mine:
            away = self.migrating.get(slot)
            if away is None or not missing:
                return ""
            return f"ASK {slot} {away}" if missing == len(keys) else TRYAGAIN
        if slot in self.importing and is_asking:
            return TRYAGAIN if len(set(keys)) > 1 and missing else ""
        return f"MOVED {slot} {owner}"

    def _run(self, command: Command) -> object:
        if command[0] == "CLUSTER":
            return self.view.ranges()
        return super()._run(command)

    def turned(self) -> None:
        """The view has changed: who waits here for a slot that is elsewhere hears of it."""
        for blocked in self.blocked[:]:
            slot = slot_of(blocked.positions[0][0])
            owner = self.view.owner(slot)
            if slot not in self.importing and (owner != self.node or self.is_replica):
                blocked.is_over = True
                self.blocked.remove(blocked)
                blocked.answer(Refused(f"MOVED {slot} {owner}"))
