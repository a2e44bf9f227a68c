"""Decode one entry's `d` to a typed, frozen event, or refuse it with a code (WIRE §3, §4).

Pure: bytes in, an event or `DecodeError` out. Nothing in the bytes is trusted: limits first, then
schema, version, ranges and order, and when several rules are broken the first in that order is
reported (WIRE §8). Knows nothing of books, sequences or Redis. Ordinary updates of books, bytes
laid out as the publisher does, take a short way (`update_fields`, `orders_fields`) that accepts
only what the long way would accept; whatever it does not like is judged by the long way, so codes
come from there.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final, Literal, cast

from msgpack import unpackb

from . import _rules as rules
from ._account_events import (
    Balance,
    BalancesSnapshot,
    Execution,
    ExecutionsSnapshot,
    OrdersGap,
)
from ._book_events import (
    Levels,
    Orders,
    OrdersFields,
    OrdersSnapshot,
    Snapshot,
    Update,
    UpdateFields,
)
from ._fields import Field, judged, raise_first, table
from ._ids import EntryId, parse_id
from ._life_events import Bye, Epoch, Feed, Heartbeat, Listing, Notice, Reset, Unknown
from ._market_events import (
    Candle,
    CandleSnapshot,
    Closed,
    Instruments,
    InstrumentsSnapshot,
    Ticker,
    TickerSnapshot,
    Top,
    TopSnapshot,
    Trades,
    TradesGap,
    TradesSnapshot,
)
from ._unpacking import ARRAY_MAX, ENTRY_MAX_BYTES, TEXT_MAX_BYTES, unpack_map
from .errors import Code, DecodeError

__all__ = [
    "BACKFILL",
    "CONFLATED",
    "CROSSED",
    "ENTRY_MAX_BYTES",
    "REVISED",
    "UNVERIFIED",
    "AnySnapshot",
    "Balance",
    "BalancesSnapshot",
    "Bye",
    "Candle",
    "CandleSnapshot",
    "Channel",
    "ChannelEvent",
    "Closed",
    "EntryId",
    "Epoch",
    "Execution",
    "ExecutionsSnapshot",
    "Feed",
    "Heartbeat",
    "Instruments",
    "InstrumentsSnapshot",
    "Levels",
    "LifeEvent",
    "Listing",
    "Notice",
    "Orders",
    "OrdersFields",
    "OrdersGap",
    "OrdersSnapshot",
    "Place",
    "Reset",
    "Snapshot",
    "Ticker",
    "TickerSnapshot",
    "Top",
    "TopSnapshot",
    "Trades",
    "TradesGap",
    "TradesSnapshot",
    "Unknown",
    "Update",
    "UpdateFields",
    "WireEvent",
    "decode",
    "decode_listing",
    "decode_snapshot",
    "orders_fields",
    "parse_id",
    "place_of",
    "update_fields",
]

UNVERIFIED: Final = 1
CROSSED: Final = 2
BACKFILL: Final = 4
REVISED: Final = 8
CONFLATED: Final = 16

Channel = Literal[
    "book", "level3", "bbo", "ticker", "trade", "ohlc", "instrument", "executions", "balances"
]
Place = str
"""Where an entry lies: in the stream of a channel (`ticker`), in the `.snap` beside one
(`ticker.snap`) or in a status stream (`status`). It decides which events and keys are known.
"""
AnySnapshot = (
    Snapshot
    | OrdersSnapshot
    | TopSnapshot
    | TickerSnapshot
    | TradesSnapshot
    | CandleSnapshot
    | InstrumentsSnapshot
    | ExecutionsSnapshot
    | BalancesSnapshot
)
ChannelEvent = (
    Update
    | Orders
    | Top
    | Ticker
    | Trades
    | TradesGap
    | Candle
    | Closed
    | Instruments
    | Execution
    | OrdersGap
    | Balance
)
LifeEvent = Epoch | Reset | Heartbeat | Bye | Feed | Notice | Unknown
WireEvent = AnySnapshot | ChannelEvent | LifeEvent

Make = Callable[..., WireEvent]
Shape = tuple[Make, tuple[Field, ...]]

_COMMON: Final = table("te:time tr:time tp:time f:uint")
# Fields stand in the order of the event's own, which is that of WIRE §9.
_PRECISIONS: Final = "pp:precision qp:precision"
_TOP: Final = "bp?:number bq?:number ap?:number aq?:number"
_PRICES: Final = "la?:number hi?:number lo?:number vo?:number"
_TICKER: Final = f"{_TOP} {_PRICES} vw?:decimal cg?:decimal cp?:decimal n?:uint"
_CANDLE: Final = "ib:time op:number hi:number lo:number cl:number vo:number vw:decimal n:uint"
# Of snapshots, by channel: what follows `v` and `ch`.
_SNAPSHOTS: Final[dict[str, tuple[Make, str]]] = {
    "book": (Snapshot, f"y:text d:depth {_PRECISIONS} c:crc b?:levels a?:levels ptr?:one"),
    "level3": (OrdersSnapshot, f"y:text d:depth {_PRECISIONS} c:crc b?:orders a?:orders ptr?:one"),
    "bbo": (TopSnapshot, f"y:text d:depth {_PRECISIONS} ptr?:one sc:source {_TOP}"),
    "ticker": (TickerSnapshot, f"y:text {_PRECISIONS} ptr?:one tg:trigger {_TICKER}"),
    "trade": (TradesSnapshot, f"y:text {_PRECISIONS} ptr?:one x?:trades lt?:uint"),
    "ohlc": (
        CandleSnapshot,
        f"y:text {_PRECISIONS} ptr?:one iv:interval {_CANDLE.replace(':', '?:')}",
    ),
    "instrument": (InstrumentsSnapshot, "ptr?:one ps?:pairs as?:assets"),
    "executions": (ExecutionsSnapshot, "ptr?:one ac:text os?:jsons sq?:uint"),
    "balances": (BalancesSnapshot, "ptr?:one ac:text bs?:jsons sq?:uint"),
}
_EVENTS: Final[dict[str, dict[str, tuple[Make, str]]]] = {
    "book": {"update": (Update, "c:crc b:levels a:levels")},
    "level3": {"orders": (Orders, "c:crc b:changes a:changes")},
    "bbo": {"top": (Top, _TOP)},
    "ticker": {"ticker": (Ticker, _TICKER)},
    "trade": {
        "trades": (Trades, "x:trades"),
        "gap": (TradesGap, "why:text n?:text gf:uint gl:uint"),
    },
    "ohlc": {"candle": (Candle, _CANDLE), "closed": (Closed, _CANDLE)},
    "instrument": {"instruments": (Instruments, "ps:pairs as:assets")},
    "executions": {
        "execution": (Execution, "oi:text rp:json st:json sq:uint"),
        "gap": (OrdersGap, "why:text n?:text oi:texts"),
    },
    "balances": {"balance": (Balance, "st:json rp:json as:text sq:uint")},
}
_BYE: Final = (Bye, "n?:text")
_LIFE: Final[dict[str, tuple[Make, str]]] = {
    "reset": (Reset, "why:text n?:text"),
    "heartbeat": (Heartbeat, "c?:crc s:state"),
    "bye": _BYE,
}
_STATUS: Final[dict[str, tuple[Make, str]]] = {
    "feed": (Feed, "s:state ns:uint nl:uint sys:text"),
    "notice": (Notice, "y:text k:text n:text rp?:json"),
    "bye": _BYE,
}
_EPOCH: Final = table("v:version why:text fd:text w:uint pe?:uint ps?:uint mf?:uint ml?:uint")
_LISTING: Final = table("v:version fd:text l:text ep:uint")
_HEADER_KEYS: Final = ("ch", "y", "d", "pp", "qp", "sc", "tg", "iv", "ac")


def _tables() -> dict[str, dict[str, Shape]]:
    """Return by place which events are known there, and their fields, the common ones first."""
    places = {
        channel: {
            "snapshot": (make, f"v:version ch:{channel} {text}"),
            **_EVENTS[channel],
            **_LIFE,
        }
        for channel, (make, text) in _SNAPSHOTS.items()
    }
    places["status"] = _STATUS
    return {
        place: {kind: (make, (*_COMMON, *table(text))) for kind, (make, text) in events.items()}
        for place, events in places.items()
    }


_SHAPES: Final = _tables()
# WIRE §4.3: what a stream is, for epochs and the catalogue; nothing for a status stream.
_HEADERS: Final[dict[str, tuple[Field, ...]]] = {
    place: tuple(
        field for field in events.get("snapshot", (None, ()))[1] if field.key in _HEADER_KEYS
    )
    for place, events in _SHAPES.items()
}
# How an ordinary update begins: a map of eight, its keys in the order of WIRE §4 and §4.2, between
# them times of 64 bits and flags of one byte. The levels follow.
_HEAD: Final = Struct(">14sQ4sQ4sQ2sB2s")
_FIXINT_MAX: Final = 0x7F


def decode(entry_id: EntryId, data: bytes, place: Place = "book") -> WireEvent:
    """Return the event in the `d` of an entry that lies in `place`.

    Raise `DecodeError` with the first code, in the order of WIRE §8, that applies.
    """
    if place == "book":
        fields = update_fields(data)
        if fields is not None:
            return Update(entry_id, *fields)
    elif place == "level3":
        changes = orders_fields(data)
        if changes is not None:
            return Orders(entry_id, *changes)
    return _decode_any(entry_id, data, place)


def decode_snapshot(entry_id: EntryId, data: bytes, channel: str = "book") -> AnySnapshot:
    """Return the state in an entry of a channel's `.snap` (WIRE §4.3). Raise `DecodeError`."""
    return cast(AnySnapshot, _decode_any(entry_id, data, f"{channel}.snap"))


