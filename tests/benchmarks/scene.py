"""One run: a venue plays a corpus, the publisher or the limit loop writes it to Redis, we time it.

The clock runs from the venue's first send to the first look that finds the last entry in Redis;
looks come every `LOOK_S` near the end, which is the error of the measurement. After the publisher,
the stream must hold one entry an update and nothing else (a reset would take a place in it), and
the Python consumer's book must have the checksum of the corpus' last message.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgpack
import redis
from pykraken_consumer import Client

from tests.benchmarks.children import Child, Place, cpu_s, peak_mb
from tests.benchmarks.corpus import Corpus
from tests.servers import RedisServer

LOOK_S = 0.002
FAR_LOOK_S = 0.02
STALL_S = 20.0
CATCH_UP_S = 60.0
"""A snapshot may lie five seconds of saturation behind the end."""
LIMIT_STREAM = "limit"
KEY = {"PYKRAKEN_API_KEY": "a-key-of-the-benchmark", "PYKRAKEN_API_SECRET": "YS1zZWNyZXQ="}
PAYLOAD_BYTES = 112
"""Of the limit's entries: as long as the publisher's are on average."""


class WrongResult(Exception):
    """A measured run did not do the work: its numbers mean nothing."""


@dataclass(frozen=True)
class Run:
    """What one run took."""

    updates: int
    wall_s: float
    cpu_s: float
    redis_cpu_s: float
    peak_mb: float

    @property
    def msgs_s(self) -> float:
        """Updates a second, from the first sent to the last in Redis."""
        return self.updates / self.wall_s

    @property
    def cpu_us(self) -> float:
        """CPU time of the measured process for each update."""
        return self.cpu_s / self.updates * 1e6

    @property
    def redis_cpu_us(self) -> float:
        """CPU time of Redis for each update."""
        return self.redis_cpu_s / self.updates * 1e6


def stream_of(corpus: Corpus) -> str:
    """Return the stream that the publisher writes a corpus' book to."""
    return f"{{kraken.{corpus.pair.symbol}}}:{corpus.channel}.{corpus.depth}"


def end_of(server: redis.Redis, stream: str) -> tuple[int, str]:
    """Return how many entries a stream ever got, and its last id; (0, "") if there is none."""
    try:
        info: dict[str, Any] = server.xinfo_stream(stream)
    except redis.ResponseError:
        return 0, ""
    return int(info["entries-added"]), info["last-generated-id"].decode()


