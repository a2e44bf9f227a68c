"""Candles as they stand, closed once they are final, and said to be revised after that."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from publisher.channels.ohlc import OhlcChannel
from publisher.errors import BadFrame, BadNumber
from publisher.model import Instrument
from publisher.timestamps import nanoseconds
from publisher.wire import Event, Flag, encode
from tests.channels.keeping import SECOND_NS, SYMBOL, Bench, keys
from tests.kraken.recorded import messages_of

MINUTE_NS = 60 * SECOND_NS
THREE = nanoseconds("2026-01-02T03:03:00Z")
"""The clock of a bench stands at 03:04:05: the candle of 03:04 is the open one."""

HEADER = {"v": 1, "ch": "ohlc", "y": SYMBOL, "iv": 1, "pp": 5, "qp": 8}
REVISED, BACKFILL = int(Flag.REVISED), int(Flag.BACKFILL)


def candle(minute: int, close: int = 1) -> str:
    """Return the candle of 03:<minute>; `close` tells its states apart."""
    return (
        f'{{"symbol":"ALGO/USD","open":0.10875,"high":0.20000,"low":0.10000,"close":0.1000{close},'
        f'"trades":{close},"volume":2445.18000000,"vwap":0.10872,'
        f'"interval_begin":"2026-01-02T03:{minute:02d}:00.000000000Z","interval":1,'
        f'"timestamp":"2026-01-02T03:{minute + 1:02d}:00.000000Z"}}'
    )


def message(*candles: str, kind: str = "update") -> bytes:
    """Return a message with these candles."""
    stamp = "2026-01-02T03:04:35.123456789Z"
    data = ",".join(candles)
    return f'{{"channel":"ohlc","type":"{kind}","timestamp":"{stamp}","data":[{data}]}}'.encode()


def told(events: list[Event]) -> list[tuple[object, ...]]:
    """Return type, minute, state and flags of candles, `snapshot` for what ends a message."""
    found: list[tuple[object, ...]] = []
    for event in map(keys, events):
        minute = (event["ib"] - THREE) // MINUTE_NS + 3 if "ib" in event else None
        found.append((event["t"], minute, event.get("n"), event["f"]))
    return found


def bench(*minutes: int) -> Bench:
    """Return a bench, connected with these candles in Kraken's snapshot."""
    desk = Bench(OhlcChannel(1))
    if minutes:
        desk.take(message(*map(candle, minutes), kind="snapshot"))
    return desk


def test_the_request_names_the_interval() -> None:
    assert OhlcChannel(15).terms == {"interval": 15}


# As they stand


def test_a_candle_is_told_exactly() -> None:
    desk = bench(4)
    (event,) = desk.take(message(candle(4, 2)))
    fields = {
        "ib": THREE + MINUTE_NS, "op": 10_875, "hi": 20_000, "lo": 10_000, "cl": 10_002,
        "vo": 244_518_000_000, "vw": "0.10872", "n": 2,
    }  # fmt: skip
    assert keys(event) == {"t": "candle", "f": 0, **fields}
    assert event.ts_event == nanoseconds("2026-01-02T03:04:35.123456789Z")
    assert event.ts_recv == desk.now.unix
    state = desk.capture()
    assert state is not None
    assert keys(state) == {"t": "snapshot", "f": 0, **HEADER, **fields}
    encode(state, 1)


def test_of_the_first_snapshot_the_open_candle_alone_counts() -> None:
    """Whatever the order of the candles (protocol.md 4.4)."""
    desk = Bench(OhlcChannel(1))
    assert desk.capture() is None
    events = desk.take(message(candle(4), candle(2), candle(3), kind="snapshot"))
    assert told(events) == [("snapshot", 4, 1, 0)]
    assert told([desk.capture() or events[0]]) == [("snapshot", 4, 1, 0)]


def test_a_symbol_without_a_candle_has_a_state_without_one() -> None:
    desk = Bench(OhlcChannel(1))
    (event,) = desk.take(message(kind="snapshot"))
    assert keys(event) == {"t": "snapshot", "f": 0, **HEADER}
    assert told(desk.take(message(candle(4)))) == [("candle", 4, 1, 0)]


# Closed

NONE_OPEN = [("snapshot", None, None, 0)]
"""What a snapshot says after a `closed` (WIRE.md 4.14)."""


def test_a_later_candle_closes_the_one_before() -> None:
    desk = bench(4)
    desk.take(message(candle(4, 2)))
    assert told(desk.take(message(candle(6)))) == [("closed", 4, 2, 0), ("candle", 6, 1, 0)]


def test_one_message_may_close_one_and_begin_the_next() -> None:
    desk = bench(4)
    events = desk.take(message(candle(5), candle(4, 7)))
    assert told(events) == [("candle", 4, 7, 0), ("closed", 4, 7, 0), ("candle", 5, 1, 0)]


def test_time_closes_a_candle_once_five_seconds_after_its_end() -> None:
    desk = bench(4)  # 03:04:05
    assert desk.tick(59.9) == []
    assert told(desk.tick(0.1)) == [("closed", 4, 1, 0)]
    assert desk.tick(100) == []
    assert told([desk.capture() or pytest.fail("no state")]) == NONE_OPEN
    assert told(desk.take(message(candle(6)))) == [("candle", 6, 1, 0)], "closed once only"


