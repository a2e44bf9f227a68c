"""One story for each channel, written by hand: events, and what the stream holds after each.

The consumer's tests know no publisher. A `Channel` says how its stream is told; `Telling` writes
entries under their ids.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.consumer.packing import EPOCH, pack

Keys = dict[str, Any]
SYMBOL = {"y": "BTC/USD", "pp": 1, "qp": 8}
CANDLE = {"ib": 60, "op": 5, "hi": 9, "lo": 4, "cl": 6, "vo": 70, "vw": "5.5", "n": 3}
ORDER_A = json.dumps({"order_id": "A", "order_status": "new", "order_qty": 1.10})
ORDER_B = json.dumps({"order_id": "B", "order_status": "new"})
EUR = json.dumps({"asset": "EUR", "balance": 10.50})
USD = json.dumps({"asset": "USD", "balance": 1})
PAIR = ["BTC/USD", "online", 1, 8, '{"symbol":"BTC/USD"}']
ETH = ["ETH/USD", "online", 2, 8, '{"symbol":"ETH/USD"}']
ASSET = ["BTC", "enabled", 10, '{"id":"BTC"}']


def crc(text: str) -> int:
    return zlib.crc32(text.encode())


@dataclass(frozen=True)
class Channel:
    """How one channel's stream is told. `events` are (type, keys, what the state then holds)."""

    stream: str
    header: Keys
    content: Keys
    held: Keys
    events: list[tuple[str, Keys, Keys]]

    @property
    def name(self) -> str:
        name: str = self.header["ch"]
        return name


def _row(row: list[Any]) -> tuple[Any, ...]:
    return tuple(row)


LEVEL3 = Channel(
    "{kraken.BTC/USD}:level3.10",
    {"ch": "level3", **SYMBOL, "d": 10},
    {"b": [["B1", 100, 5, 1]], "a": [["A1", 101, 6, 1]], "c": crc("10161005")},
    {"bids": [("B1", 100, 5, 1)], "asks": [("A1", 101, 6, 1)]},
    [
        (
            "orders",
            {"b": [[0, "B2", 100, 7, 2]], "a": [], "c": crc("101610051007")},
            {"bids": [("B1", 100, 5, 1), ("B2", 100, 7, 2)], "asks": [("A1", 101, 6, 1)]},
        ),
        (
            "orders",
            {"b": [[2, "B1", 100, 5, 1]], "a": [[1, "A1", 101, 9, 1]], "c": crc("10191007")},
            {"bids": [("B2", 100, 7, 2)], "asks": [("A1", 101, 9, 1)]},
        ),
    ],
)
BBO = Channel(
    "{kraken.BTC/USD}:bbo.book.10",
    {"ch": "bbo", **SYMBOL, "d": 10, "sc": "book"},
    {"bp": 100, "bq": 5},
    {"bid": 100, "bid_qty": 5, "ask": None, "ask_qty": None, "source": "book", "depth": 10},
    [
        (
            "top",
            {"bp": 99, "bq": 1, "ap": 101, "aq": 2},
            {"bid": 99, "bid_qty": 1, "ask": 101, "ask_qty": 2},
        ),
        ("top", {}, {"bid": None, "bid_qty": None, "ask": None, "ask_qty": None}),
    ],
)
TICKER = Channel(
    "{kraken.BTC/USD}:ticker.bbo",
    {"ch": "ticker", **SYMBOL, "tg": "bbo"},
    {"bp": 100, "la": 99, "vw": "98.7650", "n": 12},
    {"bid": 100, "last": 99, "vwap": "98.7650", "trades": 12, "ask": None, "trigger": "bbo"},
    [
        (
            "ticker",
            {"hi": str(2**70), "lo": 3, "cg": "-1.20", "cp": "0"},
            {"bid": None, "high": 2**70, "low": 3, "change": "-1.20", "change_pct": "0"},
        ),
    ],
)
TRADE = Channel(
    "{kraken.BTC/USD}:trade",
    {"ch": "trade", **SYMBOL},
    {"lt": 7, "x": [[6, 0, 100, 1, 0, 11], [7, 1, 101, 2, 1, 12]]},
    {"last_trade_id": 7, "trades": ((6, 0, 100, 1, 0, 11), (7, 1, 101, 2, 1, 12))},
    [
        (
            "trades",
            {"x": [[8, 0, 102, 3, 2, 13]]},
            {
                "last_trade_id": 8,
                "trades": (
                    (6, 0, 100, 1, 0, 11),
                    (7, 1, 101, 2, 1, 12),
                    (8, 0, 102, 3, 2, 13),
                ),
            },
        ),
        (
            "gap",
            {"gf": 9, "gl": 11, "why": "unfilled"},
            {"last_trade_id": 11, "trades": ()},
        ),
        (
            "trades",
            {"x": [[12, 0, 102, 3, 2, 13]]},
            {"last_trade_id": 12, "trades": ((12, 0, 102, 3, 2, 13),)},
        ),
    ],
)
_OPEN = {
    "interval_begin": 60,
    "open": 5,
    "high": 9,
    "low": 4,
    "close": 6,
    "volume": 70,
    "vwap": "5.5",
    "trades": 3,
}
OHLC = Channel(
    "{kraken.BTC/USD}:ohlc.1",
    {"ch": "ohlc", **SYMBOL, "iv": 1},
    {},
    {**dict.fromkeys(_OPEN), "interval": 1},
    [
        ("candle", CANDLE, _OPEN),
        ("closed", {**CANDLE, "ib": 1, "f": 8}, _OPEN),
        ("closed", {**CANDLE, "n": 4}, dict.fromkeys(_OPEN)),
        ("candle", {**CANDLE, "ib": 120}, {**_OPEN, "interval_begin": 120}),
    ],
)
INSTRUMENT = Channel(
    "{kraken.instrument}:instrument",
    {"ch": "instrument"},
    {"ps": [PAIR], "as": [ASSET]},
    {"pairs": {"BTC/USD": _row(PAIR)}, "assets": {"BTC": _row(ASSET)}},
    [
        (
            "instruments",
            {"ps": [ETH], "as": []},
            {
                "pairs": {"BTC/USD": _row(PAIR), "ETH/USD": _row(ETH)},
                "assets": {"BTC": _row(ASSET)},
            },
        ),
        (
            "instruments",
            {"ps": [["BTC/USD", "delisted", 2, 8, ["{", "}"]]], "as": []},
            {"pairs": {"BTC/USD": ("BTC/USD", "delisted", 2, 8, "{}"), "ETH/USD": _row(ETH)}},
        ),
    ],
)
_FILLED = json.dumps({"order_id": "A", "order_status": "filled"})
EXECUTIONS = Channel(
    "{priv.kraken.main}:executions",
    {"ch": "executions", "ac": "main"},
    {"os": [ORDER_A], "sq": 3},
    {"orders": {"A": ORDER_A}, "account": "main", "sequence": 3},
    [
        (
            "execution",
            {"oi": "B", "rp": "{}", "st": [ORDER_B[:5], ORDER_B[5:]], "sq": 4},
            {"orders": {"A": ORDER_A, "B": ORDER_B}, "sequence": 4},
        ),
        (
            "execution",
            {"oi": "A", "rp": "{}", "st": _FILLED, "sq": 5},
            {"orders": {"B": ORDER_B}, "sequence": 5},
        ),
        ("gap", {"why": "unfilled", "oi": ["B", "C"]}, {"orders": {}}),
    ],
)
BALANCES = Channel(
    "{priv.kraken.main}:balances",
    {"ch": "balances", "ac": "main"},
    {"bs": [EUR], "sq": 3},
    {"balances": {"EUR": EUR}, "account": "main", "sequence": 3},
    [
        (
            "balance",
            {"as": "USD", "rp": "{}", "st": USD, "sq": 4},
            {"balances": {"EUR": EUR, "USD": USD}, "sequence": 4},
        ),
        (
            "balance",
            {"as": "EUR", "rp": "{}", "st": USD, "sq": 5},
            {"balances": {"EUR": USD, "USD": USD}},
        ),
    ],
)
CHANNELS = {
    channel.name: channel
    for channel in (LEVEL3, BBO, TICKER, TRADE, OHLC, INSTRUMENT, EXECUTIONS, BALANCES)
}


