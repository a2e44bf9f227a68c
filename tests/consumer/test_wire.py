"""Decoding beyond the vectors: both ways judge alike, and nothing but `DecodeError` escapes."""

from __future__ import annotations

from contextlib import suppress

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pykraken_consumer import wire
from pykraken_consumer.errors import Code, DecodeError
from pykraken_consumer.wire import (
    EntryId,
    Update,
    decode,
    decode_listing,
    orders_fields,
    parse_id,
    update_fields,
)

from tests.consumer.packing import EPOCH, TIME, Story, pack

ID = EntryId(EPOCH, 7)
CHANNELS = [
    *("book", "level3", "bbo", "ticker", "trade", "ohlc", "instrument", "executions", "balances")
]
PLACES = [*CHANNELS, *[f"{channel}.snap" for channel in CHANNELS], "status"]

numbers = st.one_of(
    st.integers(-5, 2**64 - 1),
    st.sampled_from([0, 2**32, 2**53, 2**63, True, None, 1.5, "18446744073709551616", "1", b""]),
)
levels = st.lists(st.lists(numbers, min_size=1, max_size=3), max_size=3)


def _judged(data: bytes, place: str = "book") -> object:
    try:
        return decode(ID, data, place)
    except DecodeError as error:
        return error.code


def _judged_the_long_way(data: bytes, place: str = "book") -> object:
    try:
        return wire._decode_any(ID, data, place)
    except DecodeError as error:
        return error.code


@settings(max_examples=400, deadline=None)
@given(
    b=levels, a=levels, c=numbers, te=numbers, extra=st.dictionaries(st.text(max_size=2), levels)
)
def test_both_ways_agree_on_updates(
    b: object, a: object, c: object, te: object, extra: dict[str, object]
) -> None:
    known = {"t": "update", "tr": TIME, "tp": TIME, "f": 0, "b": b, "a": a, "c": c, "te": te}
    data = msgpack.packb({**extra, **known})
    assert _judged(data) == _judged_the_long_way(data)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_an_event_or_a_documented_code(data: bytes) -> None:
    for place in PLACES:
        with suppress(DecodeError):
            decode(ID, data, place)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_flipped_bit_gives_an_event_or_a_documented_code(draws: st.DataObject) -> None:
    story = Story().grow(1)
    data = bytearray(draws.draw(st.sampled_from([data for _, data in story.entries])))
    at = draws.draw(st.integers(0, len(data) - 1))
    data[at] ^= 1 << draws.draw(st.integers(0, 7))
    assert _judged(bytes(data)) == _judged_the_long_way(bytes(data))


@pytest.mark.parametrize("flags", [0, 1, 127])
def test_any_byte_changed_lost_or_doubled_is_judged_alike(flags: int) -> None:
    data = pack("update", b=[(6_350_016, 2**63), (7, 0)], a=[(300, 2**40)], c=0x8457103B)
    data = data.replace(b"\xa1f\x00", b"\xa1f%c" % flags)
    assert update_fields(data) is not None
    for at in range(len(data)):
        before, after = data[:at], data[at + 1 :]
        for other in (b"", data[at : at + 1] * 2, *(b"%c" % byte for byte in range(256))):
            harmed = before + other + after
            assert _judged(harmed) == _judged_the_long_way(harmed), harmed


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_bytes_after_the_head_of_an_update_are_judged_alike(draws: st.DataObject) -> None:
    head = pack("update", b=[], a=[], c=0)[: -len(b"\x90\xa1a\x90\xa1c\x00")]
    side = st.one_of(
        st.lists(st.one_of(numbers, st.binary(max_size=2), st.lists(numbers, max_size=3))), numbers
    )
    parts = [draws.draw(side), "a", draws.draw(side), "c", draws.draw(numbers)]
    data = head + b"".join(msgpack.packb(part) for part in parts)
    assert _judged(data) == _judged_the_long_way(data)


changes = st.lists(
    st.one_of(
        st.tuples(st.integers(-1, 3), st.text(max_size=3), numbers, numbers, numbers),
        st.lists(numbers, max_size=6),
        st.dictionaries(st.text(max_size=1), numbers, min_size=5, max_size=5),
        st.text(min_size=5, max_size=5),
    ),
    max_size=3,
)


