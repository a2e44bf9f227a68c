"""The events' bytes: read back by another msgpack library, key by key, against WIRE.md 4."""

from __future__ import annotations

from typing import Any, get_args

import msgpack
import msgspec
import pytest

from publisher import wire
from publisher.wire import Event

TIMES = {"te": 11, "tr": 12, "tp": 13, "f": 2}
STAMPS: dict[str, Any] = {"ts_event": 11, "ts_recv": 12, "ts_pub": 0, "flags": 2}
BOOK: dict[str, Any] = {
    "channel": "book", "symbol": "BTC/USD", "depth": 10, "price_precision": 1, "qty_precision": 8,
}  # fmt: skip
BOOK_KEYS = {"ch": "book", "y": "BTC/USD", "d": 10, "pp": 1, "qp": 8}
TICKER: dict[str, Any] = {
    "bid": 1, "bid_qty": 2, "ask": 3, "ask_qty": 4, "last": 5, "low": 6, "high": 7, "volume": 8,
    "vwap": "9.5", "change": "-0.1", "change_pct": "-1.25", "trades": 10,
}  # fmt: skip
TICKER_KEYS = {
    "bp": 1, "bq": 2, "ap": 3, "aq": 4, "la": 5, "lo": 6, "hi": 7, "vo": 8, "vw": "9.5",
    "cg": "-0.1", "cp": "-1.25", "n": 10,
}  # fmt: skip
CANDLE: dict[str, Any] = {
    "interval_begin": 60, "open": 1, "high": 4, "low": 0, "close": 3, "volume": 9, "vwap": "2.5",
    "trades": 2,
}  # fmt: skip
CANDLE_KEYS = {"ib": 60, "op": 1, "hi": 4, "lo": 0, "cl": 3, "vo": 9, "vw": "2.5", "n": 2}


def read(data: bytes) -> dict[str, Any]:
    value = msgpack.unpackb(data, strict_map_key=True)
    assert isinstance(value, dict)
    return value


SNAPSHOT = wire.Snapshot(
    **STAMPS, version=1, checksum=4294967295, bids=[(5, 6)], asks=[(7, 8)], **BOOK
)  # fmt: skip
EPOCH = wire.Epoch(**STAMPS, version=1, reason="start", feed="f", writer=2**64 - 1)

