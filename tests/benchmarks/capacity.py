"""`make capacity`: what feeds cost as symbols, messages, depth, readers and feeds grow.

The simulator plays markets busy and quiet, from one symbol to all that it knows; publishers,
server and readers are processes of their own, and each one's CPU time is its own, so that a busy
machine shifts it little. Turns of all sizes take turns, round by round. The last line is one JSON
object with medians and spreads; the constants of `publisher/sizing.py` are taken from it.

    python -m tests.benchmarks.capacity [--quick]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import redis

from publisher.simulator.instruments import MAX_SYMBOLS
from tests.benchmarks.children import Child, cpu_s
from tests.benchmarks.measure import progress
from tests.benchmarks.report import machine
from tests.benchmarks.symbols import Side, side
from tests.servers import RedisServer, connect, server_binary

READ_COUNT = 1000
BLOCK_MS = 500
PACED_FROM, PACE_S = 50, 15e-6
"""What the libraries let pass for each of many streams, in the middle (WIRE §7.5)."""


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    symbols: tuple[int, ...]
    rates: tuple[float, ...]
    """Messages a second, of each feed in all."""
    readers: tuple[int, ...]
    depths: tuple[int, ...]
    feeds: tuple[int, ...]
    """That share one server, of fifty symbols and the second of the rates each."""
    rounds: int
    seconds: float


EVERYTHING = MAX_SYMBOLS - 1
"""All that the simulator lists but the tokenized one, which is listed only to who asks."""
FULL = Plan(
    (1, 12, 100, 400, EVERYTHING),
    (200, 1000, 4000),
    (0, 1, 4, 16),
    (10, 100, 1000),
    (1, 2, 4),
    5,
    10.0,
)
QUICK = Plan((1, 12, 100), (200, 1000), (0, 2), (10, 100), (1, 2), 1, 2.0)


@dataclass(frozen=True)
class Cost:
    """What a turn cost."""

    messages_s: float
    entries_s: float
    publisher_us: float
    """CPU time of the publisher for each message."""
    redis_us: float
    """CPU time of the server for each entry."""
    redis_bytes: float
    """That came into the server, for each entry."""


@dataclass(frozen=True)
class Turn:
    """How one turn is played."""

    rate: float
    seconds: float


def entries(client: redis.Redis, streams: Sequence[bytes]) -> int:
    """Return how many entries were ever appended to these streams."""
    with client.pipeline(transaction=False) as calls:
        for stream in streams:
            calls.xinfo_stream(stream)
        return sum(int(answer["entries-added"]) for answer in calls.execute())


def streams_of(client: redis.Redis, namespace: str) -> list[bytes]:
    """Return the books' streams of a namespace."""
    found = client.scan_iter(match=f"{{{namespace}.*}}:book.*", count=1000)
    return sorted(key for key in found if not key.endswith((b".snap", b".own")))