@dataclass
class Telling:
    """A channel's stream as it is written: `entries` by id, ready for a replica or a server."""

    channel: Channel
    epoch: int = EPOCH
    seq: int = -1
    entries: list[tuple[bytes, bytes]] = field(default_factory=list)

    def begin(self, **keys: Any) -> Telling:
        """Write the `epoch` and the first snapshot."""
        self.seq = -1
        self.add("epoch", v=1, why="start", fd="f", w=7, **self.channel.header, **keys)
        return self.add_bytes(self.snapshot())

    def add(self, kind: str, **keys: Any) -> Telling:
        """Write one event."""
        return self.add_bytes(pack(kind, **keys))

    def add_bytes(self, data: bytes) -> Telling:
        """Write one entry."""
        self.seq += 1
        self.entries.append((b"%d-%d" % (self.epoch, self.seq), data))
        return self

    def snapshot(self, **keys: Any) -> bytes:
        """Return the snapshot that the channel's story begins with."""
        channel = self.channel
        return pack("snapshot", **{"v": 1, **channel.header, **channel.content, **keys})

    def pointer(self) -> bytes:
        """Return a pointer to it."""
        kept = {"c": self.channel.content["c"]} if "c" in self.channel.content else {}
        return pack("snapshot", v=1, **self.channel.header, **kept, ptr=1)

    def story(self) -> Telling:
        """Write all events of the channel's story."""
        for kind, keys, _ in self.channel.events:
            self.add(kind, **keys)
        return self


def held(state: Any, wanted: Mapping[str, Any]) -> Keys:
    """Return what a state holds of what is looked for."""
    sides = {"bids": "bid", "asks": "ask"}
    return {
        name: state.orders(sides[name]) if name in sides else getattr(state, name)
        for name in wanted
    }
