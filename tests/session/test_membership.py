"""Symbols that join and leave a running session; the others never notice."""

from __future__ import annotations

import pytest

from publisher.actions import Action
from publisher.model import Now
from publisher.session import SessionGroup
from publisher.session.subscription import ANSWER_DUE_S, State
from tests.session.desk import BTC, ETH, Desk, asked, closes, events, notices, pair

SOL = "SOL/USD"


def change(desk: Desk, joining: str = "", leaving: str = "") -> list[Action]:
    """Let one symbol join, one leave, or both."""
    now = Now(desk.now, 0)
    return desk.session.changed(*([s] if s else [] for s in (joining, leaving)), now)


def begun() -> Desk:
    """Return two live books of a Kraken that lists a third, which is no part of them."""
    desk = Desk(BTC, ETH, SOL)
    desk.session.changed([], [SOL], Now(desk.now, 0))
    desk.connect()
    desk.instruments()
    desk.live(BTC, ETH)
    desk.actions.clear()
    return desk


def test_one_joins_as_at_the_start() -> None:
    desk = begun()
    actions = change(desk, joining=SOL)
    assert asked(actions, "subscribe") == [[SOL]]
    assert events(actions) == []
    desk.live(SOL)
    assert desk.state(SOL) is State.LIVE
    assert [type(event).__name__ for event in events(desk.actions)] == ["Snapshot"]


def test_one_leaves_and_the_other_goes_on() -> None:
    desk = begun()
    actions = change(desk, leaving=ETH)
    assert asked(actions, "unsubscribe") == [[ETH]]
    assert events(actions) == []
    assert desk.session.capture(ETH) is None
    assert events(desk.update(ETH, [("99.5", "1.00000000")])) == []
    assert len(events(desk.update(BTC, [("99.5", "1.00000000")]))) == 1
    desk.ack(ETH, "unsubscribe")
    assert set(desk.session.subscriptions) == {BTC}
    assert events(desk.disconnect(), ETH) == []


def test_many_join_in_one_request() -> None:
    desk = begun()
    more = [f"S{i}/USD" for i in range(40)]
    desk.instruments(*(pair(symbol) for symbol in more), kind="update")
    actions = desk.session.changed(more, [BTC, ETH], Now(desk.now, 0))
    assert asked(actions, "subscribe") == [more]
    assert asked(actions, "unsubscribe") == [[BTC, ETH]]


def test_back_before_the_unsubscribe_is_answered() -> None:
    desk = begun()
    change(desk, leaving=ETH)
    assert asked(change(desk, joining=ETH), "subscribe") == []
    assert asked(desk.ack(ETH, "unsubscribe"), "subscribe") == [[ETH]]
    desk.live(ETH)
    assert desk.state(ETH) is State.LIVE


def test_twice_in_and_out_ends_where_it_was_asked_to() -> None:
    desk = begun()
    for _ in range(3):
        change(desk, leaving=ETH)
        change(desk, joining=ETH)
    change(desk, leaving=ETH)
    desk.ack(ETH, "unsubscribe")
    assert set(desk.session.subscriptions) == {BTC}


@pytest.mark.parametrize("is_acked", [False, True])
def test_removed_while_its_snapshot_is_awaited(is_acked: bool) -> None:
    desk = begun()
    change(desk, joining=SOL)
    if is_acked:
        desk.ack(SOL)
    subscribed = desk.session.subscriptions[SOL].req_id
    assert asked(change(desk, leaving=SOL), "unsubscribe") == [[SOL]]
    assert desk.ack(SOL, req_id=subscribed) == []
    assert events(desk.snapshot(SOL)) == []
    desk.ack(SOL, "unsubscribe")
    assert SOL not in desk.session.subscriptions


def test_an_unsubscribe_without_an_answer_is_sent_again_and_blames_nobody() -> None:
    desk = begun()
    change(desk, leaving=ETH)
    actions = desk.rest(4 * ANSWER_DUE_S + 1)
    assert asked(actions, "unsubscribe") == [[ETH]] * 4
    assert closes(actions) == []
    assert desk.state(BTC) is State.LIVE


def test_while_kraken_is_away_the_set_changes_at_once() -> None:
    desk = begun()
    desk.disconnect()
    assert change(desk, joining=SOL, leaving=ETH) == []
    assert set(desk.session.subscriptions) == {BTC, SOL}
    desk.connect()
    assert asked(desk.instruments(), "subscribe") == [[BTC, SOL]]


def test_one_that_is_leaving_when_the_connection_goes_is_forgotten() -> None:
    desk = begun()
    change(desk, leaving=ETH)
    desk.disconnect()
    assert set(desk.session.subscriptions) == {BTC}


def test_one_that_kraken_does_not_list_is_refused_alone() -> None:
    desk = begun()
    (notice,) = notices(change(desk, joining="NO/SUCH"))
    assert (notice.kind, notice.symbol) == ("refused", "NO/SUCH")
    assert desk.session.refused == ["NO/SUCH"]
    change(desk, leaving="NO/SUCH")
    assert desk.session.refused == []


def test_before_the_instruments_came_it_waits_for_them() -> None:
    desk = begun()
    desk.disconnect()
    desk.connect()
    assert change(desk, joining=SOL) == []
    assert asked(desk.instruments(), "subscribe") == [[BTC, ETH, SOL]]


def test_a_group_places_where_there_is_room() -> None:
    now = Now(100.0, 0)
    one, two = Desk("A/USD", "B/USD").session, Desk("C/USD").session
    group = SessionGroup([one, two], 2)
    assert (group.room([]), group.room(["A/USD"])) == (1, 2)
    group.changed(["D/USD", "E/USD"], ["A/USD"], now)
    assert set(group.symbols) == {"B/USD", "C/USD", "D/USD", "E/USD"}
    assert (len(one.subscriptions), len(two.subscriptions)) == (2, 2)
    assert group.room([]) == 0
    group.changed([], list(group.symbols), now)
    assert (list(group.symbols), list(one.subscriptions), group.live) == ([], [], 0)


def test_who_comes_back_gets_its_old_connection() -> None:
    one, two = begun(), Desk("C/USD")
    group = SessionGroup([one.session, two.session], 5)
    group.changed([], [ETH], Now(one.now, 0))
    group.changed([ETH], [], Now(one.now, 0))
    assert one.state(ETH) is State.UNSUBSCRIBING
    assert ETH not in two.session.subscriptions


def test_a_session_that_lost_all_its_symbols_hands_no_instruments_on() -> None:
    """Only one that was made to watch them does."""
    desk = begun()
    desk.session.changed([], [BTC, ETH], Now(desk.now, 0))
    for symbol in (BTC, ETH):
        desk.ack(symbol, "unsubscribe")
    assert desk.instruments(pair(BTC), kind="update") == []