def test_nothing_is_closed_before_there_is_a_candle() -> None:
    assert bench().tick(1000) == []


# Revised


def test_what_comes_for_a_closed_candle_is_a_revision() -> None:
    desk = bench(4)
    desk.tick(60)
    assert told(desk.take(message(candle(4, 2)))) == [
        ("candle", 4, 2, REVISED),
        ("closed", 4, 2, REVISED),
    ]
    assert told([desk.capture() or pytest.fail("no state")]) == NONE_OPEN
    assert desk.take(message(candle(4, 2))) == [], "told twice, changed once"


def test_a_revision_of_an_older_candle_leaves_the_open_one() -> None:
    desk = bench(4)
    desk.take(message(candle(5)))
    assert told(desk.take(message(candle(4, 9)))) == [
        ("candle", 4, 9, REVISED),
        ("closed", 4, 9, REVISED),
    ]
    assert told(desk.take(message(candle(5, 2)))) == [("candle", 5, 2, 0)]
    assert told([desk.capture() or pytest.fail("no state")]) == [("snapshot", 5, 2, 0)]


# After a reconnect


def test_candles_missed_are_told_with_those_that_are_final() -> None:
    desk = bench(4)
    events = desk.take(message(*map(candle, (3, 5, 6)), candle(4, 2), kind="snapshot"))
    assert told(events) == [
        ("candle", 4, 2, BACKFILL),
        ("closed", 4, 2, BACKFILL),
        ("candle", 5, 1, BACKFILL),
        ("closed", 5, 1, BACKFILL),
        ("candle", 6, 1, BACKFILL),
        ("snapshot", 6, 1, 0),
    ]


def test_a_candle_that_went_on_as_it_was_is_closed_as_it_was() -> None:
    events = bench(4).take(message(candle(4), candle(5), kind="snapshot"))
    assert told(events) == [
        ("closed", 4, 1, BACKFILL),
        ("candle", 5, 1, BACKFILL),
        ("snapshot", 5, 1, 0),
    ]


def test_nothing_new_is_no_event() -> None:
    assert told(bench(4).take(message(candle(4), kind="snapshot"))) == [("snapshot", 4, 1, 0)]


def test_a_closed_candle_that_changed_meanwhile_is_revised() -> None:
    desk = bench(4)
    desk.tick(60)
    events = desk.take(message(candle(4, 2), kind="snapshot"))
    flags = BACKFILL | REVISED
    assert told(events)[:-1] == [("candle", 4, 2, flags), ("closed", 4, 2, flags)]


def test_a_candle_whose_end_the_snapshot_does_not_hold_is_not_called_closed() -> None:
    desk = bench(4)
    events = desk.take(message(candle(30), candle(31), kind="snapshot"))
    assert told(events) == [
        ("candle", 30, 1, BACKFILL),
        ("closed", 30, 1, BACKFILL),
        ("candle", 31, 1, BACKFILL),
        ("snapshot", 31, 1, 0),
    ]


# Faults


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("0.10875", "0.108751", BadNumber),
        ("2445.18000000", "-1", BadNumber),
        ("0.10872", "null", BadNumber),
        ("03:04:00.000000000Z", "noon", BadFrame),
    ],
)
def test_a_bad_candle_is_no_event_and_changes_nothing(
    old: str, new: str, error: type[Exception]
) -> None:
    desk = bench(4)
    with pytest.raises(error):
        desk.take(message(candle(4, 2).replace(old, new)))
    assert told([desk.capture() or pytest.fail("no state")]) == [("snapshot", 4, 1, 0)]


def test_other_precisions_begin_anew() -> None:
    desk = bench(4)
    desk.keeper.is_of(Instrument(SYMBOL, 6, 8, "online"))
    assert desk.capture() is None
    assert told(desk.take(message(candle(4), candle(5), kind="snapshot"))) == [
        ("snapshot", 5, 1, 0)
    ]


def test_recorded_candles_keep_every_digit(captures: Path) -> None:
    """Each number, written down again by its precision, equals the recorded one."""
    names = {"open": "op", "high": "hi", "low": "lo", "close": "cl"}
    count = 0
    for line, raw in messages_of(captures, "ohlc"):
        desk = Bench(OhlcChannel(1))
        desk.take(message(kind="snapshot"))
        events = desk.take(line.replace(b'"snapshot"', b'"update"'))
        candles: list[dict[str, Any]] = [e for e in map(keys, events) if e["t"] == "candle"]
        assert len(candles) == len(raw["data"])
        for found, recorded in zip(candles, raw["data"], strict=True):
            assert found["ib"] == nanoseconds(recorded["interval_begin"])
            assert (found["vw"], found["n"]) == (recorded["vwap"], recorded["trades"])
            for name, key in names.items():
                assert Decimal(found[key]).scaleb(-5) == Decimal(recorded[name])
            assert Decimal(found["vo"]).scaleb(-8) == Decimal(recorded["volume"])
            count += 1
    assert count == 6
