"""The feeds behind the streams: who leads, and what its status stream says of the last seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import redis
from pykraken_consumer.errors import DecodeError
from pykraken_consumer.wire import Bye, Feed, Notice, WireEvent, decode, parse_id

from publisher.bus.keys import lease_key, status_keys
from publisher.doctor.findings import AGAIN, Finding, seconds_text

# WIRE.md 4.8: at least one `feed` event a second.
SILENT_NS = 5_000_000_000
NOTICE_NS = 300_000_000_000
LOOKED_AT = 400


def judge_feed(client: redis.Redis, space: str, feed: str, now_ns: int) -> list[Finding]:
    """Read a feed's lease and status and judge them. Raises redis.RedisError."""
    owner = client.execute_command("HGET", lease_key(space, feed), "owner")
    rows = client.execute_command(
        "XREVRANGE", status_keys(space, feed).stream, "+", "-", "COUNT", LOOKED_AT
    )
    events = []
    for entry_id, fields in rows:
        try:
            events.append(decode(parse_id(entry_id), fields.get(b"d", b""), "status"))
        except DecodeError as error:
            mend = "update pykraken here, or restart the publisher"
            return [Finding("warn", f"feed {feed}: status {entry_id!r}: {error}", mend)]
    return [*judge_status(feed, events, now_ns), *_lease(feed, owner, events)]


def judge_status(feed: str, events: Sequence[WireEvent], now_ns: int) -> Iterator[Finding]:
    """Judge a status stream's events, newest first. Pure."""
    pulse = next((event for event in events if isinstance(event, Feed)), None)
    if events and isinstance(events[0], Bye):
        yield Finding("warn", f"feed {feed}: stopped on request", AGAIN)
    elif pulse is None:
        mend = "start its publisher: nothing was heard of it"
        yield Finding("bad", f"feed {feed}: no status", mend)
    elif now_ns - pulse.ts_pub > SILENT_NS:
        what = f"feed {feed}: silent for {seconds_text(now_ns - pulse.ts_pub)}"
        yield Finding("bad", what, "its publisher is gone or hangs: look at its log")
    else:
        yield _pulse(feed, pulse)
    recent = (
        event
        for event in events
        if isinstance(event, Notice)
        and now_ns - event.ts_pub < NOTICE_NS
        and event.note != "system online"  # told where each epoch begins
    )
    for notice in recent:
        about = f" {notice.symbol}" if notice.symbol else ""
        what = f"feed {feed}: {notice.kind}{about} {seconds_text(now_ns - notice.ts_pub)} ago"
        yield Finding("warn", f"{what}: {notice.note}", "see the publisher's log")


def _pulse(feed: str, pulse: Feed) -> Finding:
    streams = f"{pulse.live} of {pulse.symbols} streams live"
    system = f", Kraken is {pulse.system}" if pulse.system else ""
    what = f"feed {feed}: {pulse.state}, {streams}{system}"
    if pulse.state == "live" and pulse.live == pulse.symbols:
        return Finding("ok", what)
    return Finding("bad", what, "wait a moment; if it stays so, look at the publisher's log")


def _lease(feed: str, owner: bytes | None, events: Sequence[WireEvent]) -> Iterator[Finding]:
    stopped = bool(events) and isinstance(events[0], Bye)
    if owner and not stopped:
        yield Finding("ok", f"feed {feed}: led by {owner.decode(errors='replace')}")
    elif not stopped:
        yield Finding("bad", f"feed {feed}: nobody holds the lease", "start its publisher")
