"""A first look at the simulation in each test run; `make simulation` runs a thousand seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from unittest import mock

import pytest

from publisher.bus.farewell import Farewell
from tests.simulation.campaign import Summary, run
from tests.simulation.cluster_stage import simulate_cluster
from tests.simulation.faults import PLAN
from tests.simulation.hang_ups import simulate_hang_ups
from tests.simulation.keyspace import Keyspace
from tests.simulation.publisher import Publisher
from tests.simulation.resharding import (
    simulate_lost_shard,
    simulate_lost_targets,
    simulate_moves,
)
from tests.simulation.run import Result, simulate
from tests.simulation.stage import Parts, Stage
from tests.simulation.world import World

FIRST = 1_000_000
"""Seeds apart from those of `make simulation`."""


@pytest.mark.parametrize("block", range(5))
def test_no_promise_breaks(block: int) -> None:
    """Ten seeds keep every promise, and were a real trial: books compared, faults injected."""
    start = FIRST + 10 * block
    summary = run(range(start, start + 10), jobs=1)
    assert [(result.seed, result.failure) for result in summary.failures] == []
    assert summary.counts["book checks"] > 5000
    assert sum(n for name, n in summary.counts.items() if name.startswith("fault ")) > 30
    assert all(summary.counts[name] for name in ("tops", "fault asked", "symbols left"))


def test_symbols_come_and_go_and_who_stays_does_not_notice() -> None:
    """Ten seeds of SIGHUPs alone; symbols did come and go."""
    summary = run(range(FIRST, FIRST + 10), jobs=1, simulation=simulate_hang_ups)
    assert [(result.seed, result.failure) for result in summary.failures] == []
    assert summary.counts["symbols left"] > 20
    assert summary.counts["farewells"] > 5


@pytest.mark.long
def test_no_promise_breaks_on_a_cluster() -> None:
    """Twenty seeds keep every promise; slots moved, calls were redirected, shards were lost."""
    summary = run(range(FIRST, FIRST + 20), jobs=1, simulation=simulate_cluster)
    assert [(result.seed, result.failure) for result in summary.failures] == []
    assert summary.counts["slots moved"] > 40
    for name in ("MOVED", "ASK", "TRYAGAIN"):
        assert summary.counts[f"answered {name}"] > 100, name
    assert summary.counts["shards lost"] > 5
    assert summary.counts["shards failed over"] > 10


@pytest.mark.long
def test_slots_move_and_nobody_notices() -> None:
    """Ten seeds of moves alone: no epoch ends, no reader misses anything."""
    summary = run(range(FIRST, FIRST + 10), jobs=1, simulation=simulate_moves)
    assert [(result.seed, result.failure) for result in summary.failures] == []
    assert summary.counts["slots moved"] > 50
    assert summary.counts["answered ASK"] > 100


@pytest.mark.long
def test_a_lost_shard_costs_its_own_streams_alone() -> None:
    """Ten seeds: the streams of the others went on while it was away."""
    summary = run(range(FIRST, FIRST + 10), jobs=1, simulation=simulate_lost_shard)
    assert [(result.seed, result.failure) for result in summary.failures] == []
    assert summary.counts["streams undisturbed by a lost shard"] > 10


def test_slots_that_move_to_a_shard_that_is_lost() -> None:
    """Ten seeds: who was sent there comes back."""
    summary = run(range(FIRST, FIRST + 10), jobs=1, simulation=simulate_lost_targets)
    assert [(result.seed, result.failure) for result in summary.failures] == []
    assert summary.counts["slot moves given up"] > 10


@pytest.mark.parametrize("simulation", [simulate, simulate_cluster])
def test_a_seed_is_always_the_same_run(simulation: Callable[[int], Result]) -> None:
    """Everything that is counted is the same the second time."""
    assert simulation(FIRST).counts == simulation(FIRST).counts


def test_a_failure_names_its_seed_and_what_happened_before() -> None:
    """A server that loses what it was told to keep is found out, with a trace."""
    result = simulate(5, Parts(scripts={}))
    assert "seed 5" in result.failure
    assert result.trace
    summary = Summary()
    summary.add(result)
    assert "failed seeds: 5" in list(summary.lines())


def _stops(stage: Stage) -> None:
    """Every four seconds whoever leads is told to stop, and nothing else goes wrong."""

    def stop() -> None:
        (leader,) = stage.leaders
        began = stage.world.now
        leader.stop()
        stage.replace(leader, 3.0)

        def look() -> None:
            if not [p for p in stage.leaders if p is not leader]:
                stage.world.at(0.001, look)
            else:
                stage.world.counts["handovers"] += 1
                stage.world.counts["handover ms"] += round(1000 * (stage.world.now - began))

        look()

    for number in range(1, 6):
        stage.world.at(4.0 * number, stop)


def test_a_farewell_wakes_whoever_stands_by() -> None:
    """In virtual time: a few turns of two loops and, of a process this young, 8 ms of courtesy;
    looking at the lease alone takes longer.
    """
    woken, blind = Counter[str](), Counter[str]()
    for seed in range(FIRST, FIRST + 6):
        result = simulate(seed, chaos=_stops)
        assert result.failure == ""
        woken += result.counts
        with mock.patch.object(Farewell, "answered", lambda self, _: self.failed()):
            blind += simulate(seed, chaos=_stops).counts
    assert woken["handovers"] == blind["handovers"] == 30
    assert woken["handover ms"] / 30 < 45 + 8
    assert blind["handover ms"] / 30 > 75 + 8, "without the hint the wait is longer"


def _late_pod(stage: Stage) -> None:
    """An update whose second new process comes late: the leader and who stood by are an hour old,
    one new process has its books and one has not, when the leader is told to stop.
    """
    old: list[Publisher] = []
    new: list[Publisher] = []
    counts = stage.world.counts

    def update() -> None:
        old.extend(stage.publishers)
        new.append(stage.add_publisher())

    def stop() -> None:
        for each in old:
            assert each.lease._began is not None
            each.lease._began -= 3600.0
        new.append(stage.add_publisher())
        (leader,) = stage.leaders
        leader.stop()
        stage.world.at(2.0, judge)

    def judge() -> None:
        counts["updates"] += 1
        counts["the warm one leads"] += stage.leaders == new[:1]

    stage.world.at(6.0, update)
    stage.world.at(12.0, stop)


def test_an_update_whose_pods_come_one_by_one_changes_the_leader_once() -> None:
    """P11: the new process with its books leads, not the old standby, which is stopped next, nor
    the new one that has none yet.
    """
    counts = Counter[str]()
    for seed in range(FIRST, FIRST + 20):
        result = simulate(seed, chaos=_late_pod)
        assert result.failure == ""
        counts += result.counts
    assert counts["updates"] == counts["the warm one leads"] == 20


def test_every_kind_of_fault_is_drawn() -> None:
    """No kind has lost its weight."""
    assert all(weight > 0 for _, weight in PLAN)
    assert len({fault for fault, _ in PLAN}) == len(PLAN)


def test_virtual_time_keeps_the_order_of_one_instant() -> None:
    """What falls on one instant happens in the order in which it was planned."""
    world, seen = World(1), list[int]()
    for number in range(20):
        world.at(1.0, lambda number=number: seen.append(number))  # type: ignore[misc]
    world.run(2.0)
    assert seen == list(range(20))


def test_a_copy_of_a_keyspace_goes_its_own_way() -> None:
    """A replica that was cut off does not see what comes later."""
    db = Keyspace(10)
    db.xadd("s", "1-1", b"d", b"x")
    replica = db.copy()
    db.xadd("s", "1-2", b"d", b"y")
    stream = replica.stream("s")
    assert stream is not None
    assert stream.last == (1, 1)
    assert replica.run("XTRIM", "s", "MINID", "1-2") == 1
    assert db.run("XRANGE", "s", "-", "+", "COUNT", 1) == [[b"1-1", [b"d", b"x"]]]
