"""Runs on a cluster with one thing wrong: a shard that is lost, slots that move, or moves whose
targets fail over half-way.

Who has no key on the lost shard must not notice; and moves of slots cost nobody anything: no epoch
ends, no reader misses an entry.
"""

from __future__ import annotations

from msgspec.structs import replace

from tests.simulation.cluster import Shard
from tests.simulation.cluster_stage import ClusterStage, OneShard
from tests.simulation.exchange import Level
from tests.simulation.run import Result, simulate
from tests.simulation.stage import CHAOS_S, Stage
from tests.simulation.streams import Id

LOST_AT_S = 6.0
LOST_S = 6.0
NOTICED_S = 2.0
"""An answer that is owed by the dead is given up after a second."""
FAILED_OVER_S = 1.5
MOVES = 12
DISTURBED = ("event Gap", "event Quarantined", "event Regression", "event Stale", "resets")


def simulate_lost_shard(seed: int) -> Result:
    """Run one seed in which a shard is lost for seconds."""
    return simulate(seed, chaos=_lose, on=ClusterStage)


def simulate_moves(seed: int) -> Result:
    """Run one seed in which slots move and nothing else happens."""
    return simulate(seed, chaos=_move, on=ClusterStage)


def simulate_lost_targets(seed: int) -> Result:
    """Run one seed in which slots move to shards that fail over when half of the keys are there."""
    return simulate(seed, chaos=_lose_targets, on=ClusterStage)


def _lose_targets(stage: Stage) -> None:
    assert isinstance(stage, ClusterStage)
    cluster = stage.cluster

    def begin(slot: int) -> None:
        target = stage.world.random.choice(cluster.shards)
        cluster.move(slot, target, lambda: stage.draw(0.2, 0.6))
        stage.world.at(stage.draw(0.3, 1.0), lambda: die(target))

    def die(target: Shard) -> None:
        one = OneShard(stage, target)
        replica = one.cut_replica()
        one.restart_server(one.server.db, away_s=FAILED_OVER_S * 2)
        stage.promoting(FAILED_OVER_S, lambda: one.promote(replica, old_lives_s=0.0))

    for number, slot in enumerate(stage.slots()):
        stage.world.at(4.0 + 4.0 * number, lambda slot=slot: begin(slot))  # type: ignore[misc]


def _lose(stage: Stage) -> None:
    assert isinstance(stage, ClusterStage)
    _hold_all(stage)
    stage.cluster.full_coverage = False
    world = stage.world
    lost = world.random.choice(stage.cluster.shards)
    heads: dict[str, Id] = {}

    def lose() -> None:
        one = OneShard(stage, lost)
        db = one.empty() if world.chance(0.5) else one.server.db
        world.tell(f"shard {lost.primary.node} is lost")
        one.restart_server(db, away_s=LOST_S)

    def look() -> None:
        heads.update(_heads(stage, lost))
        for symbol in stage.symbols:
            top = _top(stage, symbol)
            for _ in range(5):
                stage.market.change(symbol)
            while _top(stage, symbol) == top:  # else its stream of tops has nothing to say
                stage.market.change(symbol)

    def judge() -> None:
        now = _heads(stage, lost)
        for key, before in heads.items():
            if now[key][0] != before[0] or now[key] <= before:
                detail = f"{key} stood at {before}, stands at {now[key]}"
                raise world.violated("a lost shard costs its own streams alone", detail)
            world.counts["streams undisturbed by a lost shard"] += 1

    world.at(LOST_AT_S, lose)
    world.at(LOST_AT_S + NOTICED_S, look)
    world.at(LOST_AT_S + LOST_S - 1.0, judge)


def _top(stage: Stage, symbol: str) -> list[list[Level]]:
    return [side[:1] for side in stage.market.levels(symbol)]


def _heads(stage: ClusterStage, lost: Shard) -> dict[str, Id]:
    """Return where the streams of the other shards end."""
    (leader,) = stage.leaders
    found = {}
    for key in sorted(leader.streams):
        stream = stage.server_of(key).db.stream(key)
        if stage.cluster.shard_of(key) is not lost and stream is not None:
            found[key] = stream.last
    return found


def _hold_all(stage: Stage) -> None:
    """Draw no ring so small that a burst ends an epoch all by itself."""
    stage.plan = replace(stage.plan, ring_bytes=24 << 20, ring_seconds=60.0)


def _move(stage: Stage) -> None:
    assert isinstance(stage, ClusterStage)
    _hold_all(stage)
    for _ in range(MOVES):
        stage.world.at(stage.draw(3.0, CHAOS_S - 6.0), stage.move)
    epochs: dict[str, int] = {}

    def look() -> None:
        epochs.update(_epochs(stage))

    def judge() -> None:
        if (now := _epochs(stage)) != epochs:
            raise stage.world.violated("moves end no epoch", f"{epochs} became {now}")
        for kind in DISTURBED:
            if count := stage.world.counts[kind]:
                raise stage.world.violated("moves disturb no reader", f"{kind}: {count}")

    stage.world.at(2.9, look)
    stage.world.at(CHAOS_S - 0.1, judge)


def _epochs(stage: ClusterStage) -> dict[str, int]:
    (leader,) = stage.leaders
    return {stream.keys.stream: stream.epoch for stream in leader.publication.data}
