"""The rows of the fault matrix: what goes wrong, in a few words, which metrics must move, and why a
row has no test or no metric.

The ids are those of the marks (`@pytest.mark.row("X1")`), of commits and of the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ROWS: Mapping[str, str] = MappingProxyType({
    "X1": "Kraken's connection is reset or closed",
    "X2": "half-open connection: nothing arrives",
    "X3": "acknowledged subscription that never sends",
    "X4": "frames that never become whole",
    "X5": "TLS that does not verify",
    "X6": "a host name that does not resolve",
    "X7": "too many connects, HTTP 429",
    "X8": "HTTP 503, 520, 525 instead of a WebSocket",
    "X9": "maintenance, cancel_only, post_only",
    "X10": "all connections drop at once",
    "X11": "broken JSON, binary frames",
    "X12": "unknown channels and fields",
    "X13": "a frame that is too long",
    "X14": "wrong checksum",
    "X15": "missing update",
    "X16": "doubled update",
    "X17": "updates out of order",
    "X18": "crossed book that passes the checksum",
    "X19": "more levels than the depth",
    "X20": "fewer than ten levels, or none",
    "X21": "a symbol that is delisted or refused",
    "X22": "a pair's precision changes",
    "X23": "token expired",
    "X24": "nonce refused, lockout",
    "X25": "clocks step",
    "X26": "snapshot late, or never",
    "X27": "message rate exceeded, answers missing",
    "X28": "a burst of 50 times",
    "X29": "private channel's gap",
    "R1": "restart that lost everything",
    "R2": "restart with an append-only file",
    "R3": "server still loading",
    "R4": "clean failover",
    "R5": "split brain",
    "R6": "failover to a stale replica",
    "R7": "return to before an epoch's change",
    "R8": "out of memory",
    "R9": "eviction policy that drops streams",
    "R10": "key of another type",
    "R11": "password wrong or rotated",
    "R12": "a right is missing",
    "R13": "server cannot persist (MISCONF)",
    "R14": "slow or stalled server",
    "R15": "CLIENT PAUSE",
    "R16": "requests cut, replies lost, bytes late",
    "R17": "too many clients",
    "R18": "slots move while written to",
    "R19": "keys of one call in two slots",
    "R20": "a shard is down",
    "R21": "scripts flushed",
    "R22": "a stray entry",
    "R23": "an id that leaves no room",
    "R24": "an operator deletes or trims",
    "P1": "SIGTERM",
    "P2": "SIGKILL",
    "P3": "paused for longer than the lease",
    "P4": "paused for less",
    "P5": "several start at once",
    "P6": "one API key in two processes",
    "P7": "full or read-only disk",
    "P8": "loop blocked",
    "P9": "leaks",
    "P10": "an exception anywhere",
    "P11": "rolling update, node loss",
    "C1": "reader slower than the trim",
    "C2": "reader restarts",
    "C3": "reader joins late",
    "C4": "bad entry",
    "C5": "new epoch",
    "C6": "reader ahead of a server that went back",
    "C7": "stale replica or old primary",
    "C8": "clocks of hosts differ",
})  # fmt: skip
"""Every row, with a few words."""

UNSHOWN: Mapping[str, str] = MappingProxyType({})
"""Rows that no test here shows, each with the reason."""

METRICS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "X1": ('feed_disconnects_total{reason="lost"}', "books_unavailable_seconds_total"),
    "X2": ('feed_disconnects_total{reason="silent"}', "feed_last_message_age_seconds"),
    "X3": ('subscriptions_overdue_total{state="awaiting_snapshot"}', "snapshot_wait_seconds"),
    "X4": ('feed_disconnects_total{reason="silent"}', "feed_last_message_age_seconds"),
    "X5": ('feed_connect_errors_total{reason="tls"}',),
    "X6": ('feed_connect_errors_total{reason="dns"}',),
    "X7": (
        'feed_connect_errors_total{reason="http_429"}', "connects_delayed_total",
        "connect_budget_left",
    ),
    "X8": ('feed_connect_errors_total{reason="http_5xx"}',),
    "X9": ('kraken_system_changes_total{state="cancel_only"}', "kraken_system"),
    "X10": ('feed_disconnects_total{reason="lost"}', "feed_redial_wait_seconds_total"),
    "X11": ("bad_frames_total", 'feed_disconnects_total{reason="malformed"}'),
    "X12": ('unknown_total{what="field"}', 'unknown_total{what="message"}'),
    "X13": ('feed_disconnects_total{reason="too_large"}', "feed_largest_message_bytes"),
    "X14": (
        'book_failures_total{reason="checksum"}', 'feed_disconnects_total{reason="failures"}',
    ),
    "X15": (
        'book_failures_total{reason="checksum"}', 'book_audits_total{verdict="wrong"}',
        'book_failures_total{reason="audit"}',
    ),
    "X16": ("updates_doubled_total",),
    "X17": ('book_failures_total{reason="checksum"}',),
    "X18": ('book_failures_total{reason="crossed"}', "book_crossed_seconds"),
    "X19": ("book_levels",),
    "X21": ('subscribe_errors_total{reason="final"}', "books_refused"),
    "X22": ('book_failures_total{reason="instrument"}',),
    "X23": (
        "tokens_total", 'feed_disconnects_total{reason="token"}',
        'subscribe_errors_total{reason="token"}',
    ),
    "X24": ('rest_errors_total{reason="lockout"}', 'rest_errors_total{reason="rate_limit"}'),
    "X25": ("clock_skew_seconds",),
    "X26": ('subscriptions_overdue_total{state="awaiting_snapshot"}', "snapshot_wait_seconds"),
    "X27": ('subscriptions_overdue_total{state="subscribing"}', "subscriptions_pending"),
    "X28": ("pending_entries",),
    "X29": ("backfilled_total", "gaps_total"),
    "R1": ('appends_total{result="lost"}', "refilled_entries_total", "redis_failovers_total"),
    "R2": ('redis_outage_seconds_total{link="data"}', "redis_failovers_total"),
    "R3": ('redis_errors_total{code="LOADING"}',),
    "R4": ("redis_failovers_total", 'redis_outage_seconds_total{link="data"}'),
    "R5": ('redis_errors_total{code="NOREPLICAS"}',),
    "R6": (
        "refilled_entries_total", 'epochs_total{reason="lost"}', "ring_cover_seconds",
    ),
    "R7": ("lease_reasserted_total", "redis_failovers_total"),
    "R8": ('redis_errors_total{code="OOM"}',),
    "R10": ("streams_refused_total",),
    "R11": ('redis_errors_total{code="WRONGPASS"}',),
    "R13": ('redis_errors_total{code="MISCONF"}',),
    "R14": (
        'redis_disconnects_total{reason="timeout"}', "retries_skipped_total",
        'latency_seconds_count{hop="publish_ack"}', 'epochs_total{reason="overrun"}',
        'redis_errors_total{code="BUSY"}', "conflated_total",
    ),
    "R15": ('redis_disconnects_total{reason="timeout"}',),
    "R16": ('redis_disconnects_total{reason="lost"}', "retries_skipped_total"),
    "R17": ('redis_errors_total{code="MAXCLIENTS"}',),
    "R18": ("cluster_redirects_total", 'redis_errors_total{code="TRYAGAIN"}'),
    "R20": ('redis_errors_total{code="CLUSTERDOWN"}', 'redis_outage_seconds_total{link="data"}'),
    "R21": ('redis_errors_total{code="NOSCRIPT"}',),
    "R22": ('appends_total{result="fenced"}', 'epochs_total{reason="fenced"}'),
    "R23": ("streams_refused_total",),
    "R24": ('appends_total{result="lost"}', "refilled_entries_total", "lease_reasserted_total"),
    "P1": ("takeover_seconds_count",),
    "P2": ("takeover_seconds_count", "takeover_seconds_sum"),
    "P3": ("leaderships_lost_total",),
    "P4": ("loop_stalls_total", "loop_lag_seconds_sum"),
    "P5": ("takeover_seconds_count", "epoch", "leading"),
    "P7": ("state_failures_total", "log_lines_lost_total"),
    "P8": ("loop_stalls_total", "last_turn_age_seconds"),
    "P9": ("process_open_fds", "process_resident_memory_bytes"),
    "P11": ("takeover_seconds_count",),
})  # fmt: skip
"""What must have moved in the tests of a row, each in one of them; `pykraken_` stands before all
names but those of `process_`.
"""

_READER = "the reader's own: no publisher knows of it"
_OVER = "the process has ended with an exit code of its own, and answers no scrape"
WITHOUT_METRIC: Mapping[str, str] = MappingProxyType(
    {
        "X20": "nothing is at fault",
        "R9": _OVER,
        "R12": _OVER,
        "P6": _OVER,
        "R19": "never comes to pass: calls are made apart by slot",
        "P10": _OVER,
        **dict.fromkeys(("C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8"), _READER),
    }
)
"""Rows in which no metric moves, each with the reason."""
