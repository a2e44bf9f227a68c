"""A change of leader, again and again, under consumers that read throughout.

No time is judged here but by what must not have been waited for: `python -m tests.faults.crew`
prints percentiles.
"""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from tests.faults.crew import STREAMS, Crew, judge_changes
from tests.faults.heads import percentiles
from tests.faults.scene import SYMBOLS, Bye, Epoch, assert_contiguous, staged
from tests.matrix import MatrixRow
from tests.polling import wait_until
from tests.tcp_proxy import TcpProxy

SEEN_TO_LEAD = 60
"""Updates of a symbol, a hundred a second, in which a standby sees the leader's beat at least once:
only who saw another lead takes over, else it starts (WIRE.md 4.4).
"""
LONG_LEASE_S = 60.0
"""A standby looks at it every six seconds: what comes sooner came by the farewell."""


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.row("P1", "P11")
def test_a_leader_told_to_stop_hands_over(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """P1, twenty times: a rolling update of a pair, one epoch a stop."""
    rounds = 20
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.joiners(watcher)
        crew = Crew(scene, 2, lease_s=LONG_LEASE_S)
        watcher.wait_updates(20)
        taken = []
        for _ in range(rounds):
            member, seconds = crew.change(signal.SIGTERM)
            taken.append(seconds)
            assert member.wait() == 0
            crew.replace(member)
            watcher.wait_updates(SEEN_TO_LEAD)
        print(percentiles(taken))
        judge_changes(scene, watcher, rounds)
        assert max(taken) < LONG_LEASE_S / 20, "sooner than the lease is looked at"
        for symbol in SYMBOLS:
            assert watcher.count(Bye, symbol) == rounds
            # A farewell behind everything that was said: nothing is missed, nothing unseen.
            assert all(epoch.missed_first is None for epoch in watcher.of(Epoch, symbol))
        for stream in STREAMS:
            assert_contiguous(crew.client, stream)
        told = f"one epoch a stop, nothing missed; the slowest after {max(taken) * 1000:.0f} ms"
        matrix_row.saw(told, count=rounds)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.row("P2", "P11")
def test_a_leader_killed_is_followed(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """P2, ten times: the standby leads, one epoch each, no gap."""
    rounds = 10
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        scene.joiners(watcher)
        crew = Crew(scene, 2)
        watcher.wait_updates(20)
        taken = []
        for _ in range(rounds):
            crew.wait_beats()
            member, seconds = crew.change(signal.SIGKILL)
            taken.append(seconds)
            crew.replace(member)
            watcher.wait_updates(SEEN_TO_LEAD)
        print(percentiles(taken))
        judge_changes(scene, watcher, rounds)
        assert watcher.count(Bye) == 0
        for stream in STREAMS:
            assert_contiguous(crew.client, stream)
        told = f"one epoch a death, no gap; the slowest after {max(taken):.2f} s of lease 1.5 s"
        matrix_row.saw(told, count=rounds)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.row("P3")
def test_a_leader_that_slept_appends_nothing(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """P3: frozen at any moment of a stream of batches, woken when another leads."""
    rounds, draw = 8, random.Random(3)
    with staged(tmp_path, "--rate", "3000") as scene:
        watcher = scene.watcher()
        crew = Crew(scene, 2, lease_s=0.6, redis_timeout_s=0.3)
        watcher.wait_updates(200)
        crew.wait_beats()
        for _ in range(rounds):
            watcher.wait_updates(draw.randrange(1, 60))
            zombie, _ = crew.change(signal.SIGSTOP)
            ends = {stream: crew.client.xinfo_stream(stream) for stream in STREAMS}
            lost = len(zombie.log("lease.lost"))
            zombie.signal(signal.SIGCONT)
            zombie.wait_for("lease.lost", count=lost + 1)
            assert crew.leader is not zombie
            for stream, end in ends.items():
                epoch = end["last-generated-id"].split(b"-")[0]
                last = crew.client.xinfo_stream(stream)["last-generated-id"]
                assert last.split(b"-")[0] == epoch, f"{stream}: {last} after the zombie woke"
        judge_changes(scene, watcher, rounds)
        for stream in STREAMS:
            ids = assert_contiguous(crew.client, stream)
            assert len({entry.split("-")[0] for entry in ids}) <= rounds + 1
        matrix_row.saw("nothing appended behind the successor's epoch", count=rounds)


@pytest.mark.row("P3", "R16")
def test_half_a_batch_that_arrives_after_the_takeover(tmp_path: Path) -> None:
    """P3 and R-3: the zombie's call was cut in the middle; its rest comes when another leads."""
    with staged(tmp_path, "--rate", "1000") as scene:
        watcher = scene.watcher()
        with TcpProxy(scene.redis.port) as proxy:
            own = f"redis://127.0.0.1:{proxy.port}/0"
            zombie = scene.publisher("zombie", redis_url=own, redis_timeout_s=1.0)
            watcher.wait_updates(50)
            second = scene.publisher("second")
            second.wait_for("lease.standby")
            watcher.wait_updates(10 * SEEN_TO_LEAD)  # it plays at ten times the others' rate
            proxy.up.is_held = True
            wait_until(lambda: proxy.up.passed > 0, 5, "bytes")
            zombie.signal(signal.SIGSTOP)
            second.wait_for("lease.claimed")
            watcher.wait(lambda: watcher.count(Epoch) == 2, "the second's epochs")
            watcher.wait_updates(20)
            proxy.up.is_held = False  # what the zombie had sent arrives, before it wakes
            watcher.wait_updates(50)
            zombie.signal(signal.SIGCONT)
            zombie.wait_for("lease.lost")
            watcher.wait_updates(50)
        judge_changes(scene, watcher, 1)
        client = scene.client()
        for stream in STREAMS:
            assert_contiguous(client, stream)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.row("P5")
def test_three_race_and_each_death_has_one_successor(tmp_path: Path, matrix_row: MatrixRow) -> None:
    """P5: three at once; whoever leads is killed or stopped, one of the others follows."""
    kinds = (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGTERM)
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        crew = Crew(scene, 3)
        watcher.wait_updates(20)
        assert crew.heads.epochs(STREAMS[0]) == 1, "one of three opened, and once"
        for number in kinds:
            crew.wait_beats()
            member, _ = crew.change(number)
            crew.replace(member)
            watcher.wait_updates(SEEN_TO_LEAD)
        judge_changes(scene, watcher, len(kinds))
        claims = sum(len(member.log("lease.claimed")) for member in crew.members)
        assert claims <= 3, "each of those that run now has claimed once at most"
        matrix_row.saw(count=len(kinds))
