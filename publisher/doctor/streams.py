"""The streams of the catalogue: how old each is, whether its book is valid and can be joined."""

from __future__ import annotations

from typing import NamedTuple

import redis
from pykraken_consumer import proven_snapshot
from pykraken_consumer.errors import Code, DecodeError
from pykraken_consumer.wire import (
    Bye,
    Heartbeat,
    Listing,
    Reset,
    Unknown,
    WireEvent,
    decode,
    decode_listing,
    parse_id,
    place_of,
)

from publisher.bus.keys import catalogue_key
from publisher.doctor.findings import AGAIN, Finding, seconds_text

# WIRE.md 7.4: a reader calls a stream stale after three heartbeats.
SILENT_NS = 15_000_000_000
CLOCK_NS = 2_000_000_000


class Last(NamedTuple):
    """What stands at a stream's end: an event, or why it cannot be read."""

    event: WireEvent | None
    fault: str


def listings(client: redis.Redis, space: str) -> tuple[list[Listing], list[Finding]]:
    """Return the catalogue, sorted by key, and findings on rows that cannot be read."""
    rows = client.execute_command("HGETALL", catalogue_key(space))
    pairs = rows.items() if isinstance(rows, dict) else zip(rows[::2], rows[1::2], strict=True)
    found, findings = [], []
    for key, value in sorted(pairs):
        try:
            found.append(decode_listing(key.decode(), value))
        except DecodeError as error:
            what = f"catalogue row {key.decode(errors='replace')}: {error}"
            findings.append(Finding("warn", what, "restart the publisher that writes this stream"))
    return found, findings


def judge_stream(client: redis.Redis, listing: Listing, now_ns: int) -> Finding:
    """Read a stream's end and its newest snapshot and judge both. Raises redis.RedisError."""
    last = _last(client, listing.stream)
    finding = judge_last(listing.stream, last, now_ns)
    if finding.level != "ok":
        return finding
    fault = _snapshot_fault(client, listing.stream)
    if fault:
        mend = "no reader can join: restart its publisher, and report this"
        return Finding("bad", f"{listing.stream}: {fault}", mend)
    return finding


def judge_last(stream: str, last: Last, now_ns: int) -> Finding:
    """Judge the event at a stream's end. Pure."""
    event = last.event
    if event is None:
        return Finding("bad", f"{stream}: {last.fault}", "restart its publisher")
    if isinstance(event, Unknown):
        what = f"{stream}: an event of the unknown type {event.type}"
        return Finding("warn", what, "update pykraken here: its publisher is newer")
    age_ns = now_ns - event.ts_pub
    aged = f"{stream}: last entry {seconds_text(age_ns)} old"
    match event:
        case Bye():
            return Finding("warn", f"{aged}, its publisher has stopped", AGAIN)
        case _ if age_ns > SILENT_NS:
            mend = "its publisher is gone or hangs: look at its log, start it again"
            return Finding("bad", aged, mend)
        case _ if age_ns < -CLOCK_NS:
            mend = "set the clocks of both machines by NTP"
            return Finding("warn", f"{stream}: its publisher's clock is ahead of ours", mend)
        case Reset(reason=reason):
            mend = "wait a moment; if it stays so, look at the publisher's log"
            return Finding("warn", f"{aged}, book dropped ({reason})", mend)
        case Heartbeat(state=state) if state != "live":
            mend = "look at the publisher's log: it has no verified book at present"
            return Finding("bad", f"{aged}, {state}", mend)
    return Finding("ok", f"{aged}, joinable")


def _last(client: redis.Redis, stream: str) -> Last:
    entry = _newest(client, stream)
    if entry is None:
        return Last(None, "in the catalogue, but no such stream")
    try:
        return Last(decode(parse_id(entry[0]), entry[1], place_of(stream)), "")
    except DecodeError as error:
        return Last(None, f"its last entry does not decode: {error}")


def _snapshot_fault(client: redis.Redis, stream: str) -> str:
    """Return what is wrong with the newest snapshot, empty when nothing is."""
    entry = _newest(client, f"{stream}.snap")
    if entry is None:
        return "no snapshot"
    try:
        proven_snapshot(parse_id(entry[0]), entry[1], place_of(stream))
    except DecodeError as error:
        if error.code is Code.CHECKSUM:
            return "its newest snapshot differs from its checksum"
        return f"its newest snapshot does not decode: {error}"
    return ""


def _newest(client: redis.Redis, key: str) -> tuple[bytes, bytes] | None:
    rows = client.execute_command("XREVRANGE", key, "+", "-", "COUNT", 1)
    if not rows:
        return None
    entry_id, fields = rows[0]
    return entry_id, fields.get(b"d", b"")
