"""The measurements of `make bench`, one function each: rounds in turn, figures into the report."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from statistics import median

from tests.benchmarks import latency, rebuild, scene, stages, symbols
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.latency import Hops
from tests.benchmarks.plan import Plan
from tests.benchmarks.report import Report, spread
from tests.benchmarks.scene import Run
from tests.benchmarks.symbols import Turn
from tests.servers import RedisServer

Corpora = Mapping[str, Corpus]


def progress(text: str) -> None:
    """Say on stderr what is being done."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def saturation(server: RedisServer, corpora: Corpora, plan: Plan, report: Report) -> None:
    """Compare the publisher with the limit loop, both as fast as they can."""
    corpus = corpora["btc10"]
    ours: list[Run] = []
    limits: list[Run] = []
    for i in range(plan.saturation_rounds):
        limits.append(scene.run_limit(server, corpus, plan.saturation))
        ours.append(scene.run_publisher(server, corpus, plan.saturation))
        pair = f"limit {limits[-1].msgs_s:,.0f}/s, publisher {ours[-1].msgs_s:,.0f}/s"
        progress(f"saturation {i + 1}/{plan.saturation_rounds}: {pair}")
    rates, limit_rates = [run.msgs_s for run in ours], [run.msgs_s for run in limits]
    ratios = [own / limit for own, limit in zip(rates, limit_rates, strict=True)]
    report.row("publisher, msg/s", f"{median(rates):,.0f}", spread(rates))
    report.row("limit loop, msg/s", f"{median(limit_rates):,.0f}", spread(limit_rates))
    report.row("publisher / limit", f"{median(ratios):.3f}", f"within rounds {spread(ratios, 3)}")
    report.add("publisher_msgs_s", median(rates))
    report.add("limit_msgs_s", median(limit_rates))
    report.add("publisher_vs_limit", median(ratios), digits=3)
    best = max(rates) / max(limit_rates)
    report.row("best round / best round", f"{best:.3f}", "least disturbed by other work")
    report.add("publisher_vs_limit_best", best, digits=3)
    report.figures["publisher_vs_limit_rounds"] = [round(ratio, 3) for ratio in ratios]
    report.add("saturation_error_share", scene.LOOK_S * max(rates) / plan.saturation, digits=4)
    _costs(ours, limits, report)


def _costs(ours: list[Run], limits: list[Run], report: Report) -> None:
    for name, runs in (("publisher", ours), ("limit", limits)):
        cpu = median(run.cpu_us for run in runs)
        redis = median(run.redis_cpu_us for run in runs)
        report.row(f"{name}, CPU us/msg", f"{cpu:.2f}", f"Redis beside it {redis:.2f}")
        report.add(f"{name}_cpu_us", cpu, digits=2)
        report.add(f"{name}_redis_cpu_us", redis, digits=2)
    peak = max(run.peak_mb for run in ours)
    report.row("publisher, peak memory", f"{peak:.1f} MB", "default settings, at saturation")
    report.add("publisher_rss_mb", peak, digits=1)


def rebuilding(server: RedisServer, corpora: Corpora, plan: Plan, report: Report) -> None:
    """Let the client rebuild the stream that the last saturation run left."""
    corpus = corpora["btc10"]
    rebuild.keep_first_snapshot(server, corpus)
    ours: list[Run] = []
    limits: list[Run] = []
    for i in range(plan.rebuild_rounds):
        limits.append(rebuild.run("raw", server, corpus, plan.saturation))
        ours.append(rebuild.run("replica", server, corpus, plan.saturation))
        progress(f"rebuild {i + 1}/{plan.rebuild_rounds}: {ours[-1].msgs_s:,.0f} events/s")
    rates, limit_rates = [run.msgs_s for run in ours], [run.msgs_s for run in limits]
    peak = max(run.peak_mb for run in ours)
    report.row("consumer, events/s", f"{median(rates):,.0f}", spread(rates))
    report.row("raw reader, entries/s", f"{median(limit_rates):,.0f}", spread(limit_rates))
    report.row("consumer, peak memory", f"{peak:.1f} MB")
    report.add("consumer_events_s", median(rates))
    report.add("consumer_limit_events_s", median(limit_rates))
    report.add("consumer_cpu_us", median(run.cpu_us for run in ours), digits=2)
    report.add("consumer_rss_mb", peak, digits=1)


def depths(server: RedisServer, corpora: Corpora, plan: Plan, report: Report) -> None:
    """Compare the CPU time of a message at depth 1000 with one at depth 10, and show the others."""
    books = {name: corpus for name, corpus in corpora.items() if corpus.channel == "book"}
    costs: dict[str, list[float]] = {name: [] for name in books}
    for i in range(plan.depth_rounds):
        for name, corpus in books.items():
            if name in ("btc10", "btc1000") or i < 3:
                costs[name].append(scene.run_publisher(server, corpus, plan.depth).cpu_us)
        progress(f"depths {i + 1}/{plan.depth_rounds}: {costs['btc1000'][-1]:.2f} us at 1000")
    both = zip(costs["btc1000"], costs["btc10"], strict=True)
    ratios = [deep / shallow for deep, shallow in both]
    for name, spent in costs.items():
        report.row(f"{name}, CPU us/msg", f"{median(spent):.2f}", spread(spent, 2))
        report.add(f"{name}_cpu_us", median(spent), digits=2)
    report.row("depth 1000 / depth 10", f"{median(ratios):.3f}", f"CPU {spread(ratios, 3)}")
    report.add("depth1000_vs_depth10", median(ratios), digits=3)


