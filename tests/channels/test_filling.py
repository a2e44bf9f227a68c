"""Where a search in the history goes on, how often it looks, and when it ends."""

from __future__ import annotations

import pytest

from publisher.channels.filling import FILL_S, RETRY_S, Filling
from publisher.kraken.trade import NoPage, PastTrade, TradesPage

START = 5_000_000


def begun() -> Filling:
    return Filling.begun(START, 100.0)


def page(*ids: int, last: int, is_full: bool = True) -> TradesPage:
    trades = [PastTrade("buy", "1", "1", "limit", number, last) for number in ids]
    return TradesPage(trades, last, is_full)


def test_it_begins_before_the_last_trade_known_at_once() -> None:
    """A microsecond: the socket's stamps have no more (protocol.md 2.2)."""
    filling = begun()
    assert (filling.since, filling.due) == (START - 1_000, 100.0)
    assert Filling.begun(0, 1.0).since == 0


def test_pages_overlap_by_a_nanosecond() -> None:
    """protocol.md 10.4: trades of one ns at a page's edge."""
    filling = begun()
    filling.took(filling.since, page(1, 2, last=START + 70), 9, 101.0)
    assert (filling.since, filling.due, filling.verdict(101.0)) == (START + 69, 101.0, "")


def test_a_page_of_one_nanosecond_is_left_behind() -> None:
    filling = begun()
    filling.took(START + 69, page(1, 2, last=START + 70), 9, 101.0)
    assert filling.since == START + 70


@pytest.mark.parametrize("end", [page(1, last=START, is_full=False), page(8, 9, last=START)])
def test_a_history_that_lacks_the_ids_is_looked_through_three_times(end: TradesPage) -> None:
    filling = begun()
    for look in range(3):
        assert filling.verdict(101.0) == ""
        filling.took(filling.since, end, 9, 101.0 + look)
        assert (filling.since, filling.due) == (START - 1_000, 101.0 + look + RETRY_S)
    assert filling.verdict(103.0) == "Kraken's history lacks them"


def test_what_fills_a_part_gives_new_time() -> None:
    filling = begun()
    for _ in range(2):
        filling.took(filling.since, page(last=START, is_full=False), 9, 101.0)
    filling.moved(130.0)
    filling.took(filling.since, page(last=START, is_full=False), 9, 131.0)
    assert filling.verdict(100.0 + FILL_S) == ""
    assert filling.verdict(130.0 + FILL_S) == "Kraken's history lacks them"


def test_a_failure_waits_as_told_and_ends_with_the_time() -> None:
    filling = begun()
    filling.failed(NoPage("Trades: no answer within 10 s", 5.0), 110.0)
    assert (filling.due, filling.verdict(159.9)) == (115.0, "")
    assert filling.verdict(160.0) == "Trades: no answer within 10 s"
    assert begun().verdict(160.0) == "no answer within 60 s"


def test_a_failure_for_good_ends_at_once() -> None:
    filling = begun()
    filling.failed(NoPage("Trades: EQuery:Unknown asset pair", None), 101.0)
    assert filling.verdict(101.0) == "Trades: EQuery:Unknown asset pair"
