"""`make bench ARGS="--against REV"`: what a message costs the publisher now, and what it cost at
another commit, in turn.

The other commit is checked out beside; its publisher runs in the same scene, with the same Python
and the same libraries. Each in turn goes first, so that a machine that grows slower or faster
favours neither.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.benchmarks import scene
from tests.benchmarks.measure import Corpora, progress
from tests.benchmarks.plan import Plan
from tests.benchmarks.report import Report, spread
from tests.requirements import ROOT
from tests.servers import RedisServer


@contextmanager
def checked_out(revision: str, folder: Path) -> Iterator[dict[str, str]]:
    """Check a commit out into `folder`; give what makes a child run it. Raise CalledProcessError
    where there is no such commit.
    """
    git = ("git", "-C", str(ROOT), "worktree")
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), revision], check=True)
    try:
        paths = (folder, folder / "consumers" / "python")
        yield {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)


def measure(
    server: RedisServer, corpora: Corpora, plan: Plan, report: Report, then: dict[str, str]
) -> None:
    """Compare both, round by round; `then` is what `checked_out` gave."""
    corpus = corpora["btc10"]
    runs: dict[str, list[float]] = {"then": [], "now": []}
    for number in range(plan.turns):
        for name in ("then", "now") if number % 2 else ("now", "then"):
            settings = then if name == "then" else {}
            run = scene.run_publisher(server, corpus, plan.turn, settings)
            runs[name].append(run.cpu_us)
        told = ", ".join(f"{name} {taken[-1]:.2f} us" for name, taken in runs.items())
        progress(f"against {number + 1}/{plan.turns}: {told}")
    ratios = [now / then for now, then in zip(runs["now"], runs["then"], strict=True)]
    for name, taken in runs.items():
        report.row(f"{name}, CPU us/msg", f"{median(taken):.2f}", spread(taken, 2))
    report.row("now / then", f"{median(ratios):.3f}", f"within rounds {spread(ratios, 3)}")
    report.row("now / then, least of each", f"{min(runs['now']) / min(runs['then']):.3f}")
    report.add("cpu_vs_then", median(ratios), digits=3)
    report.figures["cpu_vs_then_rounds"] = [round(ratio, 3) for ratio in ratios]
