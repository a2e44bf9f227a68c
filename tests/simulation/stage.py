"""The stage of one run: who stands on it, and what the faults may do to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from msgspec.structs import replace

from publisher.bus import keys
from publisher.bus.publication import Publication
from publisher.model import FeedPlan
from tests.simulation import scripts
from tests.simulation.asking import Asker
from tests.simulation.exchange import Market
from tests.simulation.faults import PLAN, Fault, empty_copy
from tests.simulation.judge import Judge
from tests.simulation.keyspace import Keyspace
from tests.simulation.network import Network
from tests.simulation.publisher import MakeKeeper, MakePublication, Publisher
from tests.simulation.reader import Reader
from tests.simulation.scripts import Script
from tests.simulation.server import Address, Server
from tests.simulation.world import World

CHAOS_S = 24.0
SYMBOLS = ("BTC/USD", "ETH/USD", "SOL/USD")
CONFIGURED = SYMBOLS[:2], SYMBOLS[:2], SYMBOLS
"""What the feed may begin with; SIGHUPs change it."""
LEASE_S = 1.5


@dataclass(frozen=True)
class Parts:
    """What a run is made of; ablations substitute some of it."""

    scripts: dict[str, Script] = field(default_factory=lambda: scripts.SHIPPED)
    publication: MakePublication = Publication


def drawn_plan(world: World, *, is_sharded: bool) -> FeedPlan:
    """Return settings drawn for this run: short, so that every limit is met within seconds."""
    draw = world.random
    return FeedPlan(
        namespace="kraken",
        feed="sim",
        symbols=draw.choice(CONFIGURED),
        channel="book",
        bbo=draw.choice((False, True)),
        depth=draw.choice((10, 10, 10, 25)),
        line="",
        checksum_freq=draw.choice((1, 1, 1, 3)),
        snapshot_interval_s=draw.choice((draw.uniform(0.5, 2.0), draw.uniform(0.5, 2.0), 30.0)),
        retention_s=draw.choice((2.0, 5.0, 10.0)),
        heartbeat_s=draw.choice((2.0, 5.0)),
        ring_seconds=draw.choice((2.0, 10.0, 60.0)),
        ring_bytes=draw.choice((8_000, 200_000, 24 << 20)),
        stream_max_bytes=draw.choice((20_000, 64 << 20)),
        is_sharded=is_sharded,
    )


class Stage:
    """Everybody who takes part in a run."""

    is_sharded = False
    keeper: MakeKeeper | None = None
    """What publishers reach Redis by, if not by one link."""

    def __init__(self, world: World, parts: Parts) -> None:
        self.world = world
        self.parts = parts
        self.plan = drawn_plan(world, is_sharded=self.is_sharded)
        self.symbols = self.plan.symbols
        """What is configured now."""
        books = tuple(keys.data_keys(self.plan, symbol).stream for symbol in SYMBOLS)
        tops = tuple(keys.top_keys(self.plan, symbol).stream for symbol in SYMBOLS)
        self.streams = books + tops if self.plan.bbo else books
        self.lease_key = keys.lease_key("kraken", self.plan.feed)
        self.judge = Judge(world, books, tops if self.plan.bbo else (), self.lease_key)
        self.network = self.lay_ground()
        self.asker = Asker(
            self.network,
            requests := keys.requests_key("kraken", self.plan.feed),
            lambda: self.address_of(requests),
        )
        self.market = Market(world, SYMBOLS, self.plan.depth)
        self.rate = world.random.choice((5.0, 15.0, 30.0))
        self.publishers: list[Publisher] = []
        self.readers: list[Reader] = []
        self.promotions_due = 0
        """Failovers that have begun, and whose replica is not primary yet."""
        self._named = 0
        for i in range(world.random.choice((2, 2, 3))):
            world.at(i * world.random.choice((0.0, 0.3)), self.add_publisher)
        for _ in range(2):
            self.add_reader()
        self._change()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for reader in self.readers:
            reader.stop()

    def lay_ground(self) -> Network:
        """Make what stands for Redis; return the way there."""
        self.address = Address(Server(self.world, self.keyspace(), self.parts.scripts))
        return Network(self.world, self.address)

    def keyspace(self) -> Keyspace:
        """Return an empty keyspace that the judge watches."""
        db = Keyspace(self.world.random.choice((1, 10, 100)))
        db.on_add = self.judge.added
        return db

    @property
    def server(self) -> Server:
        """The primary."""
        return self.address.primary

    @property
    def servers(self) -> list[Server]:
        """All primaries."""
        return [self.server]

    def server_of(self, key: str) -> Server:
        """Return the server that has a key."""
        return self.server

    def address_of(self, key: str) -> Address:
        """Return the address at which a key is asked for."""
        return self.address

    def unsettled(self) -> str:
        """Return what of Redis is on its way to another place, empty when all stands."""
        return ""

    @property
    def leaders(self) -> list[Publisher]:
        """Who believes to lead."""
        return [p for p in self.publishers if p.is_alive and p.writer.is_leading]

    def draw(self, low: float, high: float) -> float:
        """Return a random number of seconds."""
        return self.world.random.uniform(low, high)

    def promoting(self, delay: float, promote: Callable[[], None]) -> None:
        """Let a failover that has begun go on with `promote`: the calm waits for it."""
        self.promotions_due += 1

        def promoted() -> None:
            self.promotions_due -= 1
            promote()

        self.world.at(delay, promoted)

    # Who comes and goes ---------------------------------------------------------------------------

    def add_publisher(self) -> Publisher:
        """Start a publisher process."""
        self._named += 1
        publisher = Publisher(
            f"P{self._named}",
            replace(self.plan, symbols=self.symbols),
            LEASE_S,
            network=self.network,
            market=self.market,
            judge=self.judge,
            make=self.parts.publication,
            keeper=self.keeper,
        )
        self.publishers.append(publisher)
        return publisher

    def add_reader(self) -> None:
        """Start a consumer process."""
        self._named += 1
        self.readers.append(self.reader(f"R{self._named}"))

    def reader(self, name: str) -> Reader:
        """Make a consumer process."""
        return Reader(name, self.streams, self.network, self.judge)

    def configure(self, symbols: tuple[str, ...]) -> None:
        """Name other symbols; each process reads them a little later."""
        self.symbols = symbols
        for publisher in self.publishers:
            self.world.at(
                self.draw(0.0, 1.5),
                lambda publisher=publisher: publisher.hang_up(lambda: self.symbols),  # type: ignore[misc]
            )

    def some_publisher(self) -> Publisher:
        """Return a publisher that lives, the leader more often than not."""
        alive = [p for p in self.publishers if p.is_alive]
        if not alive:
            self.add_publisher()
            return self.publishers[-1]
        leaders = self.leaders
        return self.world.random.choice(leaders if leaders and self.world.chance(0.7) else alive)

    def replace(self, publisher: Publisher, delay: float) -> None:
        """Start another process in the place of one that ends."""

        def start() -> None:
            publisher.kill()
            if publisher in self.publishers:  # it may have been ended twice
                self.publishers.remove(publisher)
                self.add_publisher()

        self.world.at(delay, start)

    # Redis ----------------------------------------------------------------------------------------

    def empty(self) -> Keyspace:
        """Return the data of a server that has lost everything."""
        return empty_copy(self.server.db)

    def cut_replica(self) -> Keyspace:
        """Return the data as it is now; what comes later does not reach it."""
        replica = self.server.db.copy()
        self.judge.forked(self.server.db, replica)
        return replica

    def restart_server(self, db: Keyspace, *, away_s: float) -> None:
        """End the server; another takes its place after a while, with this data."""
        old = self.server
        old.is_up = False
        old.break_connections()

        def start() -> None:
            if self.server is old:
                self.address.replace(db)
                self.server.loading_until = self.world.now + self.draw(0.0, 1.0)

        self.world.at(away_s, start)

    def promote(self, replica: Keyspace, *, old_lives_s: float) -> None:
        """Make a replica the primary; the old one serves its clients for a while yet."""
        old = self.address.replace(replica, skew_ms=self.world.random.choice((-2000, 0, 0, 1500)))

        def demote() -> None:
            old.is_replica = True
            if self.world.chance(0.7):
                old.is_up = False
                old.break_connections()
            else:  # READONLY answers come first, the end later
                self.world.at(2.0, old.break_connections)

        if old_lives_s:
            self.promoting(old_lives_s, demote)  # until then there are two
        else:
            demote()

    # Kraken ---------------------------------------------------------------------------------------

    def _change(self) -> None:
        """Let a book change, now and then many times at once, and come back."""
        if self.rate:
            times = 1 if not self.world.chance(0.004) else self.world.random.randrange(20, 200)
            for _ in range(times):
                self.market.change(self.world.random.choice(SYMBOLS))
            self.world.at(self.world.random.expovariate(self.rate), self._change)

    def chaos(self) -> None:
        """Plan the faults of this run."""
        kinds: list[Fault] = [fault for fault, _ in PLAN]
        weights = [weight for _, weight in PLAN]
        for _ in range(self.world.random.randrange(4, 16)):
            (fault,) = self.world.random.choices(kinds, weights)
            when = self.draw(2.0, CHAOS_S)
            self.world.at(when, lambda fault=fault: None if self.world.is_calm else fault(self))  # type: ignore[misc]
        for _ in range(6):
            self.world.at(self.draw(1.0, CHAOS_S), self.add_reader)
