"""Updates and losses of nodes as Kubernetes makes them, rehearsed with processes: which is started,
told to stop and killed when is what its controllers do with the chart's workloads.

What a real cluster would add (pulling images, scheduling, the kubelet's own delays) is not seen.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.faults.crew import STREAMS, Crew, judge_changes
from tests.faults.scene import SYMBOLS, Epoch, Watcher, assert_contiguous, staged

SEEN_TO_LEAD = 60
"""Updates of a symbol, a hundred a second, in which a standby sees the leader's beat."""


def surge(crew: Crew) -> None:
    """Start as many new ones as there are, and wait until they are warm: maxSurge 100 %."""
    fresh = [crew.scene.publisher(f"new{number}") for number in range(len(crew.members))]
    crew.members += fresh
    for member in fresh:
        crew.warm(member)


def judge(crew: Crew, watcher: Watcher, changes: int) -> None:
    """Every book right, every stream whole, nothing missed between the epochs."""
    judge_changes(crew.scene, watcher, changes)
    for symbol in SYMBOLS:
        assert all(epoch.missed_first is None for epoch in watcher.of(Epoch, symbol))
    for stream in STREAMS:
        assert_contiguous(crew.client, stream)


@pytest.mark.row("P11")
@pytest.mark.parametrize("first", ["leader", "standby"])
def test_an_update_of_a_pair_changes_the_epoch_once(tmp_path: Path, first: str) -> None:
    """The new pair is warm, then both old ones are told to stop, in either order."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        crew = Crew(scene, 2)
        watcher.wait_updates(SEEN_TO_LEAD)
        old = list(crew.members)
        surge(crew)
        watcher.wait_updates(SEEN_TO_LEAD)
        leader = crew.wait_leader()
        assert leader in old
        for member in sorted(old, key=lambda m: (m is leader) is (first != "leader")):
            member.signal(signal.SIGTERM)
        assert [member.wait() for member in old] == [0, 0]
        crew.heads.wait_epochs(2)
        watcher.wait_updates(SEEN_TO_LEAD)
        assert crew.wait_leader() not in old
        judge(crew, watcher, 1)


@pytest.mark.row("P11")
def test_an_update_one_by_one_changes_it_twice_at_most(tmp_path: Path) -> None:
    """As a StatefulSet's, whose pods have keys of their own: the highest number goes first, each
    comes back before the next goes; at worst the leader goes first, and then its successor.
    """
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        crew = Crew(scene, 2)
        watcher.wait_updates(SEEN_TO_LEAD)
        for changes in (1, 2):
            leader = crew.wait_leader()
            leader.signal(signal.SIGTERM)
            crew.heads.wait_epochs(changes + 1)
            crew.replace(leader)
            watcher.wait_updates(SEEN_TO_LEAD)
        judge(crew, watcher, 2)


@pytest.mark.row("P11", "P2")
def test_a_node_that_is_lost_and_one_that_takes_its_place(tmp_path: Path) -> None:
    """The leader's machine is gone without a word; a new pod comes, and then its machine is drained
    of the other, which the budget of disruptions let go only now.
    """
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        crew = Crew(scene, 2)
        watcher.wait_updates(SEEN_TO_LEAD)
        crew.wait_beats()
        lost, _ = crew.change(signal.SIGKILL)
        crew.replace(lost)
        watcher.wait_updates(SEEN_TO_LEAD)
        drained, _ = crew.change(signal.SIGTERM)
        assert drained.wait() == 0
        watcher.wait_updates(SEEN_TO_LEAD)
        judge_changes(scene, watcher, 2)
        for stream in STREAMS:
            assert_contiguous(crew.client, stream)
