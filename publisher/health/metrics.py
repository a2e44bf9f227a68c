"""What a publisher shows of itself to Prometheus, read when somebody asks.

The hot path counts nothing for it: a scrape reads plain attributes from a thread of its own while
the daemon's loop goes on. So two numbers of one answer may be a message apart, and what grows
while it is read is read again. Labels have bounded values: whatever Kraken invents counts as
`unknown`.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)

from publisher import __version__
from publisher.health.vitals import Vitals
from publisher.model import ResetReason
from publisher.session.subscription import State
from publisher.wire import WIRE_VERSION

SYSTEMS = ("online", "maintenance", "cancel_only", "post_only", "limit_only", "unknown")
AWAITED = (State.SUBSCRIBING, State.AWAITING_SNAPSHOT, State.UNSUBSCRIBING)
FAILURES = (
    ResetReason.CHECKSUM,
    ResetReason.SEQUENCE,
    ResetReason.INSTRUMENT,
    ResetReason.STALE,
    ResetReason.CROSSED,
    ResetReason.AUDIT,
    ResetReason.MALFORMED,
)
KINDS = (
    *(f"reset {reason}" for reason in FAILURES),
    *(f"overdue {state}" for state in AWAITED),
    *("updates ignored", "snapshots ignored", "bad frames", "disconnected", "error", "unknown"),
)
"""What the session counts; the last two for whatever begins with them."""

T = TypeVar("T")


class Metrics:
    """All metrics of one publisher, as prometheus-client collects them."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with its present value."""
        vitals, plan = self._vitals, self._vitals.plan
        yield _info("build", "Versions.", version=__version__, wire_version=str(WIRE_VERSION))
        yield _info(
            "feed",
            "The feed that this process publishes or stands by for.",
            namespace=plan.namespace,
            feed=plan.feed,
            channel=plan.channel,
            depth=str(plan.depth),
        )
        yield _gauge("last_turn_age_seconds", "Since the daemon's loop turned.", vitals.idle_s())
        yield from self._feed()
        yield from self._publication()

    def _feed(self) -> Iterator[Metric]:
        vitals, session = self._vitals, self._vitals.session
        yield _gauge("feed_connected", "1 while Kraken's WebSocket is up.", vitals.is_connected())
        yield _gauge("books", "Books asked for.", len(session.symbols))
        yield _gauge(
            "books_live", "Books that are verified and live.", steady(lambda: session.live)
        )
        refused = steady(lambda: len(session.refused))
        yield _gauge("books_refused", "Books that Kraken refused for good.", refused)
        text = "Connects that this machine may still make within ten minutes."
        yield _gauge("connect_budget_left", text, vitals.connects_left())
        text = "1 for the state of Kraken's system, unknown before it was told."
        system = GaugeMetricFamily("pykraken_kraken_system", text, labels=["state"])
        told = session.system if session.system in SYSTEMS else "unknown"
        for state in SYSTEMS:
            system.add_metric([state], state == told)
        yield system
        text = "What befell the feed's messages and books."
        events = CounterMetricFamily("pykraken_session_events", text, labels=["kind"])
        for kind, count in by_kind(steady(lambda: dict(session.counts))).items():
            events.add_metric([kind.replace(" ", "_")], count)
        yield events
        text = "Books compared with a second subscription's, below the levels of the checksum."
        audits = CounterMetricFamily("pykraken_book_audits", text, labels=["verdict"])
        for verdict, count in vitals.audits.items():
            audits.add_metric([verdict], count)
        yield audits

    def _publication(self) -> Iterator[Metric]:
        writer, now = self._vitals.writer, time.monotonic()
        publication, budget = writer.publication, writer.publication.budget
        streams = steady(lambda: [s for s in publication.streams if s.takes_entries])
        pending = sum(max(0, stream.pending) for stream in streams)
        rings = [stream.ring for stream in streams if stream.symbol is not None]
        cover_s = steady(lambda: min((ring.cover_s(now) for ring in rings), default=0.0))
        written = steady(lambda: publication.written)
        yield _gauge("leading", "1 while this process writes the feed.", writer.is_leading)
        yield _gauge("epoch", "Epoch of the lease held, 0 on standby.", publication.epoch)
        yield _gauge("pending_entries", "Entries that Redis has not confirmed.", pending)
        yield _gauge("ring_bytes", "Memory of the entries kept for a refill.", budget.used)
        yield _gauge("ring_limit_bytes", "Most of that memory.", budget.limit)
        yield _gauge(
            "ring_cover_seconds", "How far back the shortest ring of a book goes.", cover_s
        )
        text = "Bytes of the entries published."
        yield CounterMetricFamily("pykraken_published_bytes", text, value=written)


def steady(read: Callable[[], T]) -> T:
    """Return what `read` returns, as often as it takes while another thread makes things grow."""
    while True:
        with contextlib.suppress(RuntimeError):
            return read()


def by_kind(counts: Mapping[str, int]) -> Counter[str]:
    """Return the session's counts under KINDS alone, those that did not occur as 0."""
    sums = Counter(dict.fromkeys(KINDS, 0))
    for name, count in counts.items():
        known = name if name in sums else name.partition(" ")[0]
        sums[known if known in sums else "unknown"] += count
    return sums


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"pykraken_{name}", text, value=value)


def _info(name: str, text: str, **labels: str) -> Metric:
    return InfoMetricFamily(f"pykraken_{name}", text, value=labels)
