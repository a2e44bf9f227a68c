"""Several publishers of one feed, one of which leads; and what a change of leader looks like.

`python -m tests.faults.crew term 200` (or `kill`) repeats a change and prints its percentiles.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.endtoend.program import Publisher
from tests.faults.heads import Heads, percentiles
from tests.faults.scene import SYMBOLS, Epoch, Gap, Scene, Watcher, staged, stream_of
from tests.polling import wait_until

WARM_S = 60.0
"""A machine that is busy with other things may take long to start a process."""
STREAMS = tuple(map(stream_of, SYMBOLS))


class Crew:
    """Publishers of one feed. Each has a state folder of its own, as on machines of their own."""

    def __init__(self, scene: Scene, size: int, **settings: object) -> None:
        self.scene = scene
        self.client = scene.client()
        self.heads = Heads(scene.redis.url, STREAMS)
        self.heads.start()
        scene.stack.callback(self.heads.end)
        self.members = [self.join(f"p{number}", **settings) for number in range(size)]
        self.heads.wait_epochs(1, WARM_S)
        for member in self.members:
            self.warm(member)

    def join(self, name: str, **settings: object) -> Publisher:
        """Start a process, which is no member yet; return at once."""
        return self.scene.publisher(name, **settings)

    def warm(self, member: Publisher) -> None:
        """Wait until a process has both links and its books, and leads or knows who does."""
        member.wait_for("redis.connected", count=2, timeout_s=WARM_S)
        member.wait_for("feed.connected", timeout_s=WARM_S)
        wait_until(
            lambda: member.log("lease.standby") or member.log("lease.claimed"),
            WARM_S,
            "it leads, or knows who does",
        )

    @property
    def leader(self) -> Publisher | None:
        """Who holds the lease, by what Redis says."""
        (key,) = self.client.keys("*:lease")
        owner = (self.client.hget(key, "owner") or b"").decode()
        pids = {str(m.process.pid): m for m in self.members if m.process is not None}
        return pids.get(owner.split(":")[1]) if owner else None

    def wait_beats(self, count: int = 3) -> None:
        """Wait until the leader has renewed its lease so often: standbys look twice as often, and
        only who saw another lead takes over, else it starts (WIRE.md 4.4).
        """
        (key,) = self.client.keys("*:lease")
        first = int(self.client.hget(key, "hb") or 0)
        wait_until(
            lambda: int(self.client.hget(key, "hb") or 0) >= first + count, 30, "beats of the lease"
        )

    def wait_leader(self) -> Publisher:
        """Return who leads, once somebody does."""
        leader = wait_until(lambda: self.leader, 15, "a leader")
        assert leader is not None
        return leader

    def change(self, number: signal.Signals) -> tuple[Publisher, float]:
        """Signal the leader; return it, and after how many seconds another led every stream."""
        leader = self.wait_leader()
        epochs = max(self.heads.epochs(stream) for stream in STREAMS)
        began = time.monotonic()
        leader.signal(number)
        self.heads.wait_epochs(epochs + 1)
        return leader, self.heads.led_after(began)

    def replace(self, member: Publisher) -> None:
        """Start a process again that ended, and wait until it stands by."""
        member.wait()
        member.start()
        self.warm(member)


def judge_changes(scene: Scene, watcher: Watcher, changes: int) -> None:
    """One epoch a change and stream, each following on the last; nothing lost that is not named."""
    scene.judge(watcher)
    for symbol in SYMBOLS:
        epochs: list[Epoch] = watcher.of(Epoch, symbol)
        assert len(epochs) == changes, [(e.entry_id, e.reason) for e in epochs]
        assert {epoch.reason for epoch in epochs} <= {"takeover"}
        assert watcher.count(Gap, symbol) == 0


def measure(kind: str, rounds: int) -> str:
    """Repeat a change of leader under load and under readers' eyes; return the percentiles."""
    number = {"term": signal.SIGTERM, "kill": signal.SIGKILL}[kind]
    with tempfile.TemporaryDirectory() as folder, staged(Path(folder)) as scene:
        watcher = scene.watcher()
        crew = Crew(scene, 2)
        watcher.wait_updates(20)
        taken = []
        for done in range(1, rounds + 1):
            crew.wait_beats()
            member, seconds = crew.change(number)
            taken.append(seconds)
            crew.replace(member)
            watcher.wait_updates(60)
            if done % 20 == 0:
                print(f"{kind}: {percentiles(taken)}", flush=True)
        watcher.wait(
            lambda: watcher.count(Epoch) == rounds * len(SYMBOLS), "every epoch", timeout_s=30
        )
        judge_changes(scene, watcher, rounds)
        return percentiles(taken)


if __name__ == "__main__":
    print(sys.argv[1], measure(sys.argv[1], int(sys.argv[2])))
