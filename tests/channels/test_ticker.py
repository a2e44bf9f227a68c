"""A ticker is told whole, exactly, and with nothing that Kraken did not give."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from publisher.channels.ticker import TickerChannel
from publisher.errors import BadFrame, BadNumber
from publisher.model import Instrument
from publisher.wire import TickerSnapshot, encode
from tests.channels.keeping import SYMBOL, Bench, keys
from tests.kraken.recorded import messages_of

# protocol.md 4.1's own example, and what it is in units of 10^-5 and 10^-8.
WHOLE = (
    b'{"channel":"ticker","type":"%s","data":[{"symbol":"ALGO/USD","bid":0.10025,'
    b'"bid_qty":740.00000000,"ask":0.10036,"ask_qty":1361.44813783,"last":0.10035,'
    b'"volume":997038.98383185,"trades":412,"vwap":0.10148,"low":0.09979,"high":0.10285,'
    b'"change":-0.00017,"change_pct":-0.17,"timestamp":"2026-01-02T03:04:05.123456Z"}]}'
)
FIELDS = {
    "bp": 10_025, "bq": 74_000_000_000, "ap": 10_036, "aq": 136_144_813_783,
    "la": 10_035, "lo": 9_979, "hi": 10_285, "vo": 99_703_898_383_185,
    "vw": "0.10148", "cg": "-0.00017", "cp": "-0.17", "n": 412,
}  # fmt: skip
HEADER = {"v": 1, "ch": "ticker", "y": SYMBOL, "tg": "bbo", "pp": 5, "qp": 8}
STAMP_NS = 1_767_323_045_123_456_000


def bench() -> Bench:
    return Bench(TickerChannel("bbo"))


def test_the_request_names_the_trigger() -> None:
    assert TickerChannel("bbo").terms == {"event_trigger": "bbo"}


def test_an_update_is_the_whole_ticker() -> None:
    desk = bench()
    (event,) = desk.take(WHOLE % b"update")
    assert keys(event) == {"t": "ticker", "f": 0, **FIELDS}
    assert (event.ts_event, event.ts_recv) == (STAMP_NS, desk.now.unix)
    assert (desk.keeper.ts_event, desk.keeper.ts_recv) == (STAMP_NS, desk.now.unix)


def test_krakens_snapshot_is_one_and_so_is_the_state() -> None:
    desk = bench()
    assert desk.capture() is None
    (event,) = desk.take(WHOLE % b"snapshot")
    assert keys(event) == {"t": "snapshot", "f": 0, **HEADER, **FIELDS}
    desk.take(WHOLE.replace(b"412", b"413") % b"update")
    state = desk.capture()
    assert keys(state) == {"t": "snapshot", "f": 0, **HEADER, **FIELDS, "n": 413}
    assert isinstance(state, TickerSnapshot)
    assert (state.ts_event, state.ts_recv) == (STAMP_NS, desk.now.unix)
    encode(state, 1)


def test_what_kraken_does_not_give_is_absent_and_not_what_it_was() -> None:
    desk = bench()
    desk.take(WHOLE % b"snapshot")
    (event,) = desk.take(
        b'{"channel":"ticker","type":"update","data":[{"symbol":"ALGO/USD","ask":0.2,"ask_qty":1,'
        b'"bid":null,"change":1e-5}]}'
    )
    given = {"ap": 20_000, "aq": 100_000_000, "cg": "0.00001"}
    assert keys(event) == {"t": "ticker", "f": 0, **given}
    assert event.ts_event == 0
    assert keys(desk.capture()) == {"t": "snapshot", "f": 0, **HEADER, **given}


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (b"0.10025", b"0.100251", BadNumber),
        (b"740.00000000", b"-1", BadNumber),
        (b"-0.00017", b'"much"', BadNumber),
        (b"0.10148", b"true", BadNumber),
        (b"2026-01-02T", b"yesterday", BadFrame),
    ],
)
def test_a_bad_ticker_is_no_event_and_changes_nothing(
    old: bytes, new: bytes, error: type[Exception]
) -> None:
    desk = bench()
    desk.take(WHOLE % b"snapshot")
    with pytest.raises(error):
        desk.take(WHOLE.replace(old, new) % b"update")
    assert keys(desk.capture()) == {"t": "snapshot", "f": 0, **HEADER, **FIELDS}
    assert desk.keeper.ts_event == STAMP_NS


def test_other_precisions_void_it() -> None:
    desk = bench()
    desk.take(WHOLE % b"snapshot")
    desk.keeper.is_of(Instrument(SYMBOL, 6, 8, "online"))
    assert desk.capture() is None
    (event,) = desk.take(WHOLE % b"snapshot")
    assert keys(event)["bp"] == 100_250


def test_recorded_tickers_keep_every_digit(captures: Path) -> None:
    """Each number, written down again by its precision, equals the recorded one."""
    names = {"bid": "bp", "ask": "ap", "last": "la", "low": "lo", "high": "hi"}
    amounts = {"bid_qty": "bq", "ask_qty": "aq", "volume": "vo"}
    texts = {"vwap": "vw", "change": "cg", "change_pct": "cp"}
    count = 0
    for line, raw in messages_of(captures, "ticker"):
        desk = Bench(TickerChannel("trades"))
        (recorded,) = raw["data"]
        (event,) = desk.take(line)
        found: dict[str, Any] = keys(event)
        for name in recorded.keys() - {"symbol", "timestamp", "trades"}:
            if name in texts:
                assert found[texts[name]] == recorded[name]
            else:
                digits = 8 if name in amounts else 5
                exact = Decimal(found[(names | amounts)[name]]).scaleb(-digits)
                assert exact == Decimal(recorded[name])
                count += 1
        assert found.get("n") == recorded.get("trades")
    assert count == 4 * 8
