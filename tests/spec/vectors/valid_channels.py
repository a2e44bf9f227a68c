"""Valid cases that every channel has: its snapshots, its own events, a stream's life."""

from __future__ import annotations

from collections.abc import Iterator

from tests.spec.vectors.builders import ValidCase, notice
from tests.spec.vectors.events import event
from tests.spec.vectors.samples import (
    CHANNELS,
    CLAUSES,
    OWN_EVENTS,
    alive,
    born,
    pointing,
    whole,
)

FIRST, SECOND = "1767323045000-0", "1767323045000-1"


def channel_cases() -> Iterator[ValidCase]:
    """Yield the usual events of each channel but `book`, whose cases stand elsewhere."""
    for channel in CHANNELS[1:]:
        clause = CLAUSES[channel]
        yield ValidCase(
            f"{channel}-snapshot",
            clause,
            "The whole state in the stream.",
            whole(channel),
            channel,
            SECOND,
        )
        yield ValidCase(
            f"{channel}-snapshot-in-snap",
            "4.3",
            "The same in `.snap`.",
            whole(channel),
            f"{channel}.snap",
        )
        yield ValidCase(
            f"{channel}-snapshot-pointer",
            "4.3",
            "The state lies in `.snap`.",
            pointing(channel),
            channel,
            SECOND,
        )
        yield ValidCase(
            f"{channel}-epoch",
            "4.4",
            "An epoch repeats the stream's header.",
            born(channel),
            channel,
            FIRST,
        )
        yield from _life(channel)
    for channel, clause, usual in OWN_EVENTS[1:]:
        kind = usual["type"]
        yield ValidCase(f"{channel}-{kind}", clause, f"A usual `{kind}`.", usual, channel)
        yield ValidCase(
            f"{channel}-{kind}-unknown-key", "3.6", "An unknown key is ignored.", usual, channel,
            extra={"zz": [1, {"b": None}]},
        )  # fmt: skip
    for channel, fields in (("bbo", {"source": "level3"}), ("ticker", {"trigger": "trades"})):
        (value,) = fields.values()
        made = born(channel, **fields)
        yield ValidCase(f"{channel}-epoch-{value}", "4.4", "Another header.", made, channel, FIRST)
    yield from _strangers()
    yield ValidCase(
        "notice-report", "4.8", "A notice with Kraken's own words.",
        notice(report='{"event_id":17,"title":"Maintenance","phase":"announced"}'), "status",
    )  # fmt: skip


def _life(channel: str) -> Iterator[ValidCase]:
    yield ValidCase(
        f"{channel}-reset", "4.5", "A reset.", event("reset", reason="disconnected"), channel
    )
    yield ValidCase(f"{channel}-heartbeat", "4.6", "A live stream.", alive(channel), channel)
    yield ValidCase(
        f"{channel}-heartbeat-not-live",
        "4.6",
        "No checksum.",
        alive(channel, state="disconnected", checksum=None),
        channel,
    )
    if channel != "level3":
        yield ValidCase(
            f"{channel}-heartbeat-checksum", "4.6", "Known in every channel, without use in this.",
            alive(channel, checksum="5"), channel,
        )  # fmt: skip
    yield ValidCase(f"{channel}-bye", "4.7", "A farewell.", event("bye", note="SIGTERM"), channel)


STRANGERS = (
    ("book", "orders"), ("book", "ticker"), ("book", "feed"), ("level3", "update"),
    ("bbo", "ticker"), ("ticker", "top"), ("ticker", "gap"), ("trade", "update"),
    ("ohlc", "trades"), ("instrument", "notice"), ("executions", "balance"),
    ("balances", "gap"), ("status", "snapshot"), ("status", "reset"), ("status", "heartbeat"),
    ("status", "update"),
)  # fmt: skip


def _strangers() -> Iterator[ValidCase]:
    for channel, kind in STRANGERS:
        yield ValidCase(
            f"{channel}-stranger-{kind}",
            "3.6",
            f"A `{kind}` stands elsewhere: here it is of unknown type, and none of its keys known.",
            event(kind),
            channel,
            extra={"b": 1, "v": 2, "n": None},
            shown={"type": kind},
        )
