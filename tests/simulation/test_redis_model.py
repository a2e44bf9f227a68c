"""The model of Redis held against a real server: thousands of random calls, each reply and all data.

Both sides start empty and get the same calls; the model's clock is set to the one moment that the
real script can have used.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import redis

from publisher.bus import scripts as shipped
from publisher.bus.scripts import Code, digest
from tests.servers import RedisServer
from tests.simulation.keyspace import Argument, Keyspace
from tests.simulation.scripts import SHIPPED, last_of
from tests.simulation.streams import Refused, StreamValue

CALLS = 4000
NODE_ENTRIES = 10
STREAMS = ("{a}:s", "{a}:t")
LEASE = "{a}:lease"
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
        arguments: list[Argument] = []
        for key in streams:
            _, epoch, seq = self._now(key)
            count = self._draw.choice((0, 1, 1, 2, 3, 25))
            expected = max(-1, seq + self._draw.choice((0, 0, 0, 0, -1, -2, 1, 5)))
            snaps = self._draw.choice((0, 0, 0, 1, 2)) if count else 0
            seed = self._draw.choice((0, 0, 1))
            head = [self._epoch_near(epoch), self._writer(key), expected, seed, count, snaps]
            arguments += [*head, self._retention(), self._draw.choice(FEEDS)]
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
        head = [wished, self._writer(key), self._draw.choice(FEEDS), inspected, self._retention()]
        bodies = [self._body() for _ in range(self._draw.choice((1, 3)))]
        return _evalsha(shipped.OPEN, self._keys(key), [*head, *bodies])

    def _snapshot(self) -> Call:
        key = self._draw.choice(STREAMS)
        _, epoch, seq = self._now(key)
        at = max(0, seq + self._draw.choice((0, 0, 0, -1, -3, 1)))
        arguments = [self._epoch_near(epoch), self._writer(key), at, self._body()]
        return _evalsha(shipped.SNAPSHOT, self._keys(key), [*arguments, self._retention()])

    def _inspect(self) -> Call:
        keys = [name for key in STREAMS for name in self._keys(key)[:2]]
        return _evalsha(shipped.INSPECT, keys, [])

    def _lease_call(self) -> Call:
        owner, epoch, beat = self._db.hmget(LEASE, "owner", "epoch", "hb")
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

    def _plain(self) -> Call:
        key = self._draw.choice(STREAMS)
        last, epoch, seq = self._now(key)
        name = self._draw.choice((key, key, key + ".snap"))
        low = f"{epoch}-{max(0, seq - self._draw.randrange(30))}"
        match self._draw.randrange(9):
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
                return ("XADD", key, f"{epoch}-{max(0, seq + self._draw.choice((0, 1, 2)))}", "d", "x")
            case 7:
                return ("HMGET", LEASE, "owner", "epoch", "hb")
            case _:
                return self._draw.choice((("SET", key + ".own", "x"), ("SET", key, "x")))


def _evalsha(script: str, keys: Sequence[str], arguments: Sequence[Argument]) -> Call:
    return ("EVALSHA", digest(script), len(keys), *keys, *arguments)


def test_model_and_server_agree_on_random_calls(each_redis_server: RedisServer) -> None:
    """Each reply is the same, and so is what every key holds after it."""
    with each_redis_server.client() as client, each_redis_server.client() as raw:
        raw.response_callbacks.clear()
        client.config_set("stream-node-max-entries", NODE_ENTRIES)
        client.config_set("stream-node-max-bytes", 0)
        for script in SHIPPED:
            client.script_load(script)
        db = Keyspace(NODE_ENTRIES)
        codes: set[tuple[str, int]] = set()
        calls = iter(Calls(db, seed=2))
        for number in range(CALLS):
            call = next(calls)
            expected, found = _both(client, raw, db, call)
            assert expected == found, f"call {number}: {call}"
            assert _model_data(db) == _server_data(client, db), f"call {number}: {call}"
            codes |= _codes(call, found)
    assert {code for name, code in codes if name == "append"} == {*Code} - {Code.CHANGED}
    assert {code for name, code in codes if name == "open"} == {*Code} - {Code.LOST}
    assert {code for name, code in codes if name == "snapshot"} == {*Code} - {Code.CHANGED}


def _both(
    client: redis.Redis, raw: redis.Redis, db: Keyspace, call: Call
) -> tuple[object, object]:
    """Return the server's reply and the model's; a key of a wrong type is put right again."""
    before = _milliseconds(client)
    try:
        expected: Any = raw.execute_command(*call)
    except redis.ResponseError as error:
        expected = str(error).removeprefix("ERR ").split(" ", 1)[0]
    after = _milliseconds(client)
    db.now_ms = _moment(client, call, before)
    assert before <= db.now_ms <= after
    try:
        found = _run(db, call)
    except Refused as error:
        found = str(error).removeprefix("ERR ").split(" ", 1)[0]
    for key in [key for key, value in db.values.items() if isinstance(value, bytes)]:
        if call[0] != "SET":
            client.delete(key)
            del db.values[key]
    return _plain(expected), _plain(found)


def _milliseconds(client: redis.Redis) -> int:
    seconds, micros = client.time()
    return int(seconds) * 1000 + int(micros) // 1000


def _moment(client: redis.Redis, call: Call, before: int) -> int:
    """Return the time that the script used, where it left one behind."""
    moments = [before]
    for key in STREAMS:
        if key in call and client.type(key + ".own") == b"hash":
            for part in (client.hget(key + ".own", "snaps") or b"").split():
                moments.append(int(part.rpartition(b"@")[2]))
    return max(moments)


def _run(db: Keyspace, call: Call) -> object:
    if call[0] == "SET":
        db.values[str(call[1])] = str(call[2]).encode()
        return b"OK"
    if call[0] != "EVALSHA":
        return db.run(*call)
    by_digest = {digest(text): script for text, script in SHIPPED.items()}
    count = int(call[2])
    words = [part if isinstance(part, bytes) else str(part).encode() for part in call[3:]]
    keys = [word.decode() for word in words[:count]]
    return by_digest[str(call[1])](db, keys, words[count:])


def _plain(reply: Any) -> Any:
    """Return a reply with all text as bytes; of an error text only its first word counts."""
    if isinstance(reply, list):
        return [_plain(part) for part in reply]
    if isinstance(reply, str):
        reply = reply.encode()
    if isinstance(reply, bytes) and b"WRONGTYPE" in reply:
        return b"WRONGTYPE"
    if reply is True or isinstance(reply, int):
        return int(reply)
    return reply


def _model_data(db: Keyspace) -> dict[str, object]:
    return {
        key: (value.last, value.rows) if isinstance(value, StreamValue) else value
        for key, value in db.values.items()
    }


def _server_data(client: redis.Redis, db: Keyspace) -> dict[str, object]:
    data: dict[str, object] = {}
    for name in client.keys("*"):
        key = name.decode()
        match client.type(name):
            case b"stream":
                reply = client.execute_command("XRANGE", name, "-", "+")
                rows = [
                    (_id(entry_id), tuple(part for pair in fields.items() for part in pair))
                    for entry_id, fields in reply
                ]
                data[key] = (_id(client.xinfo_stream(name)["last-generated-id"]), rows)
            case b"hash":
                data[key] = {field.decode(): v for field, v in client.hgetall(name).items()}
            case _:
                data[key] = client.get(name)
    return data


def _id(text: bytes) -> tuple[int, int]:
    ms, seq = text.split(b"-")
    return int(ms), int(seq)


def _codes(call: Call, reply: Any) -> set[tuple[str, int]]:
    names = {
        digest(shipped.APPEND): "append",
        digest(shipped.OPEN): "open",
        digest(shipped.SNAPSHOT): "snapshot",
    }
    name = names.get(str(call[1]))
    if name is None or not isinstance(reply, list):
        return set()
    return {(name, code) for code in reply[::2] if isinstance(code, int)}
