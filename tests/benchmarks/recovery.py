"""How long it takes until all is well again: another leads, what Redis lost is there again.

Real processes, as in tests/faults, which judge what consumers see; here only time counts, from the
fault until the streams have what they should. A failover is one without Sentinel: a replica that
was cut off becomes what the publisher's address leads to.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.measure import progress
from tests.benchmarks.plan import Plan
from tests.benchmarks.report import Report, spread
from tests.faults.crew import STREAMS, WARM_S, Crew
from tests.faults.scene import Scene, staged
from tests.polling import wait_until
from tests.servers import RedisServer
from tests.tcp_proxy import TcpProxy

LOST = 2000
"""Entries of a stream that a failover, and ten times as many that a total loss takes away."""
RATE = ("--rate", "5000")


def recoveries(folder: Path, plan: Plan, report: Report) -> None:
    """Measure takeovers, healing and refilling."""
    for kind, number in (("takeover", signal.SIGKILL), ("handover", signal.SIGTERM)):
        progress(f"{kind}, {plan.kills} times")
        _changes(folder / kind, kind, number, plan.kills, report)
    heals, refills = [], []
    for turn in range(plan.heals):
        progress(f"stale failover and total loss, {turn + 1} of {plan.heals}")
        heals.append(_failover(folder / f"failover-{turn}"))
        refills.append(_total_loss(folder / f"loss-{turn}"))
    report.add("heal_ms", 1000 * median(heals), digits=1)
    report.row("stale failover healed", f"{1000 * median(heals):,.0f} ms", f"{LOST} entries lost")
    report.add("refill_per_s", median(refills))
    report.row("ring refill", f"{median(refills):,.0f}/s", spread(refills))


def _changes(folder: Path, kind: str, number: signal.Signals, rounds: int, report: Report) -> None:
    folder.mkdir()
    with staged(folder) as scene:
        crew = Crew(scene, 2)
        taken = []
        for _ in range(rounds):
            time.sleep(0.5)  # the standby sees a beat, and no kill falls on another's start
            member, seconds = crew.change(number)
            taken.append(1000 * seconds)
            crew.replace(member)
    taken.sort()
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        report.add(f"{kind}_{name}_ms", taken[min(rounds - 1, int(share * rounds))])
    report.figures[f"{kind}s"] = rounds
    report.row(f"{kind}, p50", f"{taken[rounds // 2]:,.0f} ms", spread(taken))


def _failover(folder: Path) -> float:
    """Return the seconds from a failover to a replica behind by LOST entries until it has them."""
    folder.mkdir()
    with staged(folder, *RATE) as scene, TcpProxy(scene.redis.port) as proxy:
        replica = RedisServer(
            scene.redis.binary,
            folder / "replica",
            options=("--replicaof", "127.0.0.1", str(scene.redis.port)),
        )
        with replica, replica.client() as follower:
            _publish(scene, proxy.port)
            wait_until(lambda: _length(follower), WARM_S, "the replica follows")
            follower.execute_command("REPLICAOF", "NO", "ONE")
            behind = _length(follower)
            with scene.redis.client() as primary:
                wait_until(lambda: _length(primary) > behind + LOST, WARM_S, "entries to lose")
                heads = _heads(primary)
            proxy.target = replica.port
            began = time.monotonic()
            proxy.reset()
            wait_until(lambda: _reaches(follower, heads), WARM_S, "healed")
            return time.monotonic() - began


def _total_loss(folder: Path) -> float:
    """Return how many entries a second a server gets back that lost all of them."""
    folder.mkdir()
    with staged(folder, *RATE) as scene:
        _publish(scene, scene.redis.port)
        with scene.redis.client() as client:
            wait_until(lambda: _length(client) > 10 * LOST, WARM_S, "entries to lose")
            heads = _heads(client)
        scene.redis.restart()
        began = time.monotonic()
        with scene.redis.client() as client:
            wait_until(lambda: _reaches(client, heads), WARM_S, "refilled")
            seconds = time.monotonic() - began
            return sum(_entries(client, stream, heads[stream]) for stream in STREAMS) / seconds


def _publish(scene: Scene, port: int) -> None:
    scene.publisher(redis_url=f"redis://127.0.0.1:{port}/0", ring_bytes=256 << 20)


def _length(client: Any) -> int:
    return min(client.xlen(stream) for stream in STREAMS)


def _heads(client: Any) -> dict[str, bytes]:
    return {stream: client.xinfo_stream(stream)["last-generated-id"] for stream in STREAMS}


def _reaches(client: Any, heads: dict[str, bytes]) -> bool:
    if not all(client.exists(stream) for stream in heads):
        return False
    found = _heads(client)
    return all(_number(found[stream]) >= _number(head) for stream, head in heads.items())


def _entries(client: Any, stream: str, head: bytes) -> int:
    (first, _), *_ = client.xrange(stream, count=1)
    return _number(head)[1] - _number(first)[1] + 1


def _number(entry_id: bytes) -> tuple[int, int]:
    epoch, seq = entry_id.split(b"-")
    return int(epoch), int(seq)
