"""Executions: sparse reports add up to whole orders; losses are found, told and mended.

The reports are those of protocol.md 8.1; what must come out is derived by hand.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from publisher.channels.channel import WrongSequence
from publisher.channels.channel import told as reason_of
from publisher.channels.executions import FILLS_KNOWN, FILLS_TOLD
from publisher.errors import BadFrame
from publisher.model import ResetReason
from publisher.wire import Event, Execution, ExecutionsSnapshot, Flag, OrdersGap
from tests.channels.private import Desk, executions, told

A, B, C = "OAAAAA-BBBBB-CCCCCC", "OBBBBB-BBBBB-CCCCCC", "OCCCCC-BBBBB-CCCCCC"
STAMP_NS = 1_767_323_045_123_456_000


def pending(order: str = A) -> str:
    return (
        f'{{"order_id":"{order}","exec_type":"pending_new","order_status":"pending_new",'
        '"symbol":"BTC/USD","side":"buy","order_type":"limit","order_qty":0.20,'
        '"limit_price":30000.0,"cum_qty":0,"timestamp":"2026-01-02T03:04:05.123456Z"}'
    )


def new(order: str = A) -> str:
    return (
        '{"timestamp":"2026-01-02T03:04:05.123500Z","order_status":"new","exec_type":"new",'
        f'"order_userref":0,"order_id":"{order}"}}'
    )


def fill(
    number: int, order: str = A, *, status: str = "partially_filled", second: int | None = None
) -> str:
    second = number % 60 if second is None else second
    return (
        f'{{"order_id":"{order}","exec_type":"trade","order_status":"{status}",'
        f'"exec_id":"T{number}","trade_id":{number},"last_qty":0.10,"cum_qty":0.10,'
        f'"timestamp":"2026-01-02T03:05:{second:02}.000001Z"}}'
    )


def ended(status: str, order: str = A) -> str:
    return f'{{"order_id":"{order}","exec_type":"{status}","order_status":"{status}"}}'


def open_order(order: str = A, status: str = "new") -> str:
    return (
        f'{{"order_id":"{order}","exec_type":"new","order_status":"{status}","order_qty":0.20,'
        '"limit_price":30000.0,"cum_qty":0.10}'
    )


def last(events: list[Event]) -> Execution:
    assert isinstance(events[-1], Execution)
    return events[-1]


def snapshot_of(events: list[Event]) -> ExecutionsSnapshot:
    assert isinstance(events[-1], ExecutionsSnapshot)
    return events[-1]


def open_ids(desk: Desk) -> list[str]:
    captured = desk.keeper.capture()
    assert isinstance(captured, ExecutionsSnapshot)
    assert captured.orders is not None
    return [told(order)["order_id"] for order in captured.orders]


def begun(*items: str) -> Desk:
    desk = executions()
    desk.snapshot(*items)
    return desk


# One order's life


def test_everything_is_asked_for_by_name() -> None:
    assert executions().channel.terms == {
        "snap_orders": True,
        "snap_trades": True,
        "order_status": True,
    }


def test_a_sparse_report_adds_to_the_whole_order_and_is_kept_itself() -> None:
    desk = begun()
    whole = last(desk.update(pending()))
    assert whole.report == pending()
    assert (whole.order_id, whole.sequence, whole.flags) == (A, 2, 0)
    assert (whole.ts_event, whole.ts_recv, whole.ts_pub) == (STAMP_NS, 7_000, 0)
    sparse = last(desk.update(new()))
    assert sparse.report == new()
    merged = told(sparse.order)
    assert merged == told(whole.order) | told(new())
    assert (merged["order_status"], merged["symbol"]) == ("new", "BTC/USD")


def test_every_digit_stands_as_kraken_wrote_it() -> None:
    desk = begun()
    text = f'{{"order_id":"{A}","a":0.10,"b":1e-08,"c":123456789012345678901234567890.5,"d":0}}'
    order = last(desk.update(text)).order
    assert order == text


def test_what_is_new_is_kept_and_an_unknown_status_is_no_end() -> None:
    desk = begun()
    text = (
        f'{{"order_id":"{A}","exec_type":"teleported","order_status":"triggered",'
        '"novel":{"x":[1.50,null,"y"]},"new":true}'
    )
    assert told(last(desk.update(text)).order) == told(text)
    assert open_ids(desk) == [A]


@pytest.mark.parametrize("status", ["filled", "canceled", "expired"])
def test_an_ended_order_is_told_whole_once_and_is_open_no_more(status: str) -> None:
    desk = begun()
    desk.update(pending())
    event = last(desk.update(ended(status)))
    assert told(event.order) == told(pending()) | told(ended(status))
    assert open_ids(desk) == []


def test_the_completing_fill_leaves_the_order_open_until_filled_says_so() -> None:
    desk = begun()
    desk.update(pending())
    trade, filled = desk.update(fill(1), ended("filled"))
    assert isinstance(trade, Execution)
    assert isinstance(filled, Execution)
    assert [told(event.order)["order_status"] for event in (trade, filled)] == [
        "partially_filled",
        "filled",
    ]
    assert trade.sequence == filled.sequence == 3
    assert open_ids(desk) == []


def test_a_value_in_a_value_is_replaced_whole() -> None:
    desk = begun()
    desk.update(f'{{"order_id":"{A}","triggers":{{"price":0.2,"status":"untriggered"}}}}')
    event = last(desk.update(f'{{"order_id":"{A}","triggers":{{"status":"triggered"}}}}'))
    assert told(event.order)["triggers"] == {"status": "triggered"}


# The sequence


@pytest.mark.parametrize("begin", [1, 120])
def test_the_sequence_goes_on_from_the_snapshots_whatever_it_is(begin: int) -> None:
    desk = executions()
    assert snapshot_of(desk.snapshot(sequence=begin)).sequence == begin
    assert last(desk.update(pending())).sequence == begin + 1
    assert desk.keeper.capture().sequence == begin + 1


@pytest.mark.parametrize("step", [0, 2, -1])
def test_a_hole_or_a_repeat_is_a_fault(step: int) -> None:
    desk = begun()
    desk.update(pending())
    with pytest.raises(WrongSequence) as caught:
        desk.update(new(), sequence=2 + step)
    assert (caught.value.stated, caught.value.due) == (2 + step, 3)
    assert reason_of(caught.value) == (ResetReason.SEQUENCE, f"stated {2 + step}, due 3")


@pytest.mark.parametrize(
    "text",
    ["1", "[]", "null", "{}", '{"order_id":1}', '{"order_id":""}', '{"order_id":"A","exec_type":1}',
     '{"order_id":"A","timestamp":"yesterday"}', '{"order_id":"' + "A" * 4097 + '"}'],
)  # fmt: skip
def test_a_report_of_no_order_is_a_fault_and_changes_nothing(text: str) -> None:
    desk = begun(open_order())
    with pytest.raises(BadFrame):
        desk.update(pending(B), text)
    assert open_ids(desk) == [A]
    with pytest.raises(BadFrame):
        desk.snapshot(text)


def test_a_long_order_travels_in_pieces() -> None:
    desk = begun()
    text = f'{{"order_id":"{A}","note":"{"ä" * 3000}"}}'
    event = last(desk.update(text))
    assert isinstance(event.report, list)
    assert isinstance(event.order, list)
    assert "".join(event.report) == "".join(event.order) == text


# Snapshots


def test_nothing_is_shown_before_the_first_snapshot() -> None:
    assert executions().keeper.capture() is None


def test_a_snapshot_holds_the_open_orders_whole() -> None:
    events = begun().snapshot(open_order(A), open_order(B))
    (snapshot,) = events
    assert isinstance(snapshot, ExecutionsSnapshot)
    assert snapshot.orders == [open_order(A), open_order(B)]
    assert (snapshot.account, snapshot.channel, snapshot.sequence) == ("main", "executions", 1)


def test_fills_of_orders_that_are_not_open_open_nothing() -> None:
    desk = begun(open_order(A), fill(1, B, status="filled"), fill(2, C), fill(3, A))
    assert open_ids(desk) == [A]
    assert told(desk.keeper.capture().orders[0]) == told(fill(3, A)) | told(open_order(A))


# What a new snapshot tells of the time between


def test_fills_not_seen_before_are_told_in_their_order_before_the_snapshot() -> None:
    desk = begun(open_order(A), fill(1))
    desk.update(fill(2))
    events = desk.snapshot(open_order(A), fill(4), fill(3), fill(2), fill(1))
    late = [event for event in events if isinstance(event, Execution)]
    assert [told(event.report)["exec_id"] for event in late] == ["T3", "T4"]
    assert {event.flags for event in late} == {Flag.BACKFILL}
    assert {event.sequence for event in late} == {0}
    assert told(late[0].order) == told(open_order(A)) | told(fill(3))
    assert len(events) == 3
    assert snapshot_of(events).sequence == 1


def test_fills_of_one_instant_are_told_by_their_number() -> None:
    desk = begun()
    events = desk.snapshot(fill(12, second=5), fill(9, second=5), fill(10, second=5))
    ids = [told(e.report)["exec_id"] for e in events if isinstance(e, Execution)]
    assert ids == ["T9", "T10", "T12"]


def test_an_order_whose_end_is_told_is_no_gap() -> None:
    desk = begun(open_order(A), open_order(B))
    events = desk.snapshot(fill(1, A, status="filled"), ended("canceled", B))
    assert [type(event) for event in events] == [Execution, Execution, ExecutionsSnapshot]
    ends: dict[str, Any] = {
        event.order_id: told(event.order) for event in events if isinstance(event, Execution)
    }
    assert ends[B]["order_status"] == "canceled"
    assert ends[A]["limit_price"] == Decimal("30000.0")
    assert open_ids(desk) == []


def test_orders_whose_end_nobody_tells_are_named_before_the_snapshot() -> None:
    desk = begun(open_order(A), open_order(B), open_order(C))
    gap, snapshot = desk.snapshot(open_order(B), ended("canceled", "OELSE"))
    assert isinstance(gap, OrdersGap)
    assert (gap.reason, gap.order_ids, gap.note, gap.flags) == ("unfilled", [A, C], "", 0)
    assert isinstance(snapshot, ExecutionsSnapshot)


def test_an_order_seen_only_in_fills_that_are_known_is_a_gap() -> None:
    desk = begun(open_order(A))
    desk.update(fill(1))
    gap, _ = desk.snapshot(fill(1, status="filled"))
    assert isinstance(gap, OrdersGap)
    assert gap.order_ids == [A]


def many(first: int, count: int) -> list[str]:
    return [fill(number, C) for number in range(first, first + count)]


def test_a_full_page_of_fills_none_of_them_known_may_hide_more() -> None:
    desk = begun(open_order(A), open_order(B), fill(1, C))
    *late, gap, _ = desk.snapshot(open_order(A), open_order(B), *many(2, FILLS_TOLD))
    assert len(late) == FILLS_TOLD
    assert isinstance(gap, OrdersGap)
    assert gap.order_ids == [A, B]
    assert "there may be more" in gap.note


@pytest.mark.parametrize("first", [1, 2])
def test_a_page_that_reaches_back_to_what_is_known_or_is_not_full_proves_all(first: int) -> None:
    desk = begun(fill(1, C))
    events = desk.snapshot(*many(first, FILLS_TOLD if first == 1 else FILLS_TOLD - 1))
    assert not any(isinstance(event, OrdersGap) for event in events)


def test_the_first_snapshot_of_all_is_no_gap() -> None:
    events = executions().snapshot(*many(1, FILLS_TOLD))
    assert not any(isinstance(event, OrdersGap) for event in events)


def test_the_fills_remembered_have_an_end() -> None:
    desk = begun()
    for number in range(FILLS_KNOWN + FILLS_TOLD):
        desk.update(fill(number, C))
    latest = many(FILLS_KNOWN, FILLS_TOLD)
    assert len(desk.snapshot(*latest)) == 2, "a gap for the order, and no fill a second time"
    late = [e for e in desk.snapshot(*many(0, 60)) if isinstance(e, Execution)]
    assert len(late) == FILLS_TOLD, "ten of the sixty are remembered"