def level3(server: RedisServer, corpora: Corpora, plan: Plan, report: Report) -> None:
    """Compare the CPU time of a level3 message at depth 1000 with one of `book`, round by round."""
    deep, orders = corpora["btc1000"], corpora["btc1000-level3"]
    costs: dict[str, list[float]] = {"book": [], "level3": []}
    for i in range(plan.level3_rounds):
        costs["book"].append(scene.run_publisher(server, deep, plan.depth).cpu_us)
        costs["level3"].append(scene.run_publisher(server, orders, plan.depth).cpu_us)
        progress(f"level3 {i + 1}/{plan.level3_rounds}: {costs['level3'][-1]:.2f} us")
    ratios = [l3 / l2 for l3, l2 in zip(costs["level3"], costs["book"], strict=True)]
    for name, spent in costs.items():
        report.row(f"{name} at depth 1000, CPU us/msg", f"{median(spent):.2f}", spread(spent, 2))
    report.add("level3_cpu_us", median(costs["level3"]), digits=2)
    report.row("level3 / book at depth 1000", f"{median(ratios):.3f}", f"CPU {spread(ratios, 3)}")
    report.add("level3_vs_book", median(ratios), digits=3)


def many_symbols(server: RedisServer, _: Corpora, plan: Plan, report: Report) -> None:
    """Compare a message's CPU time in a process of many books with that in one of a single book."""
    rate, seconds = plan.symbols_rate, plan.symbols_turn_s
    with (
        symbols.side(server, 1, rate) as one,
        symbols.side(server, plan.symbols, rate) as many,
    ):
        turns: dict[str, list[Turn]] = {"one": [], "many": []}
        for i in range(plan.symbols_rounds):
            for name, played in (("one", one), ("many", many)):
                turns[name].append(turn := played.play(rate, seconds))
                told = f"{turn.cpu_us:.1f} us at {turn.msgs_s:,.0f}/s"
                progress(f"symbols {i + 1}/{plan.symbols_rounds}, {name}: {told}")
        kb_each = (many.peak_mb - one.peak_mb) / (plan.symbols - 1) * 1000
        fast = many.play(symbols.FAST, seconds)
        for played in (one, many):
            played.check(server, sample=3)
    _symbols(turns, plan, report)
    report.row("  start-up", f"{many.startup_s:.1f} s", "from the start to the last book's opening")
    report.row("  memory of each", f"{kb_each:.0f} kB", "beyond a process of one book")
    report.row("  msg/s", f"{fast.msgs_s:,.0f}", "as fast as the simulator plays them")
    report.add("symbols_startup_s", many.startup_s, digits=2)
    report.add("symbols_msgs_s", fast.msgs_s)
    report.add("symbols_kb_each", kb_each, digits=1)


def _symbols(turns: Mapping[str, list[Turn]], plan: Plan, report: Report) -> None:
    costs = {name: [turn.cpu_us for turn in taken] for name, taken in turns.items()}
    ratios = [many / one for many, one in zip(costs["many"], costs["one"], strict=True)]
    for name, count in (("one", 1), ("many", plan.symbols)):
        rate = median(turn.msgs_s for turn in turns[name])
        note = f"{spread(costs[name], 1)} at {rate:,.0f}/s in all"
        report.row(f"symbols: {count:,}, CPU us/msg", f"{median(costs[name]):.1f}", note)
    report.row(f"symbols: {plan.symbols:,} / 1", f"{median(ratios):.3f}", spread(ratios, 3))
    report.add("symbols_cpu_us", median(costs["many"]), digits=1)
    report.add("symbols_one_cpu_us", median(costs["one"]), digits=1)
    report.add("symbols_vs_one", median(ratios), digits=3)


def latencies(server: RedisServer, corpora: Corpora, plan: Plan, report: Report) -> None:
    """Measure latency and its floor at each rate."""
    corpus = corpora["btc10"]
    for rate in plan.rates:
        updates = min(int(rate * plan.latency_s), corpus.updates)
        floor: list[Hops] = []
        ours: list[Hops] = []
        for i in range(plan.latency_rounds):
            floor.append(latency.run_floor(server, corpus, updates, rate))
            ours.append(latency.run_publisher(server, corpus, updates, rate))
            progress(f"latency at {rate:,}/s, {i + 1}/{plan.latency_rounds}")
        _latency(f"{rate // 1000}k", ours, floor, report)


def _latency(name: str, ours: list[Hops], floor: list[Hops], report: Report) -> None:
    all_of_ours = latency.percentiles_us(ours, "total")
    all_of_floor = latency.percentiles_us(floor, "total")
    for percentile, value in all_of_ours.items():
        least = all_of_floor[percentile]
        note = f"floor {least:,.0f}, added {value - least:,.0f}"
        report.row(f"latency at {name}/s, {percentile}", f"{value:,.0f} us", note)
        report.add(f"latency_{name}_{percentile}_us", value)
        report.add(f"latency_floor_{name}_{percentile}_us", least)
        report.add(f"latency_added_{name}_{percentile}_us", value - least)
    for hop in ("arrival", "publisher", "bus and reader"):
        spans = latency.percentiles_us(ours, hop)
        text = f"{spans['p50']:,.0f} / {spans['p99']:,.0f} us"
        report.row(f"  of it: {hop}, p50 / p99", text)
        report.figures[f"latency_{name}_{hop.replace(' ', '_')}"] = {
            percentile: round(value) for percentile, value in spans.items()
        }


def stage_costs(corpora: Corpora, report: Report) -> None:
    """Measure each stage by itself."""
    progress("stages")
    for name in ("btc10", "btc1000"):
        costs = stages.measure(corpora[name])
        for stage, cost in costs.items():
            report.row(f"stage {stage}, {name}", f"{cost:.2f} us")
        report.figures[f"stages_us_{name}"] = {k: round(v, 2) for k, v in costs.items()}
