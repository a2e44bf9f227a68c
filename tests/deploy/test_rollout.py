"""Updates and losses of nodes as Kubernetes makes them, rehearsed with processes: which is started,
told to stop and killed when is what its controllers do with the chart's workloads, and who is
ready is what a kubelet finds by the chart's probes.

What a real cluster would add (pulling images, scheduling, the kubelet's own delays) is not seen.
"""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from pykraken_consumer import Missed, Regression

from tests.deploy import kubelet
from tests.deploy.kubelet import Kubelet
from tests.endtoend.program import Publisher
from tests.faults.crew import STREAMS, WARM_S, Crew, judge_changes
from tests.faults.scene import SYMBOLS, Epoch, Scene, Watcher, assert_contiguous, staged
from tests.polling import wait_until
from tests.servers import free_port

SEEN_TO_LEAD = 60
"""Updates of a symbol, a hundred a second, in which a standby sees the leader's beat."""


class Pods(Crew):
    """A workload's pods: each a process with a port for probes, and a kubelet that asks them."""

    def __init__(self, scene: Scene, size: int) -> None:
        self.terms = kubelet.terms()
        self.kubelets: dict[Publisher, Kubelet] = {}
        super().__init__(scene, size)

    def join(self, name: str, **settings: object) -> Publisher:
        """Start a pod."""
        pod = super().join(name, metrics_port=free_port(), **settings)
        self.watch(pod)
        return pod

    def watch(self, pod: Publisher) -> None:
        """Let a kubelet ask a container that has just been started."""
        port = pod.settings["metrics_port"]
        assert isinstance(port, int)
        self.kubelets[pod] = watching = Kubelet(port, self.terms)
        watching.start()
        self.scene.stack.callback(watching.end)

    def warm(self, member: Publisher) -> None:
        """Wait until a pod is ready."""
        wait_until(lambda: self.kubelets[member].is_ready, WARM_S, "a pod is ready")

    def surge(self) -> None:
        """Start as many new pods as there are, until all are available: maxSurge 100 %."""
        fresh = [self.join(f"new{number}") for number in range(len(self.members))]
        self.members += fresh
        wait_until(
            lambda: all(self.kubelets[pod].is_available for pod in fresh),
            WARM_S + self.terms.min_ready_s,
            "the new pods are available",
        )

    def take_out(self, pod: Publisher) -> None:
        """A pod is asked no more once it is deleted, or its machine is gone."""
        self.members.remove(pod)
        self.kubelets.pop(pod).end()

    def stop(self, *pods: Publisher) -> None:
        """Delete pods one behind the other; each ends by itself before it would be killed."""
        for pod in pods:
            self.take_out(pod)
            pod.signal(signal.SIGTERM)
        assert [pod.wait(self.terms.grace_s) for pod in pods] == [0 for _ in pods]

    def restart(self, pod: Publisher) -> int:
        """End a container whose probe failed and start it again, as a kubelet does; return what it
        ended with.
        """
        assert pod.process is not None
        self.kubelets.pop(pod).end()
        pod.signal(signal.SIGTERM)
        try:
            code = pod.process.wait(self.terms.grace_s)
        except subprocess.TimeoutExpired:
            pod.signal(signal.SIGKILL)
            code = pod.wait()
        pod.start()
        self.watch(pod)
        return code

    def judge(self, watcher: Watcher, changes: int) -> None:
        """Every book right, every stream whole, no event lost to who read along: none unseen, none
        published to nobody. And no kubelet would have ended a process, and all are ready.
        """
        judge_changes(self.scene, watcher, changes)
        assert watcher.count(Missed) == watcher.count(Regression) == 0, watcher.of(Missed)
        for symbol in SYMBOLS:
            for epoch in watcher.of(Epoch, symbol):
                assert epoch.missed_first is None
                assert epoch.prev_seq is not None, "each follows on an entry that was read"
        for stream in STREAMS:
            assert_contiguous(self.client, stream)
        for watching in self.kubelets.values():
            assert watching.is_ready
            assert not watching.would_restart


