"""Names of keys (WIRE.md 2). The one place where a hash tag is made, so that a stream and what
belongs to it share a slot.
"""

from __future__ import annotations

from typing import NamedTuple


class StreamKeys(NamedTuple):
    """A stream with what stands beside it in its slot."""

    stream: str
    own: str
    snap: str


def tagged(namespace: str, what: str) -> str:
    """Return the hash tag that all keys of a symbol or of a feed begin with."""
    return f"{{{namespace}.{what}}}"


def book_keys(namespace: str, symbol: str, depth: int, line: str) -> StreamKeys:
    """Return the keys of one L2 book; `line` is empty outside A/B mode (2.3)."""
    stream = f"{tagged(namespace, symbol)}:book.{depth}{'/' + line if line else ''}"
    return StreamKeys(stream, stream + ".own", stream + ".snap")


def status_keys(namespace: str, feed: str) -> StreamKeys:
    """Return the keys of a feed's status stream; its `.snap` stays empty."""
    stream = f"{tagged(namespace, 'feed.' + feed)}:status"
    return StreamKeys(stream, stream + ".own", stream + ".snap")


def lease_key(namespace: str, feed: str) -> str:
    """Return the key of a feed's lease."""
    return f"{tagged(namespace, 'feed.' + feed)}:lease"


def catalogue_key(namespace: str) -> str:
    """Return the key of the catalogue (4.9)."""
    return f"{tagged(namespace, 'catalogue')}:streams"
