"""Latency at fixed rates: from the venue's send of a frame to a reader that has applied its event.

The floor is measured in the same rounds on the same way with nothing in it: the limit loop relays
and a reader takes entries without looking at them. What ours takes beyond the floor is what the
publisher and the client add. Nobody is pinned: venue, publisher, Redis and reader share the cores
as they would. The first updates of each run warm up and do not count.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypeAlias

from tests.benchmarks.children import Child
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.scene import LIMIT_STREAM, PAYLOAD_BYTES, publishing, stream_of
from tests.servers import RedisServer

WARM_SHARE = 0.05
WARM_MOST = 2000
PERCENTILES = (50.0, 99.0, 99.9)

Hops: TypeAlias = "dict[str, array[int]]"


def run_publisher(server: RedisServer, corpus: Corpus, updates: int, rate: float) -> Hops:
    """Return, in ns for each update: all the way, and its three hops."""
    with ExitStack() as stack:
        folder = _begin(server, stack)
        venue = stack.enter_context(_venue(corpus, updates, rate))
        url = venue.says("url")["url"]
        stack.enter_context(publishing(server, corpus, url, "anywhere"))
        words = ("replica", server.port, stream_of(corpus), updates, folder)
        _play(venue, stack.enter_context(Child("tests.benchmarks.probe", *words)))
        sent = _column(corpus.folder / "stamps")
        received, published = _column(folder / "received"), _column(folder / "published")
        seen = _column(folder / "seen")
        return {
            "total": _between(sent, seen),
            "arrival": _between(sent, received),
            "publisher": _between(received, published),
            "bus and reader": _between(published, seen),
        }


def run_floor(server: RedisServer, corpus: Corpus, updates: int, rate: float) -> Hops:
    """Return, in ns for each update, what the way takes when nobody works."""
    with ExitStack() as stack:
        folder = _begin(server, stack)
        venue = stack.enter_context(_venue(corpus, updates, rate))
        url = venue.says("url")["url"]
        entries = (server.port, LIMIT_STREAM, PAYLOAD_BYTES, updates)
        stack.enter_context(Child("tests.benchmarks.relay", url, *entries)).says("event")
        words = ("raw", server.port, LIMIT_STREAM, updates, folder)
        _play(venue, stack.enter_context(Child("tests.benchmarks.probe", *words)))
        return {"total": _between(_column(corpus.folder / "stamps"), _column(folder / "seen"))}


def percentiles_us(hops: Sequence[Hops], hop: str) -> dict[str, float]:
    """Return the medians over runs of each run's percentiles, in microseconds."""
    runs = [sorted(run[hop]) for run in hops]
    return {
        f"p{percentile:g}".replace(".", "_"): median(_percentile(run, percentile) for run in runs)
        / 1000
        for percentile in PERCENTILES
    }


def _begin(server: RedisServer, stack: ExitStack) -> Path:
    with server.client() as client:
        client.flushall(asynchronous=False)
    return Path(stack.enter_context(TemporaryDirectory(prefix="pykraken-bench-")))


def _venue(corpus: Corpus, updates: int, rate: float) -> Child:
    return Child("tests.benchmarks.venue", corpus.folder, updates, rate)


def _play(venue: Child, reader: Child) -> None:
    """Let the venue send once the reader listens, and wait until it has seen all."""
    reader.says("event")
    venue.says("event")
    venue.tell("go")
    venue.says("began_ns")
    reader.says("event")


def _column(path: Path) -> array[int]:
    return array("q", path.read_bytes())


def _between(earlier: Iterable[int], later: Sequence[int]) -> array[int]:
    spans = array("q", (b - a for a, b in zip(earlier, later, strict=True)))
    return spans[min(WARM_MOST, int(len(spans) * WARM_SHARE)) :]


def _percentile(ordered: Sequence[int], percentile: float) -> int:
    return ordered[min(len(ordered) - 1, int(len(ordered) * percentile / 100))]
