"""Invalid cases of every channel but `book`: keys missing, of another type, out of range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.builders import InvalidCase, notice
from tests.spec.vectors.events import DECIMALS, TEXTS, Event, keys_of, short
from tests.spec.vectors.packing import float64, pack
from tests.spec.vectors.samples import (
    CANDLE,
    CHANNELS,
    CLAUSES,
    CONTENTS,
    HEADERS,
    OWN_EVENTS,
    TICKER,
    alive,
    born,
    pointing,
    whole,
)

STAMPS = ("type", "ts_event", "ts_recv", "ts_pub", "flags")


def channel_cases() -> Iterator[InvalidCase]:
    """Yield what can be said of all channels alike."""
    for channel in CHANNELS[1:]:
        clause, epoch = CLAUSES[channel], born(channel)
        yield from _keys(channel, "snapshot", clause, whole(channel))
        yield from _pointers(channel)
        for name in ("version", *HEADERS[channel]):
            yield _without(channel, f"epoch-missing-{keys_of(epoch)[name]}", "4.4", epoch, name)
        yield _changed(channel, "epoch-channel-another", "4.4", "RANGE", epoch, ch="book")
        another = _changed(channel, "channel-another", "4.3", "RANGE", whole(channel), ch="book")
        yield another
        yield _changed(channel, "snapshot-version-2", "8", "VERSION", whole(channel), v=2, ch=None)
        yield _changed(channel, "heartbeat-checksum", "4.6", "RANGE", alive(channel), c=2**32)
    for channel, clause, usual in OWN_EVENTS[1:]:
        yield from _keys(channel, usual["type"], clause, usual)
    yield _changed("status", "notice-report-int", "4.8", "SCHEMA", notice(), rp=5)
    yield _changed("status", "notice-report-ints", "4.8", "SCHEMA", notice(), rp=["{", 5])
    stranger = OWN_EVENTS[0][2]
    yield _changed("trade", "stranger-te-nil", "3.6", "SCHEMA", stranger, te=None)
    yield _changed("trade", "stranger-flags-negative", "3.6", "RANGE", stranger, f=-1)
    silent = alive("level3", checksum=None)
    yield _changed("level3", "heartbeat-live-no-checksum", "4.6", "SCHEMA", silent)


def _changed(
    place: str, name: str, clause: str, code: str, good: Event, **values: object
) -> InvalidCase:
    """Return an event in which some keys hold other values."""
    told = ", ".join(f"`{key}` is {value!r}" for key, value in values.items())
    about = told or name.replace("-", " ").capitalize()
    data = pack({**short(good), **values})
    return InvalidCase(f"{_channel(place)}-{name}", clause, code, f"{about}.", data, place)


def _without(place: str, name: str, clause: str, good: Event, absent: str) -> InvalidCase:
    """Return an event without one of its keys."""
    key = keys_of(good)[absent]
    rest = {held: value for held, value in short(good).items() if held != key}
    about = f"No `{key}`."
    return InvalidCase(f"{_channel(place)}-{name}", clause, "SCHEMA", about, pack(rest), place)


def _channel(place: str) -> str:
    return place.partition(".")[0]


def _keys(place: str, event_name: str, clause: str, good: Event) -> Iterator[InvalidCase]:
    """Yield an event with each of its keys missing, of another type, and out of range."""
    optional = TICKER if _channel(place) == "ticker" else {}
    for name in good:
        key = keys_of(good)[name]
        if name in STAMPS:
            continue
        if name not in optional:
            yield _without(place, f"{event_name}-missing-{key}", clause, good, name)
        for case, code, value in _spoilt(name, good[name]):
            told = f"{event_name}-{key}-{case}"
            yield _changed(place, told, clause, code, good, **{key: value})


def _spoilt(name: str, value: Any) -> Iterator[tuple[str, str, object]]:
    """Yield what a key may not hold."""
    yield "nil", "SCHEMA", None
    if isinstance(value, list):
        yield "map", "SCHEMA", {}
        yield "of-ints", "SCHEMA", [5]
    elif name in TEXTS:
        yield "int", "SCHEMA", 5
        if name in DECIMALS:
            yield "exponent", "RANGE", "1e-8"
    else:
        yield "float", "SCHEMA", float64(5.0)
        yield "bool", "SCHEMA", True
        yield "negative", "VERSION" if name == "version" else "RANGE", -1


def _pointers(channel: str) -> Iterator[InvalidCase]:
    good, snap = pointing(channel), f"{channel}.snap"
    yield _changed(channel, "pointer-2", "4.3", "RANGE", good, ptr=2)
    yield _changed(channel, "pointer-bool", "4.3", "SCHEMA", good, ptr=True)
    yield _changed(snap, "snap-pointer", "4.3", "SCHEMA", good)
    yield _changed(snap, "snap-pointer-too", "4.3", "SCHEMA", whole(channel), ptr=1)
    yield _changed(snap, "snap-heartbeat", "4.3", "SCHEMA", alive(channel))
    for name in CONTENTS[channel]:
        key = keys_of(good)[name]
        if channel != "ticker":
            yield _without(snap, f"snap-missing-{key}", "4.3", whole(channel), name)
        kept = {key: short(whole(channel))[key]}
        yield _changed(channel, f"pointer-with-{key}", "4.3", "SCHEMA", good, **kept)
    if channel == "level3":
        yield _without(channel, "pointer-no-checksum", "4.3", good, "checksum")
    if channel == "ohlc":
        absent = {name: None for name in CANDLE if name != "close"}
        yield _changed(channel, "close-alone", "4.14", "SCHEMA", whole(channel, **absent))
