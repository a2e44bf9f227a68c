"""`python -m tests.simulation --seeds N --start S`: a range of seeds, with progress and a summary.

Each failure prints its seed, the promise that was broken, and what happened before; the exit code
is then 1. Any seed can be run again alone: `--seeds 1 --start SEED`.
"""

from __future__ import annotations

import argparse
import os
import sys

from tests.simulation.campaign import Summary, run
from tests.simulation.run import Result

EVERY_S = 10.0
TRACES = 5
"""Failures whose trace is printed; the others are named."""


class _Progress:
    """Tells of failures at once and of the pace now and then."""

    def __init__(self, seeds: int) -> None:
        self._seeds = seeds
        self._next_s = EVERY_S

    def __call__(self, summary: Summary, result: Result) -> None:
        if result.failure:
            print(f"FAILED seed {result.seed}: {result.failure}")
            if len(summary.failures) <= TRACES:
                print("\n".join(f"    {line}" for line in result.trace))
        if summary.seconds >= self._next_s:
            self._next_s += EVERY_S
            checks, failures = summary.counts["book checks"], len(summary.failures)
            print(
                f"{summary.seeds}/{self._seeds} seeds, {checks} book checks, "
                f"{failures} failed, {summary.seconds:.0f} s",
                flush=True,
            )


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--start", type=int, default=0, help="the first (default 0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    options = parser.parse_args()
    seeds = range(options.start, options.start + options.seeds)
    summary = run(seeds, jobs=options.jobs, told=_Progress(options.seeds))
    print("\n".join(summary.lines()))
    return 1 if summary.failures else 0


if __name__ == "__main__":
    sys.exit(main())
