"""The stage on a Redis Cluster of three shards: the same people, on ground that moves.

Publishers reach it by the shipped `Shards`, consumers by the shipped cluster shell. Every fault of
`faults.py` may befall one of the shards; slots move while all of that goes on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import redis
from pykraken_consumer._answers import reason_of
from pykraken_consumer._cluster import Cluster as Shell
from pykraken_consumer._programs import Command
from pykraken_consumer._url import parse

from publisher.bus import keys
from publisher.bus.charting import Charter
from publisher.bus.keeper import Ear, LinkKeeper
from publisher.bus.shards import Shards
from publisher.bus.writer import Writer
from publisher.redis_url import Node
from tests.simulation.blocking import ClientFiber, in_virtual_time
from tests.simulation.charter import SimulatedCharter
from tests.simulation.cluster import Cluster, Shard
from tests.simulation.faults import PLAN, Fault
from tests.simulation.judge import Judge
from tests.simulation.keyspace import Keyspace
from tests.simulation.link import SimulatedLink
from tests.simulation.network import Network
from tests.simulation.nodes import ClusterNode, slot_of
from tests.simulation.publisher import Publisher
from tests.simulation.reader import Reader
from tests.simulation.run import Result, simulate
from tests.simulation.server import Address, Server
from tests.simulation.stage import CHAOS_S, SYMBOLS, Parts, Stage
from tests.simulation.streams import StreamValue
from tests.simulation.world import World

SHARDS = 3
SERVED_S = (0.5, 2.0)
"""So long a primary that is cut off goes on before it calls the cluster down."""
JOINED_S = 2.0
"""A node that came back serves after so long at most."""
REPLICA_S = (1.0, 5.0)
"""Then an old primary is there again, as a replica, which knows where things are."""


class ClusterReader(Reader):
    """A consumer whose way to Redis is the shipped shell, which blocks, in a fiber."""

    def __init__(
        self, name: str, streams: tuple[str, ...], network: Network, judge: Judge, cluster: Cluster
    ) -> None:
        self._cluster = cluster
        self._fiber = ClientFiber(
            network.world, name, network, lambda host, port: cluster.places[Node(host, port)]
        )
        self._target = parse("redis+cluster://" + ",".join(map(str, cluster.seeds)))
        self._shell = Shell(self._target, 2)
        super().__init__(name, streams, network, judge)

    def stop(self) -> None:
        """End."""
        super().stop()
        self._fiber.end()

    def _redial(self) -> None:
        self._shell.redial()

    def _ask(self, commands: Any) -> None:
        ask = self._begin()
        self._fiber.run(lambda: self._perform(ask, commands))

    def _perform(self, ask: int, commands: list[Command]) -> None:
        """Run commands as `Client` does; in the fiber."""
        try:
            result: list[Any] | str = self._shell.run(commands)
        except (redis.RedisError, OSError) as error:
            result = self._reason(error)
        self.world.at(0.0, lambda: self._answer(ask, result))

    def _reason(self, error: redis.RedisError | OSError) -> str:
        try:
            return reason_of(error, self._target)
        except Exception as refused:  # noqa: BLE001 - it ends the run, not the fiber
            self.world.at(0.0, lambda refused=refused: _raise(refused))  # type: ignore[misc]
            return str(refused)

    def _source(self, stream: str) -> StreamValue | None:
        return self._cluster.holder_of(stream).db.stream(stream)


def _raise(error: Exception) -> None:
    raise error


class ClusterStage(Stage):
    """Everybody who takes part in a run on a cluster."""

    is_sharded = True

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._patches.__exit__(None, None, None)

    def lay_ground(self) -> Network:
        """Make the cluster; return the way there."""
        self._patches = in_virtual_time(self.world)
        self._patches.__enter__()
        self.cluster = Cluster(
            self.world,
            [self.keyspace() for _ in range(SHARDS)],
            self.parts.scripts,
            full_coverage=self.world.chance(0.25),
        )
        self.keeper = self._keeper
        return Network(self.world, self.cluster.shards[0].place)

    def _keeper(self, name: str, ear: Writer, host: Publisher) -> Shards:
        """Make the shipped links to a cluster on simulated ones."""

        def link(name: str, node: Node, ear: Ear) -> LinkKeeper:
            at = self.cluster.places[node]
            return cast(LinkKeeper, SimulatedLink(name, ear, host, self.network, at))

        charter = SimulatedCharter(
            name, host, self.network, seeds=self.cluster.seeds, places=self.cluster.places
        )
        return Shards(name, ear, link=link, charter=cast(Charter, charter))

    def reader(self, name: str) -> Reader:
        """Make a consumer process."""
        return ClusterReader(name, self.streams, self.network, self.judge, self.cluster)

    @property
    def server(self) -> Server:
        """There is no such thing: each fault has a shard of its own."""
        raise AssertionError("a cluster has several servers")

    @property
    def servers(self) -> list[Server]:
        """All primaries."""
        return [shard.primary for shard in self.cluster.shards]

    def server_of(self, key: str) -> Server:
        """Return the node that has a key."""
        return self.cluster.holder_of(key)

    def address_of(self, key: str) -> Address:
        """Return the address at which a key is asked for."""
        return self.cluster.shard_of(key).place

    def unsettled(self) -> str:
        """Return which slots move."""
        return f"slots {sorted(self.cluster.moving)} move" if self.cluster.moving else ""

    def slots(self) -> list[int]:
        """Return the slots of the symbols, and of the feed's own keys."""
        names = [keys.data_keys(self.plan, symbol).stream for symbol in SYMBOLS]
        return [slot_of(name) for name in (*names, self.lease_key)]

    def chaos(self) -> None:
        """Plan the faults of this run: those of one server on any shard, and moves of slots."""
        kinds: list[Fault] = [fault for fault, _ in PLAN]
        weights = [weight for _, weight in PLAN]
        for _ in range(self.world.random.randrange(4, 14)):
            (fault,) = self.world.random.choices(kinds, weights)
            self.world.at(self.draw(2.0, CHAOS_S), lambda fault=fault: self.befall(fault))  # type: ignore[misc]
        for _ in range(self.world.random.randrange(2, 10)):
            self.world.at(self.draw(2.0, CHAOS_S - 2.0), self.move)
        for _ in range(6):
            self.world.at(self.draw(1.0, CHAOS_S), self.add_reader)

    def befall(self, fault: Fault) -> None:
        """Let a fault happen to one of the shards."""
        if not self.world.is_calm:
            fault(cast(Stage, OneShard(self, self.world.random.choice(self.cluster.shards))))

    def move(self) -> None:
        """Let a slot move to another shard, quickly or over seconds."""
        slot = self.world.random.choice(self.slots())
        target = self.world.random.choice(self.cluster.shards)
        longest = self.world.random.choice((0.002, 0.05, 0.6))
        self.world.tell(f"slot {slot} moves, up to {longest} s a key")
        self.cluster.move(slot, target, lambda: self.draw(0.0, longest))


