"""Streams and feeds, written by hand into a real server as WIRE.md has them."""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping

import msgpack
import pytest
import redis

from publisher.doctor.feeds import judge_feed
from publisher.doctor.findings import Finding
from publisher.doctor.streams import judge_stream, listings
from tests.servers import RedisServer

SECOND = 1_000_000_000
STREAM = "{kraken.BTC/USD}:book.10"
STATUS = "{kraken.feed.f}:status"
CATALOGUE = "{kraken.catalogue}:streams"
ABOUT = {"ch": "book", "y": "BTC/USD", "d": 10, "pp": 1, "qp": 8}
LISTING = {"v": 1, "fd": "f", **ABOUT, "l": "", "ep": 7}
# One ask of 2 at 11, one bid of 1 at 10; the text of WIRE.md 5.2.
CHECKSUM = zlib.crc32(b"112" + b"101")


def event(kind: str, age_s: int = 0, **keys: object) -> bytes:
    at = time.time_ns() - age_s * SECOND
    packed: bytes = msgpack.packb({"t": kind, "te": 0, "tr": at, "tp": at, "f": 0, **keys})
    return packed


def snapshot(age_s: int = 0, checksum: int = CHECKSUM) -> bytes:
    levels = {"b": [[10, 1]], "a": [[11, 2]]}
    return event("snapshot", age_s, v=1, **ABOUT, c=checksum, **levels)


def judged(server: RedisServer, entries: Mapping[str, bytes], snap: bytes | None = None) -> Finding:
    with server.client() as client:
        client.hset(CATALOGUE, STREAM, msgpack.packb(LISTING))
        for entry_id, data in entries.items():
            client.xadd(STREAM, {"d": data}, id=entry_id)
        if snap is not None:
            client.xadd(f"{STREAM}.snap", {"d": snap}, id="7-1")
        rows, faults = listings(client, "kraken")
        assert (len(rows), faults) == (1, [])
        return judge_stream(client, rows[0], time.time_ns())


def update(age_s: int = 0) -> bytes:
    return event("update", age_s, b=[[10, 1]], a=[], c=CHECKSUM)


def test_a_live_stream_is_well(redis_server: RedisServer) -> None:
    found = judged(redis_server, {"7-2": update()}, snapshot())
    assert found.level == "ok"
    assert found.what.startswith(f"{STREAM}: last entry 0.")


@pytest.mark.parametrize(
    ("fault", "level", "said"),
    [
        ("old", "bad", "last entry 60 s old"),
        ("future", "warn", "clock is ahead"),
        ("bye", "warn", "has stopped"),
        ("reset", "warn", "book dropped (checksum)"),
        ("not live", "bad", "disconnected"),
        ("unjoinable", "bad", "no snapshot"),
        ("wrong", "bad", "differs from its checksum"),
        ("bad snapshot", "bad", "does not decode: MSGPACK"),
        ("bad entry", "bad", "does not decode: MSGPACK"),
    ],
)
def test_each_fault_is_a_finding_with_a_mend(
    fault: str, level: str, said: str, redis_server: RedisServer
) -> None:
    entries = {
        "old": update(60),
        "future": update(-60),
        "bye": event("bye"),
        "reset": event("reset", why="checksum"),
        "not live": event("heartbeat", s="disconnected"),
        "bad entry": b"\xc1",
    }
    snaps = {"unjoinable": None, "wrong": snapshot(checksum=1), "bad snapshot": b"\xc1"}
    entry, snap = entries.get(fault, update()), snaps.get(fault, snapshot())
    found = judged(redis_server, {"7-2": entry}, snap)
    assert found.level == level
    assert said in found.what
    assert found.mend
    assert ("pykraken retire" in found.mend) == (fault == "bye"), "of what may be wanted no more"


def test_a_listed_stream_that_is_gone_is_told(redis_server: RedisServer) -> None:
    assert "no such stream" in judged(redis_server, {}).what


def test_a_row_of_the_catalogue_that_cannot_be_read_is_a_warning(
    redis_server: RedisServer,
) -> None:
    with redis_server.client() as client:
        client.hset(CATALOGUE, STREAM, b"\x80")
        rows, (fault,) = listings(client, "kraken")
    assert rows == []
    assert (fault.level, STREAM in fault.what) == ("warn", True)


def feed_levels(client: redis.Redis) -> dict[str, str]:
    found = judge_feed(client, "kraken", "f", time.time_ns())
    return {finding.what: finding.level for finding in found}


def pulse(age_s: int = 0, state: str = "live", live: int = 2) -> bytes:
    return event("feed", age_s, s=state, ns=2, nl=live, sys="online")


def test_a_feed_that_pulses_and_is_led_is_well(redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.hset("{kraken.feed.f}:lease", mapping={"owner": "me", "epoch": "7", "hb": "1"})
        well = event("notice", 10, k="system", y="", n="system online")
        client.xadd(STATUS, {"d": well}, id="7-0")
        client.xadd(STATUS, {"d": pulse()}, id="7-1")
        assert feed_levels(client) == {
            "feed f: live, 2 of 2 streams live, Kraken is online": "ok",
            "feed f: led by me": "ok",
        }


def test_what_ails_a_feed_is_told(redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        assert feed_levels(client) == {
            "feed f: no status": "bad",
            "feed f: nobody holds the lease": "bad",
        }
        client.xadd(STATUS, {"d": pulse(age_s=60)}, id="7-1")
        assert feed_levels(client)["feed f: silent for 60 s"] == "bad"
        client.xadd(STATUS, {"d": pulse(live=1)}, id="7-2")
        assert feed_levels(client)["feed f: live, 1 of 2 streams live, Kraken is online"] == "bad"
        notice = event("notice", 10, k="brake", y="BTC/USD", n="trimmed")
        client.xadd(STATUS, {"d": notice}, id="7-3")
        assert feed_levels(client)["feed f: brake BTC/USD 10 s ago: trimmed"] == "warn"
        client.xadd(STATUS, {"d": event("bye")}, id="7-4")
        assert feed_levels(client)["feed f: stopped on request"] == "warn"
        assert "feed f: nobody holds the lease" not in feed_levels(client)
