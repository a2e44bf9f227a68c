"""How much is measured: in full by `make bench`, or just so much as to show that it works."""

from __future__ import annotations

from dataclasses import dataclass

from tests.benchmarks.market import BTC, PEPE, Pair


@dataclass(frozen=True)
class Plan:
    """Sizes and rounds. Messages where not said otherwise."""

    saturation: int
    """Long enough for a second of work of the faster side."""
    saturation_rounds: int
    depth: int
    """Of each run of the comparison of depths."""
    depth_rounds: int
    """Ten or more, since the difference is small (decisions, Measuring)."""
    level3_rounds: int
    others: tuple[tuple[Pair, int], ...]
    """Books that are run once a round beside the two that are compared."""
    latency_s: float
    latency_rounds: int
    rates: tuple[int, ...]
    rebuild_rounds: int
    symbols: int
    """Books of the one process that is compared with one of a single book."""
    symbols_rounds: int
    symbols_turn_s: float
    """As long as the interval of snapshots, so that each book's is in it once."""
    symbols_rate: float
    """Messages a second in all."""
    turns: int
    """Ten or more, as for depths; of `--metrics` and `--against` alone."""
    turn: int
    """Messages of such a run: some seconds, or a process' first scrape would be much of it."""
    kills: int
    heals: int
    sample: int
    """Messages of each corpus that the naive model judges."""


FULL = Plan(
    saturation=300_000,
    saturation_rounds=5,
    depth=60_000,
    depth_rounds=10,
    level3_rounds=5,
    others=((BTC, 100), (PEPE, 10)),
    latency_s=4.0,
    latency_rounds=2,
    rates=(1000, 5000, 20_000),
    rebuild_rounds=3,
    symbols=1000,
    symbols_rounds=3,
    symbols_turn_s=5.0,
    symbols_rate=3000.0,
    turns=12,
    turn=1_000_000,
    kills=100,
    heals=5,
    sample=1000,
)

QUICK = Plan(
    saturation=30_000,
    saturation_rounds=1,
    depth=10_000,
    depth_rounds=1,
    level3_rounds=1,
    others=((PEPE, 10),),
    latency_s=1.0,
    latency_rounds=1,
    rates=(1000, 5000, 20_000),
    rebuild_rounds=1,
    symbols=200,
    symbols_rounds=1,
    symbols_turn_s=1.0,
    symbols_rate=3000.0,
    turns=2,
    turn=30_000,
    kills=1,
    heals=1,
    sample=200,
)
