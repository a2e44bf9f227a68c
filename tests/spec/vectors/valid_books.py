"""Valid cases of updates and snapshots: sides, order, precisions, pointers, Kraken's own books."""

from __future__ import annotations

from collections.abc import Iterator

from tests.spec.vectors import kraken_books
from tests.spec.vectors.builders import ValidCase, snapshot, update
from tests.spec.vectors.events import Event
from tests.spec.vectors.kraken_books import BookText, Levels

FIRST = "1767323045000-1"


def book_event(book: BookText, **fields: str) -> Event:
    """Return the snapshot event of a book that Kraken's rules gave a checksum."""
    return snapshot(
        **{
            "symbol": book.symbol,
            "price_precision": book.price_precision,
            "qty_precision": book.qty_precision,
            "bids": book.bids,
            "asks": book.asks,
            "checksum": book.checksum,
            **fields,
        }
    )


def update_cases() -> Iterator[ValidCase]:
    """Yield updates: which sides, what order, which flags."""
    bids: Levels = [["628070", "125000000"]]
    asks: Levels = [["628071", "50000000"]]
    for name, about, event in (
        ("both-sides", "Deltas on both sides.", update(bids=bids, asks=asks)),
        ("bids-only", "Bids alone: asks is an empty array.", update(bids=bids, asks=[])),
        ("asks-only", "Asks alone: bids is an empty array.", update(bids=[], asks=asks)),
        ("no-deltas", "Both arrays may be empty.", update(bids=[], asks=[])),
        ("qty-0", "A qty of 0 removes the price.", update(bids=[["628070", "0"]], asks=[])),
        (
            "price-repeated",
            "One price several times, in the venue's order; the last one counts.",
            update(bids=[["628070", "5"], ["628070", "0"], ["628070", "7"]], asks=[]),
        ),
        (
            "unsorted",
            "Deltas keep the venue's order, which no price rules.",
            update(bids=[["628061", "1"], ["628070", "2"], ["628065", "3"]], asks=[]),
        ),
    ):
        yield ValidCase(f"update-{name}", "4.2", about, event)
    for name, flags, about in (
        ("unverified", "1", "Bit 1: not compared with Kraken's checksum."),
        ("crossed", "2", "Bit 2: best bid at or above best offer, yet the checksum passed."),
        ("both", "3", "Both bits."),
        ("backfill", "4", "Bit 4."),
        ("revised", "8", "Bit 8."),
        ("conflated", "16", "Bit 16."),
        ("unknown-bit", "32", "An unknown bit is ignored and printed."),
        ("unknown-high-bit", "9223372036854775808", "Bit 2^63 alone, unknown."),
    ):
        yield ValidCase(f"flags-{name}", "4.1", about, update(flags=flags))


def snapshot_cases() -> Iterator[ValidCase]:
    """Yield snapshots in the stream and in `.snap`."""
    yield ValidCase("snapshot", "4.3", "The whole book in the stream.", snapshot(), id=FIRST)
    yield ValidCase(
        "snapshot-in-snap",
        "4.3",
        "The same event as an entry of `.snap`.",
        snapshot(),
        stream="book.snap",
    )
    yield ValidCase(
        "snapshot-pointer",
        "4.3",
        "The book lies in `.snap` under this id: no levels.",
        snapshot(bids=None, asks=None, checksum="3310070434", pointer="1"),
        id=FIRST,
    )
    for name, about, bids, asks in (
        ("empty", "Two empty sides: checksum 0.", [], []),
        ("bids-only", "No asks.", [["628070", "1"]], []),
        ("asks-only", "No bids.", [], [["628071", "1"]]),
    ):
        yield ValidCase(f"snapshot-{name}", "5.2", about, snapshot(bids=bids, asks=asks), id=FIRST)
    full = [[str(628070 - step), str(step + 1)] for step in range(10)]
    yield ValidCase(
        "snapshot-full-depth",
        "5.3",
        "Exactly as many levels as the depth.",
        snapshot(bids=full, asks=[]),
        id=FIRST,
    )
    deep = [[str(700000 + 3 * step), str(step + 1)] for step in range(25)]
    yield ValidCase(
        "snapshot-deeper-than-ten",
        "5.2",
        "The checksum covers the best ten alone.",
        snapshot(depth="25", bids=[], asks=deep),
        id=FIRST,
    )
    yield ValidCase(
        "snapshot-crossed",
        "4.1",
        "Best bid at the best offer, flagged.",
        snapshot(flags="2", bids=[["628071", "4"]], asks=[["628071", "5"]]),
        id=FIRST,
    )
    yield ValidCase(
        "snapshot-unverified",
        "5.3",
        "With bit 1 any checksum will do.",
        snapshot(flags="1", checksum="1"),
        id=FIRST,
    )
    yield ValidCase(
        "snapshot-checksum-wrong",
        "5.3",
        "Decodes; that the checksum is not the levels' is the replica's finding.",
        snapshot(checksum="1"),
        id=FIRST,
    )
    yield from _shape_cases()


def _shape_cases() -> Iterator[ValidCase]:
    for field, value in (
        ("depth", "1"),
        ("depth", "100000"),
        ("price_precision", "0"),
        ("price_precision", "30"),
        ("qty_precision", "0"),
        ("qty_precision", "30"),
    ):
        name = f"snapshot-{field.replace('_', '-')}-{value}"
        fields = {"bids": [["628070", "3"]], "asks": [], field: value}
        yield ValidCase(
            name, "4.3", f"The smallest or largest {field}.", snapshot(**fields), id=FIRST
        )
    yield ValidCase(
        "snapshot-symbol-non-ascii",
        "2.1",
        "A symbol is the venue's name byte for byte.",
        snapshot(symbol="ÆTHER/€"),
        id=FIRST,
    )


def kraken_cases() -> Iterator[ValidCase]:
    """Yield snapshots whose levels and checksum Kraken published, or that follow from its rules."""
    for name, book, about in (
        ("worked-example", kraken_books.WORKED, "Kraken's worked example of the checksum."),
        (
            "matic",
            kraken_books.MATIC,
            "Kraken's example of the channel, padded to 4 and 8 decimals.",
        ),
        ("ethbtc", kraken_books.ETHBTC, "A recorded frame; its prices begin with zeros as text."),
        ("thin", kraken_books.THIN, "Fewer than ten levels: those that exist count."),
        ("one-sided", kraken_books.ONE_SIDED, "Asks alone."),
    ):
        yield ValidCase(f"snapshot-kraken-{name}", "5.2", about, book_event(book), id=FIRST)
