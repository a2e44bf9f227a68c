"""All targets, one after another, each for its share; then a table. `make fuzz` runs this.

FUZZ_SECONDS (60) is the time of all together; FUZZ_RUNS, if set, the number of inputs instead.
First the fuzzer must find a planted fault: one that finds nothing there proves nothing elsewhere.
An input that breaks a rule, hangs for HANG_S or takes RSS_MB is kept in build/fuzz/TARGET/ and
ends the run with exit code 1. Corpora stay in build/fuzz and grow from run to run.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from typing import NamedTuple

from tests.fuzz import seeds
from tests.fuzz.targets import TARGETS
from tests.requirements import ROOT

FOLDER = ROOT / "build" / "fuzz"
HANG_S = 10
"""For one input; whole seconds of wall clock, so that a busy machine is no finding."""
RSS_MB = 512
INPUT_MAX = 8192
PLANTED_RUNS = 2_000_000
STATISTIC = re.compile(r"^stat::(\w+):\s+(\d+)$", re.MULTILINE)
COVERAGE = re.compile(r"cov: (\d+)")


class Outcome(NamedTuple):
    """What became of one target."""

    target: str
    inputs: int
    seconds: float
    edges: int
    """Branches of our code that were seen."""
    peak_mb: int
    slowest_s: int
    is_clean: bool


def fuzz(target: str, *, runs: int | None, seconds: float | None) -> Outcome:
    """Fuzz one target in a process of its own."""
    folder = FOLDER / target
    seeds.write(target, folder / "seeds")
    (folder / "corpus").mkdir(parents=True, exist_ok=True)
    words = FOLDER / "words.dict"
    words.write_text(seeds.dictionary())
    limits = [f"-runs={runs}"] if runs is not None else []
    limits += [f"-max_total_time={max(1, round(seconds))}"] if seconds is not None else []
    command = [
        *(sys.executable, "-m", "tests.fuzz.drive", target, *limits),
        *(f"-timeout={HANG_S}", f"-rss_limit_mb={RSS_MB}", f"-max_len={INPUT_MAX}"),
        *("-print_final_stats=1", "-use_value_profile=1", f"-dict={words}"),
        *(f"-artifact_prefix={folder}/", str(folder / "corpus"), str(folder / "seeds")),
    ]
    begun = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    told = done.stdout + done.stderr
    (folder / "log").write_text(told)
    found = {name: int(value) for name, value in STATISTIC.findall(told)}
    outcome = Outcome(
        target,
        found.get("number_of_executed_units", 0),
        round(time.monotonic() - begun, 1),
        max(map(int, COVERAGE.findall(told)), default=0),
        found.get("peak_rss_mb", 0),
        found.get("slowest_unit_time_sec", 0),
        done.returncode == 0,
    )
    if not outcome.is_clean and target != "planted":
        print(told[-4000:])
        print(f"{target}: the input is in {folder}; move it to tests/fuzz/findings/{target}-NAME")
    return outcome


def main() -> int:
    """Fuzz all targets, print and write the report; return the exit code."""
    inputs = int(os.environ.get("FUZZ_RUNS") or 0)
    budget_s = float(os.environ.get("FUZZ_SECONDS") or 60)
    named = sys.argv[1:] or list(TARGETS)
    planted = fuzz("planted", runs=PLANTED_RUNS, seconds=None)
    if planted.is_clean or not list((FOLDER / "planted").glob("crash-*")):
        print((FOLDER / "planted" / "log").read_text()[-4000:])
        print("the planted fault was not found: this fuzzer proves nothing")
        return 1
    print(f"planted fault found, {planted.seconds:g} s; now what nobody planted")
    whole = sum(TARGETS[name][1] for name in named)
    outcomes: list[Outcome] = []
    for name in named:
        share = TARGETS[name][1] / whole
        if inputs:
            outcome = fuzz(name, runs=round(inputs * share), seconds=None)
        else:
            # A whole life for each input needs more time for its few.
            outcome = fuzz(name, runs=None, seconds=budget_s / len(named))
        outcomes.append(outcome)
        print(
            f"{name:8} {outcome.inputs:>9,} inputs {outcome.seconds:>7} s  {outcome.edges:>5} edges"
            f"  peak {outcome.peak_mb} MB  slowest {outcome.slowest_s} s"
            f"  {'clean' if outcome.is_clean else 'FOUND SOMETHING'}",
            flush=True,
        )
    report = [outcome._asdict() for outcome in outcomes]
    (FOLDER / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    total, found = sum(o.inputs for o in outcomes), [o.target for o in outcomes if not o.is_clean]
    print(f"{total:,} inputs, {len(found)} targets with findings {' '.join(found)}".rstrip())
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
