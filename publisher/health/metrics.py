"""What a publisher shows of itself to Prometheus, read when somebody asks: deploy/METRICS.md lists
it.

The hot path knows nothing of it: what befalls a publisher is counted in plain attributes where it
is handled, and a scrape reads these from a thread of its own while the daemon's loop goes on. So
two numbers of one answer may be a message apart, and what grows while it is read is read again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from publisher import __version__
from publisher.changes import LEFT_OUT, READ
from publisher.health.bus_metrics import bus
from publisher.health.families import counter, counters, gauge, gauges, histogram, info
from publisher.health.feed_metrics import books, kraken
from publisher.health.readiness import awaited
from publisher.health.vitals import Vitals, steady
from publisher.logs import lines_lost
from publisher.wire import WIRE_VERSION


class Metrics:
    """All metrics of one publisher, as prometheus-client collects them."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with its present value."""
        yield from _process(self._vitals)
        yield from kraken(self._vitals)
        yield from books(self._vitals)
        yield from bus(self._vitals)


def _process(vitals: Vitals) -> Iterator[Metric]:
    plan, pulse = vitals.plan, vitals.pulse
    yield info("build", "Versions.", version=__version__, wire_version=str(WIRE_VERSION))
    yield info(
        "feed",
        "The feed that this process publishes or stands by for.",
        namespace=plan.namespace,
        feed=plan.feed,
        channel=plan.channel,
        depth=str(plan.depth),
    )
    yield gauge("ready", "1 while /readyz answers 200.", not awaited(vitals))
    yield gauge("last_turn_age_seconds", "Since the daemon's loop turned.", vitals.idle_s())
    text = "How late the loop came to work that is due twenty times a second."
    yield histogram("loop_lag_seconds", text, pulse.lag)
    yield counter("loop_stalls", "How often it was a quarter of a second or more.", pulse.stalls)
    since = pulse.stopping_since
    stopping_s = 0.0 if since is None else time.monotonic() - since
    yield gauge("shutdown_seconds", "Since it was told to stop, 0 before.", stopping_s)
    changes = vitals.changes
    text = "Symbols asked for while it ran that it does not publish."
    left_out = Counter(steady(lambda: list(changes.left_out.values())))
    yield gauges("symbols_left_out", text, "reason", dict.fromkeys(LEFT_OUT, 0.0) | left_out)
    rereads = steady(lambda: dict(changes.rereads))
    yield counters("rereads", "Readings of the settings after SIGHUP.", "outcome", rereads, READ)
    text = "Settings that changed there and wait for a restart."
    yield gauge("settings_waiting", text, changes.waiting)
    text = "Values that could not be written to the state folder."
    yield counter("state_failures", text, vitals.state.failures)
    yield counter("log_lines_lost", "Log lines that could not be written.", lines_lost())
