"""Valid cases of a stream's life: epochs, resets, heartbeats, byes, and the status stream."""

from __future__ import annotations

from collections.abc import Iterator

from tests.spec.vectors.builders import ValidCase, epoch, feed, notice, status_epoch
from tests.spec.vectors.events import event

REASONS_OF_EPOCH = ("start", "takeover", "fenced", "lost", "overrun")
REASONS_OF_RESET = (
    "disconnected",
    "checksum",
    "instrument",
    "stale",
    "crossed",
    "malformed",
    "refused",
    "delisted",
    "sequence",
    "audit",
)


def stream_life_cases() -> Iterator[ValidCase]:
    """Yield epochs, resets, heartbeats and byes of a book's stream."""
    for reason in REASONS_OF_EPOCH:
        yield ValidCase(
            f"epoch-{reason}",
            "4.4",
            f"A new epoch, reason `{reason}`.",
            epoch(reason=reason, prev_epoch="1767323000000", prev_seq="4021"),
            id="1767323045000-0",
        )
    first = "1767323045000-0"
    yield ValidCase(
        "epoch-first-of-a-stream", "4.4", "No entry before: no pe, ps.", epoch(), id=first
    )
    yield ValidCase(
        "epoch-missed",
        "4.4",
        "Seqs 4022 to 4100 of the previous epoch were published to nobody.",
        epoch(
            reason="overrun",
            prev_epoch="1767323000000",
            prev_seq="4021",
            missed_first="4022",
            missed_last="4100",
        ),
        id=first,
    )
    yield ValidCase(
        "epoch-prev-seq-0",
        "4.4",
        "The previous epoch had one entry: ps is 0, not absent.",
        epoch(reason="takeover", prev_epoch="1", prev_seq="0"),
        id=first,
    )
    yield ValidCase(
        "epoch-writer-largest",
        "4.4",
        "A writer id of 2^64-1.",
        epoch(writer="18446744073709551615"),
        id=first,
    )
    yield ValidCase(
        "epoch-reason-unknown",
        "11",
        "A later version's reason is taken as it is.",
        epoch(reason="migrated"),
        id=first,
    )
    for reason in REASONS_OF_RESET:
        yield ValidCase(
            f"reset-{reason}", "4.5", f"Reset, reason `{reason}`.", event("reset", reason=reason)
        )
    yield ValidCase(
        "reset-reason-unknown",
        "4.5",
        "A later reason is taken as it is.",
        event("reset", reason="venue_maintenance"),
    )
    yield ValidCase(
        "reset-note",
        "4.5",
        "A reset with a note for people.",
        event("reset", reason="checksum", note="stated 1, own 2"),
    )
    yield ValidCase(
        "reset-note-empty",
        "4.5",
        "An empty note is there, and printed.",
        event("reset", reason="stale", note=""),
    )
    yield ValidCase(
        "heartbeat-live",
        "4.6",
        "Live: with the checksum of the book.",
        event("heartbeat", state="live", checksum="3310070434"),
    )
    yield ValidCase(
        "heartbeat-live-checksum-0",
        "4.6",
        "A live empty book: checksum 0, not absent.",
        event("heartbeat", state="live", checksum="0"),
    )
    for state in ("disconnected", "awaiting_snapshot"):
        yield ValidCase(
            f"heartbeat-{state.replace('_', '-')}",
            "4.6",
            f"State `{state}`, no checksum.",
            event("heartbeat", state=state),
        )
    yield ValidCase("bye", "4.7", "The publisher stopped on request.", event("bye"))
    yield ValidCase("bye-note", "4.7", "A farewell with a note.", event("bye", note="SIGTERM"))


def status_cases() -> Iterator[ValidCase]:
    """Yield the events of a status stream."""
    for reason in ("start", "takeover"):
        yield ValidCase(
            f"status-epoch-{reason}",
            "4.8",
            "A status stream's epoch says nothing about a book.",
            status_epoch(reason=reason),
            stream="status",
            id="1767323045000-0",
        )
    yield ValidCase(
        "status-bye", "4.8", "The feed stopped on request.", event("bye"), stream="status"
    )
    for state in ("disconnected", "awaiting_snapshot", "live"):
        yield ValidCase(
            f"feed-{state.replace('_', '-')}",
            "4.8",
            f"The feed's state is `{state}`.",
            feed(state=state),
            stream="status",
            id="1767323045000-1",
        )
    yield ValidCase(
        "feed-system-unknown",
        "4.8",
        "Kraken's system state not known yet: empty text.",
        feed(state="disconnected", live="0", system=""),
        stream="status",
    )
    yield ValidCase(
        "notice-system",
        "4.8",
        "A notice of no symbol: empty text.",
        notice(kind="system", symbol="", note="maintenance"),
        stream="status",
    )
    yield ValidCase("notice-refused", "4.8", "Kraken refused a symbol.", notice(), stream="status")
    yield ValidCase(
        "notice-brake",
        "6",
        "The byte limit struck.",
        notice(kind="brake", symbol="BTC/USD", note="67108864 bytes"),
        stream="status",
    )
    yield ValidCase(
        "notice-malformed",
        "4.8",
        "A pair that could not be read costs no other.",
        notice(kind="malformed", symbol="ODD/USD", note="price_precision"),
        stream="status",
    )
    yield ValidCase(
        "notice-kind-unknown",
        "4.8",
        "A later kind is taken as it is.",
        notice(kind="weather", note="rain"),
        stream="status",
    )
