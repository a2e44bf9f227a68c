"""A writer turned by hand against a real server, as the daemon would turn it."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgpack

from publisher.bus.keeper import LinkKeeper
from publisher.bus.keys import lease_key, status_keys, stream_keys
from publisher.bus.link import Address
from publisher.bus.publication import Publication
from publisher.bus.writer import Writer, lease_of
from publisher.model import BookState, Now
from tests.bus.desk import STATE, A, B, plan, snapshot, update
from tests.polling import wait_until
from tests.servers import RedisServer

LEASE_S = 0.6
STREAM = stream_keys("t", A, "book.10").stream
OTHER = stream_keys("t", B, "book.10").stream
STATUS = status_keys("t", "f").stream
CATALOGUE = "{t.catalogue}:streams"


def now() -> Now:
    return Now(time.monotonic(), time.time_ns())


class Desk:
    """A writer of two books that are always live, turned by hand as the daemon would."""

    def __init__(
        self, url: str, *, writer: int = 1, feed: str = "f", lease_s: float = LEASE_S
    ) -> None:
        self.selector = selectors.DefaultSelector()
        publication = Publication(plan(feed=feed), writer, snapshot, self._state_of)
        self.writer = Writer(
            publication,
            lease_of("t", feed, f"me-{writer}", lease_s),
            Address(url, 0.5),
            selector=self.selector,
            wake=lambda: None,
            clock=now,
        )
        publication.inspect()

    def _state_of(self, _symbol: str) -> tuple[BookState, int | None, int]:
        return BookState.LIVE, 0, 5

    def turn(self) -> None:
        for key, mask in self.selector.select(0.005) if self.selector.get_map() else ():
            assert isinstance(key.data, LinkKeeper)
            key.data.ready(mask, time.monotonic())
        self.writer.ticked(now(), STATE)
        self.writer.pump(now())

    def until(self, condition: Callable[[], object], what: str, *others: Desk) -> None:
        """Turn, and let others turn, until something is so."""

        def is_so() -> bool:
            for desk in (self, *others):
                desk.turn()
            return bool(condition())

        wait_until(is_so, 10, what)

    def opened(self) -> None:
        """Turn until all streams are open and all is written."""
        self.until(lambda: self.writer.is_leading, "leading")
        publication = self.writer.publication
        self.until(
            lambda: all(s.takes_entries for s in publication.streams) and self.writer.is_settled,
            "all open",
        )

    def renewed(self) -> None:
        """Turn until the lease was renewed once more."""
        before = self.writer.lease.renewed_at
        self.until(lambda: self.writer.lease.renewed_at > before, "renewed")

    def publish(self, symbol: str = A, count: int = 1) -> None:
        for number in range(count):
            self.writer.publication.publish(symbol, update(number), 1)

    def written(self, symbol: str = A, count: int = 1) -> None:
        """Publish; turn until it is confirmed."""
        self.publish(symbol, count)
        self.until(lambda: self.writer.is_settled, "confirmed")


@contextmanager
def desk_at(server: RedisServer, **given: Any) -> Iterator[Desk]:
    """Return a desk that closes with the block."""
    desk = Desk(server.url, **given)
    try:
        yield desk
    finally:
        desk.writer.close()
        desk.selector.close()


def kinds(client: Any, stream: str) -> list[str]:
    """Return the types of a stream's events."""
    entries = client.xrange(stream)
    return [msgpack.unpackb(fields[b"d"])["t"] for _, fields in entries]


def lease(client: Any, feed: str = "f") -> tuple[str, int]:
    """Return owner and epoch of a feed's lease."""
    owner, epoch = client.hmget(lease_key("t", feed), "owner", "epoch")
    return (owner or b"").decode(), int(epoch or 0)
