"""What feeds left in Redis, and which of them run no more. Pure.

Everything is looked at twice, with a watch between that is longer than a lease. A feed is live if
anything of it moved: its lease's heartbeat, its status, a stream that it wrote last. Nothing else
counts, no clock and no owner's name, since whoever was killed left his name in the lease.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from publisher.bus.keys import status_keys

NOTHING = "0-0"
"""Last id of a stream that is not there."""


class Mark(NamedTuple):
    """A stream as it was looked at: its last id, and its `.own`, empty where there is none."""

    last_id: str
    feed: str
    epoch: str
    writer: str


class FeedMark(NamedTuple):
    """A feed as it was looked at: owner, epoch and heartbeat of its lease, empty where there is
    none, and its status stream.
    """

    lease: tuple[str, ...]
    status: Mark


class Look(NamedTuple):
    """A space (`kraken`, `priv.kraken`) at one time."""

    space: str
    rows: Mapping[str, bytes]
    """The catalogue: value by stream."""
    streams: Mapping[str, Mark]
    """Those of the catalogue, and those found beside it."""
    feeds: Mapping[str, FeedMark]


class Kind(StrEnum):
    """What was left."""

    FEED = "feed"
    """Lease, status and requests."""
    STREAM = "stream"
    ROW = "row without stream"
    UNLISTED = "stream without row"
    UNKNOWN = "row that names no feed"


class Remains(NamedTuple):
    """One thing in Redis, and the feed that it is of."""

    kind: Kind
    feed: str
    key: str
    is_live: bool
    """True when the feed was seen at work."""

    @property
    def is_removable(self) -> bool:
        """True for what goes with a feed that runs no more; the rest is only told."""
        return not self.is_live and self.kind in (Kind.FEED, Kind.STREAM, Kind.ROW)


class _Row(msgspec.Struct, rename={"feed": "fd"}):
    feed: str


def feed_of(row: bytes | None, mark: Mark) -> str:
    """Return who wrote a stream last: its `.own` is fenced, the catalogue is not. Empty if neither
    tells.
    """
    if mark.feed or row is None:
        return mark.feed
    try:
        return msgspec.msgpack.decode(row, type=_Row).feed
    except msgspec.DecodeError:
        return ""


def judge(before: Look, after: Look) -> Iterator[Remains]:
    """Yield each feed, live or not by what moved between two looks at the same keys; behind one
    that runs no more what is left of it; at the end what has no feed.
    """
    streams: dict[str, list[str]] = {feed: [] for feed in sorted(before.feeds)}
    for stream, mark in sorted(before.streams.items()):
        streams.setdefault(feed_of(before.rows.get(stream), mark), []).append(stream)
    for feed, names in streams.items():
        is_live = before.feeds.get(feed) != after.feeds.get(feed) or any(
            before.streams[name] != after.streams[name] for name in names
        )
        if feed:
            is_listed = is_live or any(name in before.rows for name in names)
            kind = Kind.FEED if is_listed else Kind.UNLISTED
            yield Remains(kind, feed, status_keys(before.space, feed).stream, is_live)
        if not is_live:
            for name in names:
                kind = _kind(feed, before.rows.get(name), before.streams[name])
                yield Remains(kind, feed, name, is_live)


def _kind(feed: str, row: bytes | None, mark: Mark) -> Kind:
    if row is None:
        return Kind.UNLISTED
    if not feed:
        return Kind.UNKNOWN
    return Kind.ROW if mark.last_id == NOTHING else Kind.STREAM
