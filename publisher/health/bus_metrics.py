"""What is told of the way to Redis, and how long all ways take: deploy/METRICS.md, "Redis" and
"Latency".
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, Metric

from publisher.bus.answers import CODES
from publisher.bus.publication import Publication
from publisher.health.families import counter, counters, gauge, gauges, histograms, summary
from publisher.health.vitals import Vitals, steady

RESULTS = ("ok", "fenced", "lost", "changed")
REASONS = ("start", "takeover", "fenced", "lost", "overrun")
CAUSES = ("lost", "timeout", "error")


def bus(vitals: Vitals) -> Iterator[Metric]:
    """Yield how the feed's streams and links fare."""
    writer = vitals.writer
    publication, tally = writer.publication, writer.publication.tally
    yield gauge("leading", "1 while this process writes the feed.", writer.is_leading)
    yield gauge("epoch", "Epoch of the lease held, 0 on standby.", publication.epoch)
    text = "Leaderships taken over, and how long ago the last leader's last sign of life was."
    yield summary("takeover_seconds", text, tally.takeovers, tally.takeover_s)
    text = "Leaderships that another process took from this one."
    yield counter("leaderships_lost", text, tally.deposals)
    text = "Leases written again after Redis had lost them or gone back."
    yield counter("lease_reasserted", text, writer.lease.reasserted)
    epochs = steady(lambda: dict(tally.epochs))
    yield counters("epochs", "Epochs opened, by streams.", "reason", epochs, REASONS)
    yield from _links(vitals)
    appends = steady(lambda: dict(tally.appends))
    yield counters("appends", "Appends, by streams.", "result", appends, RESULTS)
    text = "Entries that Redis had lost and that were written again."
    yield counter("refilled_entries", text, tally.refilled)
    text = "Entries sent twice because an answer was lost, and found there."
    yield counter("retries_skipped", text, tally.skipped)
    text = "Streams given up because their key holds something else."
    yield counter("streams_refused", text, len(publication.refused))
    yield from _ring(publication)
    text = "Best prices replaced by newer ones while an append was on its way."
    yield counter("conflated", text, tally.conflated)
    entries = steady(lambda: tally.entries + sum(s.entries for s in publication.streams))
    yield counter("published_entries", "Entries published.", entries)
    written = steady(lambda: publication.written)
    yield counter("published_bytes", "Bytes of the entries published.", written)
    text = "How long a message took from hop to hop, of one read or append in eight."
    hops = {
        "event_recv": tally.event_recv,
        "recv_publish": tally.recv_publish,
        "publish_ack": tally.publish_ack,
    }
    yield histograms("latency_seconds", text, "hop", hops)


def _ring(publication: Publication) -> Iterator[Metric]:
    now, budget = time.monotonic(), publication.budget
    streams = steady(lambda: [s for s in publication.streams if s.takes_entries])
    rings = [stream.ring for stream in streams if stream.symbol is not None]
    cover_s = steady(lambda: min((ring.cover_s(now) for ring in rings), default=0.0))
    yield gauge("ring_bytes", "Memory of the entries kept for a refill.", budget.used)
    yield gauge("ring_limit_bytes", "Most of that memory.", budget.limit)
    text = "How far back the shortest ring of a book goes."
    yield gauge("ring_cover_seconds", text, cover_s)
    pending = sum(max(0, stream.pending) for stream in streams)
    yield gauge("pending_entries", "Entries that Redis has not confirmed.", pending)


def _links(vitals: Vitals) -> Iterator[Metric]:
    links, now = vitals.writer.links, time.monotonic()
    tallies = {name: link.tally for name, link in links.items()}
    up = {name: float(link.is_up) for name, link in links.items()}
    yield gauges("redis_connected", "1 while the link stands.", "link", up)
    stood = {name: tally.connects for name, tally in tallies.items()}
    yield counters("redis_connects", "Links that came to stand.", "link", stood)
    away = steady(lambda: {name: tally.outage_s(now) for name, tally in tallies.items()})
    text = "Seconds without the link after it had stood."
    yield counters("redis_outage_seconds", text, "link", away)
    text = "Links that ended."
    ended = CounterMetricFamily("pykraken_redis_disconnects", text, labels=["link", "reason"])
    for name, tally in tallies.items():
        for cause in CAUSES:
            ended.add_metric([name, cause], tally.ends[cause])
    yield ended
    errors = steady(lambda: sum((tally.errors for tally in tallies.values()), Counter()))
    yield counters("redis_errors", "Error answers of Redis.", "code", errors, CODES)
    text = "Links that found another server process than the one before."
    failovers = sum(tally.failovers for tally in tallies.values())
    yield counter("redis_failovers", text, failovers)
    text = "Calls that a cluster's node sent elsewhere."
    yield counter("cluster_redirects", text, sum(tally.redirects for tally in tallies.values()))
