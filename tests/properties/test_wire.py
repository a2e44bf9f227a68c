"""The publisher's bytes: msgpack's own library and the consumer read what went in."""

from __future__ import annotations

from typing import Any

import msgpack
import pykraken_consumer.wire as consumer
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher import wire
from tests.spec import strict
from tests.spec.vectors.events import full_names

uint = st.integers(0, 2**64 - 1)
crc = st.integers(0, 2**32 - 1)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
numbers = st.one_of(
    st.integers(0, 300), st.integers(2**63 - 2, 2**64 + 2), st.integers(0, 10**40 - 1)
)
levels = st.lists(st.tuples(numbers, numbers), max_size=6)
states = st.sampled_from(["disconnected", "awaiting_snapshot", "live"])
stamps = {"ts_event": uint, "ts_recv": uint, "ts_pub": st.just(0), "flags": uint}
place = {
    "channel": st.just("book"),
    "symbol": text,
    "depth": st.integers(1, 100_000),
    "price_precision": st.integers(0, 30),
    "qty_precision": st.integers(0, 30),
}


def pair(
    names: tuple[str, str], value: st.SearchStrategy[int]
) -> st.SearchStrategy[dict[str, int]]:
    """Draw both or neither."""
    return st.one_of(st.just({}), st.fixed_dictionaries(dict.fromkeys(names, value)))


updates = st.fixed_dictionaries({**stamps, "bids": levels, "asks": levels, "checksum": crc})


@st.composite
def snapshots(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a whole book in its order."""
    sides = st.dictionaries(numbers, numbers.map(lambda n: n + 1 if n < 10**39 else n), max_size=6)
    bids, asks = draw(sides), draw(sides)
    fields: dict[str, Any] = draw(st.fixed_dictionaries({**stamps, **place, "checksum": crc}))
    fields["depth"] += 6 if fields["depth"] < 6 else 0
    return {
        **fields,
        "version": 1,
        "bids": sorted(bids.items(), reverse=True),
        "asks": sorted(asks.items()),
    }


epochs = st.builds(
    lambda fields, before, missed: {**fields, **before, **missed, "version": 1},
    st.fixed_dictionaries({**stamps, **place, "reason": text, "feed": text, "writer": uint}),
    pair(("prev_epoch", "prev_seq"), uint),
    pair(("missed_first", "missed_last"), uint),
)
noted: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.just({}), st.fixed_dictionaries({"note": text.filter(bool)})
)
resets = st.builds(
    lambda fields, note: {**fields, **note},
    st.fixed_dictionaries({**stamps, "reason": text}),
    noted,
)
byes = st.builds(lambda fields, note: {**fields, **note}, st.fixed_dictionaries(stamps), noted)
heartbeats = st.one_of(
    st.fixed_dictionaries({**stamps, "state": st.just("live"), "checksum": crc}),
    st.fixed_dictionaries({**stamps, "state": st.just("disconnected")}),
)
feeds = st.fixed_dictionaries(
    {**stamps, "state": states, "symbols": uint, "live": uint, "system": text}
)
notices = st.fixed_dictionaries({**stamps, "kind": text, "symbol": text, "note": text})

ID = consumer.EntryId(1767323045000, 7)


def judge(
    kind: str, event: wire.Event, fields: dict[str, Any], ts_pub: int, place: str = "book"
) -> None:
    """Encode an event; the readers must find exactly `fields`, at the moment of publishing."""
    facts = {"type": kind, **{name: digits(v) for name, v in fields.items()}}
    facts["ts_pub"] = str(ts_pub)
    data = wire.encode(event, ts_pub)
    raw = msgpack.unpackb(data)
    assert full_names(raw) == facts
    assert strict.decode(data, place) == facts
    for side in ("b", "a") if place == "book" else ():
        for number in (number for level in raw.get(side, []) for number in level):
            assert type(number) is (int if int(number) < 2**64 else str)
    assert consumed(ID, data, place) == facts


def consumed(entry_id: consumer.EntryId, data: bytes, place: str) -> dict[str, Any]:
    """Return the consumer's event with full names and digits; raise DecodeError."""
    event = consumer.decode(entry_id, data, place)
    fields = {name: digits(value) for name, value in event._asdict().items() if value is not None}
    del fields["entry_id"]
    if isinstance(event, consumer.Unknown):
        return fields
    return {"type": KINDS.get(type(event).__name__, type(event).__name__.lower()), **fields}


KINDS = {
    **{
        f"{name}Snapshot": "snapshot"
        for name in (
            "Orders", "Top", "Ticker", "Trades", "Candle", "Instruments", "Executions", "Balances",
        )
    },
    "TradesGap": "gap",
    "OrdersGap": "gap",
}  # fmt: skip
"""The consumer's events whose names are not their types."""


def digits(value: Any) -> Any:
    """Return numbers as text, rows as lists, text as it is."""
    if isinstance(value, list | tuple):
        return [digits(part) for part in value]
    return str(value)


@given(updates, uint)
@settings(max_examples=150, deadline=None)
def test_updates(fields: dict[str, Any], ts_pub: int) -> None:
    judge("update", wire.Update(**fields), fields, ts_pub)


@given(snapshots(), uint)
@settings(max_examples=200, deadline=None)
def test_snapshots(fields: dict[str, Any], ts_pub: int) -> None:
    judge("snapshot", wire.Snapshot(**fields), fields, ts_pub)


@given(snapshots(), uint)
@settings(max_examples=50, deadline=None)
def test_pointers(fields: dict[str, Any], ts_pub: int) -> None:
    pointer = wire.pointer_to(wire.Snapshot(**fields))
    facts = {name: value for name, value in fields.items() if name not in ("bids", "asks")}
    judge("snapshot", pointer, {**facts, "pointer": 1}, ts_pub)


@given(epochs, uint)
@settings(deadline=None)
def test_epochs(fields: dict[str, Any], ts_pub: int) -> None:
    judge("epoch", wire.Epoch(**fields), fields, ts_pub)


@given(resets, uint)
@settings(deadline=None)
def test_resets(fields: dict[str, Any], ts_pub: int) -> None:
    judge("reset", wire.Reset(**fields), fields, ts_pub)


@given(heartbeats, uint)
@settings(deadline=None)
def test_heartbeats(fields: dict[str, Any], ts_pub: int) -> None:
    judge("heartbeat", wire.Heartbeat(**fields), fields, ts_pub)


@given(byes, uint)
@settings(deadline=None)
def test_byes(fields: dict[str, Any], ts_pub: int) -> None:
    judge("bye", wire.Bye(**fields), fields, ts_pub)


@given(feeds, uint)
@settings(deadline=None)
def test_feeds(fields: dict[str, Any], ts_pub: int) -> None:
    judge("feed", wire.FeedState(**fields), fields, ts_pub, "status")


@given(notices, uint)
@settings(deadline=None)
def test_notices(fields: dict[str, Any], ts_pub: int) -> None:
    judge("notice", wire.Notice(**fields), fields, ts_pub, "status")
