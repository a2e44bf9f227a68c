"""A Redis Cluster in virtual time: shards whose slots move key by key, fail over and are lost.

`truth` is who has which slot since the last change; the nodes hear of it one after the other, and
until then send clients where things were.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from publisher.redis_url import Node
from tests.simulation.keyspace import Keyspace
from tests.simulation.nodes import ClusterNode, View, slot_of
from tests.simulation.scripts import Script
from tests.simulation.server import Address
from tests.simulation.world import World

GOSSIP_S = (0.0, 1.5)
REDIRECTED_S = 1.0
"""Who waits for a slot that went elsewhere is told so by a clock that ticks this often."""
NODE_TIMEOUT_S = 1.0
AGAIN_S = 0.2
FIRST_PORT = 7000


class Shard:
    """The primary of some slots, and where it is."""

    def __init__(self, primary: ClusterNode) -> None:
        self.place = Address(primary)
        self.lost_at = math.inf
        """Since when nobody serves its slots."""

    @property
    def primary(self) -> ClusterNode:
        """The node that serves its slots."""
        assert isinstance(self.place.primary, ClusterNode)
        return self.place.primary


class Cluster:
    """The shards. `full_coverage`: none serves while one is lost."""

    def __init__(
        self, world: World, dbs: list[Keyspace], scripts: dict[str, Script], *, full_coverage: bool
    ) -> None:
        self.world = world
        self.full_coverage = full_coverage
        self.seeds = [Node("node", FIRST_PORT + number) for number in range(len(dbs))]
        """The nodes that clients are told of."""
        self.truth = View(self.seeds)
        self.shards = [
            Shard(
                ClusterNode(
                    world, db, scripts, node=node, view=self.truth.copy(), is_down=self.is_down
                )
            )
            for node, db in zip(self.seeds, dbs, strict=True)
        ]
        self.places = {shard.primary.node: shard.place for shard in self.shards}
        """Where each node is that ever was."""
        self.moving: dict[int, Migration] = {}

    def is_down(self) -> bool:
        """True while a shard is lost for so long that the others give up too."""
        longest = self.world.now - min(shard.lost_at for shard in self.shards)
        return self.full_coverage and longest > NODE_TIMEOUT_S

    def shard_of(self, key: str) -> Shard:
        """Return the shard that has a key's slot."""
        return self.shards[self.truth.shard_of(slot_of(key))]

    def holder_of(self, key: str) -> ClusterNode:
        """Return the node where a key is, on its way too."""
        owner = self.shard_of(key).primary
        migration = self.moving.get(slot_of(key))
        if migration is not None and key not in owner.db.values:
            target = migration.target.primary
            return target if key in target.db.values else owner
        return owner

    def spread(self) -> None:
        """Let every node hear, each after a while, who has which slot."""
        for place in self.places.values():
            node = place.primary
            assert isinstance(node, ClusterNode)
            self.world.at(
                self.world.random.uniform(*GOSSIP_S),
                lambda node=node: self.tell(node),  # type: ignore[misc]
            )

    def tell(self, node: ClusterNode) -> None:
        """Let a node know who has which slot; one that is cut off from the others does not hear."""
        if any(shard.primary is node for shard in self.shards) or node.is_replica:
            node.view.homes[:] = self.truth.homes
            node.view.moved = self.truth.moved.copy()
            self.world.at(self.world.random.uniform(0.0, REDIRECTED_S), node.turned)

    # Slots that move ------------------------------------------------------------------------------

    def move(self, slot: int, target: Shard, pause_s: Callable[[], float]) -> None:
        """Move a slot with its keys, one at a time, `pause_s` before each; nothing if it moves."""
        source = self.shards[self.truth.shard_of(slot)]
        if slot not in self.moving and source is not target:
            self.moving[slot] = Migration(self, slot, source, target, pause_s)

    def moved(self, slot: int, target: Shard) -> None:
        """A slot is another shard's now."""
        self.moving.pop(slot, None)
        self.truth.moved[slot] = self.shards.index(target)
        self.spread()

    # Failover -------------------------------------------------------------------------------------

    def promote(self, shard: Shard, db: Keyspace, *, skew_ms: int) -> ClusterNode:
        """Make a replica with this data a shard's primary; return the old one, still up."""
        old, number = shard.primary, self.shards.index(shard)
        for migration in list(self.moving.values()):
            if shard in (migration.source, migration.target):
                migration.give_up()
        node = Node("node", FIRST_PORT + len(self.places))
        self.truth.homes[number] = node
        for key in [key for key in db.values if self.truth.shard_of(slot_of(key)) != number]:
            del db.values[key]  # of slots that went elsewhere while it was cut off
        fresh = ClusterNode(
            self.world, db, old.scripts, node=node, view=self.truth.copy(), is_down=self.is_down
        )
        fresh.clock_skew_ms = old.clock_skew_ms + skew_ms
        shard.place = self.places[node] = Address(fresh)
        shard.lost_at = math.inf
        self.spread()
        return old


class Migration:
    """One slot on its way from a shard to another."""

    def __init__(
        self,
        cluster: Cluster,
        slot: int,
        source: Shard,
        target: Shard,
        pause_s: Callable[[], float],
    ) -> None:
        self.source = source
        self.target = target
        self._cluster = cluster
        self._world = cluster.world
        self._slot = slot
        self._pause_s = pause_s
        self._is_over = False
        self._ends = source.primary, target.primary
        target.primary.importing.add(slot)
        source.primary.migrating[slot] = target.primary.node
        self._world.at(pause_s(), self._step)

    def _step(self) -> None:
        if self._is_over:
            return
        source, target = self.source.primary, self.target.primary
        if any(not self._is_able(node) for node in (source, target)):
            self._world.at(AGAIN_S, self._step)
        elif names := [key for key in source.db.values if slot_of(key) == self._slot]:
            key = self._world.random.choice(sorted(names))
            target.db.values[key] = source.db.values.pop(key)
            self._world.counts["keys moved"] += 1
            target.wake()
            self._world.at(self._pause_s(), self._step)
        else:
            self._end()
            self._world.counts["slots moved"] += 1
            self._cluster.moved(self._slot, self.target)
            for node in (source, target):
                node.view.moved[self._slot] = self._cluster.truth.moved[self._slot]
            self._world.at(self._world.random.uniform(0.0, REDIRECTED_S), source.turned)

    def _is_able(self, node: ClusterNode) -> bool:
        now = self._world.now
        return node.is_up and now >= max(node.stalled_until, node.full_until, node.loading_until)

    def _end(self) -> None:
        self._is_over = True
        for node in (*self._ends, self.source.primary, self.target.primary):
            node.migrating.pop(self._slot, None)
            node.importing.discard(self._slot)

    def give_up(self) -> None:
        """An end of it failed over: the slot stays where it was; what had left it is lost."""
        self._world.counts["slot moves given up"] += 1
        self._end()
        self._cluster.moving.pop(self._slot, None)
        target = self.target.primary.db
        for key in [key for key in target.values if slot_of(key) == self._slot]:
            del target.values[key]
