"""Invalid cases that need no schema: size, malformed msgpack, the limits of §3.3."""

from __future__ import annotations

from collections.abc import Iterator

from tests.spec.vectors.builders import LONGEST_TEXT, InvalidCase, filling, update
from tests.spec.vectors.events import event, short
from tests.spec.vectors.packing import Raw, pack, raw

WHOLE = pack(short(update()))


def bye_with(value: object) -> bytes:
    """Return a bye whose unknown key `zz` holds a value."""
    return pack({**short(event("bye")), "zz": value})


def bye_with_key(key: Raw) -> bytes:
    """Return a bye with one more key, of any type."""
    whole: dict[object, object] = dict(short(event("bye")).items())
    whole[key] = 0
    return pack(whole)


def size_cases() -> Iterator[InvalidCase]:
    """Yield values over 16 MiB."""
    limit = 2**24
    yield InvalidCase(
        "size-one-byte-over",
        "3.3",
        "SIZE",
        "16 MiB and one byte, else good.",
        bye_with(filling(event("bye"), limit + 1)),
        unit=LONGEST_TEXT,
    )
    yield InvalidCase(
        "size-over-and-malformed",
        "3.3",
        "SIZE",
        "Over 16 MiB and no msgpack at all.",
        b"\xc1" * (limit + 1),
        unit=b"\xc1",
    )


def form_cases() -> Iterator[InvalidCase]:
    """Yield bytes that are not exactly one well-formed value."""
    for name, about, data in (
        ("empty", "No bytes at all.", b""),
        ("truncated-in-map", "One byte missing at the end.", WHOLE[:-1]),
        ("truncated-after-head", "The map's head alone.", WHOLE[:1]),
        ("truncated-in-text", "The end lies inside a text.", WHOLE[:5]),
        ("truncated-in-int", "The end lies inside an int of 64 bits.", pack({"te": 2**63})[:-3]),
        ("truncated-half", "The first half.", WHOLE[: len(WHOLE) // 2]),
        ("trailing-byte", "One byte after the map.", WHOLE + b"\x00"),
        ("trailing-nil", "A second value after the map.", WHOLE + b"\xc0"),
        ("two-maps", "The same map twice.", WHOLE * 2),
        ("byte-c1", "c1 is never used.", b"\xc1"),
        ("byte-c1-inside", "c1 as a value.", bye_with(raw("c1"))),
        ("json", "Text of JSON: an int of 123 and trailing bytes.", b'{"t":"bye"}'),
        (
            "claims-4-gi-array",
            "An array that claims 2^32-1 elements and has none.",
            raw("ddffffffff").data,
        ),
        ("claims-4-gi-map", "A map that claims 2^32-1 keys and has none.", raw("dfffffffff").data),
        (
            "claims-4-gi-text",
            "A text that claims 2^32-1 bytes and has none.",
            raw("dbffffffff").data,
        ),
        ("claims-array-inside", "The same inside a good map.", bye_with(raw("dd0fffffff"))),
        (
            "schema-broken-too",
            "Truncated, and a key is missing: MSGPACK comes first.",
            pack({"t": "update", "te": "x"})[:-1],
        ),
    ):
        yield InvalidCase(f"msgpack-{name}", "3.3", "MSGPACK", about, data)


def limit_cases() -> Iterator[InvalidCase]:
    """Yield well-formed values that break a limit."""
    long = "x" * 4097
    for name, about, data in (
        ("fixext", "An ext type of one byte.", bye_with(raw("d40100"))),
        ("ext-timestamp", "msgpack's timestamp is an ext type.", bye_with(raw("d6ff00000000"))),
        ("ext8", "An ext type of three bytes.", bye_with(raw("c70301aabbcc"))),
        ("bin8", "A bin.", bye_with(raw("c403aabbcc"))),
        ("bin-empty", "An empty bin.", bye_with(raw("c400"))),
        (
            "bin-for-text",
            "A bin where a text is due.",
            pack({**short(event("bye")), "n": raw("c4026869")}),
        ),
        ("bin-key", "A bin for a key.", bye_with_key(raw("c4017a"))),
        ("nesting-9", "Nesting of 9, the outer map being 1.", bye_with(raw("91" * 7 + "90"))),
        ("nesting-9-maps", "Nesting of 9 by maps.", bye_with(raw("81a16b" * 7 + "80"))),
        (
            "65-keys",
            "A map of 65 keys.",
            pack({**short(event("bye")), **{f"z{number}": 0 for number in range(60)}}),
        ),
        (
            "65-keys-inside",
            "An inner map of 65 keys.",
            bye_with({f"z{number}": 0 for number in range(65)}),
        ),
        ("text-4097-bytes", "A note of 4,097 bytes.", pack(short(event("bye", note=long)))),
        (
            "text-4097-bytes-in-two-byte-letters",
            "2,049 letters that take 4,098 bytes.",
            pack(short(event("bye", note="ß" * 2049))),
        ),
        ("text-4097-bytes-unknown-key", "The same under an unknown key.", bye_with(long)),
        ("key-4097-bytes", "A key of 4,097 bytes.", pack({**short(event("bye")), long: 0})),
        ("utf-8-overlong", "An overlong form of `/`.", bye_with(raw("a2c0af"))),
        ("utf-8-surrogate", "A lone surrogate, U+D800.", bye_with(raw("a3eda080"))),
        ("utf-8-cut", "The first byte of a letter of two.", bye_with(raw("a1c3"))),
        ("utf-8-past-end", "Past U+10FFFF.", bye_with(raw("a4f4908080"))),
        (
            "utf-8-lone-continuation",
            "A continuation byte alone, in a known key.",
            pack({**short(event("bye")), "n": raw("a180")}),
        ),
        ("utf-8-key", "A key that is no UTF-8.", bye_with_key(raw("a2fffe"))),
    ):
        yield InvalidCase(f"msgpack-{name}", "3.3", "MSGPACK", about, data)
    yield InvalidCase(
        "msgpack-200001-elements",
        "3.3",
        "MSGPACK",
        "An array of 200,001 elements.",
        bye_with(raw("dd00030d41" + "c0" * 200_001)),
        unit=b"\xc0",
    )
    level = pack([1, 1])
    bids = Raw(raw("dd00030d41").data + level * 200_001)
    yield InvalidCase(
        "msgpack-200001-levels",
        "3.3",
        "MSGPACK",
        "An update of 200,001 bids.",
        pack({**short(update()), "b": bids}),
        unit=level,
    )
    yield InvalidCase(
        "msgpack-nesting-100000",
        "3.3",
        "MSGPACK",
        "100,000 arrays in each other.",
        bye_with(raw("91" * 100_000 + "90")),
        unit=b"\x91",
    )