class OneShard:
    """The stage as a fault sees it: everything as it is, and one shard's primary for the server."""

    if TYPE_CHECKING:
        world: World
        judge: Judge
        draw: Callable[[float, float], float]

    def __init__(self, stage: ClusterStage, shard: Shard) -> None:
        self._stage = stage
        self._shard = shard

    def __getattr__(self, name: str) -> object:
        return getattr(self._stage, name)

    @property
    def server(self) -> ClusterNode:
        """The shard's primary."""
        return self._shard.primary

    @property
    def address(self) -> Address:
        """Where that is."""
        return self._shard.place

    empty = Stage.empty
    cut_replica = Stage.cut_replica

    def restart_server(self, db: Keyspace, *, away_s: float) -> None:
        """End the primary; it comes back after a while, and serves when the others know it."""
        shard, old = self._shard, self.server
        self.world.counts["shards lost"] += 1
        shard.lost_at = min(shard.lost_at, self.world.now)
        Stage.restart_server(cast(Stage, self), db, away_s=away_s)

        def come_back() -> None:
            if shard.primary is not old and shard.primary.node == old.node:
                shard.lost_at = math.inf
                shard.primary.down_until = self.world.now + self.draw(0.0, JOINED_S)

        self.world.at(away_s, come_back)

    def promote(self, replica: Keyspace, *, old_lives_s: float) -> None:
        """Make a replica the shard's primary; the old one may serve its clients for a while."""
        self.world.counts["shards failed over"] += 1
        cluster, random = self._stage.cluster, self.world.random
        old = cluster.promote(self._shard, replica, skew_ms=random.choice((-2000, 0, 0, 1500)))

        def demote() -> None:
            old.down_until, old.is_replica = 0.0, True
            cluster.tell(old)
            if self.world.chance(0.7):
                old.is_up = False
                old.break_connections()
                self.world.at(self.draw(*REPLICA_S), lambda: setattr(old, "is_up", True))

        if old_lives_s:
            serves_s = min(old_lives_s, self.draw(*SERVED_S))
            self.world.at(serves_s, lambda: setattr(old, "down_until", math.inf))
            self.world.at(old_lives_s, demote)
        else:
            demote()


def simulate_cluster(seed: int, parts: Parts | None = None) -> Result:
    """Run one seed on a cluster."""
    return simulate(seed, parts, on=ClusterStage)
