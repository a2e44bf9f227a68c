"""Stories of `level3`: queues, ties, depth, orders that come back, checksums that differ.

The books after each event were worked out by hand from §5.4; their checksums are the model's, or
Kraken's where the book is the published one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.kraken_orders import (
    QUEUE_ASKS,
    QUEUE_BIDS,
    QUEUE_CHECKSUM,
    QUEUE_NEXT,
    changes,
    orders,
    orders_event,
)
from tests.spec.vectors.samples import alive, whole
from tests.spec.vectors.scenes import E1, Step, bad, ends_as, entry, lost, snap, story

Story = dict[str, Any]
Book = dict[str, Any]

AT = f"{E1}-10"
ASK = "OA1:99.6:1.00000000:1"
A, B, C = "A:99.5:1.00000000:1", "B:99.5:2.00000000:2", "C:99.5:3.00000000:3"


def book(bids: str, asks: str = ASK, depth: str = "10") -> Book:
    """Return a book's snapshot event."""
    return whole("level3", depth=depth, bids=orders(bids), asks=orders(asks))


def turned(seq: int, change: str, after: Book, asks: str = "") -> Step:
    """Return a step with changes, of the checksum that the book after them has."""
    made = orders_event(changes(change), changes(asks), after["checksum"])
    return entry(f"{E1}-{seq}", made)


def follows(name: str, about: str, before: Book, *turns: tuple[str, str, Book]) -> Story:
    """Return a story of a book, changes of bids, changes of asks, and the book after them."""
    after = turns[-1][2]
    steps = [turned(11 + at, bids, book, asks) for at, (bids, asks, book) in enumerate(turns)]
    state = {name: after[name] for name in ("depth", "checksum", "bids", "asks")}
    final = ends_as(f"{E1}-{10 + len(turns)}", "level3", state)
    return story(
        f"level3-{name}", "5.4", about, steps=[snap(AT, before), *steps], final=final,
        stream="level3",
    )  # fmt: skip


def queue_stories() -> Iterator[Story]:
    """Yield what keeps and what loses a place in a queue."""
    bids = orders("OB0002:99.5:0.25000000:2 OB0004:99.5:0.75000000:5 OB0003:99.4:3.00000000:0")
    asks = orders("OA0008:99.8:8.00000000:2 OA0009:99.8:9.00000000:4")
    last = {"bids": bids, "asks": [*QUEUE_ASKS, *asks], "checksum": QUEUE_NEXT[-1][3]}
    yield story(
        "level3-published-queue",
        "5.4",
        "Kraken's rules in five messages; the last lists two adds newest first.",
        steps=[
            snap(AT, _published()),
            *(
                entry(f"{E1}-{11 + at}", orders_event(*turn[1:]))
                for at, turn in enumerate(QUEUE_NEXT)
            ),
        ],
        final=ends_as(f"{E1}-14", "level3", last),
        stream="level3",
    )
    three = book(f"{A} {B} {C}")
    for name, about, change, after in (
        ("modify-same-time", "Price and time as they were: the order keeps its place.",
         "~A:99.5:0.50000000:1", f"A:99.5:0.50000000:1 {B} {C}"),
        ("modify-larger-same-time", "A larger qty, too, as long as the time stays.",
         "~A:99.5:7.00000000:1", f"A:99.5:7.00000000:1 {B} {C}"),
        ("modify-later", "A later time: it queues anew, here last.",
         "~A:99.5:0.50000000:9", f"{B} {C} A:99.5:0.50000000:9"),
        ("modify-between", "The new time says where, not the arrival.",
         "~C:99.5:3.00000000:0", f"C:99.5:3.00000000:0 {A} {B}"),
        ("modify-to-a-tie", "Of one time with B, which arrived before.",
         "~A:99.5:1.00000000:2", f"{B} A:99.5:1.00000000:2 {C}"),
        ("modify-price", "Another price: it leaves its level for another.",
         "~B:99.4:2.00000000:2", f"{A} {C} B:99.4:2.00000000:2"),
        ("modify-unknown", "A modify of an order that is not there is ignored.",
         "~X:99.5:9.00000000:1", f"{A} {B} {C}"),
        ("delete", "The price and qty of a delete mean nothing.",
         "-B:98.0:0.00000000:9", f"{A} {C}"),
        ("delete-unknown", "A delete of an order that is not there is ignored.",
         "-X:99.5:9.00000000:1", f"{A} {B} {C}"),
        ("add-older", "An add queues by its time: before the others.",
         "+X:99.5:4.00000000:0", f"X:99.5:4.00000000:0 {A} {B} {C}"),
        ("add-tie", "Of one time with B: behind it, before C.",
         "+X:99.5:4.00000000:2", f"{A} {B} X:99.5:4.00000000:2 {C}"),
        ("add-two-ties", "Two adds of one time queue as they stand in the array.",
         "+Y:99.5:4.00000000:2 +X:99.5:5.00000000:2",
         f"{A} {B} Y:99.5:4.00000000:2 X:99.5:5.00000000:2 {C}"),
        ("add-known", "An add of an id that is there: it is removed first, at another price too.",
         "+A:99.4:4.00000000:1", f"{B} {C} A:99.4:4.00000000:1"),
        ("add-known-same-time", "The same price and time: it queues anew behind ties.",
         "+X:99.5:4.00000000:1 +A:99.5:1.00000000:1",
         f"X:99.5:4.00000000:1 A:99.5:1.00000000:1 {B} {C}"),
        ("array-order", "Changes of one order in one message, one after the other.",
         "+X:99.5:4.00000000:4 ~X:99.5:1.00000000:4 -A:99.5:0.00000000:9 -X:99.5:1.00000000:9",
         f"{B} {C}"),
    ):  # fmt: skip
        yield follows(name, about, three, (change, "", book(after)))
    tied = "B:99.5:2.00000000:5 A:99.5:1.00000000:5"
    yield follows(
        "snapshot-ties", "Orders of one time stand in a snapshot as they arrived; a third is last.",
        book(tied), ("+C:99.5:3.00000000:5", "", book(f"{tied} C:99.5:3.00000000:5")),
    )  # fmt: skip


