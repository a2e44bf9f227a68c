"""Trades: each id once and in order; what is missing is asked for, and named where it stays so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from publisher.actions import Action, Fetch, Log
from publisher.channels import trade
from publisher.channels.filling import FILL_S
from publisher.channels.trade import TradeChannel
from publisher.errors import BadFrame, BadNumber
from publisher.kraken.trade import NoPage, PastTrade, TradesPage
from publisher.model import Instrument
from publisher.timestamps import nanoseconds
from publisher.wire import Event, Flag, Gap, Trades, TradesSnapshot, encode
from tests.channels.keeping import SECOND_NS, SYMBOL, Bench, keys
from tests.kraken.recorded import messages_of

BACKFILL = int(Flag.BACKFILL)
MOMENT_S = 2.0**-10
"""Between messages: each has a receipt of its own."""
NOON = nanoseconds("2026-01-02T12:00:00Z")


def stamp(number: int) -> str:
    """Trade n happened n seconds after noon."""
    return f"2026-01-02T12:{number // 60:02d}:{number % 60:02d}.000000Z"


def message(*ids: int, kind: str = "update") -> bytes:
    """Return a message with trades of these ids."""
    data = ",".join(
        f'{{"symbol":"ALGO/USD","side":"sell","price":0.51170,"qty":40.00000000,'
        f'"ord_type":"market","trade_id":{number},"timestamp":"{stamp(number)}"}}'
        for number in ids
    )
    return f'{{"channel":"trade","type":"{kind}","data":[{data}]}}'.encode()


def page(*ids: int, is_full: bool = False) -> TradesPage:
    """Return a page of REST with the same trades."""
    past = [
        PastTrade("sell", "0.51170", "40.00000000", "market", number, NOON + number * SECOND_NS)
        for number in ids
    ]
    return TradesPage(past, past[-1].time if past else 0, is_full)


class Desk(Bench):
    """A keeper of trades, with what it asked of REST."""

    def __init__(self) -> None:
        super().__init__(TradeChannel())
        self.told = 0

    def snapshot(self, *ids: int) -> list[Event]:
        self.wait(MOMENT_S)
        return self.take(message(*ids, kind="snapshot"))

    def update(self, *ids: int) -> list[Event]:
        self.wait(MOMENT_S)
        return self.take(message(*ids))

    def answer(self, answer: TradesPage | NoPage) -> list[Event]:
        """Answer what was asked last, and let the keeper go on."""
        self.wait(MOMENT_S)
        done: list[Action] = []
        self.keeper.fetched(self.fetches[-1], answer, self.now, done)
        self.out += done
        assert all(isinstance(action, Log) for action in done), "it may be between connections"
        return self.tick()

    @property
    def fetches(self) -> list[Fetch]:
        return [action for action in self.out if isinstance(action, Fetch)]

    def state(self) -> tuple[int | None, list[int]]:
        """Return the last id and the ids of the latest trades."""
        state = self.capture()
        assert isinstance(state, TradesSnapshot)
        encode(state, 1)
        return state.last_trade_id, [each[0] for each in state.trades or ()]


def begun(*ids: int) -> Desk:
    desk = Desk()
    desk.snapshot(*(ids or (8, 9, 10)))
    return desk


def told(events: Sequence[Event]) -> list[object]:
    """Return the ids and flags of `trades`, the ends and words of a `gap`, `snapshot`."""
    found: list[object] = []
    for event in events:
        match event:
            case Trades():
                found.append(([each[0] for each in event.trades], event.flags))
            case Gap():
                found.append((event.first, event.last, event.reason, event.note))
            case TradesSnapshot():
                found.append("snapshot")
    return found


def test_the_request_asks_for_the_snapshot() -> None:
    """protocol.md 4: its default is false, here alone."""
    assert TradeChannel().terms == {"snapshot": True}


# In order


def test_a_trade_is_told_exactly() -> None:
    desk = begun()
    (event,) = desk.take(
        b'{"channel":"trade","type":"update","data":[{"symbol":"ALGO/USD","side":"buy",'
        b'"price":0.5117,"qty":1e-8,"ord_type":"limit","trade_id":11,'
        b'"timestamp":"2026-01-02T03:04:05.123456Z"},{"symbol":"ALGO/USD","side":"sell",'
        b'"price":2,"qty":3,"ord_type":"iceberg","trade_id":12,'
        b'"timestamp":"2026-01-02T03:04:05.223456Z"}]}'
    )
    assert keys(event) == {
        "t": "trades",
        "f": 0,
        "x": [
            (11, 0, 51_170, 1, 0, 1_767_323_045_123_456_000),
            (12, 1, 200_000, 300_000_000, 2, 1_767_323_045_223_456_000),
        ],
    }
    assert (event.ts_event, event.ts_recv) == (1_767_323_045_223_456_000, desk.now.unix)
    assert (desk.keeper.ts_event, desk.keeper.ts_recv) == (event.ts_event, event.ts_recv)


def test_krakens_first_snapshot_is_the_state_and_no_news() -> None:
    desk = Desk()
    assert desk.capture() is None
    (event,) = desk.snapshot(8, 9, 10)
    row = (8, 1, 51_170, 4_000_000_000, 1, NOON + 8 * SECOND_NS)
    header = {"v": 1, "ch": "trade", "y": SYMBOL, "pp": 5, "qp": 8}
    assert keys(event) | {"x": None} == {
        "t": "snapshot", "f": 0, **header, "lt": 10, "x": None,
    }  # fmt: skip
    assert keys(event)["x"][0] == row
    assert event.ts_event == NOON + 10 * SECOND_NS
    assert desk.state() == (10, [8, 9, 10])


def test_the_latest_fifty_are_kept() -> None:
    desk = begun(*range(1, 51))
    assert told(desk.update(51, 52)) == [([51, 52], 0)]
    assert desk.state() == (52, list(range(3, 53)))


def test_what_comes_twice_is_told_once_and_counted() -> None:
    desk = begun()
    assert told(desk.update(11, 12)) == [([11, 12], 0)]
    assert told(desk.update(12, 13, 12)) == [([13], 0)]
    assert desk.update(11) == []
    assert [a.detail for a in desk.out if isinstance(a, Log)] == [
        "symbol=ALGO/USD trades=2 all=2",
        "symbol=ALGO/USD trades=1 all=3",
    ]


def test_a_message_out_of_order_within_itself_is_put_in_order() -> None:
    assert told(begun().update(12, 11)) == [([11, 12], 0)]


def test_a_symbol_that_was_never_traded_has_a_state_and_no_hole() -> None:
    desk = Desk()
    assert told(desk.snapshot()) == ["snapshot"]
    assert desk.state() == (0, [])
    assert told(desk.update(7)) == [([7], 0)]
    assert desk.state() == (7, [7])


def test_first_trades_during_an_outage_are_backfilled() -> None:
    desk = Desk()
    desk.snapshot()
    assert told(desk.snapshot(1, 2)) == [([1, 2], BACKFILL), "snapshot"]


def test_a_snapshot_with_a_hole_of_its_own_is_kept_from_there() -> None:
    assert begun(3, 4, 8, 9).state() == (9, [8, 9])


# After a reconnect


def test_the_overlap_is_dropped_and_the_rest_is_backfilled() -> None:
    desk = begun()
    assert told(desk.snapshot(9, 10, 11, 12)) == [([11, 12], BACKFILL), "snapshot"]
    assert told(desk.snapshot(10, 11, 12)) == ["snapshot"]
    assert desk.fetches == []


def test_a_snapshot_that_does_not_reach_back_is_asked_for_at_rest() -> None:
    desk = begun()
    assert desk.snapshot(20, 21) == [], "the state is told when it is whole"
    assert desk.fetches == [Fetch(SYMBOL, NOON + 10 * SECOND_NS - 1_000)]
    assert desk.update(22) == [], "live trades wait"
    assert desk.state() == (10, [8, 9, 10])
    received = desk.now.unix
    events = desk.answer(page(*range(10, 30)))
    assert told(events) == [(list(range(11, 20)), BACKFILL), ([20, 21], BACKFILL), ([22], 0),
                            "snapshot"]  # fmt: skip
    assert events[2].ts_recv == received, "when its frame came"
    assert told(desk.update(23)) == [([23], 0)], "what REST knew before the socket comes live"
    assert len(desk.fetches) == 1


def test_pages_go_on_from_the_last_one_and_are_published_as_they_come() -> None:
    desk = begun()
    desk.snapshot(20)
    assert told(desk.answer(page(10, 11, 12, is_full=True))) == [([11, 12], BACKFILL)]
    assert desk.fetches[-1].since == NOON + 12 * SECOND_NS - 1
    assert told(desk.answer(page(*range(12, 21), is_full=True))) == [
        (list(range(13, 20)), BACKFILL), ([20], BACKFILL), "snapshot",
    ]  # fmt: skip


def test_a_second_disconnect_keeps_what_waits() -> None:
    desk = begun()
    desk.snapshot(20, 21)
    desk.update(22)
    assert desk.snapshot(21, 22, 23) == []
    assert len(desk.fetches) == 1, "one question at a time"
    assert told(desk.answer(page(*range(10, 24)))) == [
        (list(range(11, 20)), BACKFILL), ([20, 21], BACKFILL), ([22], 0), ([23], BACKFILL),
        "snapshot",
    ]  # fmt: skip


# A lost message


def test_a_lost_message_is_asked_for() -> None:
    desk = begun()
    desk.update(11)
    assert desk.update(13) == []
    assert desk.fetches == [Fetch(SYMBOL, NOON + 11 * SECOND_NS - 1_000)]
    assert told(desk.answer(page(11, 12, 13))) == [([12], BACKFILL), ([13], 0)]


def test_a_late_message_fills_the_hole_itself() -> None:
    desk = begun()
    desk.update(12)
    assert told(desk.update(11)) == [([11], 0), ([12], 0)]
    assert desk.answer(page(10, 11, 12)) == []


def test_two_holes_are_filled_by_one_page() -> None:
    desk = begun()
    desk.update(12)
    desk.update(14)
    events = desk.answer(page(10, 11, 12, 13, 14))
    assert told(events) == [([11], BACKFILL), ([12], 0), ([13], BACKFILL), ([14], 0)]


# What cannot be had


def test_what_the_history_lacks_is_a_gap() -> None:
    desk = begun()
    desk.update(14)
    for _ in range(2):
        assert told(desk.answer(page(10, 12, 14))) == []
        desk.tick(2.0)
    assert len(desk.fetches) == 3
    lacks = "Kraken's history lacks them"
    assert told(desk.answer(page(10, 12, 14))) == [
        (11, 11, "unfilled", lacks), ([12], BACKFILL),
    ]  # fmt: skip
    assert desk.state() == (12, [12]), "ids of a snapshot grow by 1"
    for _ in range(3):
        events = desk.answer(page(12, 14))
        desk.tick(2.0)
    assert told(events) == [(13, 13, "unfilled", lacks), ([14], 0)]
    assert told(desk.update(15)) == [([15], 0)]


def test_rest_refusing_for_good_is_a_gap_at_once() -> None:
    desk = begun()
    desk.snapshot(20)
    events = desk.answer(NoPage("Trades: EQuery:Unknown asset pair", None))
    refusal = "Trades: EQuery:Unknown asset pair"
    assert told(events) == [(11, 19, "unfilled", refusal), ([20], BACKFILL), "snapshot"]
    assert [action.detail for action in desk.out if isinstance(action, Log)] == [
        f"symbol=ALGO/USD {refusal}",
        f"symbol=ALGO/USD first=11 last=19 {refusal}",
    ]


def test_rest_failing_is_asked_again_and_is_a_gap_in_the_end() -> None:
    desk = begun()
    desk.update(12)
    asked = 0
    while not (events := desk.answer(NoPage("Trades: busy", 5.0))):
        asked += 1
        assert len(desk.fetches) == asked
        assert desk.tick(4.9) == []
        assert len(desk.fetches) == asked
        if events := desk.tick(0.1):
            break
    assert told(events) == [(11, 11, "unfilled", "Trades: busy"), ([12], 0)]
    assert asked == FILL_S / 5


def test_rest_that_never_answers_is_a_gap_in_the_end() -> None:
    desk = begun()
    desk.update(12)
    assert desk.tick(FILL_S - 0.1) == []
    (gap, _) = desk.tick(0.1)
    assert told([gap]) == [(11, 11, "unfilled", "no answer within 60 s")]


def test_a_new_connection_gives_rest_its_time_anew() -> None:
    desk = begun()
    desk.snapshot(20)
    desk.wait(1000)
    assert desk.snapshot(20, 21) == []


def test_the_queue_ends_in_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trade, "WAITING_MOST", 3)
    desk = begun()
    desk.update(12, 13, 14)
    assert told(desk.update(16)) == [(11, 11, "unfilled", "3 trades wait"), ([12, 13, 14], 0)]
    assert told(desk.answer(page(14, 15, 16))) == [([15], BACKFILL), ([16], 0)]


def test_trades_of_rest_in_finer_numbers_are_not_to_be_had() -> None:
    desk = begun()
    desk.update(12)
    (old,) = page(11).trades
    odd = TradesPage([PastTrade(old.side, "0.511701", old.qty, "limit", 11, old.time)], 0, False)
    for _ in range(3):
        events = desk.answer(odd)
        desk.tick(2.0)
    assert told(events) == [(11, 11, "unfilled", "Kraken's history lacks them"), ([12], 0)]


# Faults and other precisions


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (b"0.51170", b"0.511701", BadNumber),
        (b"40.00000000", b"-1", BadNumber),
        (b"12:00:11", b"noon", BadFrame),
    ],
)
def test_a_bad_trade_is_no_event_and_its_id_is_not_known(
    old: bytes, new: bytes, error: type[Exception]
) -> None:
    desk = begun()
    with pytest.raises(error):
        desk.take(message(11).replace(old, new))
    assert desk.state() == (10, [8, 9, 10])
    assert told(desk.update(11)) == [([11], 0)]


def test_other_precisions_keep_the_ids_and_drop_the_numbers() -> None:
    desk = begun()
    desk.update(12)
    desk.keeper.is_of(Instrument(SYMBOL, 6, 8, "online"))
    assert desk.capture() is None
    assert told(desk.snapshot(9, 10, 11, 12)) == [([11, 12], BACKFILL), "snapshot"]
    state = desk.capture()
    assert isinstance(state, TradesSnapshot)
    assert state.trades is not None
    assert [(each[0], each[2]) for each in state.trades] == [
        (number, 511_700) for number in (9, 10, 11, 12)
    ]


def test_another_status_changes_nothing() -> None:
    desk = begun()
    desk.update(12)
    desk.keeper.is_of(Instrument(SYMBOL, 5, 8, "cancel_only"))
    assert desk.state() == (10, [8, 9, 10])
    assert told(desk.answer(page(11))) == [([11], BACKFILL), ([12], 0)]


def test_recorded_trades_keep_every_digit(captures: Path) -> None:
    """Each number, written down again by its precision, equals the recorded one."""
    count = 0
    for line, raw in messages_of(captures, "trade"):
        desk = Desk()
        desk.snapshot()
        rows = raw["data"]
        events = desk.take(line.replace(b'"snapshot"', b'"update"'))
        found = [each for event in events if isinstance(event, Trades) for each in event.trades]
        assert len(found) == len(rows)
        for (number, side, price, qty, ord_type, time), row in zip(found, rows, strict=True):
            assert (number, time) == (row["trade_id"], nanoseconds(row["timestamp"]))
            assert (("buy", "sell")[side], ("limit", "market")[ord_type]) == (
                row["side"],
                row["ord_type"],
            )
            assert f"{price:0{6}d}" == _padded(row["price"], 5)
            assert f"{qty:0{9}d}" == _padded(row["qty"], 8)
            count += 1
    assert count == 21


def _padded(text: str, digits: int) -> str:
    """Return the digits of a number with so many decimals, at least one before the point."""
    whole, _, rest = text.partition(".")
    return whole + rest.ljust(digits, "0")
