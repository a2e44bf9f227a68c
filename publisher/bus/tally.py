"""What befell a feed on its way to Redis, counted where it is handled; nothing is decided by it.
Pure; another thread may read it at any time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from publisher.bus.scripts import Code
from publisher.bus.stream import OPEN, Stream
from publisher.histogram import Histogram

MEASURED = 8
"""One read in so many is measured, and one append: all of them would cost the hot path more than
they tell.
"""


@dataclass(slots=True)
class Tally:
    """Of the publication and the lease."""

    appends: Counter[str] = field(default_factory=Counter)
    """By what the script answered for a stream."""
    epochs: Counter[str] = field(default_factory=Counter)
    """Opened, by reason."""
    skipped: int = 0
    """Entries sent twice, and found there."""
    refilled: int = 0
    """Entries that Redis had lost, to be written again."""
    conflated: int = 0
    gaps: int = 0
    backfilled: int = 0
    takeovers: int = 0
    takeover_s: float = 0.0
    """Since the last sign of the process before, in all."""
    deposals: int = 0
    written: int = 0
    entries: int = 0
    """Bytes and entries of streams that are no more."""
    skew_ns: int = 0
    """Our clock less Kraken's stamp, on the message measured last."""
    event_recv: Histogram = field(default_factory=Histogram)
    recv_publish: Histogram = field(default_factory=Histogram)
    publish_ack: Histogram = field(default_factory=Histogram)

    def received(self, ts_event: int, ts_recv: int, ts_pub: int) -> None:
        """Measure one message on its way from Kraken to its stream; the times are Unix ns."""
        self.skew_ns = skew_ns = ts_recv - ts_event
        self.event_recv.observe(skew_ns)
        self.recv_publish.observe(ts_pub - ts_recv)

    def answered(self, code: Code, stream: Stream, pending: int) -> None:
        """Count an answer other than OK; `pending` entries waited before it was taken."""
        if code is Code.OK:
            return
        self.appends[code.name.lower()] += 1
        if code is Code.LOST and stream.state is OPEN:
            self.refilled += stream.pending - pending

    def let_go(self, stream: Stream) -> None:
        """Keep what a stream has counted that is no more."""
        self.written += stream.written
        self.entries += stream.entries


@dataclass(slots=True)
class LinkTally:
    """Of the links of one keeper, by name: one, or in a cluster one for each node."""

    connects: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    """By cause: `lost`, `timeout`, `error`."""
    errors: Counter[str] = field(default_factory=Counter)
    """Error answers and failed connects, by code (answers.py)."""
    failovers: int = 0
    redirects: int = 0
    _outage_s: float = 0.0
    _away: dict[str, float] = field(default_factory=dict)
    _servers: dict[str, str] = field(default_factory=dict)

    def rose(self, name: str, server: str, now: float) -> None:
        """A link stands, to this server process."""
        self.connects += 1
        self._outage_s += now - self._away.pop(name, now)
        if self._servers.get(name, server) != server:
            self.failovers += 1
        self._servers[name] = server

    def fell(self, name: str, cause: str, now: float) -> None:
        """A link that stood has ended."""
        self.ends[cause] += 1
        self._away[name] = now

    def forget(self, name: str) -> None:
        """A link is wanted no more."""
        self._away.pop(name, None)
        self._servers.pop(name, None)

    def outage_s(self, now: float) -> float:
        """Return for how long links that had stood did not, those that do not now included."""
        return self._outage_s + sum(now - since for since in self._away.values())
