"""REST `Trades`: rows as Kraken's, pages that lose nothing when they overlap, and the limit."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from publisher.simulator.rest_trades import TradePages
from publisher.simulator.trades import Sweep
from tests.simulator.venue import OPENED, Venue

SECOND = 10**9
ROW = r'\["\d+\.\d{5}","\d+\.\d{8}",\d{10}\.\d{7},"[bs]","[lm]","",\d+\]'


class Desk:
    """A venue after some thousand moves, and its REST without a limit."""

    def __init__(self, per_s: float = 0) -> None:
        self.venue = Venue("BTC/USD,ETH/USD")
        self.venue.subscribe("trade", "BTC/USD", "ETH/USD")
        self.venue.move(4000)
        self.pages = TradePages(self.venue.engine, per_s)
        self.now_ns = self.venue.now_ns

    def get(self, **query: object) -> dict[str, Any]:
        """Return the decoded answer, numbers as text."""
        asked = {name: str(value) for name, value in query.items()}
        answer = self.pages.answer(asked, self.now_ns)
        assert answer.status == 200
        decoded: dict[str, Any] = json.loads(answer.body, parse_float=str)
        return decoded

    def page(self, **query: object) -> tuple[list[list[Any]], str]:
        """Return rows and cursor of a page of BTC/USD."""
        answer = self.get(pair="BTC/USD", **query)
        assert answer["error"] == []
        assert list(answer["result"]) == ["BTC/USD", "last"]
        return answer["result"]["BTC/USD"], answer["result"]["last"]


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("name", ["BTC/USD", "XBT/USD", "XBTUSD"])
def test_the_key_is_the_name_that_was_asked(desk: Desk, name: str) -> None:
    assert list(desk.get(pair=name)["result"]) == [name, "last"]


def test_rows_are_the_trades_of_the_socket(desk: Desk) -> None:
    body = desk.pages.answer({"pair": "BTC/USD", "count": "5"}, 0).body
    assert re.fullmatch(
        rf'\{{"error":\[\],"result":\{{"BTC/USD":\[{ROW}(,{ROW}){{4}}\],"last":"\d{{19}}"\}}\}}',
        body,
    )
    rows, last = desk.page()
    deals = desk.venue.trades("BTC/USD")[-1000:]
    assert [(row[6], Decimal(row[0]), Decimal(row[1])) for row in rows] == [
        (deal.trade_id, deal.price, deal.qty) for deal in deals
    ]
    assert [row[2] for row in rows] == [
        f"{deal.ts_ns // SECOND}.{deal.ts_ns % SECOND // 100:07d}" for deal in deals
    ]
    assert last == str(deals[-1].ts_ns)


def test_overlapping_pages_hold_every_trade(desk: Desk) -> None:
    """From the cursor minus one on, doubles dropped: nothing is missing, whatever the count."""
    deals = desk.venue.trades("BTC/USD")
    most_at_once = max(len(group) for group in by_time(deals).values())
    assert most_at_once > 1
    for count in (most_at_once + 1, 50, 1000):
        seen: dict[int, None] = {}
        cursor = "0"
        while True:
            rows, last = desk.page(since=max(0, int(cursor) - 1), count=count)
            if last == cursor:
                break
            seen |= dict.fromkeys(row[6] for row in rows)
            cursor = last
        assert list(seen) == [deal.trade_id for deal in deals]


def test_the_cursor_itself_loses_what_shares_its_nanosecond(desk: Desk) -> None:
    group = next(
        group for group in by_time(desk.venue.trades("BTC/USD")).values() if len(group) > 1
    )
    at = group[0].ts_ns
    (row,), last = desk.page(since=at - 1, count=1)
    assert (row[6], last) == (group[0].trade_id, str(at))
    (following,), _ = desk.page(since=last, count=1)
    assert following[6] == group[-1].trade_id + 1


def by_time(deals: list[Any]) -> dict[int, list[Any]]:
    """Return the trades grouped by their nanosecond."""
    grouped: dict[int, list[Any]] = {}
    for deal in deals:
        grouped.setdefault(deal.ts_ns, []).append(deal)
    return grouped


def test_since_is_seconds_or_nanoseconds_and_excluded(desk: Desk) -> None:
    seconds = OPENED // SECOND + 10
    expected = [d.trade_id for d in desk.venue.trades("BTC/USD") if d.ts_ns > seconds * SECOND]
    for since in (seconds, seconds * SECOND):
        rows, _ = desk.page(since=since)
        assert [row[6] for row in rows] == expected[:1000]
    last = desk.venue.trades("BTC/USD")[-1].ts_ns
    assert desk.page(since=last) == ([], str(last))


def test_a_late_trade_stands_where_its_time_is() -> None:
    desk = Desk()
    tape = desk.venue.engine.market("BTC/USD").history.tape
    before = tape.latest(3)
    (late,) = tape.record(Sweep("buy", "limit", [(635_000, 5)]), before[1].ts_ns + 1)
    rows, last = desk.page(since=before[0].ts_ns)
    ids = [row[6] for row in rows]
    assert ids.index(late.trade_id) < len(ids) - 1
    assert last == str(before[2].ts_ns)


@pytest.mark.parametrize("query", [{"count": 0}, {"count": 1001}, {"count": "x"}, {"since": "x"}])
def test_bad_arguments(desk: Desk, query: dict[str, object]) -> None:
    (error,) = desk.get(pair="BTC/USD", **query)["error"]
    assert error.startswith("EGeneral:Invalid arguments")


@pytest.mark.parametrize("query", [{}, {"pair": "NOPE"}])
def test_an_unknown_pair(desk: Desk, query: dict[str, object]) -> None:
    assert desk.get(**query) == {"error": ["EQuery:Unknown asset pair"]}


def test_about_one_request_a_second_and_pair_is_let_in() -> None:
    desk = Desk(per_s=1)
    refused = {"error": ["EAPI:Rate limit exceeded"]}
    assert desk.get(pair="BTC/USD")["error"] == []
    assert desk.get(pair="XBTUSD") == refused
    assert desk.get(pair="ETH/USD")["error"] == []
    desk.now_ns += SECOND // 2
    assert desk.get(pair="BTC/USD") == refused
    desk.now_ns += SECOND // 2
    assert desk.get(pair="BTC/USD")["error"] == []
