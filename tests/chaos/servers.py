"""What befalls Redis: its processes, its links, its limits, and what a person does to its keys."""

from __future__ import annotations

import contextlib
import shutil
from typing import Any

import redis

from tests.chaos.field import Blow, Field
from tests.endtoend.program import Publisher
from tests.faults.scene import Gap, Missed, stream_of
from tests.polling import wait_until
from tests.servers import RedisServer
from tests.topology.sentinels import SentinelSet

FALLS_BEHIND = 100
"""Entries that a held reader has not read when its stream is trimmed to the last ten."""
TOLD_S = 30.0


def _command(*words: object) -> Blow:
    def strike(on: Field) -> Any:
        with on.primary().client() as client:
            return client.execute_command(*words)

    return strike


# Processes


def _freeze_primary(on: Field) -> None:
    """Longer than a call waits, and its requests are carried out late, beside their retries."""
    primary = on.group.primary
    primary.pause()
    on.last(0.1, 2.5)
    primary.resume()


def _kill_primary(on: Field) -> None:
    primary = on.group.primary
    primary.kill()
    on.group.wait_replaced(primary)
    _start_as_replica(primary, on.group)


def _promote_stale_replica(on: Field) -> None:
    on.group.cut_replication()
    try:
        on.last(0.2, 1.5)
        _kill_primary(on)
    finally:
        on.group.mend_replication()


def _start_as_replica(server: RedisServer, group: SentinelSet) -> None:
    """Bring a server back empty, as an orchestrator would: Sentinels make it follow."""
    server.restart()
    with server.client() as client:
        client.execute_command("REPLICAOF", "127.0.0.1", group.primary.port)


def _failover(on: Field) -> None:
    with contextlib.suppress(redis.ResponseError):  # one is under way
        on.group.failover()


# Limits and rights


def _fill_memory(on: Field) -> None:
    primary = on.primary()
    _configure(primary, maxmemory=1)
    try:
        on.last(0.5, 3.0)
    finally:
        _configure(primary, maxmemory=0)


def _fail_disk(on: Field) -> None:
    """No background save succeeds. Sentinels call a server down that answers PING with MISCONF."""
    primary = on.primary()
    gone = primary.folder / "gone"
    gone.mkdir()
    _configure(primary, dir=gone)
    shutil.rmtree(gone)
    _configure(primary, save="3600 1")
    try:
        with primary.client() as client:
            client.execute_command("BGSAVE", "SCHEDULE")
            wait_until(lambda: _has_failed(client), TOLD_S, "a background save that failed")
        on.last(0.5, 3.0)
    finally:
        _configure(primary, save="", dir=primary.folder)


def _has_failed(client: Any) -> bool:
    return bool(client.info("persistence")["rdb_last_bgsave_status"] == "err")


def _configure(server: RedisServer, **values: object) -> None:
    """Each time through a client of its own: a failover ends those that there are."""
    with server.client() as client:
        for name, value in values.items():
            client.config_set(name, str(value))


def _rotate_password(on: Field) -> None:
    secret = f"{on.chance.getrandbits(64):016x}"
    on.access.write(secret, "+@all")
    on.access.load(on.group)
    on.last(0.0, 3.0)
    on.access.hand_out(secret)


def _take_right(on: Field) -> None:
    """A right taken from the publishers ends them; a person gives it back and starts them."""
    secret = on.access.password.read_text().strip()
    on.access.write(secret, "+@all -evalsha")
    on.access.load(on.group)
    codes = [program.wait() for program in on.pair.programs]
    on.access.write(secret, "+@all")
    on.access.load(on.group)
    on.pair.start()
    assert codes == [3, 3], f"exit codes {codes} without a right"


# Keys


def _replace_owner(on: Field) -> None:
    """The stream is given up, until a person deletes the key and restarts the leader."""
    key = f"{stream_of(on.symbol())}.own"
    with on.primary().client() as client:
        client.set(key, "a string")
        try:
            wait_until(lambda: _refusing(on), TOLD_S, "a stream is refused")
        finally:
            client.delete(key)
    for program in _refusing(on):
        program.terminate()
        program.start()


def _refusing(on: Field) -> list[Publisher]:
    return [program for program in on.pair.programs if program.log("stream.refused")]


def _delete(on: Field) -> None:
    suffix = on.chance.choice(("", ".snap", ".own"))
    _command("DEL", stream_of(on.symbol()) + suffix)(on)


def _trim(on: Field) -> None:
    _command("XTRIM", stream_of(on.symbol()), "MAXLEN", 0)(on)


def _trim_past_reader(on: Field) -> None:
    """A reader stands still while its stream is trimmed beyond it: it must be told."""
    symbol, reader = on.symbol(), on.slow
    stream = stream_of(symbol)
    with on.primary().client() as client, reader.held():
        told = len(reader.told)
        at = client.xinfo_stream(stream)["last-generated-id"].decode()
        wait_until(
            lambda: len(client.xrange(stream, f"({at}", count=FALLS_BEHIND)) == FALLS_BEHIND,
            TOLD_S,
            "entries that a held reader has not read",
        )
        client.xtrim(stream, maxlen=10, approximate=False)

    def is_told() -> bool:
        return any(
            of == symbol and isinstance(body, Gap | Missed) for of, body in reader.told[told:]
        )

    wait_until(is_told, TOLD_S, f"word of the gap in {stream}")


BLOWS: dict[str, Blow] = {
    "primary SIGKILL (R1, R6)": _kill_primary,
    "failover in order (R4)": _failover,
    "primary frozen (R5, R14, R16)": _freeze_primary,
    "stale replica promoted (R6)": _promote_stale_replica,
    "out of memory (R8)": _fill_memory,
    "owner of another type (R10)": _replace_owner,
    "password rotated (R11)": _rotate_password,
    "a right taken away (R12)": _take_right,
    "disk that fails (R13)": _fail_disk,
    "writes paused 700 ms (R15)": _command("CLIENT", "PAUSE", 700, "WRITE"),
    "connections killed (R16)": _command("CLIENT", "KILL", "TYPE", "normal"),
    "scripts flushed (R21)": _command("SCRIPT", "FLUSH"),
    "stray entry (R22, C4)": _command("XADD", "{kraken.BTC/USD}:book.10", "*", "d", "x"),
    "key deleted (R24)": _delete,
    "stream trimmed (R24)": _trim,
    "all flushed (R24)": _command("FLUSHALL"),
    "trimmed past a reader (C1)": _trim_past_reader,
}
