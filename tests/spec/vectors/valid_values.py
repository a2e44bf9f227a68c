"""Valid cases of values: ids, times, numbers at their edges, text and its escapes, unknown keys."""

from __future__ import annotations

from collections.abc import Iterator

from tests.spec.vectors.builders import (
    LONGEST_TEXT,
    ValidCase,
    filling,
    snapshot,
    status_epoch,
    update,
)
from tests.spec.vectors.events import event
from tests.spec.vectors.packing import float64, raw

LARGEST = str(2**64 - 1)

EDGES = {
    "0": 0,
    "1": 1,
    "127": 127,
    "128": 128,
    "255": 255,
    "256": 256,
    "65535": 65535,
    "65536": 65536,
    "2-pow-31": 2**31,
    "2-pow-32-less-1": 2**32 - 1,
    "2-pow-32": 2**32,
    "2-pow-53-less-1": 2**53 - 1,
    "2-pow-53": 2**53,
    "2-pow-53-plus-1": 2**53 + 1,
    "2-pow-63-less-1": 2**63 - 1,
    "2-pow-63": 2**63,
    "2-pow-64-less-1": 2**64 - 1,
}
TEXT_EDGES = {
    "2-pow-64": "18446744073709551616",
    "19-digits-of-9": "9999999999999999999",
    "20-digits": "99999999999999999999",
    "30-digits": "123456789012345678901234567890",
    "40-digits": "9" * 40,
}


def entry_cases() -> Iterator[ValidCase]:
    """Yield ids, times, checksums at their edges, and values at the limits of size."""
    yield ValidCase(
        "id-largest", "3.1", "Epoch 2^53-1 and seq 2^64-1.", update(), id=f"{2**53 - 1}-{LARGEST}"
    )
    yield ValidCase("time-venue-gave-none", "3.4", "ts_event is 0.", update(ts_event="0"))
    yield ValidCase("times-0", "3.4", "All times 0.", update(ts_event="0", ts_recv="0", ts_pub="0"))
    yield ValidCase(
        "times-largest",
        "3.4",
        "All times 2^64-1.",
        update(ts_event=LARGEST, ts_recv=LARGEST, ts_pub=LARGEST),
    )
    yield ValidCase("checksum-0", "3.4", "Checksum 0.", update(checksum="0"))
    yield ValidCase("checksum-past-int32", "3.4", "Checksum 2^31.", update(checksum="2147483648"))
    yield ValidCase("checksum-largest", "3.4", "Checksum 2^32-1.", update(checksum="4294967295"))
    yield ValidCase(
        "limit-nesting-8",
        "3.3",
        "Nesting of 8, the outer map being 1.",
        event("bye"),
        extra={"zz": raw("91" * 6 + "90")},
    )
    keys = {f"z{number}": number for number in range(59)}
    yield ValidCase("limit-64-keys", "3.3", "A map of 64 keys.", event("bye"), extra=keys)
    yield ValidCase(
        "limit-text-4096-bytes",
        "3.3",
        "4,096 bytes of text, 2,048 letters.",
        event("bye", note="ß" * 2048),
    )
    array = raw("dd00030d40" + "c0" * 200_000)
    yield ValidCase(
        "limit-200000-elements",
        "3.3",
        "An array of 200,000 elements.",
        event("bye"),
        extra={"zz": array},
        unit=b"\xc0",
    )
    yield ValidCase(
        "limit-16-mib",
        "3.3",
        "A value of exactly 16 MiB.",
        event("bye"),
        extra={"zz": filling(event("bye"), 2**24)},
        unit=LONGEST_TEXT,
    )


def number_cases() -> Iterator[ValidCase]:
    """Yield prices and quantities at the edges of every integer that a language might use."""
    for name, edge in [*EDGES.items(), *TEXT_EDGES.items()]:
        digits = str(edge)
        form = "a text of digits" if int(digits) >= 2**64 else "an int"
        yield ValidCase(
            f"number-qty-{name}",
            "3.5",
            f"A qty of {digits} is {form}.",
            update(bids=[["628070", digits]], asks=[]),
        )
        yield ValidCase(
            f"number-price-{name}",
            "3.5",
            f"A price of {digits} is {form}.",
            update(bids=[], asks=[[digits, "5"]]),
        )
    for digits in ("9999999999999999999", "99999999999999999999"):
        levels = [["12", digits], ["11", "1"]]
        yield ValidCase(
            f"snapshot-qty-{len(digits)}-digits",
            "3.5",
            "A cheap coin's qty past 2^63 or 2^64: the checksum has each digit.",
            snapshot(symbol="CHEAP/USD", bids=levels, asks=[["13", digits]]),
            id="1767323045000-1",
        )
    yield ValidCase(
        "snapshot-price-past-2-pow-64",
        "5.3",
        "Prices are ordered as numbers, not as text.",
        snapshot(bids=[["18446744073709551616", "1"], ["9", "1"]], asks=[]),
        id="1767323045000-1",
    )