def decode_listing(stream: str, data: bytes) -> Listing:
    """Return one value of the catalogue (WIRE §4.9). Raise `DecodeError`."""
    fields = unpack_map(data)
    due = (*_HEADERS[place_of(stream)], *_LISTING)
    faults, good = judged(fields, due)
    raise_first(faults)
    keys = ("v", "fd", "ch", "y", "d", "pp", "qp", "l", "ep", "sc", "tg", "iv", "ac")
    return Listing(stream, *(good.get(key) for key in keys))  # type: ignore[arg-type]


def place_of(key: str) -> Place:
    """Return where the entries of a stream lie, by the grammar of WIRE §2.1; else `book`."""
    part = key.partition("}:")[2].removesuffix(".snap").partition("/")[0].partition(".")[0]
    place = part if part in _SHAPES else "book"
    return f"{place}.snap" if key.endswith(".snap") else place


def update_fields(data: bytes) -> UpdateFields | None:
    """Return what a plain update holds after its id, None for anything else or with any fault."""
    # A shorter entry than `ARRAY_MAX` bytes has no longer array; texts of any length are faults.
    if not _HEAD.size <= len(data) <= ARRAY_MAX:
        return None
    kind, ts_event, tr, ts_recv, tp, ts_pub, f, flags, b = _HEAD.unpack_from(data)
    if (
        kind != b"\x88\xa1t\xa6update\xa2te\xcf"
        or tr != b"\xa2tr\xcf"
        or tp != b"\xa2tp\xcf"
        or f != b"\xa1f"
        or b != b"\xa1b"
        or flags > _FIXINT_MAX
    ):
        return None
    try:
        # What follows reads as an array of five. A bin of two bytes would pass for a level.
        bids, a, asks, c, checksum = unpackb(
            b"\x95" + data[_HEAD.size :], use_list=False, max_bin_len=0
        )
        if not (
            a == "a"
            and c == "c"
            and type(bids) is tuple
            and type(asks) is tuple
            and type(checksum) is int
            and 0 <= checksum <= 0xFFFFFFFF
        ):
            return None
        for price, qty in bids + asks:
            if type(price) is not int or type(qty) is not int or price < 0 or qty < 0:
                return None
    except (ValueError, TypeError):
        return None
    return ts_event, ts_recv, ts_pub, flags, checksum, bids, asks


