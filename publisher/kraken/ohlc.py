"""Kraken's `ohlc` messages: JSON bytes to typed facts, tolerant of what is new (protocol.md 4.4).

A message holds one candle or many, and one stamp for all of them; they come grouped by symbol. A
candle's own `timestamp` is deprecated and not read. Numbers keep their exact digits, unknown fields
pass.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from publisher.kraken.messages import unknown_fields_of

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class CandleText(msgspec.Struct, gc=False):
    """A candle as it stood on the wire; numbers as `LevelText` has them."""

    symbol: str
    open: Any
    high: Any
    low: Any
    close: Any
    volume: Any
    vwap: Any
    trades: Count
    interval_begin: str


class Candles(msgspec.Struct, gc=False):
    """The candles of one symbol in a message; `symbol` is empty where a snapshot has none."""

    symbol: str
    timestamp: str
    candles: list[CandleText]


class OhlcMessage(msgspec.Struct, gc=False):
    """An `ohlc` snapshot or update."""

    type: Literal["snapshot", "update"]
    data: list[Candles]


class _Ohlc(msgspec.Struct, gc=False):
    channel: Literal["ohlc"]
    type: Literal["snapshot", "update"]
    data: list[CandleText]
    timestamp: str = ""


KNOWN = (
    set(_Ohlc.__struct_fields__),
    {*CandleText.__struct_fields__, "interval", "timestamp"},
)

_ohlc = msgspec.json.Decoder(_Ohlc, float_hook=str.strip)


def decode_ohlc(payload: bytes) -> OhlcMessage:
    """Decode an `ohlc` message; raise one of messages.UNDECODABLE for everything else."""
    message = _ohlc.decode(payload)
    grouped: dict[str, list[CandleText]] = {}
    for candle in message.data:
        grouped.setdefault(candle.symbol, []).append(candle)
    if not grouped and message.type == "snapshot":  # of a symbol that was never traded
        grouped[""] = []
    stamp = message.timestamp
    return OhlcMessage(message.type, [Candles(s, stamp, group) for s, group in grouped.items()])


def unknown_fields(payload: bytes) -> list[str]:
    """Return the paths of fields in an `ohlc` message that protocol.md 4.4 does not name; of any
    other message none.
    """
    return unknown_fields_of("ohlc", decode_ohlc, payload, known=KNOWN)