def measured(server: RedisServer, sides: list[Side], streams: list[bytes], plan: Turn) -> Cost:
    """Play one turn of all sides at once; return what it cost in all."""
    with server.client(30.0) as client, ThreadPoolExecutor(len(sides)) as pool:
        before, spent, began = entries(client, streams), cpu_s(server.pid), time.monotonic()
        came = int(client.info("stats")["total_net_input_bytes"])
        turns = list(pool.map(lambda played: played.play(plan.rate, plan.seconds), sides))
        spent = cpu_s(server.pid) - spent
        came = int(client.info("stats")["total_net_input_bytes"]) - came
        made = max(1, entries(client, streams) - before)
        lasted = time.monotonic() - began
    cpu_us = sum(turn.cpu_s for turn in turns) / sum(turn.messages for turn in turns) * 1e6
    messages_s = sum(turn.msgs_s for turn in turns)
    return Cost(messages_s, made / lasted, cpu_us, spent / made * 1e6, came / made)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, least and most."""
    return {
        "median": round(median(values), 2), "min": round(min(values), 2),
        "max": round(max(values), 2),
    }  # fmt: skip


def told(costs: Sequence[Cost]) -> dict[str, dict[str, float]]:
    """Return the spreads of a series of turns."""
    kinds: dict[str, Callable[[Cost], float]] = {
        "messages_s": lambda c: c.messages_s, "entries_s": lambda c: c.entries_s,
        "publisher_us": lambda c: c.publisher_us, "redis_us": lambda c: c.redis_us,
        "redis_bytes": lambda c: c.redis_bytes,
    }  # fmt: skip
    return {name: spread([kind(cost) for cost in costs]) for name, kind in kinds.items()}


def growth(server: RedisServer, plan: Plan) -> dict[str, object]:
    """Measure every size at every rate, in turn; then what the streams hold."""
    figures: dict[str, object] = {}
    with ExitStack() as stack, server.client(60.0) as client:
        sides = {n: stack.enter_context(side(server, n, plan.rates[0])) for n in plan.symbols}
        streams = {n: streams_of(client, f"bench{n}") for n in plan.symbols}
        costs: dict[tuple[int, float], list[Cost]] = {}
        for number in range(plan.rounds):
            for n, played in sides.items():
                for rate in plan.rates:
                    cost = measured(server, [played], streams[n], Turn(rate, plan.seconds))
                    costs.setdefault((n, rate), []).append(cost)
                    progress(f"{number + 1}/{plan.rounds}: {n} symbols, {rate:g}/s: {cost}")
        for (n, rate), series in costs.items():
            figures[f"symbols={n} rate={rate:g}"] = told(series)
        for n, played in sides.items():
            figures[f"symbols={n} held"] = held(client, streams[n]) | {
                "publisher_peak_mb": round(played.peak_mb, 1),
                "startup_s": round(played.startup_s, 2),
            }
    return figures


def deeper(server: RedisServer, plan: Plan) -> dict[str, object]:
    """Measure feeds that differ in depth alone, in turn; then what they hold."""
    figures: dict[str, object] = {}
    size, rate = 100, plan.rates[1]
    with ExitStack() as stack, server.client(60.0) as client:
        sides = {
            depth: stack.enter_context(side(server, size, rate, depth=depth, namespace=f"d{depth}"))
            for depth in plan.depths
        }
        streams = {depth: streams_of(client, f"d{depth}") for depth in sides}
        costs: dict[int, list[Cost]] = {depth: [] for depth in sides}
        for number in range(plan.rounds):
            for depth, played in sides.items():
                turn = Turn(rate, plan.seconds)
                costs[depth].append(measured(server, [played], streams[depth], turn))
                progress(f"{number + 1}/{plan.rounds}: depth {depth}: {costs[depth][-1]}")
        for depth, played in sides.items():
            name = f"depth={depth} symbols={size} rate={rate:g}"
            figures[name] = told(costs[depth])
            figures[f"{name} held"] = held(client, streams[depth]) | {
                "publisher_peak_mb": round(played.peak_mb, 1)
            }
    return figures


def together(server: RedisServer, plan: Plan) -> dict[str, object]:
    """Measure the server under several feeds at once, each with streams of its own."""
    figures: dict[str, object] = {}
    size, rate = 50, plan.rates[1]
    with ExitStack() as stack, server.client(60.0) as client:
        names = [f"feed{number}" for number in range(max(plan.feeds))]
        sides = [stack.enter_context(side(server, size, rate, namespace=name)) for name in names]
        streams = [streams_of(client, name) for name in names]
        for count in plan.feeds:
            written = [stream for own in streams[:count] for stream in own]
            costs = []
            for _ in range(plan.rounds):
                costs.append(measured(server, sides[:count], written, Turn(rate, plan.seconds)))
                progress(f"{count} feeds: {costs[-1]}")
            figures[f"feeds={count} symbols={size} rate={rate:g}"] = told(costs)
    return figures


def held(client: redis.Redis, streams: Sequence[bytes]) -> dict[str, float]:
    """Return the memory of entries and of snapshots in the server, each."""
    sums = {"entry": [0, 0], "snapshot": [0, 0]}
    for stream in streams:
        for kind, key in (("entry", stream), ("snapshot", stream + b".snap")):
            sums[kind][0] += int(client.memory_usage(key, samples=0) or 0)
            sums[kind][1] += int(client.xlen(key))
    return {f"{kind}_bytes": round(total / max(1, n), 1) for kind, (total, n) in sums.items()}


def sharing(server: RedisServer, plan: Plan) -> dict[str, object]:
    """Measure the server under readers of every stream, each a process."""
    figures: dict[str, object] = {}
    size, rate = plan.symbols[-2], plan.rates[-1]
    with ExitStack() as stack, server.client(60.0) as client:
        played = stack.enter_context(side(server, size, rate))
        streams = streams_of(client, f"bench{size}")
        for count in plan.readers:
            with ExitStack() as readers:
                for _ in range(count):
                    words = ("tests.benchmarks.capacity", "read", server.url, f"bench{size}")
                    reader = readers.enter_context(Child(*words, place="anywhere"))
                    reader.says("reads")
                turn = Turn(rate, plan.seconds)
                costs = [measured(server, [played], streams, turn) for _ in range(plan.rounds)]
            figures[f"readers={count} symbols={size} rate={rate:g}"] = told(costs)
            progress(f"{count} readers: {costs[-1]}")
    return figures


def read(url: str, namespace: str) -> None:
    """Read every book's stream of a namespace as a consumer does, until the process is ended."""
    with connect(url, 30.0) as client:
        cursors: dict[bytes, bytes] = dict.fromkeys(streams_of(client, namespace), b"$")
        print(json.dumps({"reads": len(cursors)}), flush=True)
        while True:
            found = client.xread(cursors, count=READ_COUNT, block=BLOCK_MS)  # type: ignore[arg-type]
            for name, rows in found or ():
                cursors[name] = rows[-1][0]
            if found and len(cursors) >= PACED_FROM:
                time.sleep(PACE_S * len(cursors))


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["read"]:
        read(*sys.argv[2:4])
        return
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.capacity")
    parser.add_argument("--quick", action="store_true", help="shows that it works; a minute or two")
    plan = QUICK if parser.parse_args().quick else FULL
    binary = server_binary("redis")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pykraken-capacity-") as folder:
        figures: dict[str, object] = {"machine": machine(binary)}
        with RedisServer(binary, Path(folder) / "growth") as server:
            figures |= growth(server, plan)
        with RedisServer(binary, Path(folder) / "sharing") as server:
            figures |= sharing(server, plan)
        for name, measure in (("depths", deeper), ("feeds", together)):
            with RedisServer(binary, Path(folder) / name) as server:
                figures |= measure(server, plan)
    figures["seconds"] = round(time.monotonic() - began)
    for name, value in figures.items():
        print(name, json.dumps(value))
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
