"""Calls to Redis as data: what to send, and for whom the answer is. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto
from typing import Any, cast

import msgspec

from publisher.bus import scripts
from publisher.bus.ring import Entry
from publisher.bus.scripts import Mode
from publisher.bus.stream import Stream

REQUESTS_TAKEN = 100
REQUESTS_WAITING = 1000
"""More than these are forgotten; a consumer that fares by WIRE.md 7.6 keeps the stream as short."""
REQUEST_BYTES = 256
"""Ten times an honest one."""

AWAITED_ENTRIES = 100
"""A status stream has one a second: more only for who slept."""

HEX = re.compile("([0-9a-f]{2})*")


class Kind(Enum):
    """What a call is for."""

    INSPECT = auto()
    OPEN = auto()
    APPEND = auto()
    SNAPSHOT = auto()
    PLAIN = auto()
    LOOK = auto()
    LOOK_STRANGER = auto()
    CLAIM = auto()
    RENEW = auto()
    RELEASE = auto()
    REQUESTS = auto()
    FAREWELL = auto()


class Call(msgspec.Struct, frozen=True):
    """One command, and the streams that it concerns, in the order of its keys."""

    kind: Kind
    command: tuple[str | bytes | int, ...]
    streams: Sequence[Stream] = ()


_DIGEST = {script: scripts.digest(script) for script in scripts.ALL}


def _evalsha(
    script: str, keys: Sequence[str], arguments: Sequence[str | bytes | int]
) -> tuple[str | bytes | int, ...]:
    return ("EVALSHA", _DIGEST[script], len(keys), *keys, *arguments)


def is_answer(call: Call, reply: object) -> bool:
    """Tell whether a reply has the shape of the call's answer; if not, it is another call's."""
    if call.kind is Kind.PLAIN:
        return True
    if call.kind is Kind.RELEASE:
        return isinstance(reply, int)
    if call.kind is Kind.REQUESTS:
        return isinstance(reply, list) and (
            reply[:1] == [-1] or (reply[:1] == [len(reply) - 1] and all(map(_is_hex, reply[1:])))
        )
    if call.kind is Kind.FAREWELL:
        return reply is None or entries_of(reply) is not None
    if call.kind is Kind.LOOK or call.kind is Kind.LOOK_STRANGER:
        parts = 3
    else:
        parts = 2 * (len(call.streams) or 1)
    if not isinstance(reply, list) or len(reply) != parts:
        return False
    return call.kind not in (Kind.OPEN, Kind.APPEND, Kind.SNAPSHOT) or isinstance(reply[0], int)


def entries_of(reply: Any) -> list[tuple[str, str]] | None:
    """Return (id, text of `d`) of each entry that an XREAD of one stream gave; None for anything
    else. RESP2 and RESP3 differ in its shape; bytes that are no text are replaced.
    """
    try:
        ((_, rows),) = reply.items() if isinstance(reply, dict) else reply
        return [(str(entry_id), str(fields[1])) for entry_id, fields in rows]
    except (TypeError, ValueError, IndexError):
        return None


def _is_hex(part: object) -> bool:
    return isinstance(part, str) and HEX.fullmatch(part) is not None


def inspect(streams: Sequence[Stream]) -> Call:
    """Ask for the last id and the owning feed of each stream."""
    keys = [key for stream in streams for key in (stream.keys.stream, stream.keys.own)]
    return Call(Kind.INSPECT, _evalsha(scripts.INSPECT, keys, ()), streams)


def open_epoch(
    stream: Stream, writer: int, feed: str, retention_ms: int, entries: Sequence[bytes]
) -> Call:
    """Open an epoch. `entries`: the epoch event; for a book the snapshot event and its body too."""
    arguments: list[str | bytes | int]
    arguments = [stream.epoch, writer, feed, stream.inspected, retention_ms, *entries]
    return Call(Kind.OPEN, _evalsha(scripts.OPEN, stream.keys, arguments), (stream,))


def append(streams: Sequence[Stream], writer: int, feed: str, retention_ms: int) -> Call:
    """Append what is pending in each stream, each checked on its own."""
    keys: list[str] = []
    arguments: list[str | bytes | int] = [writer, feed, retention_ms]
    for stream in streams:
        mode, expected, entries = stream.take()
        keys += stream.keys
        arguments += _appended(stream.epoch, mode, expected, entries)
    return Call(Kind.APPEND, _evalsha(scripts.APPEND, keys, arguments), streams)


def _appended(
    epoch: int, mode: Mode, expected: int, entries: list[bytes | Entry]
) -> list[str | bytes | int]:
    if {*map(type, entries)} == {bytes}:  # no snapshots among them: nearly always
        return [epoch, expected, int(mode), len(entries), 0, *cast(list[bytes], entries)]
    payloads: list[bytes] = []
    bodies: list[str | bytes | int] = []
    for seq, entry in enumerate(entries, expected + 1):
        if isinstance(entry, bytes):
            payloads.append(entry)
            continue
        payloads.append(entry.payload)
        bodies += (seq, entry.body)
    return [epoch, expected, int(mode), len(payloads), len(bodies) // 2, *payloads, *bodies]


def snapshot(stream: Stream, writer: int, body: bytes, retention_ms: int) -> Call:
    """Write a periodic snapshot under the id of the stream's last entry."""
    arguments = (stream.epoch, writer, stream.last_seq, body, retention_ms)
    return Call(Kind.SNAPSHOT, _evalsha(scripts.SNAPSHOT, stream.keys, arguments), (stream,))


def plain(*command: str | bytes | int) -> Call:
    """A command whose answer matters only if it is an error."""
    return Call(Kind.PLAIN, command)


def claim(key: str, owner: str, floor: int, seen: tuple[str, str]) -> Call:
    """Claim a lease last seen as (epoch, hb)."""
    return Call(Kind.CLAIM, _evalsha(scripts.CLAIM, (key,), (owner, floor, *seen)))


def renew(key: str, owner: str, epoch: int, beat: int) -> Call:
    """Renew a lease."""
    return Call(Kind.RENEW, _evalsha(scripts.RENEW, (key,), (owner, epoch, beat)))


def release(key: str, owner: str, epoch: int) -> Call:
    """Give a lease back, so that a standby need not wait."""
    return Call(Kind.RELEASE, _evalsha(scripts.RELEASE, (key,), (owner, epoch)))


def await_entry(key: str, after: str, block_ms: int) -> Call:
    """Wait for what a stream gets behind the id `after` (`$`: its end)."""
    limits = ("COUNT", AWAITED_ENTRIES, "BLOCK", block_ms)
    return Call(Kind.FAREWELL, ("XREAD", *limits, "STREAMS", key, after))


def take_requests(key: str) -> Call:
    """Take what consumers ask of a feed, a bounded number of short ones."""
    limits = (REQUESTS_TAKEN, REQUESTS_WAITING, REQUEST_BYTES)
    return Call(Kind.REQUESTS, _evalsha(scripts.REQUESTS, (key,), limits))