@contextmanager
def publishing(
    server: RedisServer,
    corpus: Corpus,
    venue_url: str,
    place: Place,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Child]:
    """Run the publisher, with the defaults but for `settings`; begin when it has opened the corpus'
    stream.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pykraken-bench-")))
        environment = {
            "PYKRAKEN_WS_URL": venue_url,
            "PYKRAKEN_WS_L3_URL": venue_url,
            "PYKRAKEN_REST_URL": venue_url.replace("ws://", "http://").removesuffix("/v2"),
            "PYKRAKEN_CHANNEL": corpus.channel,
            **(KEY if corpus.channel == "level3" else {}),
            "PYKRAKEN_REDIS_URL": server.url,
            "PYKRAKEN_SYMBOLS": corpus.pair.symbol,
            "PYKRAKEN_DEPTH": str(corpus.depth),
            "PYKRAKEN_STATE_DIR": str(folder / "state"),
            "PYKRAKEN_LOG_LEVEL": "error",
            **settings,
        }
        words = ("publisher", "run")
        child = Child(*words, place=place, environment=environment, folder=folder)
        stack.enter_context(child)
        with server.client() as client:
            _wait_for_end(client, stream_of(corpus), 2)
        yield child


def _wait_for_end(client: redis.Redis, stream: str, entries: int) -> int:
    """Return the time (ns of Unix time) of the first look that finds so many entries."""
    last, moved = -1, time.monotonic()
    while True:
        got = end_of(client, stream)[0]
        if got >= entries:
            return time.time_ns()
        if got != last:
            last, moved = got, time.monotonic()
        elif time.monotonic() - moved > STALL_S:
            raise WrongResult(f"{stream} stands at {got} of {entries} entries")
        time.sleep(LOOK_S if got > 0.9 * entries else FAR_LOOK_S)


def run_publisher(
    server: RedisServer,
    corpus: Corpus,
    updates: int,
    settings: Mapping[str, str] = MappingProxyType({}),
    beside: Callable[[Child], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> Run:
    """Time the publisher on the first `updates` messages; raise WrongResult. What `beside` makes of
    the publisher's process is entered for as long as it is timed.
    """
    with ExitStack() as stack:
        client = stack.enter_context(server.client())
        client.flushall(asynchronous=False)
        venue = stack.enter_context(venue_of(corpus, updates))
        daemon = stack.enter_context(
            publishing(server, corpus, venue.says("url")["url"], "measured", settings)
        )
        with beside(daemon):
            run = timed(client, venue, daemon, stream_of(corpus), (server.pid, updates, 2))
        _check(server, client, corpus, updates)
        return run


def run_limit(server: RedisServer, corpus: Corpus, updates: int) -> Run:
    """Time the limit loop on the first `updates` messages; raise WrongResult."""
    with ExitStack() as stack:
        client = stack.enter_context(server.client())
        client.flushall(asynchronous=False)
        venue = stack.enter_context(venue_of(corpus, updates))
        words = (venue.says("url")["url"], server.port, LIMIT_STREAM, PAYLOAD_BYTES, updates)
        relay = stack.enter_context(Child("tests.benchmarks.relay", *words, place="measured"))
        relay.says("event")
        run = timed(client, venue, relay, LIMIT_STREAM, (server.pid, updates, 0))
        relay.says("event")
        return run


def venue_of(corpus: Corpus, updates: int) -> Child:
    """Return a venue that plays as fast as it is read."""
    return Child("tests.benchmarks.venue", corpus.folder, updates, 0, place="others")


def timed(
    client: redis.Redis, venue: Child, measured: Child, stream: str, terms: tuple[int, int, int]
) -> Run:
    """Say go, and time until the last entry; `terms`: Redis' pid, updates, entries before them."""
    redis_pid, updates, before = terms
    venue.says("event")
    cpu, redis_cpu = cpu_s(measured.pid), cpu_s(redis_pid)
    venue.tell("go")
    ended = _wait_for_end(client, stream, before + updates)
    cpu, redis_cpu = cpu_s(measured.pid) - cpu, cpu_s(redis_pid) - redis_cpu
    began = int(venue.says("began_ns")["began_ns"])
    return Run(updates, (ended - began) / 1e9, cpu, redis_cpu, peak_mb(measured.pid))


def _check(server: RedisServer, client: redis.Redis, corpus: Corpus, updates: int) -> None:
    entries, last_id = end_of(client, stream_of(corpus))
    if entries != updates + 2 or not last_id.endswith(f"-{updates + 1}"):
        raise WrongResult(f"{entries} entries up to {last_id} for {updates} updates")
    if updates != corpus.updates:
        return  # the checksum is that of the whole corpus
    if corpus.channel != "book":
        _, fields = client.xrevrange(stream_of(corpus), count=1)[0]
        last = msgpack.unpackb(fields[b"d"])
        if last["c"] != corpus.checksum:
            raise WrongResult(f"the last entry has checksum {last['c']}, due {corpus.checksum}")
        return
    with Client(server.url) as consumer:
        book = consumer.book(corpus.pair.symbol, depth=corpus.depth, wait_s=CATCH_UP_S)
    # A heartbeat of the stream may stand behind the last update by now.
    if book.checksum() != corpus.checksum or book.seq <= updates:
        raise WrongResult(f"{book} has checksum {book.checksum()}, due is {corpus.checksum}")