def _published() -> Book:
    return whole("level3", bids=QUEUE_BIDS, asks=QUEUE_ASKS, checksum=QUEUE_CHECKSUM)


def depth_stories() -> Iterator[Story]:
    """Yield price levels that fall out of the depth and come back, and sides that are apart."""
    low, two = "L:99.4:1.00000000:1", book(f"{A} L:99.4:1.00000000:1", depth="2")
    better = "X:99.6:1.00000000:9"
    ask = "OA1:99.7:1.00000000:1"
    before = book(f"{A} {B} {low}", ask, "2")
    cut = book(f"{better} {A} {B}", ask, "2")
    gone = book(f"{A} {B}", ask, "2")
    yield follows(
        "cut-by-levels", "Depth 2 is two price levels, three orders: the third level goes.",
        before, (f"+{better}", "", cut), ("-X:99.6:1.00000000:9", "", gone),
    )  # fmt: skip
    yield follows(
        "re-entry", "A level that was cut comes back by an add with the id and time that it had.",
        before, (f"+{better}", "", cut), (f"-X:99.6:1.00000000:9 +{low}", "", before),
    )  # fmt: skip
    yield follows(
        "cut-after-the-message", "The cut comes after the whole message: what was beyond can stay.",
        two, ("+Y:99.3:1.00000000:1 -A:99.5:1.00000000:9", "",
              book(f"{low} Y:99.3:1.00000000:1", depth="2")),
    )  # fmt: skip
    yield follows(
        "delete-of-what-was-cut", "A delete of an order that was cut is ignored.",
        before, (f"+{better}", "", cut), (f"-{low}", "", cut),
    )  # fmt: skip
    both = book("S:99.5:1.00000000:1", "S:99.6:2.00000000:1")
    yield follows(
        "same-id-both-sides", "One id on both sides: a delete of the bid leaves the ask.",
        both, ("-S:99.5:1.00000000:9", "", book("", "S:99.6:2.00000000:1")),
    )  # fmt: skip
    yield follows(
        "emptied", "The last orders go: the checksum is 0, and the book is valid.",
        both, ("-S:99.5:1.00000000:9", "-S:99.6:2.00000000:9", book("", "")),
    )  # fmt: skip


def fault_stories() -> Iterator[Story]:
    """Yield checksums that differ."""
    wrong = orders_event(*QUEUE_NEXT[0][1:3], "1")
    told, bad_id = [{"code": "CHECKSUM", "id": f"{E1}-11"}], f"{E1}-11"
    final = ends_as(
        f"{E1}-12", "level3",
        {"bids": QUEUE_BIDS, "asks": QUEUE_ASKS, "checksum": QUEUE_CHECKSUM},
    )  # fmt: skip
    beat = alive("level3", checksum="5")
    for name, about, event in (
        ("checksum", "An event whose checksum is not the own book's.", wrong),
        ("heartbeat-checksum", "A heartbeat says that the own book is wrong.", beat),
    ):
        yield story(
            f"level3-{name}",
            "7.3",
            about,
            steps=[
                snap(AT, _published()),
                entry(bad_id, event, lost(bad_id)),
                snap(AT, _published(), lost(bad_id)),
                snap(f"{E1}-12", _published()),
            ],
            expect=told,
            final=final,
            stream="level3",
        )
    array_order = orders_event([], QUEUE_NEXT[3][2], "2133382473")
    yield story(
        "level3-checksum-of-array-order",
        "7.3",
        "Kraken's rules give another checksum than adds that queue in array order.",
        steps=[
            snap(AT, _published()),
            *(
                entry(f"{E1}-{11 + at}", orders_event(*turn[1:]))
                for at, turn in enumerate(QUEUE_NEXT[:3])
            ),
            entry(f"{E1}-14", array_order, bad(f"{E1}-14", "join")),
        ],
        expect=[{"code": "CHECKSUM", "id": f"{E1}-14"}],
        final={"cursor": f"{E1}-14", "valid": False, "skipped": "0"},
        stream="level3",
    )
    flagged = whole("level3", bids=QUEUE_BIDS, asks=QUEUE_ASKS, checksum="1", flags="1")
    yield story(
        "level3-unverified-snapshot",
        "5.4",
        "A snapshot with bit 1 is not compared.",
        steps=[snap(f"{E1}-12", flagged)],
        final=final,
        stream="level3",
    )
    bad_snap = whole("level3", bids=QUEUE_BIDS, asks=QUEUE_ASKS, checksum="1")
    yield story(
        "level3-bad-snapshot",
        "7.1",
        "A snapshot whose checksum is not its orders': told once, a newer one mends it.",
        steps=[
            snap(AT, bad_snap, lost(None)),
            snap(AT, bad_snap, lost(None)),
            snap(f"{E1}-12", _published()),
        ],
        expect=[{"code": "CHECKSUM", "id": AT}],
        final=final,
        stream="level3",
    )
