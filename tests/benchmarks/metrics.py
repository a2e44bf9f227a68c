"""`make bench ARGS=--metrics`: what metrics cost a publisher, with the port open and without, in
turn.

The open one is scraped as a Prometheus would, from the start and every five seconds. CPU time is
the whole process', the threads that answered and ended included. Counting cannot be turned off, so
that its cost, some plain additions, is in both; each in turn goes first, so that a machine that
grows slower or faster favours neither.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from urllib.request import urlopen

from tests.benchmarks import scene
from tests.benchmarks.children import Child, process_cpu_s
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.measure import Corpora, progress
from tests.benchmarks.plan import Plan
from tests.benchmarks.report import Report, spread
from tests.servers import RedisServer, free_port

INTERVAL_S = 5.0
SCRAPES = 20
"""After the run, to see what one costs."""


@dataclass
class Cost:
    """What one run cost."""

    cpu_us: float = 0.0
    """CPU time of the process for each update, scrapes included."""
    scrapes: int = 0
    scrape_ms: float = 0.0
    """CPU time of the process for one scrape."""


def run(server: RedisServer, corpus: Corpus, updates: int, *, port: int) -> Cost:
    """Time the publisher on the first `updates` messages, with its port open unless that is 0.
    Raise scene.WrongResult.
    """
    cost = Cost()
    url = f"http://127.0.0.1:{port}/metrics"

    @contextmanager
    def beside(daemon: Child) -> Iterator[None]:
        before = process_cpu_s(daemon.pid)
        with _scraped(url) if port else _left_alone() as scrapes:
            yield
            cost.cpu_us = (process_cpu_s(daemon.pid) - before) / updates * 1e6
        cost.scrapes = len(scrapes)
        if port:
            before = process_cpu_s(daemon.pid)
            for _ in range(SCRAPES):
                _scrape(url)
            cost.scrape_ms = (process_cpu_s(daemon.pid) - before) / SCRAPES * 1e3

    settings = {"PYKRAKEN_METRICS_PORT": str(port)} if port else {}
    scene.run_publisher(server, corpus, updates, settings, beside)
    return cost


@contextmanager
def _left_alone() -> Iterator[list[int]]:
    yield []


@contextmanager
def _scraped(url: str) -> Iterator[list[int]]:
    """Scrape until the block ends; give the lengths of the answers."""
    scrapes: list[int] = []
    over = threading.Event()

    def scrape_on() -> None:
        while True:
            scrapes.append(_scrape(url))
            if over.wait(INTERVAL_S):
                return

    thread = threading.Thread(target=scrape_on, name="scraper")
    thread.start()
    try:
        yield scrapes
    finally:
        over.set()
        thread.join()
    if not scrapes:
        raise scene.WrongResult(f"{url} gave no answer")


def _scrape(url: str) -> int:
    with urlopen(url, timeout=5) as answer:
        return len(answer.read())


def measure(server: RedisServer, corpora: Corpora, plan: Plan, report: Report) -> None:
    """Compare both, round by round."""
    corpus = corpora["btc10"]
    costs: dict[str, list[Cost]] = {"off": [], "on": []}
    for number in range(plan.turns):
        for name in ("off", "on") if number % 2 else ("on", "off"):
            port = free_port() if name == "on" else 0
            costs[name].append(run(server, corpus, plan.turn, port=port))
        told = ", ".join(f"{name} {taken[-1].cpu_us:.2f} us" for name, taken in costs.items())
        progress(f"metrics {number + 1}/{plan.turns}: {told}")
    off, on = ([cost.cpu_us for cost in costs[name]] for name in ("off", "on"))
    for name, spent in (("no metrics", off), ("metrics, scraped", on)):
        report.row(f"{name}, CPU us/msg", f"{median(spent):.2f}", spread(spent, 2))
    ratios = [with_port / without for with_port, without in zip(on, off, strict=True)]
    scrapes = [cost.scrape_ms for cost in costs["on"]]
    report.row(
        "metrics / no metrics", f"{median(ratios):.3f}", f"within rounds {spread(ratios, 3)}"
    )
    report.row("metrics / no metrics, least of each", f"{min(on) / min(off):.3f}")
    report.row("one scrape, CPU ms", f"{median(scrapes):.2f}", spread(scrapes, 2))
    report.add("metrics_off_cpu_us", median(off), digits=2)
    report.add("metrics_on_cpu_us", median(on), digits=2)
    report.add("metrics_vs_none", median(ratios), digits=3)
    report.figures["metrics_vs_none_rounds"] = [round(ratio, 3) for ratio in ratios]
    report.add("scrape_cpu_ms", median(scrapes), digits=2)
    report.add("scrapes_in_runs", sum(cost.scrapes for cost in costs["on"]))
