"""Invalid cases of values of the right type: versions, ranges, numbers as text, order of levels."""

from __future__ import annotations

from collections.abc import Iterator

from tests.spec.vectors.builders import InvalidCase, epoch, feed, snapshot, status_epoch, update
from tests.spec.vectors.events import Event, event, short
from tests.spec.vectors.invalid_schema import with_value
from tests.spec.vectors.packing import float64, pack


def version_cases() -> Iterator[InvalidCase]:
    """Yield versions that a reader of version 1 does not read."""
    for name, stream, good in (
        ("snapshot", "book", snapshot()),
        ("snap", "book.snap", snapshot()),
        ("epoch", "book", epoch()),
        ("status-epoch", "status", status_epoch()),
    ):
        yield InvalidCase(
            f"version-2-{name}",
            "8",
            "VERSION",
            "Version 2.",
            with_value(good, "v", 2),
            stream=stream,
        )
    for name, value in (("0", 0), ("largest", 2**64 - 1), ("negative", -1)):
        yield InvalidCase(
            f"version-{name}",
            "8",
            "VERSION",
            f"Version {value}.",
            with_value(snapshot(), "v", value),
        )
    unlike: tuple[tuple[str, str, object], ...] = (
        ("missing-key", "c", None),
        ("float", "d", float64(10.0)),
    )
    for name, key, other in unlike:
        changed: dict[str, object] = short(snapshot())
        changed |= {"v": 2, key: other}
        yield InvalidCase(
            f"version-before-schema-{name}",
            "8",
            "VERSION",
            f"Version 2, and what breaks the schema of version 1 ({name}): VERSION comes first.",
            pack({key: held for key, held in changed.items() if held is not None}),
        )
    yield InvalidCase(
        "version-before-range",
        "8",
        "VERSION",
        "Version 2, and a checksum out of its range: VERSION comes first.",
        pack({**short(snapshot()), "v": 2, "c": 2**32}),
    )
    yield InvalidCase(
        "version-before-order",
        "8",
        "VERSION",
        "Version 2, and bids that rise: VERSION comes first.",
        pack({**short(snapshot()), "v": 2, "b": [[1, 1], [2, 1]]}),
    )


BAD_NUMBERS: tuple[tuple[str, object], ...] = (
    ("negative", -1),
    ("negative-large", -(2**63)),
    ("text-below-2-pow-64", "18446744073709551615"),
    ("text-small", "5"),
    ("text-0", "0"),
    ("text-empty", ""),
    ("text-leading-zero", "018446744073709551616"),
    ("text-plus", "+18446744073709551616"),
    ("text-minus", "-18446744073709551616"),
    ("text-41-digits", "1" + "0" * 40),
    ("text-point", "18446744073709551616.0"),
    ("text-exponent", "1e20"),
    ("text-space-before", " 18446744073709551616"),
    ("text-newline-after", "18446744073709551616\n"),
    ("text-underscore", "18_446_744_073_709_551_616"),
    ("text-hexadecimal", "0x10000000000000000"),
    ("text-digits-of-another-script", "١٨٤٤٦٧٤٤٠٧٣٧٠٩٥٥١٦١٦"),
    ("text-word", "Infinity"),
)


def number_cases() -> Iterator[InvalidCase]:
    """Yield prices and quantities that are ints or texts, but no numbers of §3.5."""
    for name, value in BAD_NUMBERS:
        yield InvalidCase(
            f"range-price-{name}",
            "3.5",
            "RANGE",
            f"A price: {name}.",
            with_value(update(), "a", [[value, 5]]),
        )
        yield InvalidCase(
            f"range-qty-{name}",
            "3.5",
            "RANGE",
            f"A qty: {name}.",
            with_value(update(), "b", [[628070, value]]),
        )