@settings(max_examples=400, deadline=None)
@given(b=changes, a=changes, c=numbers, te=numbers)
def test_both_ways_agree_on_orders(b: object, a: object, c: object, te: object) -> None:
    known = {"t": "orders", "te": te, "tr": TIME, "tp": TIME, "f": 0, "b": b, "a": a, "c": c}
    data = msgpack.packb(known)
    assert _judged(data, "level3") == _judged_the_long_way(data, "level3")


def test_any_byte_of_orders_changed_lost_or_doubled_is_judged_alike() -> None:
    rows = [(0, "O1", 6_350_016, 2**63, TIME), (2, "O2", 7, 0, 1)]
    data = pack("orders", b=rows, a=[(1, "Ö", 300, 2**40, 2)], c=0x8457103B)
    assert orders_fields(data) is not None
    for at in range(len(data)):
        before, after = data[:at], data[at + 1 :]
        for other in (b"", data[at : at + 1] * 2, *(b"%c" % byte for byte in range(256))):
            harmed = before + other + after
            assert _judged(harmed, "level3") == _judged_the_long_way(harmed, "level3"), harmed


def test_the_short_way_takes_updates_and_leaves_the_rest() -> None:
    plain = pack("update", b=[(1, 2)], a=[], c=5)
    fields = update_fields(plain)
    assert fields == (TIME, TIME + 1, TIME + 2, 0, 5, ((1, 2),), ())
    assert decode(ID, plain) == Update(ID, *fields)
    many = pack("update", b=[(1, 2)] * 3000, a=[(3, 4)] * 66, c=5)
    assert update_fields(many) == (*fields[:5], ((1, 2),) * 3000, ((3, 4),) * 66)
    for other in (
        b"",
        pack("bye"),
        pack("update", b=[], a=[], c=5, new=1),
        pack("update", a=[], b=[], c=5),
        pack("update", b=[b"12"], a=[], c=5),
        pack("update", b=[(1, str(2**64))], a=[], c=5),
        pack("update", b=[], a=[], c=5, new=[1]),
        pack("update", b=[], a=[], c=2**32),
        plain[:-1],
        plain + b"\x00",
        b"\x00" * (wire.ENTRY_MAX_BYTES + 1),
    ):
        assert update_fields(other) is None


def test_numbers_past_64_bits_keep_every_digit() -> None:
    huge = 10**39 + 7
    event = decode(ID, pack("update", b=[(str(huge), 2**64 - 1)], a=[], c=5))
    assert isinstance(event, Update)
    assert event.bids == ((huge, 2**64 - 1),)


def test_events_are_frozen() -> None:
    event = decode(ID, pack("update", b=[(1, 2)], a=[], c=5))
    with pytest.raises(AttributeError):
        event.checksum = 6  # type: ignore[misc, union-attr]
    assert hash(event)


def test_ids_order_and_follow() -> None:
    assert parse_id("5-6") == parse_id(b"5-6") == EntryId(5, 6)
    assert EntryId(5, 6) < EntryId(5, 10) < EntryId(6, 0)
    assert EntryId(5, 6).is_followed_by(EntryId(5, 7))
    assert EntryId(5, 6).is_followed_by(EntryId(9, 0))
    for other in (EntryId(5, 6), EntryId(5, 8), EntryId(9, 1), EntryId(4, 0), EntryId(5, 0)):
        assert not EntryId(5, 6).is_followed_by(other)


def test_a_bad_listing_is_refused() -> None:
    with pytest.raises(DecodeError):
        decode_listing("stream", msgpack.packb({"v": 1}))
    with pytest.raises(DecodeError, match="VERSION"):
        decode_listing("stream", msgpack.packb({"v": 9}))


def test_an_error_says_where() -> None:
    with pytest.raises(DecodeError) as caught:
        decode(ID, pack("update", b=[], a=[], c=-1))
    assert (caught.value.code, caught.value.where) == (Code.RANGE, "c")
    assert str(caught.value) == "RANGE: c"