def orders_fields(data: bytes) -> OrdersFields | None:
    """Return what a plain `orders` holds after its id, None for anything else or with any fault."""
    if not _HEAD.size <= len(data) <= ARRAY_MAX:
        return None
    kind, ts_event, tr, ts_recv, tp, ts_pub, f, flags, b = _HEAD.unpack_from(data)
    if (
        kind != b"\x88\xa1t\xa6orders\xa2te\xcf"
        or (tr, tp, f, b) != (b"\xa2tr\xcf", b"\xa2tp\xcf", b"\xa1f", b"\xa1b")
        or flags > _FIXINT_MAX
    ):
        return None
    try:
        bids, a, asks, c, checksum = unpackb(
            b"\x95" + data[_HEAD.size :], use_list=False, max_bin_len=0, max_str_len=TEXT_MAX_BYTES
        )
        if (a, c, type(bids), type(asks), type(checksum)) != ("a", "c", tuple, tuple, int):
            return None
        for change, order_id, price, qty, time in bids + asks:
            if (
                (type(change), type(order_id), type(price)) != (int, str, int)
                or (type(qty), type(time)) != (int, int)
                or not 0 <= change <= rules.DELETE
                or (price < 0 or qty < 0 or time < 0)
                or (qty == 0 and change != rules.DELETE)
            ):
                return None
    except (ValueError, TypeError):
        return None
    if not 0 <= checksum <= 0xFFFFFFFF:
        return None
    return ts_event, ts_recv, ts_pub, flags, checksum, bids, asks


def _decode_any(entry_id: EntryId, data: bytes, place: Place) -> WireEvent:
    fields = unpack_map(data)
    kind = fields.get("t")
    channel = place.removesuffix(".snap")
    if type(kind) is not str or (channel != place and kind != "snapshot"):
        raise DecodeError(Code.SCHEMA, "t")
    if kind == "epoch":
        return _epoch(entry_id, fields, channel)
    shape = _SHAPES[channel].get(kind)
    if shape is None:
        raise_first(judged(fields, _COMMON)[0])
        return Unknown(entry_id, kind)
    make, due = shape
    faults, good = judged(fields, due)
    if kind == "snapshot":
        faults += rules.content(channel, fields, good, is_in_snap=channel != place)
    else:
        faults += rules.event(channel, kind, fields, good)
    raise_first(faults)
    return make(entry_id, *[good.get(key) for key, _, _ in due])


def _epoch(entry_id: EntryId, fields: dict[str, object], place: Place) -> Epoch:
    header = _HEADERS[place]
    due = (*_COMMON, *_EPOCH, *header)
    faults, good = judged(fields, due)
    raise_first(faults + rules.epoch(fields))
    own = ("te", "tr", "tp", "f", "v", "why", "fd", "w", "ch", "y", "d", "pp", "qp")
    keys = (*own, "pe", "ps", "mf", "ml", "sc", "tg", "iv", "ac")
    return Epoch(entry_id, *(good.get(key) for key in keys))  # type: ignore[arg-type]
