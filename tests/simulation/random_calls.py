"""Random calls for both the model of Redis and a real server, near enough to matter."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from publisher.bus import scripts as shipped
from publisher.bus.scripts import digest
from tests.simulation.keyspace import Argument, Keyspace
from tests.simulation.scripts import last_of

STREAMS = ("{a}:s", "{a}:t")
LEASE = "{a}:lease"
REQUESTS = "{a}:requests"
WRITERS, FEEDS, OWNERS = ("7", "8"), ("f", "g"), ("me", "you")
FAR = 1 << 44
"""Epochs beyond any clock, so that a claim's answer is known."""

Call = tuple[Argument, ...]


class Calls:
    """Draws calls that often fit the state that the model is in, and often do not."""

    def __init__(self, db: Keyspace, seed: int) -> None:
        self._db = db
        self._draw = random.Random(seed)
        self._bodies = 0

    def __iter__(self) -> Iterator[Call]:
        kinds = (
            (self._append, 40),
            (self._open, 15),
            (self._snapshot, 15),
            (self._inspect, 5),
            (self._lease_call, 15),
            (self._plain, 10),
            (self._ask, 10),
            (self._spoil, 5),
        )
        makers = [maker for maker, _ in kinds]
        while True:
            (maker,) = self._draw.choices(makers, [weight for _, weight in kinds])
            yield maker()

    def _body(self) -> bytes:
        self._bodies += 1
        return b"body %d" % self._bodies

    def _now(self, key: str) -> tuple[str, int, int]:
        found = last_of(self._db, key)
        if isinstance(found, str):
            return "0-0", 0, -1
        return found[0], int(found[1]), found[2]

    def _epoch_near(self, epoch: int) -> int:
        return max(1, epoch + self._draw.choice((0, 0, 0, 0, 0, 1, 1, -1, 9, 90)))

    def _keys(self, key: str) -> tuple[str, str, str]:
        return key, key + ".own", key + ".snap"

    def _retention(self) -> int:
        return self._draw.choice((0, 1, 5, 20, 60_000))

    def _writer(self, key: str) -> str:
        held = self._db.values.get(key + ".own")
        if isinstance(held, dict) and self._draw.random() < 0.85:
            return held.get("writer", b"7").decode()
        return self._draw.choice(WRITERS)

    def _append(self) -> Call:
        streams = self._draw.sample(STREAMS, self._draw.choice((1, 1, 2)))
        arguments: list[Argument] = [self._writer(streams[0])]
        arguments += [self._draw.choice(FEEDS), self._retention()]
        for key in streams:
            _, epoch, seq = self._now(key)
            count = self._draw.choice((0, 1, 1, 2, 3, 25))
            expected = max(-1, seq + self._draw.choice((0, 0, 0, 0, -1, -2, 1, 5)))
            snaps = self._draw.choice((0, 0, 0, 1, 2)) if count else 0
            seed = self._draw.choice((0, 0, 1))
            arguments += [self._epoch_near(epoch), expected, seed, count, snaps]
            arguments += [self._body() for _ in range(count)]
            for _ in range(snaps):
                arguments += [expected + self._draw.randint(1, count), self._body()]
        keys = [name for key in streams for name in self._keys(key)]
        return _evalsha(shipped.APPEND, keys, arguments)

    def _open(self) -> Call:
        key = self._draw.choice(STREAMS)
        last, epoch, _ = self._now(key)
        inspected = last if self._draw.random() < 0.8 else "5-5"
        wished = self._epoch_near(epoch + self._draw.choice((0, 1, 1, 1)))
        feed, retention = self._draw.choice(FEEDS), self._retention()
        bodies = [self._body() for _ in range(self._draw.choice((1, 3)))]
        arguments: list[Argument]
        arguments = [wished, self._writer(key), feed, inspected, retention, *bodies]
        return _evalsha(shipped.OPEN, self._keys(key), arguments)

    def _snapshot(self) -> Call:
        key = self._draw.choice(STREAMS)
        _, epoch, seq = self._now(key)
        at = max(0, seq + self._draw.choice((0, 0, 0, -1, -3, 1)))
        arguments: list[Argument]
        arguments = [self._epoch_near(epoch), self._writer(key), at, self._body()]
        return _evalsha(shipped.SNAPSHOT, self._keys(key), [*arguments, self._retention()])

    def _inspect(self) -> Call:
        keys = [name for key in STREAMS for name in self._keys(key)[:2]]
        return _evalsha(shipped.INSPECT, keys, [])

    def _lease_call(self) -> Call:
        epoch, beat = self._db.hmget(LEASE, "epoch", "hb")
        me = self._draw.choice(OWNERS)
        held = (epoch or b"1").decode()
        match self._draw.randrange(4):
            case 0:
                floor = FAR + self._draw.randrange(1000)
                seen = ((epoch or b"").decode(), (beat or b"").decode())
                if self._draw.random() < 0.2:
                    seen = ("1", "1")
                return _evalsha(shipped.CLAIM, [LEASE], [me, floor, *seen])
            case 1:
                return _evalsha(shipped.RELEASE, [LEASE], [me, held])
            case _:
                mine = int(held) + self._draw.choice((0, 0, 0, 1, -1))
                return _evalsha(shipped.RENEW, [LEASE], [me, mine, self._draw.randrange(9)])

    def _ask(self) -> Call:
        """Ask something, or take what was asked."""
        if self._draw.random() < 0.6:
            name = self._draw.choice(("d", "d", "e"))
            return ("XADD", REQUESTS, self._next_id(), name, b"\x82\xff" * self._draw.randrange(9))
        limits = (self._draw.choice((1, 3, 9)), self._draw.choice((0, 5, 40)), 12)
        return _evalsha(shipped.REQUESTS, [REQUESTS], limits)

    def _next_id(self) -> str:
        _, epoch, seq = self._now(REQUESTS)
        return f"{max(1, epoch)}-{seq + 1}"

    def _plain(self) -> Call:
        key = self._draw.choice(STREAMS)
        last, epoch, seq = self._now(key)
        name = self._draw.choice((key, key, key + ".snap"))
        low = f"{epoch}-{max(0, seq - self._draw.randrange(30))}"
        match self._draw.randrange(8):
            case 0:
                doomed = self._draw.choice((key, key + ".own", key + ".snap", LEASE))
                return ("DEL", doomed)
            case 1:
                return ("XTRIM", name, "MINID", "~", low)
            case 2:
                return ("XTRIM", key + ".snap", "MINID", low)
            case 3:
                return ("XTRIM", key, "MAXLEN", "~", self._draw.randrange(40))
            case 4:
                return ("XREVRANGE", name, "+", "-", "COUNT", 2)
            case 5:
                return ("XRANGE", name, low, last)
            case 6:
                near = max(0, seq + self._draw.choice((0, 1, 2)))
                return ("XADD", key, f"{epoch}-{near}", "d", "x")
            case _:
                return ("HMGET", LEASE, "owner", "epoch", "hb")

    def _spoil(self) -> Call:
        """Put a value of another type where the next call may find it."""
        key = self._draw.choice(STREAMS)
        return ("SET", self._draw.choice((key, key, key + ".own", REQUESTS)), "x")


def _evalsha(script: str, keys: Sequence[str], arguments: Sequence[Argument]) -> Call:
    return ("EVALSHA", digest(script), len(keys), *keys, *arguments)
