"""Stories of joining, of books that change, and of resets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.builders import feed, update
from tests.spec.vectors.events import event
from tests.spec.vectors.kraken_books import ETHBTC, ETHBTC_NEXT, ONE_SIDED, THIN
from tests.spec.vectors.scenes import (
    E1,
    after,
    bad,
    build,
    cut_snapshot,
    cut_update,
    ends,
    ends_cut,
    ends_invalid,
    entry,
    joined,
    snap,
    story,
    thin,
)

Story = dict[str, Any]


def join_stories() -> Iterator[Story]:
    """Yield ways to join."""
    yield story(
        "join-and-follow",
        "7.1",
        "A snapshot, then four updates; without the cut to the depth the last two checksums fail.",
        steps=[
            joined(),
            *(entry(f"{E1}-{10 + number}", cut_update(number)) for number in (1, 2, 3, 4)),
        ],
        final=ends_cut(f"{E1}-14", 4),
    )
    yield story(
        "join-waits-for-a-snapshot",
        "7.1",
        "No snapshot yet: wait and try again, telling nothing.",
        steps=[
            {"snap": None, "then": after("join", None, valid="no")},
            {"snap": None, "then": after("join", None, valid="no")},
            joined(),
        ],
        final=ends_cut(f"{E1}-10", 0),
    )
    yield story(
        "join-does-not-wait",
        "7.1",
        "The application asked not to wait for a stream that is not there.",
        waits="no",
        steps=[{"snap": None, "then": after("join", None, valid="no")}],
        expect=[{"code": "NO_STREAM"}],
        final=ends_invalid(None),
    )
    yield story(
        "join-reads-from-the-snapshot",
        "7.2",
        "Entries that the snapshot includes come again, and are ignored.",
        steps=[
            snap(f"{E1}-12", cut_snapshot(2)),
            entry(f"{E1}-11", cut_update(1), after("entries", f"{E1}-12", valid="yes")),
            entry(f"{E1}-12", cut_update(2), after("entries", f"{E1}-12", valid="yes")),
            entry(f"{E1}-13", cut_update(3)),
        ],
        final=ends_cut(f"{E1}-13", 3),
    )
    yield story(
        "join-at-the-first-snapshot",
        "7.1",
        "The snapshot of an epoch's second entry, and the update that follows it.",
        steps=[snap(f"{E1}-1", cut_snapshot()), entry(f"{E1}-2", cut_update(1))],
        final=ends_cut(f"{E1}-2", 1),
    )


def book_stories() -> Iterator[Story]:
    """Yield books that change in ways that naive books get wrong."""
    bids, asks, stated = ETHBTC_NEXT
    levels = [[*ETHBTC.bids[0]], *ETHBTC.bids[2:], bids[1]]
    yield story(
        "book-recorded-update",
        "5.1",
        "A recorded frame: a visible level goes, the level that moves into scope comes.",
        steps=[
            snap(f"{E1}-3", thin(ETHBTC)),
            entry(f"{E1}-4", update(bids=bids, asks=asks, checksum=stated)),
        ],
        final=ends(f"{E1}-4", thin(ETHBTC, bids=levels, checksum=stated)),
    )
    yield story(
        "book-unknown-price-removed",
        "5.1",
        "Removing a price that is not there changes nothing.",
        steps=[
            joined(),
            entry(
                f"{E1}-11",
                update(bids=[["5000", "0"]], asks=[["99999", "0"]], checksum="3208761894"),
            ),
        ],
        final=ends_cut(f"{E1}-11", 0),
    )
    empty = build(bids=[], asks=[], price_precision="2")
    yield story(
        "book-emptied",
        "5.2",
        "The last level goes: the checksum of two empty sides is 0, and the book is valid.",
        steps=[
            snap(f"{E1}-10", thin(ONE_SIDED)),
            entry(f"{E1}-11", update(bids=[], asks=[["150", "0"]], checksum="0")),
        ],
        final=ends(f"{E1}-11", empty),
    )
    yield story(
        "book-side-appears",
        "5.2",
        "Bids come to a book of one ask: the thin book of Kraken's rules.",
        steps=[
            snap(f"{E1}-10", thin(ONE_SIDED)),
            entry(f"{E1}-11", update(bids=THIN.bids, asks=[], checksum=THIN.checksum)),
        ],
        final=ends(f"{E1}-11", thin(THIN)),
    )
    yield from _wide_books()


def _wide_books() -> Iterator[Story]:
    huge = "123456789012345678901234567890"
    before = build(bids=[["12", "9223372036854775808"]], asks=[["13", "18446744073709551615"]])
    later = build(bids=[["12", huge]], asks=[["13", "18446744073709551616"]])
    deltas = update(bids=later["bids"], asks=later["asks"], checksum=later["checksum"])
    yield story(
        "book-huge-qty",
        "3.5",
        "Quantities of 2^63 and more, then of 2^64 and of thirty digits.",
        steps=[snap(f"{E1}-10", before), entry(f"{E1}-11", deltas)],
        final=ends(f"{E1}-11", later),
    )
    one = build(depth="1", bids=[["100", "5"]], asks=[["101", "6"]])
    next_one = build(depth="1", bids=[["100", "5"]], asks=[["101", "6"]])
    yield story(
        "book-depth-1",
        "5.1",
        "At depth 1 a worse level is cut away at once.",
        steps=[
            snap(f"{E1}-10", one),
            entry(
                f"{E1}-11",
                update(bids=[["99", "7"]], asks=[["102", "8"]], checksum=one["checksum"]),
            ),
        ],
        final=ends(f"{E1}-11", next_one),
    )
    yield story(
        "unknown-type-keeps-the-sequence",
        "3.6",
        "An event of unknown type is counted and skipped; the next entry is no gap.",
        steps=[joined(), entry(f"{E1}-11", event("trade")), entry(f"{E1}-12", cut_update(1))],
        final=ends_cut(f"{E1}-12", 1, skipped="1"),
    )
    yield story(
        "event-of-a-status-stream",
        "3.6",
        "A known event that has no meaning in a book's stream is counted and skipped like one.",
        steps=[joined(), entry(f"{E1}-11", feed()), entry(f"{E1}-12", cut_update(1))],
        final=ends_cut(f"{E1}-12", 1, skipped="1"),
    )
    flagged = cut_snapshot(flags="1", checksum="1")
    yield story(
        "unverified-snapshot",
        "5.3",
        "A snapshot with bit 1 is not compared; the update after it is.",
        steps=[snap(f"{E1}-10", flagged), entry(f"{E1}-11", cut_update(1))],
        final=ends_cut(f"{E1}-11", 1),
    )


def reset_stories() -> Iterator[Story]:
    """Yield resets, byes and heartbeats inside an epoch."""
    dropped = entry(f"{E1}-11", event("reset", reason="checksum"), bad(f"{E1}-11"))
    told = {"type": "reset", "id": f"{E1}-11", "reason": "checksum"}
    yield story(
        "reset-then-snapshot",
        "4.5",
        "Invalid from the reset to the snapshot, which replaces the book.",
        steps=[
            joined(),
            dropped,
            entry(f"{E1}-12", thin(THIN)),
            entry(f"{E1}-13", update(bids=THIN.bids[1:], asks=[], checksum=THIN.checksum)),
        ],
        expect=[told],
        final=ends(f"{E1}-13", thin(THIN)),
    )
    yield story(
        "reset-ignores-updates",
        "7.2",
        "Updates to an invalid book are ignored, and keep their place.",
        steps=[
            joined(),
            dropped,
            entry(f"{E1}-12", cut_update(1), bad(f"{E1}-12")),
            entry(f"{E1}-13", cut_snapshot(1)),
            entry(f"{E1}-14", cut_update(2)),
        ],
        expect=[told],
        final=ends_cut(f"{E1}-14", 2),
    )
    yield story(
        "reset-ignores-heartbeat-checksum",
        "7.2",
        "A heartbeat is not compared with a book that is invalid.",
        steps=[
            joined(),
            dropped,
            entry(f"{E1}-12", event("heartbeat", state="awaiting_snapshot"), bad(f"{E1}-12")),
            entry(f"{E1}-13", event("heartbeat", state="live", checksum="1"), bad(f"{E1}-13")),
        ],
        expect=[told],
        final=ends_invalid(f"{E1}-13"),
    )
    finer = thin(THIN, price_precision="3", qty_precision="9")
    yield story(
        "reset-new-precision",
        "3.5",
        "An instrument changed: the precisions of the snapshot hold from there.",
        steps=[
            joined(),
            entry(f"{E1}-11", event("reset", reason="instrument"), bad(f"{E1}-11")),
            entry(f"{E1}-12", finer),
        ],
        expect=[{"type": "reset", "id": f"{E1}-11", "reason": "instrument"}],
        final=ends(f"{E1}-12", finer),
    )
    yield story(
        "snapshot-replaces",
        "7.2",
        "A snapshot without a reset replaces the book, it is not merged.",
        steps=[joined(), entry(f"{E1}-11", thin(THIN))],
        final=ends(f"{E1}-11", thin(THIN)),
    )
    yield story(
        "heartbeat-agrees",
        "4.6",
        "A heartbeat with the book's own checksum, and one without.",
        steps=[
            joined(),
            entry(f"{E1}-11", event("heartbeat", state="live", checksum="3208761894")),
            entry(f"{E1}-12", event("heartbeat", state="disconnected")),
        ],
        final=ends_cut(f"{E1}-12", 0),
    )