OUT_OF_RANGE: tuple[tuple[str, str, Event, str, object], ...] = (
    ("time-negative", "3.4", update(), "te", -1),
    ("time-recv-negative", "3.4", update(), "tr", -1),
    ("time-pub-negative", "3.4", update(), "tp", -(2**63)),
    ("flags-negative", "3.4", update(), "f", -1),
    ("checksum-negative", "3.4", update(), "c", -984896862),
    ("checksum-2-pow-32", "3.4", update(), "c", 2**32),
    ("checksum-heartbeat", "3.4", event("heartbeat", state="live"), "c", 2**32),
    ("checksum-heartbeat-not-live", "3.6", event("heartbeat", state="disconnected"), "c", 2**32),
    ("depth-0", "4.3", snapshot(), "d", 0),
    ("depth-100001", "4.3", snapshot(), "d", 100_001),
    ("depth-0-epoch", "4.4", epoch(), "d", 0),
    ("price-precision-31", "4.3", snapshot(), "pp", 31),
    ("qty-precision-31", "4.3", snapshot(), "qp", 31),
    ("price-precision-negative", "4.3", snapshot(), "pp", -1),
    ("qty-precision-31-epoch", "4.4", epoch(), "qp", 31),
    ("channel-another", "4.3", snapshot(), "ch", "trade"),
    ("pointer-2", "4.3", snapshot(bids=None, asks=None, checksum="5"), "ptr", 2),
    ("writer-negative", "4.4", epoch(), "w", -1),
    ("prev-seq-negative", "4.4", epoch(prev_epoch="1"), "ps", -1),
    ("state-unknown", "4.6", event("heartbeat", state="live", checksum="5"), "s", "sleeping"),
    ("state-empty", "4.6", event("heartbeat", state="live", checksum="5"), "s", ""),
)


def range_cases() -> Iterator[InvalidCase]:
    """Yield values outside what their table allows."""
    for name, clause, good, key, value in OUT_OF_RANGE:
        yield InvalidCase(
            f"range-{name}", clause, "RANGE", f"`{key}` is {value!r}.", with_value(good, key, value)
        )
    for key, value in (("ns", -1), ("nl", -1), ("s", "sleeping")):
        yield InvalidCase(
            f"range-feed-{key}",
            "4.8",
            "RANGE",
            f"`{key}` is {value!r}.",
            with_value(feed(), key, value),
            stream="status",
        )
    eleven = [[str(700000 - step), "1"] for step in range(11)]
    rising = [[str(700000 + step), "1"] for step in range(11)]
    for name, about, fields in (
        ("qty-0-bid", "A bid of qty 0.", {"bids": [["628070", "0"]]}),
        ("qty-0-ask", "An ask of qty 0.", {"asks": [["628071", "0"]]}),
        ("bids-more-than-depth", "Eleven bids at depth 10.", {"bids": eleven}),
        ("asks-more-than-depth", "Eleven asks at depth 10.", {"asks": rising}),
        (
            "before-order",
            "A qty of 0, and bids that rise: RANGE comes first.",
            {"bids": [["1", "1"], ["2", "0"]]},
        ),
    ):
        whole = snapshot(**{"checksum": "5", **fields})
        yield InvalidCase(f"range-snapshot-{name}", "5.3", "RANGE", about, pack(short(whole)))
    yield InvalidCase(
        "range-snap-qty-0",
        "5.3",
        "RANGE",
        "The same in an entry of `.snap`.",
        pack(short(snapshot(checksum="5", asks=[["628071", "0"]]))),
        stream="book.snap",
    )


def order_cases() -> Iterator[InvalidCase]:
    """Yield snapshots whose levels are not in strict order."""
    for name, about, fields in (
        ("bids-rise", "Bids that rise.", {"bids": [["1", "1"], ["2", "1"]]}),
        ("asks-fall", "Asks that fall.", {"asks": [["2", "1"], ["1", "1"]]}),
        ("bids-repeat", "A bid price twice.", {"bids": [["2", "1"], ["2", "3"]]}),
        ("asks-repeat", "An ask price twice.", {"asks": [["2", "1"], ["2", "1"]]}),
        (
            "bids-last-pair",
            "Only the last pair is wrong.",
            {"bids": [["9", "1"], ["8", "1"], ["7", "1"], ["8", "1"]]},
        ),
        (
            "bids-as-numbers",
            "10 after 9: text would sort it so, a number not.",
            {"bids": [["9", "1"], ["10", "1"]]},
        ),
        (
            "asks-past-2-pow-64",
            "An int after a text that is larger.",
            {"asks": [["18446744073709551616", "1"], ["18446744073709551615", "1"]]},
        ),
    ):
        whole = snapshot(**{"checksum": "5", **fields})
        yield InvalidCase(f"order-{name}", "5.3", "ORDER", about, pack(short(whole)))
    yield InvalidCase(
        "order-snap-bids-rise",
        "5.3",
        "ORDER",
        "The same in an entry of `.snap`.",
        pack(short(snapshot(checksum="5", bids=[["1", "1"], ["2", "1"]]))),
        stream="book.snap",
    )
