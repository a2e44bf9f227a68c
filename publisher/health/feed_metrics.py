"""What is told of the way to Kraken and of the books: deploy/METRICS.md, "Kraken" and "Books".

Labels have bounded values: whatever Kraken invents counts as one of few words.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping

from prometheus_client.metrics_core import Metric

from publisher.channels.bbo import TopKeeper
from publisher.channels.book import BookChannel, BookKeeper
from publisher.channels.level3 import Level3Channel
from publisher.endings import ENDS, ERRORS
from publisher.health.families import counter, counters, gauge, gauges
from publisher.health.readiness import is_halted
from publisher.health.vitals import Vitals, steady
from publisher.model import ResetReason
from publisher.rest import KINDS as REST_KINDS
from publisher.session.subscription import ANSWER_DUE_S, State, Subscription

SYSTEMS = ("online", "maintenance", "cancel_only", "post_only", "limit_only", "unknown")
AWAITED = (State.SUBSCRIBING, State.AWAITING_SNAPSHOT, State.UNSUBSCRIBING)
PENDING = (*AWAITED, State.AWAITING_INSTRUMENT, State.QUEUED)
FAILURES = (
    ResetReason.CHECKSUM,
    ResetReason.SEQUENCE,
    ResetReason.INSTRUMENT,
    ResetReason.STALE,
    ResetReason.CROSSED,
    ResetReason.AUDIT,
    ResetReason.MALFORMED,
)
MEANINGS = {
    "transient": "transient", "standing": "standing", "final": "final", "spent_token": "token",
}  # fmt: skip
UNKNOWN = ("field", "symbol", "message", "error")


def kraken(vitals: Vitals) -> Iterator[Metric]:
    """Yield what befell the connections and their messages."""
    feed, counts = vitals.feed, steady(lambda: vitals.session.counts)
    text = "1 while every WebSocket of the feed's data stands."
    yield gauge("feed_connected", text, vitals.is_connected())
    yield counter("feed_connects", "WebSockets that came to stand.", feed.connects)
    text = "WebSockets that stood and ended."
    yield counters("feed_disconnects", text, "reason", steady(lambda: dict(feed.ends)), ENDS)
    text = "WebSockets that did not come to stand."
    errors = steady(lambda: dict(feed.errors))
    yield counters("feed_connect_errors", text, "reason", errors, ERRORS)
    yield counter("feed_redial_wait_seconds", "Waits before connects.", feed.redial_wait_s)
    text = "Connects that this machine may still make within ten minutes."
    yield gauge("connect_budget_left", text, vitals.connects_left())
    yield counter("connects_delayed", "Connects put off because none was left.", feed.delayed)
    text = "Since a complete message came on the WebSocket that has been silent longest."
    yield gauge("feed_last_message_age_seconds", text, _silence_s(vitals))
    yield gauge("feed_largest_message_bytes", "The largest message that came.", feed.largest)
    yield gauge("feed_frame_limit_bytes", "The largest message taken.", vitals.frame_limit)
    yield counter("bad_frames", "Texts that are no message.", counts["bad frames"])
    text = "What protocol and plan do not name."
    yield counters("unknown", text, "what", unknown(counts), UNKNOWN)
    text = "Messages of books that awaited none."
    ignored = {kind: counts[f"{kind}s ignored"] for kind in ("update", "snapshot")}
    yield counters("messages_ignored", text, "type", ignored)
    text = "Book updates with time and checksum of the one before."
    yield counter("updates_doubled", text, _doubled(vitals))
    told = vitals.session.system if vitals.session.system in SYSTEMS else "unknown"
    states = {state: float(state == told) for state in SYSTEMS}
    yield gauges("kraken_system", "1 for the state of Kraken's system.", "state", states)
    text = "How often that state was told anew."
    yield counters("kraken_system_changes", text, "state", _systems(counts), SYSTEMS)
    text = "Our clock less Kraken's stamp on the newest message."
    skew_s = vitals.writer.publication.tally.skew_ns / 1e9
    yield gauge("clock_skew_seconds", text, skew_s)
    yield counter("tokens", "WebSocket tokens that were used.", feed.tokens)
    text = "Calls of Kraken's REST that failed."
    failed = steady(lambda: feed.rest_errors + vitals.fetch_errors)
    yield counters("rest_errors", text, "reason", failed, REST_KINDS)


def books(vitals: Vitals) -> Iterator[Metric]:
    """Yield how the books fare."""
    session, now = vitals.session, time.monotonic()
    counts = steady(lambda: session.counts)
    subscriptions = steady(lambda: list(session.subscriptions.values()))
    yield gauge("books", "Books asked for.", len(session.symbols))
    live = sum(s.is_live for s in subscriptions)
    yield gauge("books_live", "Books that are verified and live.", live)
    refused = sum(s.state is State.REFUSED for s in subscriptions)
    yield gauge("books_refused", "Books that Kraken refused for good, or delisted.", refused)
    text = "Books whose pair is listed but not online."
    yield gauge("books_halted", text, sum(map(is_halted, subscriptions)))
    text = "Seconds in which a book that ought to be live was not, summed over the books."
    yield counter("books_unavailable_seconds", text, vitals.pulse.unavailable_s)
    text = "Books dropped and asked for anew."
    yield counters("book_failures", text, "reason", {r: counts[f"reset {r}"] for r in FAILURES})
    text = "Books compared with a second subscription's, below the levels of the checksum."
    yield counters("book_audits", text, "verdict", dict(vitals.audits))
    text = "How long the book has been crossed that has been so longest."
    crossed = (s.keeper.crossed_since for s in subscriptions)
    crossed_s = max((now - since for since in crossed if since is not None), default=0.0)
    yield gauge("book_crossed_seconds", text, crossed_s)
    yield gauge("book_levels", "Levels of the deepest side of a book.", _levels(subscriptions))
    pending = sum(s.state in PENDING for s in subscriptions)
    yield gauge("subscriptions_pending", "Symbols asked for that are not live yet.", pending)
    text = "Answers that did not come in time."
    overdue: dict[str, float] = {state: counts[f"overdue {state}"] for state in AWAITED}
    yield counters("subscriptions_overdue", text, "state", overdue)
    text = "Subscriptions that Kraken answered with an error."
    answered = {word: counts[f"subscribe {meaning}"] for meaning, word in MEANINGS.items()}
    yield counters("subscribe_errors", text, "reason", answered)
    waits = [now - s.due + ANSWER_DUE_S for s in subscriptions if s.state in AWAITED]
    text = "How long the symbol has waited for an answer that has waited longest."
    yield gauge("snapshot_wait_seconds", text, max([0.0, *waits]))
    tally = vitals.writer.publication.tally
    yield counter("gaps", "Gap events: trades or fills that cannot be had.", tally.gaps)
    yield counter("backfilled", "Events told late.", tally.backfilled)


def unknown(counts: Mapping[str, int]) -> Counter[str]:
    """Return the session's counts of what is unknown, under few words."""
    sums: Counter[str] = Counter()
    for name, count in counts.items():
        kind, _, rest = name.partition(" ")
        if kind == "error":
            sums["error"] += count
        elif kind == "unknown":
            word = rest.partition(" ")[0]
            sums[word if word in ("field", "symbol") else "message"] += count
    return sums


def _systems(counts: Mapping[str, int]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for name, count in counts.items():
        kind, _, state = name.partition(" ")
        if kind == "system":
            sums[state if state in SYSTEMS else "unknown"] += count
    return sums


def _silence_s(vitals: Vitals) -> float:
    """Before the first message it counts from the beginning of the process' loop."""
    now = time.monotonic()
    heard = [session.liveness.heard for session in vitals.session.sessions]
    return max((now - max(at, vitals.pulse.began) for at in heard), default=0.0)


def _doubled(vitals: Vitals) -> int:
    channels = {id(session.channel): session.channel for session in vitals.session.sessions}
    kinds = BookChannel | Level3Channel
    return sum(c.counts["doubled"] for c in channels.values() if isinstance(c, kinds))


def _levels(subscriptions: list[Subscription]) -> int:
    keepers = [
        s.keeper.keeper if isinstance(s.keeper, TopKeeper) else s.keeper for s in subscriptions
    ]
    known = [k.book for k in keepers if isinstance(k, BookKeeper) and hasattr(k, "book")]
    return max((book.longest for book in known), default=0)