def test_the_probes_are_those_of_the_manifests() -> None:
    read = kubelet.terms()
    paths = [probe.path for probe in (read.startup, read.liveness, read.readiness)]
    assert paths == ["/startz", "/livez", "/readyz"]
    assert read.startup.period_s * read.startup.failures > WARM_S, "a busy machine starts slowly"
    assert read.liveness.period_s * read.liveness.failures > 5, "it ends itself sooner"
    assert read.grace_s > 5, "longer than the way to stop takes"


@pytest.mark.row("P11")
@pytest.mark.parametrize("first", ["leader", pytest.param("standby", marks=pytest.mark.long)])
def test_an_update_of_a_pair_changes_the_epoch_once(tmp_path: Path, first: str) -> None:
    """The new pair is available, then both old ones are told to stop, in either order."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        pods = Pods(scene, 2)
        watcher.wait_updates(SEEN_TO_LEAD)
        old = list(pods.members)
        pods.surge()
        leader = pods.wait_leader()
        assert leader in old
        pods.stop(*sorted(old, key=lambda pod: (pod is leader) is (first != "leader")))
        pods.heads.wait_epochs(2)
        watcher.wait_updates(SEEN_TO_LEAD)
        assert pods.wait_leader() not in old
        pods.judge(watcher, 1)


@pytest.mark.long
@pytest.mark.row("P11")
def test_an_update_one_by_one_changes_it_twice_at_most(tmp_path: Path) -> None:
    """As a StatefulSet's, whose pods have keys of their own: the highest number goes first, each
    comes back before the next goes; at worst the leader goes first, and then its successor.
    """
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        pods = Pods(scene, 2)
        watcher.wait_updates(SEEN_TO_LEAD)
        for changes in (1, 2):
            leader = pods.wait_leader()
            pods.stop(leader)
            pods.heads.wait_epochs(changes + 1)
            pods.members.append(back := pods.join(f"back{changes}"))
            pods.warm(back)
            watcher.wait_updates(SEEN_TO_LEAD)
        pods.judge(watcher, 2)


@pytest.mark.row("P11", "P2")
def test_a_node_that_is_lost_and_one_that_takes_its_place(tmp_path: Path) -> None:
    """The leader's machine is gone without a word; a new pod comes, and then its machine is drained
    of the other, which the budget of disruptions let go only now. Whoever read along has lost
    nothing: what the dead one wrote was read, and what it did not write has no number.
    """
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        pods = Pods(scene, 2)
        watcher.wait_updates(SEEN_TO_LEAD)
        pods.wait_beats()
        lost, _ = pods.change(signal.SIGKILL)
        pods.take_out(lost)
        (other,) = pods.members
        assert pods.wait_leader() is other
        pods.members.append(new := pods.join("new"))
        pods.warm(new)
        watcher.wait_updates(SEEN_TO_LEAD)
        assert pods.kubelets[other].is_ready, "else the budget would let nobody go"
        pods.stop(other)
        pods.heads.wait_epochs(3)
        watcher.wait_updates(SEEN_TO_LEAD)
        assert pods.wait_leader() is new
        pods.judge(watcher, 2)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_leader_that_hangs_is_started_again_by_its_liveness(tmp_path: Path) -> None:
    """It is stopped whole, its own watchdog too: the other leads at once, and the kubelet finds it
    dead, tells it to stop in vain, kills it and starts it again.
    """
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        pods = Pods(scene, 2)
        watcher.wait_updates(SEEN_TO_LEAD)
        pods.wait_beats()
        hung, _ = pods.change(signal.SIGSTOP)
        liveness = pods.terms.liveness
        patience_s = (liveness.period_s + liveness.timeout_s) * (liveness.failures + 1)
        failed = pods.kubelets[hung]
        wait_until(lambda: failed.would_restart, patience_s, "the liveness probe failed")
        assert not failed.is_ready, "found before"
        assert pods.restart(hung) == -signal.SIGKILL
        pods.warm(hung)
        watcher.wait_updates(SEEN_TO_LEAD)
        pods.judge(watcher, 1)
