"""One process with a thousand books beside one with a single book, at the same rate in all.

The simulator plays: to each publisher one of its own, with markets busy and quiet. All stay up for
the whole comparison and take turns: one simulator plays, the other pauses. What was sent is counted
by the simulator, heartbeats of Kraken's (one a second) included; CPU time is the publisher's own.
Afterwards books as a consumer gets them must be the venue's.
"""

from __future__ import annotations

import json
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import redis
from pykraken_consumer import Client

from publisher.simulator.instruments import MAX_SYMBOLS, choose
from tests.benchmarks.children import Child, cpu_s, peak_mb
from tests.polling import wait_until
from tests.servers import RedisServer

DEPTH = 10
DEADLINE_S = 30.0
TOKENIZED = "METAx/USD"
"""Listed only to who asks for such (protocol.md 4.5)."""
FAST = 20_000.0
"""The simulator's highest rate: more than it can play of so many markets beside the others."""
SETTLE_S = 0.5
"""Between the word to play and the measurement."""


@dataclass(frozen=True)
class Turn:
    """What a turn took."""

    messages: int
    wall_s: float
    cpu_s: float

    @property
    def msgs_s(self) -> float:
        """Messages a second."""
        return self.messages / self.wall_s

    @property
    def cpu_us(self) -> float:
        """CPU time of the publisher for each message."""
        return self.cpu_s / self.messages * 1e6


class Side:
    """A simulator that pauses, and a publisher whose books are all live and open."""

    def __init__(
        self, venue: Child, control: str, daemon: Child, books: tuple[str, list[str]]
    ) -> None:
        self._venue = venue
        self._control = control
        self._daemon = daemon
        self._namespace, self._symbols = books
        self.startup_s = 0.0

    @property
    def peak_mb(self) -> float:
        """The most memory that the publisher has held, in MB."""
        return peak_mb(self._daemon.pid)

    def await_books(self, client: redis.Redis, began: float) -> None:
        """Wait until every book is in the catalogue, which happens when its stream is opened."""
        key, wanted = f"{{{self._namespace}.catalogue}}:streams", len(self._symbols)
        wait_until(lambda: client.hlen(key) == wanted, DEADLINE_S, f"{wanted} books are open")
        self.startup_s = time.monotonic() - began

    def play(self, rate: float, seconds: float) -> Turn:
        """Let the markets move at a rate in all, and measure."""
        self._ask("rate", rate=rate)
        time.sleep(SETTLE_S)
        sent, began, cpu = self._sent(), time.monotonic(), cpu_s(self._daemon.pid)
        time.sleep(seconds)
        cpu = cpu_s(self._daemon.pid) - cpu
        turn = Turn(self._sent() - sent, time.monotonic() - began, cpu)
        self.pause()
        return turn

    def pause(self) -> None:
        """Let the markets stand still."""
        self._ask("rate", rate=0)

    def check(self, server: RedisServer, sample: int) -> None:
        """Raise AssertionError unless the first and last books become those of the paused venue."""
        with Client(server.url, namespace=self._namespace) as consumer:
            for symbol in {*self._symbols[:sample], *self._symbols[-sample:]}:
                due = self._ask(f"book?symbol={quote(symbol)}&depth={DEPTH}")["checksum"]
                is_held = partial(_is_held, consumer, symbol, due)
                wait_until(is_held, DEADLINE_S, f"{symbol} as at the venue")

    def _sent(self) -> int:
        return sum(int(link["sent"]) for link in self._ask("status")["connections"])

    def _ask(self, verb: str, **body: object) -> Any:
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(f"{self._control}/{verb}", data)
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            return json.loads(answer.read())


def _is_held(consumer: Client, symbol: str, checksum: int) -> bool:
    return consumer.book(symbol, depth=DEPTH).checksum() == checksum


@contextmanager
def side(
    server: RedisServer, symbols: int, rate: float, *, depth: int = DEPTH, namespace: str = ""
) -> Iterator[Side]:
    """Start both; begin when every book is open, of markets that move at `rate` in all."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pykraken-bench-")))
        client = stack.enter_context(server.client())
        listed = [instrument.symbol for instrument in choose(str(min(symbols + 1, MAX_SYMBOLS)))]
        names = [symbol for symbol in listed if symbol != TOKENIZED][:symbols]
        words = ("publisher.simulator", "--symbols", ",".join(names), "--rate", rate)
        venue = stack.enter_context(Child(*words, place="others"))
        said = venue.says("ws_url")
        namespace = namespace or f"bench{symbols}"
        environment = {
            "PYKRAKEN_WS_URL": said["ws_url"],
            "PYKRAKEN_REDIS_URL": server.url,
            "PYKRAKEN_NAMESPACE": namespace,
            "PYKRAKEN_SYMBOLS": ",".join(names),
            "PYKRAKEN_DEPTH": str(depth),
            "PYKRAKEN_STATE_DIR": str(folder / "state"),
            "PYKRAKEN_LOG_LEVEL": "error",
        }
        began = time.monotonic()
        words = ("publisher", "run")
        daemon = Child(*words, place="measured", environment=environment, folder=folder)
        stack.enter_context(daemon)
        made = Side(venue, said["control_url"], daemon, (namespace, names))
        made.await_books(client, began)
        made.pause()
        yield made
