"""The model of Redis held against a real server: thousands of calls, each reply and all data.

Both sides start empty and get the same calls; the model's clock is set to the one moment that the
real script can have used.
"""

from __future__ import annotations

from typing import Any

import redis

from publisher.bus import scripts as shipped
from publisher.bus.scripts import Code, digest
from tests.servers import RedisServer
from tests.simulation.keyspace import Keyspace
from tests.simulation.random_calls import STREAMS, Call, Calls
from tests.simulation.scripts import SHIPPED
from tests.simulation.streams import Refused, StreamValue

CALLS = 3000
NODE_ENTRIES = 10


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
        calls = iter(Calls(db, seed=4))
        for number in range(CALLS):
            call = next(calls)
            expected, found = _both(client, raw, db, call)
            assert expected == found, f"call {number}: {call}"
            assert _model_data(db) == _server_data(client), f"call {number}: {call}"
            codes |= _codes(call, found)
    assert {code for name, code in codes if name == "append"} == {*Code} - {Code.CHANGED}
    assert {code for name, code in codes if name == "open"} == {*Code} - {Code.LOST}
    assert {code for name, code in codes if name == "snapshot"} == {*Code} - {Code.CHANGED}
    assert {code for name, code in codes if name == "requests"} >= {-1, 0, 1, 3}


def _both(client: Any, raw: Any, db: Keyspace, call: Call) -> tuple[object, object]:
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


def _milliseconds(client: Any) -> int:
    seconds, micros = client.time()
    return int(seconds) * 1000 + int(micros) // 1000


def _moment(client: Any, call: Call, before: int) -> int:
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


def _server_data(client: Any) -> dict[str, object]:
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
        digest(shipped.REQUESTS): "requests",
    }
    name = names.get(str(call[1]))
    if name is None or not isinstance(reply, list):
        return set()
    return {(name, code) for code in reply[::2] if isinstance(code, int)}