EVENTS: list[tuple[Event, dict[str, object]]] = [
    (
        wire.Update(11, 12, 0, 2, [(100, 0)], [(101, 5), (102, 2**64 - 1)], 9),
        {"t": "update", "b": [[100, 0]], "a": [[101, 5], [102, 2**64 - 1]], "c": 9},
    ),
    (
        SNAPSHOT,
        {"t": "snapshot", "v": 1, "c": 4294967295, "b": [[5, 6]], "a": [[7, 8]], **BOOK_KEYS},
    ),
    (wire.pointer_to(SNAPSHOT), {"t": "snapshot", "v": 1, "c": 4294967295, "ptr": 1, **BOOK_KEYS}),
    (EPOCH, {"t": "epoch", "v": 1, "why": "start", "fd": "f", "w": 2**64 - 1}),
    (
        msgspec.structs.replace(
            EPOCH, prev_epoch=5, prev_seq=6, missed_first=7, missed_last=8, reason="overrun"
        ),
        {
            "t": "epoch", "v": 1, "why": "overrun", "fd": "f", "w": 2**64 - 1,
            "pe": 5, "ps": 6, "mf": 7, "ml": 8,
        },
    ),
    (
        wire.epoch_of(EPOCH, SNAPSHOT),
        {"t": "epoch", "v": 1, "why": "start", "fd": "f", "w": 2**64 - 1, **BOOK_KEYS},
    ),
    (wire.Reset(**STAMPS, reason="checksum"), {"t": "reset", "why": "checksum"}),
    (
        wire.Reset(**STAMPS, reason="checksum", note="ä"),
        {"t": "reset", "why": "checksum", "n": "ä"},
    ),
    (
        wire.Heartbeat(**STAMPS, state="live", checksum=0),
        {"t": "heartbeat", "s": "live", "c": 0},
    ),
    (wire.Heartbeat(**STAMPS, state="disconnected"), {"t": "heartbeat", "s": "disconnected"}),
    (wire.Bye(**STAMPS), {"t": "bye"}),
    (
        wire.FeedState(**STAMPS, state="live", symbols=3, live=2, system=""),
        {"t": "feed", "s": "live", "ns": 3, "nl": 2, "sys": ""},
    ),
    (
        wire.Notice(**STAMPS, kind="brake", symbol="", note="x"),
        {"t": "notice", "k": "brake", "y": "", "n": "x"},
    ),
    (
        wire.Orders(11, 12, 0, 2, [(0, "O1", 100, 5, 7)], [(2, "O2", 101, 2**64 - 1, 8)], 9),
        {"t": "orders", "b": [[0, "O1", 100, 5, 7]], "a": [[2, "O2", 101, 2**64 - 1, 8]], "c": 9},
    ),
    (
        wire.OrdersSnapshot(
            **STAMPS, version=1, checksum=9, bids=[("O1", 5, 6, 7)], asks=[],
            **BOOK | {"channel": "level3"},
        ),
        {
            "t": "snapshot", "v": 1, "c": 9, "b": [["O1", 5, 6, 7]], "a": [],
            **BOOK_KEYS | {"ch": "level3"},
        },
    ),
    (wire.Top(**STAMPS, bid=1, bid_qty=2), {"t": "top", "bp": 1, "bq": 2}),
    (
        wire.TopSnapshot(
            **STAMPS, version=1, source="level3", ask=3, ask_qty=4, **BOOK | {"channel": "bbo"}
        ),
        {
            "t": "snapshot", "v": 1, "sc": "level3", "ap": 3, "aq": 4,
            **BOOK_KEYS | {"ch": "bbo"},
        },
    ),
    (wire.Ticker(**STAMPS, **TICKER), {"t": "ticker", **TICKER_KEYS}),
    (wire.Ticker(**STAMPS), {"t": "ticker"}),
    (
        wire.TickerSnapshot(
            **STAMPS, version=1, channel="ticker", symbol="A/B", trigger="bbo", price_precision=1,
            qty_precision=2, **TICKER,
        ),
        {
            "t": "snapshot", "v": 1, "ch": "ticker", "y": "A/B", "tg": "bbo", "pp": 1, "qp": 2,
            **TICKER_KEYS,
        },
    ),
    (
        wire.Trades(**STAMPS, trades=[(5, 1, 100, 7, 0, 8)]),
        {"t": "trades", "x": [[5, 1, 100, 7, 0, 8]]},
    ),
    (
        wire.Gap(**STAMPS, first=1, last=2, reason="unfilled"),
        {"t": "gap", "gf": 1, "gl": 2, "why": "unfilled"},
    ),
    (
        wire.TradesSnapshot(
            **STAMPS, version=1, channel="trade", symbol="A/B", price_precision=1,
            qty_precision=2, last_trade_id=0, trades=[],
        ),
        {
            "t": "snapshot", "v": 1, "ch": "trade", "y": "A/B", "pp": 1, "qp": 2, "lt": 0, "x": [],
        },
    ),
    (wire.Candle(**STAMPS, **CANDLE), {"t": "candle", **CANDLE_KEYS}),
    (wire.Closed(**STAMPS, **CANDLE), {"t": "closed", **CANDLE_KEYS}),
    (
        wire.CandleSnapshot(
            **STAMPS, version=1, channel="ohlc", symbol="A/B", interval=5, price_precision=1,
            qty_precision=2, **CANDLE,
        ),
        {
            "t": "snapshot", "v": 1, "ch": "ohlc", "y": "A/B", "iv": 5, "pp": 1, "qp": 2,
            **CANDLE_KEYS,
        },
    ),
    (
        wire.Instruments(
            **STAMPS, pairs=[("A/B", "online", 1, 2, "{}")], assets=[("A", "enabled", 4, "{}")]
        ),
        {
            "t": "instruments", "ps": [["A/B", "online", 1, 2, "{}"]],
            "as": [["A", "enabled", 4, "{}"]],
        },
    ),
    (
        wire.InstrumentSnapshot(**STAMPS, version=1, channel="instrument", pairs=[], assets=[]),
        {"t": "snapshot", "v": 1, "ch": "instrument", "ps": [], "as": []},
    ),
    (
        wire.Execution(**STAMPS, order_id="O", report="{}", order=["{", "}"], sequence=4),
        {"t": "execution", "oi": "O", "rp": "{}", "st": ["{", "}"], "sq": 4},
    ),
    (
        wire.OrdersGap(**STAMPS, reason="unfilled", order_ids=["O"], note="x"),
        {"t": "gap", "why": "unfilled", "oi": ["O"], "n": "x"},
    ),
    (
        wire.ExecutionsSnapshot(
            **STAMPS, version=1, channel="executions", account="main", orders=["{}"], sequence=1
        ),
        {"t": "snapshot", "v": 1, "ch": "executions", "ac": "main", "os": ["{}"], "sq": 1},
    ),
    (
        wire.Balance(**STAMPS, asset="USD", report="{}", state="{}", sequence=2),
        {"t": "balance", "as": "USD", "rp": "{}", "st": "{}", "sq": 2},
    ),
    (
        wire.BalancesSnapshot(
            **STAMPS, version=1, channel="balances", account="main", balances=[], sequence=1
        ),
        {"t": "snapshot", "v": 1, "ch": "balances", "ac": "main", "bs": [], "sq": 1},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("event", "keys"), EVENTS)
def test_each_event(event: Event, keys: dict[str, object]) -> None:
    assert read(wire.encode(event, 13)) == {**TIMES, **keys}


def test_every_event_of_the_wire_is_here() -> None:
    assert {type(event) for event, _ in EVENTS} == set(get_args(Event))


def test_previous_zero_is_written() -> None:
    """`ps` 0 is a place, absent means that there was none."""
    event = msgspec.structs.replace(EPOCH, prev_epoch=5, prev_seq=0)
    assert read(wire.encode(event, 13))["ps"] == 0


@pytest.mark.parametrize("number", [2**64, 2**64 + 1, 10**40 - 1])
def test_numbers_past_uint64_are_digits(number: int) -> None:
    """WIRE.md 3.5."""
    sides: list[tuple[int, int]] = [(1, 2**64 - 1), (number, number)]
    written = [[1, 2**64 - 1], [str(number), str(number)]]
    update = read(wire.encode(wire.Update(11, 12, 0, 2, sides, [], 9), 13))
    assert (update["b"], update["a"]) == (written, [])
    whole = msgspec.structs.replace(SNAPSHOT, bids=[], asks=sides)
    assert read(wire.encode(whole, 13))["a"] == written


def test_the_stamp_is_the_only_thing_that_encode_adds() -> None:
    update = wire.Update(11, 12, 0, 2, [], [], 9)
    first, second = wire.encode(update, 13), wire.encode(update, 14)
    assert {**read(first), "tp": 14} == read(second)


def test_a_number_that_no_event_may_hold_is_a_fault_of_ours() -> None:
    beat = wire.Heartbeat(**STAMPS, state="live", checksum=2**64)
    with pytest.raises((AssertionError, OverflowError)):
        wire.encode(beat, 13)


def test_no_float_is_ever_written() -> None:
    for event, _ in EVENTS:
        stack: list[object] = [read(wire.encode(event, 13))]
        while stack:
            value = stack.pop()
            assert not isinstance(value, float)
            if isinstance(value, dict):
                stack += value.values()
            elif isinstance(value, list):
                stack += value


def test_the_catalogue_s_row() -> None:
    row = wire.CatalogueRow(version=1, feed="f", line="", epoch=5, **BOOK)
    assert read(wire.encode_row(row)) == {"v": 1, "fd": "f", "l": "", "ep": 5, **BOOK_KEYS}
