"""A publisher pair, Redis with replicas and Sentinels, an exchange, consumers and late joiners, and
a random fault every few seconds.

    python -m tests.chaos [--minutes 3] [--seed N]      (`make chaos`; CHAOS_MINUTES)

The exchange's own log is the truth. The program ends with code 1 when a consumer held a wrong book,
got an entry twice, missed one without a word, or does not have the venue's books at the end, and
when a publisher did not stay flat. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

import redis
from pykraken_consumer import Client, Gap, Missed, NoStream, NotReady, Quarantined, RedisUnreachable

from tests.chaos.blows import BLOWS, dealt
from tests.chaos.field import Access, Field
from tests.chaos.pair import Pair
from tests.faults.scene import (
    DEPTH,
    SYMBOLS,
    Scene,
    Update,
    Watcher,
    assert_in_sequence,
    seen_of,
    staged_on,
    truth_of,
)
from tests.polling import wait_until
from tests.topology.sentinels import sentinel_set

PAUSE_S = (1.5, 5.0)
SETTLE_S = 60.0
FLAT_MB, FLAT_FILES = 32.0, 12.0
"""By so much may a publisher have grown since it was warm: its ring is 16 MiB of it."""
FEED = "chaos"
LEASE = f"{{kraken.feed.{FEED}}}:lease"


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, judge, report; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    minutes = float(os.environ.get("CHAOS_MINUTES", "3"))
    parser.add_argument("--minutes", type=float, default=minutes)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    given = parser.parse_args(arguments)
    print(f"chaos: {given.minutes:g} minutes, seed {given.seed}", flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pykraken-chaos-")))
        access = Access(folder)
        options = (*access.options, "--enable-protected-configs", "yes")
        group = stack.enter_context(sentinel_set(folder, replicas=2, options=options))
        scene = stack.enter_context(staged_on(folder, group))
        url = access.url(group.url)
        programs = [
            scene.publisher(name, feed=FEED, log_level="info", redis_url=url)
            for name in ("one", "two")
        ]
        watchers = [scene.watcher() for _ in range(3)]
        chance = random.Random(given.seed)
        on = Field(scene, group, Pair(programs, group, LEASE), access, watchers[-1], chance)
        scene.joiners(watchers[0])
        for watcher in watchers:
            watcher.wait_updates(20)
        played = _play(on, given.minutes * 60)
        report = _judged(on, watchers, played)
    print(json.dumps(report))
    return 1 if report["wrong"] else 0


@dataclass
class Played:
    """How often each blow fell, which did not, and what went wrong meanwhile."""

    fell: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def _play(on: Field, seconds: float) -> Played:
    """Strike until the time is over."""
    played = Played()
    end = time.monotonic() + seconds
    for name in dealt(on):
        if time.monotonic() > end:
            break
        print(f"  {time.strftime('%H:%M:%S')} {name}", flush=True)
        try:
            BLOWS[name](on)
            played.fell[name] += 1
        except redis.RedisError as error:  # the server to be struck was being replaced
            played.missed.append(f"{name}: {error}")
        except AssertionError as error:
            played.wrong.append(f"{name}: {error}")
        played.wrong += on.pair.look()
        on.last(*PAUSE_S)
    return played


def _judged(on: Field, watchers: list[Watcher], played: Played) -> dict[str, Any]:
    """Let everything settle, and compare what consumers held with what the exchange sent."""
    scene, wrong = on.scene, played.wrong
    scene.simulator.post("clear")
    for watcher in watchers:
        watcher.wait_updates(20)
    scene.simulator.post("rate", rate=0)
    with Client(on.group.url) as client:
        for symbol in SYMBOLS:
            is_held = partial(_is_as_at_the_venue, scene, client, symbol)
            wait_until(is_held, SETTLE_S, f"{symbol} as at the venue")
    known = truth_of(scene.log)
    for watcher in watchers:
        held = watcher.seen.copy() | scene.joined.copy()
        wrong += [str(seen[:2]) for seen in held if seen not in known]
        try:
            assert_in_sequence(watcher)
        except AssertionError as error:
            wrong.append(str(error))
        if watcher.failure is not None:
            wrong.append(repr(watcher.failure))
    grown_mb, grown_files = _growth(on.pair, 0), _growth(on.pair, 1)
    if grown_mb > FLAT_MB or grown_files > FLAT_FILES:
        wrong.append(f"a publisher grew by {grown_mb} MB and {grown_files} descriptors")
    return {
        "blows": played.fell.total(),
        "by_kind": dict(sorted(played.fell.items())),
        "blows_missed": played.missed,
        "books_compared": sum(len(watcher.seen) for watcher in watchers) + len(scene.joined),
        "late_joins": len(scene.joined),
        "events": sum(watcher.count(Update) for watcher in watchers),
        "gaps_announced": sum(watcher.count(Gap) for watcher in watchers),
        "missed_announced": sum(watcher.count(Missed) for watcher in watchers),
        "quarantined": sum(watcher.count(Quarantined) for watcher in watchers),
        "takeover_s": _percentiles(on.takeovers_s),
        "join_s": _percentiles(scene.joins_s),
        "largest_growth_mb": grown_mb,
        "largest_growth_files": grown_files,
        "wrong": wrong,
    }


def _is_as_at_the_venue(scene: Scene, client: Client, symbol: str) -> bool:
    due = scene.simulator.get(f"book?symbol={symbol.replace('/', '%2F')}&depth={DEPTH}")
    try:
        book: Any = client.book(symbol, depth=DEPTH)
    except (NoStream, NotReady, RedisUnreachable):
        return False
    sides = tuple(tuple(map(tuple, due[side])) for side in ("bids", "asks"))
    return seen_of(book)[2:] == sides


def _percentiles(values: list[float]) -> dict[str, float]:
    if len(values) < 2:
        return {f"p{i}": round(value, 3) for i, value in enumerate(values)}
    cuts = quantiles(values, n=100, method="inclusive")
    return {"n": len(values), "p50": round(cuts[49], 3), "p99": round(cuts[98], 3)}


def _growth(pair: Pair, which: int) -> float:
    """Return by how much a process' last look was above its third: it has warmed up by then."""
    grown = [looks[-1][which] - looks[2][which] for looks in pair.held.values() if len(looks) > 3]
    return round(max(grown, default=0.0), 1)


if __name__ == "__main__":
    sys.exit(main())
