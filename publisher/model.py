"""The words that every floor shares: instruments, the two clocks, and what a feed is. Imports
nothing of ours.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Now(msgspec.Struct, frozen=True, gc=False):
    """An instant on both clocks: durations are only ever measured on `mono`."""

    mono: float
    """Monotonic seconds."""
    unix: int
    """Nanoseconds of Unix time, for stamps only."""


class Instrument(msgspec.Struct, frozen=True):
    """A symbol with its precisions (protocol.md 4.5). A price is an integer of units of
    10^-price_precision.
    """

    symbol: str
    price_precision: int
    qty_precision: int
    status: str

    @property
    def terms(self) -> str:
        """As text what, when it changes, drops a state."""
        return f"{self.status}/{self.price_precision}/{self.qty_precision}"


class BookState(StrEnum):
    """What a book is worth, in the words of WIRE.md 4.6."""

    DISCONNECTED = "disconnected"
    AWAITING_SNAPSHOT = "awaiting_snapshot"
    LIVE = "live"


class ResetReason(StrEnum):
    """Why a book was dropped (WIRE.md 4.5)."""

    DISCONNECTED = "disconnected"
    CHECKSUM = "checksum"
    SEQUENCE = "sequence"
    INSTRUMENT = "instrument"
    STALE = "stale"
    CROSSED = "crossed"
    AUDIT = "audit"
    MALFORMED = "malformed"
    REFUSED = "refused"
    DELISTED = "delisted"


class FeedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What one feed publishes and what it may use for it; from the settings."""

    namespace: str
    feed: str
    symbols: tuple[str, ...]
    """One empty name for a channel that knows no symbols."""
    channel: str
    line: str
    checksum_freq: int
    snapshot_interval_s: float
    retention_s: float
    heartbeat_s: float
    ring_seconds: float
    ring_bytes: int
    stream_max_bytes: int
    depth: int = 0
    """Of `book` and `level3`."""
    bbo: bool = False
    """Whether each book's best bid and offer have a stream too."""
    interval: int = 0
    """Of `ohlc`, in minutes."""
    trigger: str = ""
    """Of `ticker`."""
    account: str = ""
    """Of the private channels."""
    is_sharded: bool = False
    """Whether only keys of one slot may share a call: Redis is a cluster."""

    @property
    def part(self) -> str:
        """What follows the hash tag in a stream's key, `book.10` (WIRE.md 2.1)."""
        term = self.depth or self.interval or self.trigger
        return f"{self.channel}.{term}" if term else self.channel

    @property
    def space(self) -> str:
        """What the keys of the feed begin with: the namespace, `priv.` before it for an account."""
        return f"priv.{self.namespace}" if self.account else self.namespace
