"""Valid cases of `level3` and `bbo`: kinds of changes, queues, Kraken's own book, empty sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.builders import ValidCase
from tests.spec.vectors.events import Event, event
from tests.spec.vectors.kraken_orders import (
    QUEUE_ASKS,
    QUEUE_BIDS,
    QUEUE_CHECKSUM,
    WORKED_ASKS,
    WORKED_BIDS,
    WORKED_CHECKSUM,
    at,
    changes,
    orders,
    orders_event,
)
from tests.spec.vectors.samples import TOP, whole

LARGEST = str(2**64 - 1)
HUGE = "9" * 40
ID = "1767323045000-1"


def orders_cases() -> Iterator[ValidCase]:
    """Yield `orders` events."""
    for name, about, bids in (
        ("add", "Kind 0.", changes("+OB1:99.5:1.00000000:1")),
        ("modify", "Kind 1.", changes("~OB1:99.5:0.40000000:1")),
        ("delete", "Kind 2.", changes("-OB1:99.5:0.40000000:6")),
        ("delete-qty-0", "A delete's qty means nothing and may be 0.",
         [["2", "OB1", "995", "0", "0"]]),
        ("delete-price-0", "Nor does its price.", [["2", "OB1", "0", "0", "5"]]),
        ("unsorted", "The venue's order, which neither price nor time rules.",
         changes("+OB9:99.5:1.00000000:9 +OB1:99.6:1.00000000:1 +OB5:99.4:1.00000000:5")),
        ("same-order-twice", "One order several times: in array order.",
         changes("+OB1:99.5:1.00000000:1 ~OB1:99.5:0.50000000:1 -OB1:99.5:0.50000000:2")),
        ("empty", "Both arrays may be empty.", []),
        ("time-0", "The venue gave no time.", [["0", "OB1", "995", "1", "0"]]),
        ("time-largest", "A time of 2^64-1.", [["0", "OB1", "995", "1", LARGEST]]),
        ("price-2-pow-64", "A price that travels as text.", [["0", "OB1", str(2**64), "1", "1"]]),
        ("qty-40-digits", "A qty of forty digits.", [["1", "OB1", "995", HUGE, "1"]]),
        ("order-id-empty", "An order id is any text.", [["0", "", "995", "1", "1"]]),
        ("order-id-escaped", "Ids are escaped in the canonical line.",
         [["0", 'O"1\n', "995", "1", "1"]]),
        ("order-id-digits", "An id of digits stays a text.",
         [["0", "1767323045", "995", "1", "1"]]),
    ):  # fmt: skip
        yield ValidCase(f"orders-{name}", "4.10", about, orders_event(bids, [], "5"), "level3")
    both = orders_event(changes("+O1:99.5:1.00000000:1"), changes("+O1:99.6:1.00000000:1"), "5")
    yield ValidCase("orders-same-id-both-sides", "5.4", "Two orders.", both, "level3")


def order_snapshot_cases() -> Iterator[ValidCase]:
    """Yield whole L3 books."""
    cases: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("kraken-worked-example", "Kraken's worked example of the checksum, deeper than ten.",
         {"depth": "100", "bids": WORKED_BIDS, "asks": WORKED_ASKS, "checksum": WORKED_CHECKSUM}),
        ("kraken-queue", "A made-up book by Kraken's rules.",
         {"bids": QUEUE_BIDS, "asks": QUEUE_ASKS, "checksum": QUEUE_CHECKSUM}),
        ("empty", "Two empty sides: checksum 0.", {"bids": [], "asks": []}),
        ("bids-only", "No asks.", {"asks": []}),
        ("depth-1", "Several orders of the one level.",
         {"depth": "1", "bids": orders("O1:99.5:1.00000000:1 O2:99.5:2.00000000:2"), "asks": []}),
        ("same-time", "Orders of one time: the array's order is the queue's.",
         {"bids": orders("O2:99.5:1.00000000:1 O1:99.5:2.00000000:1"), "asks": []}),
        ("same-id-both-sides", "Two orders.",
         {"bids": orders("O1:99.5:1.00000000:1"), "asks": orders("O1:99.6:2.00000000:1")}),
        ("full-depth", "As many price levels as the depth, and more orders.",
         {"bids": [[f"O{n}", str(995 - n // 2), "1", at(n)] for n in range(20)], "asks": []}),
        ("huge", "A price and a qty past 2^64: ordered as numbers, checked digit by digit.",
         {"bids": [["O1", str(2**64), HUGE[:25], "1"], ["O2", "9", "1", LARGEST]], "asks": []}),
        ("precision-30", "The largest precisions.",
         {"price_precision": "30", "qty_precision": "30"}),
        ("checksum-wrong", "Decodes; the checksum is the replica's to find.", {"checksum": "1"}),
        ("unverified", "With bit 1 any checksum will do.", {"checksum": "1", "flags": "1"}),
    )  # fmt: skip
    for name, about, fields in cases:
        yield ValidCase(
            f"level3-snapshot-{name}", "5.4", about, whole("level3", **fields), "level3", ID
        )


def top_cases() -> Iterator[ValidCase]:
    """Yield tops with empty sides and large numbers, as events and as snapshots."""
    cases: tuple[tuple[str, str, Event], ...] = (
        ("no-bid", "An empty side has neither key.", {"bid": None, "bid_qty": None}),
        ("no-ask", "The same of the other side.", {"ask": None, "ask_qty": None}),
        ("empty", "Both sides are empty.", dict.fromkeys(TOP)),
        ("price-past-2-pow-64", "Numbers that travel as text.",
         {"bid": str(2**64), "ask_qty": HUGE}),
        ("zeros", "Numbers may be 0.", dict.fromkeys(TOP, "0")),
        ("conflated", "Bit 16: tops before it were left out.", {"flags": "16"}),
    )  # fmt: skip
    for name, about, fields in cases:
        yield ValidCase(f"top-{name}", "4.11", about, event("top", **{**TOP, **fields}), "bbo")
        yield ValidCase(f"bbo-snapshot-{name}", "4.11", about, whole("bbo", **fields), "bbo", ID)
    yield ValidCase(
        "bbo-snapshot-of-level3", "4.3", "Derived from L3.",
        whole("bbo", source="level3", depth="1000"), "bbo", ID,
    )  # fmt: skip
