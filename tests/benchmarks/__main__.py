"""`make bench`: what the publisher and the client cost, next to the limit of this machine.

Everything runs for real: a venue process plays frames over loopback, the publisher as a process of
its own, a redis-server without persistence, the shipped client. Contenders take turns, round by
round, and ratios are taken within a round, so that a machine whose speed moves still gives an
answer. The last line printed is one JSON object; the same lies in `bench-results/`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks import against, corpus, measure, metrics, recovery
from tests.benchmarks.children import pin
from tests.benchmarks.corpus import Channel, Corpus
from tests.benchmarks.market import BTC, Pair
from tests.benchmarks.plan import FULL, QUICK, Plan
from tests.benchmarks.report import Report, machine
from tests.requirements import ROOT
from tests.servers import RedisServer, server_binary

RESULTS = ROOT / "bench-results"
Wanted = tuple[Pair, int, int, Channel]
"""A corpus to make: its pair, depth, messages, channel."""


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="under a minute: shows that it works, measures little"
    )
    parser.add_argument(
        "--metrics", action="store_true", help="what metrics cost, and nothing else"
    )
    parser.add_argument(
        "--against", metavar="REV", help="CPU time a message beside another commit's, nothing else"
    )
    options = parser.parse_args()
    plan = QUICK if options.quick else FULL
    is_pair = bool(options.metrics or options.against)
    began = time.monotonic()
    kind = "redis" if shutil.which("redis-server") else "valkey"
    binary = server_binary("redis" if kind == "redis" else "valkey")
    report = Report()
    report.figures["machine"] = machine(binary)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pykraken-bench-")))
        corpora = _corpora(folder, plan, _of_a_turn(plan) if is_pair else _all(plan))
        server = stack.enter_context(RedisServer(binary, folder / "server"))
        pin(server.pid, "others")
        pin(0, "others")
        if options.metrics:
            metrics.measure(server, corpora, plan, report)
        elif options.against:
            with against.checked_out(options.against, folder / "then") as then:
                against.measure(server, corpora, plan, report, then)
        else:
            _measure(server, corpora, plan, report)
            recovery.recoveries(folder, plan, report)
    report.add("seconds", time.monotonic() - began)
    path = report.write(RESULTS, time.strftime("%Y%m%d-%H%M%S"))
    print(report.table())
    print(f"written to {path.relative_to(ROOT)}")
    print(report.json(), flush=True)


def _measure(server: RedisServer, corpora: dict[str, Corpus], plan: Plan, report: Report) -> None:
    """Take every measurement that shares the server."""
    for step in (
        measure.saturation,
        measure.rebuilding,
        measure.depths,
        measure.level3,
        measure.many_symbols,
    ):
        step(server, corpora, plan, report)
    pin(server.pid, "anywhere")
    pin(0, "anywhere")
    measure.latencies(server, corpora, plan, report)
    measure.stage_costs(corpora, report)


def _of_a_turn(plan: Plan) -> list[Wanted]:
    return [(BTC, 10, plan.turn, "book")]


def _all(plan: Plan) -> list[Wanted]:
    return [
        (BTC, 10, plan.saturation, "book"),
        (BTC, 1000, plan.depth, "book"),
        (BTC, 1000, plan.depth, "level3"),
        *((pair, depth, plan.depth, "book") for pair, depth in plan.others),
    ]


def _corpora(folder: Path, plan: Plan, wanted: list[Wanted]) -> dict[str, Corpus]:
    """Make these corpora, each checked against the naive model; end the program if one is wrong."""
    corpora: dict[str, Corpus] = {}
    for pair, depth, updates, channel in wanted:
        measure.progress(f"making {updates:,} messages: {channel} of {pair.symbol}, depth {depth}")
        sample = plan.sample if channel == "book" else plan.sample // 10  # the model is slow
        wrong = corpus.wrong_checksums(pair, depth, sample, channel)
        if wrong:
            sys.exit(f"{wrong} of {sample} checksums of {pair.symbol}/{depth} are wrong")
        made = corpus.write(folder / f"{depth}-{len(corpora)}", pair, depth, updates, channel)
        corpora[made.name] = made
    return corpora


if __name__ == "__main__":
    main()
