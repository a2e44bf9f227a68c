"""Names of keys (WIRE.md 2). The one place where a hash tag is made, so that a stream and what
belongs to it share a slot.
"""

from __future__ import annotations

from typing import NamedTuple

from publisher.model import FeedPlan


class StreamKeys(NamedTuple):
    """A stream with what stands beside it in its slot."""

    stream: str
    own: str
    snap: str


def tagged(space: str, what: str) -> str:
    """Return the hash tag that all keys of a symbol, an account or a feed begin with; `space` is
    the namespace, with `priv.` before it for an account's.
    """
    return f"{{{space}.{what}}}"


def stream_keys(space: str, what: str, part: str, line: str = "") -> StreamKeys:
    """Return the keys of the stream `part` (`book.10`) of a symbol or account; `line` is empty
    outside A/B mode (2.3).
    """
    stream = f"{tagged(space, what)}:{part}{'/' + line if line else ''}"
    return StreamKeys(stream, stream + ".own", stream + ".snap")


def data_keys(plan: FeedPlan, symbol: str) -> StreamKeys:
    """Return the keys of a feed's stream for a symbol; without one it is an account's, or the
    instruments'.
    """
    return stream_keys(plan.space, symbol or plan.account or plan.channel, plan.part, plan.line)


def top_keys(plan: FeedPlan, symbol: str) -> StreamKeys:
    """Return the keys of the best bid and offer of a feed's book."""
    return stream_keys(plan.space, symbol, f"bbo.{plan.part}", plan.line)


def status_keys(space: str, feed: str) -> StreamKeys:
    """Return the keys of a feed's status stream; its `.snap` stays empty."""
    return stream_keys(space, f"feed.{feed}", "status")


def lease_key(space: str, feed: str) -> str:
    """Return the key of a feed's lease."""
    return f"{tagged(space, 'feed.' + feed)}:lease"


def requests_key(space: str, feed: str) -> str:
    """Return the key of the stream in which consumers ask for snapshots (7.6)."""
    return f"{tagged(space, 'feed.' + feed)}:requests"


def catalogue_key(space: str) -> str:
    """Return the key of the catalogue (4.9)."""
    return f"{tagged(space, 'catalogue')}:streams"
