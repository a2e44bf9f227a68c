"""Many seeds on several cores, and what they gave together."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from tests.simulation.cluster_stage import simulate_cluster
from tests.simulation.run import Result, simulate

SEEDS_PER_TASK = 5
CLUSTERS = 4
"""One seed in so many runs on a cluster, the others on one server."""


def simulate_any(seed: int) -> Result:
    """Run a seed on whichever ground is its own."""
    return (simulate if seed % CLUSTERS else simulate_cluster)(seed)


@dataclass
class Summary:
    """What a range of seeds gave."""

    seeds: int = 0
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Count one seed in."""
        self.seeds += 1
        self.counts += result.counts
        if result.failure:
            self.failures.append(result)

    def lines(self) -> Iterator[str]:
        """Yield the summary for people."""
        counts = self.counts
        yield (
            f"{self.seeds} seeds in {self.seconds:.0f} s, {len(self.failures)} failed; "
            f"{counts['book checks']} book checks, {counts['frames']} frames, "
            f"{counts['entries']} entries, {counts['snapshots']} snapshots"
        )
        faults = {k[6:]: n for k, n in sorted(counts.items()) if k.startswith("fault ")}
        yield f"{sum(faults.values())} faults: " + _listed(faults)
        yield "readers were told: " + _listed(
            {k[6:]: n for k, n in sorted(counts.items()) if k.startswith("event ")}
        )
        shown = ("fault ", "event ", "book checks", "frames", "entries", "snapshots")
        others = {k: n for k, n in sorted(counts.items()) if not k.startswith(shown)}
        yield "also: " + _listed(others)
        if self.failures:
            yield "failed seeds: " + " ".join(str(result.seed) for result in self.failures)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items())


def run(
    seeds: Iterable[int],
    *,
    jobs: int,
    simulation: Callable[[int], Result] = simulate_any,
    told: Callable[[Summary, Result], None] = lambda summary, result: None,
) -> Summary:
    """Run the seeds on `jobs` processes; `told` hears of each as it ends."""
    summary = Summary()
    began = time.monotonic()

    def take(results: Iterable[Result]) -> None:
        for result in results:
            summary.add(result)
            summary.seconds = time.monotonic() - began
            told(summary, result)

    if jobs == 1:
        take(map(simulation, seeds))
    else:
        # Fresh interpreters: a fork would carry the test runner's threads along.
        with multiprocessing.get_context("spawn").Pool(jobs) as pool:
            take(pool.imap(simulation, seeds, SEEDS_PER_TASK))
    return summary