def text_cases() -> Iterator[ValidCase]:
    """Yield texts that try the escapes of the canonical line."""
    for name, about, text in (
        ("quote", "A quotation mark is escaped.", 'say "ten"'),
        ("backslash", "A backslash is escaped.", "a\\b"),
        ("short-escapes", "The five control characters that have a short escape.", "\b\t\n\f\r"),
        ("control", "Other control characters: \\u and four lower case digits.", "\0\x01\x1f"),
        ("delete", "U+007F is printed as it is.", "\x7f"),
        ("c1-control", "U+0085 is printed as UTF-8.", "\x85"),
        ("slash-and-html", "Nothing else is escaped, neither / nor < > &.", "</a>&'"),
        ("line-separator", "U+2028 and U+2029 are printed as UTF-8.", "\u2028\u2029"),
        ("non-ascii", "Text of two and three bytes a letter, as UTF-8.", "Zürich, 東京"),
        ("four-bytes", "Letters past U+FFFF are printed as UTF-8, not as surrogates.", "🦑"),
        ("looks-like-an-escape", "A backslash and a letter stay two letters.", "\\n\\u0041"),
    ):
        yield ValidCase(f"text-{name}", "9", about, event("bye", note=text))


def map_cases() -> Iterator[ValidCase]:
    """Yield maps with keys and types that a reader of version 1 does not know."""
    for name, about, value in (
        ("int", "An unknown key is ignored.", 7),
        ("map", "An unknown key with a map.", {"inner": [1, 2, {"x": "y"}]}),
        ("float", "A float is no number of ours, so an unknown key may hold one.", float64(0.5)),
        ("nil", "An unknown key with nil.", None),
        ("bool", "An unknown key with a boolean.", True),
        ("negative", "An unknown key with a negative int.", -5),
    ):
        yield ValidCase(f"unknown-key-{name}", "3.6", about, update(), extra={"zz": value})
    yield ValidCase(
        "unknown-key-ch-in-a-status-epoch",
        "3.6",
        "The epoch of a status stream has no `ch`: unknown there, ignored.",
        status_epoch(),
        stream="status",
        id="1767323045000-0",
        extra={"ch": None, "d": "ten"},
    )
    yield ValidCase(
        "unknown-key-v-in-an-update",
        "3.6",
        "An update has no `v`: unknown here, ignored.",
        update(),
        extra={"v": 2},
    )
    yield ValidCase(
        "unknown-key-name-non-ascii", "3.6", "Keys are any text.", update(), extra={"größe": 1}
    )
    yield ValidCase(
        "unknown-key-of-another-event",
        "3.6",
        "A reset has no `b`: unknown here, ignored.",
        event("reset", reason="stale"),
        extra={"b": "none"},
    )
    yield ValidCase(
        "unknown-key-in-snap",
        "3.6",
        "An unknown key in an entry of `.snap`.",
        snapshot(),
        stream="book.snap",
        extra={"zz": 1},
    )
    for name, kind in (("", "trade"), ("-escaped", 'odd "one"')):
        yield ValidCase(
            f"unknown-type{name}",
            "3.6",
            "Counted and skipped; only the type is printed.",
            event(kind),
            extra={"px": [1, 2]},
            shown={"type": kind},
        )
    yield ValidCase(
        "unknown-type-with-known-keys",
        "3.6",
        "Keys of other events mean nothing in it.",
        event("trade"),
        extra={"b": 1, "c": "x"},
        shown={"type": "trade"},
    )
    yield ValidCase(
        "unknown-type-in-status",
        "3.6",
        "The same in a status stream.",
        event("weather"),
        stream="status",
        shown={"type": "weather"},
    )
