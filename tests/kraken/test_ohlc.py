"""Every recorded candle decodes without loss, grouped by symbol; what breaks the shape is
undecodable."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from publisher.kraken.messages import UNDECODABLE
from publisher.kraken.ohlc import decode_ohlc, unknown_fields
from tests.kraken.recorded import messages_of

CANDLE = (
    b'{"symbol":"%s","open":1.0,"high":1.2,"low":0.9,"close":1.1,"trades":3,"volume":5.0,'
    b'"vwap":1.05,"interval_begin":"2026-01-02T03:00:00.000000000Z","interval":5,'
    b'"timestamp":"2026-01-02T03:05:00.000000Z"}'
)


def message(*symbols: bytes, kind: bytes = b"update") -> bytes:
    """Return a message with one candle a symbol."""
    candles = b",".join(CANDLE % symbol for symbol in symbols)
    stamp = b'"timestamp":"2026-01-02T03:04:35.123456789Z"'
    return b'{"channel":"ohlc","type":"%s",%s,"data":[%s]}' % (kind, stamp, candles)


def test_recorded_messages_decode_without_loss(captures: Path) -> None:
    """Each field but the deprecated `timestamp` and the interval, which was asked for."""
    candles = 0
    for line, raw in messages_of(captures, "ohlc"):
        decoded = decode_ohlc(line)
        (group,) = decoded.data
        assert (decoded.type, group.timestamp) == (raw["type"], raw["timestamp"])
        for candle in raw["data"]:
            del candle["timestamp"], candle["interval"]
        assert msgspec.to_builtins(group.candles) == raw["data"]
        assert unknown_fields(line) == []
        candles += len(group.candles)
    assert candles == 6


def test_candles_come_by_symbol() -> None:
    groups = decode_ohlc(message(b"A/USD", b"B/USD", b"A/USD")).data
    assert [(group.symbol, len(group.candles)) for group in groups] == [("A/USD", 2), ("B/USD", 1)]


def test_a_snapshot_of_nothing_names_no_symbol() -> None:
    (group,) = decode_ohlc(message(kind=b"snapshot")).data
    assert (group.symbol, group.candles) == ("", [])
    assert decode_ohlc(message()).data == []


def test_new_fields_are_named() -> None:
    payload = message(b"A/USD").replace(b'"open"', b'"mood":1,"open"')
    assert unknown_fields(payload) == ["ohlc.data.mood"]


@pytest.mark.parametrize(
    "payload",
    [b"{}", message(b"A/USD").replace(b'"vwap":1.05,', b""), message(b"A/USD", kind=b"more"),
     message(b"A/USD").replace(b'"trades":3', b'"trades":"3"'),
     message(b"A/USD").replace(b'"ohlc"', b'"ticker"')],
)  # fmt: skip
def test_what_breaks_the_shape_is_undecodable(payload: bytes) -> None:
    with pytest.raises(UNDECODABLE):
        decode_ohlc(payload)
