"""Requests and their answers: one ack a symbol by req_id, and every way of not getting one."""

from __future__ import annotations

import pytest

from publisher.session import Session
from publisher.session.subscription import State
from publisher.wire import Reset
from tests.session.desk import BTC, ETH, Desk, asked, closes, events, logs, notices, requests

SOL = "SOL/USD"


def asking(*symbols: str) -> Desk:
    """Return a desk whose symbols have just been asked for."""
    desk = Desk(*(symbols or (BTC, ETH, SOL)))
    desk.connect()
    desk.instruments()
    desk.actions.clear()
    return desk


def test_each_symbol_has_its_own_ack() -> None:
    desk = asking()
    desk.ack(ETH)
    assert [desk.state(s) for s in (BTC, ETH, SOL)] == [
        State.SUBSCRIBING,
        State.AWAITING_SNAPSHOT,
        State.SUBSCRIBING,
    ]


def test_an_error_for_one_never_stops_the_others() -> None:
    desk = asking()
    actions = desk.error("Currency pair not supported ETH/USD", ETH)
    assert [(n.kind, n.symbol) for n in notices(actions)] == [("refused", ETH)]
    assert events(actions) == [], "it was never live"
    desk.live(BTC, SOL)
    assert desk.session.live == 2
    assert desk.session.refused == [ETH]
    assert asked(desk.rest(120), "subscribe") == [], "refused is for good"


def test_an_error_that_names_no_symbol_has_each_asked_alone() -> None:
    desk = asking()
    desk.error("Subscription depth not supported")
    groups = asked(desk.rest(3), "subscribe")
    assert sorted(groups) == [[BTC], [ETH], [SOL]]


def test_an_error_that_names_no_symbol_is_the_only_asker_s() -> None:
    desk = asking(BTC)
    assert len(notices(desk.error("Subscription depth not supported"))) == 1
    assert desk.session.refused == [BTC]


def test_an_answer_to_an_older_request_means_nothing() -> None:
    desk = asking(BTC)
    old = desk.session.subscriptions[BTC].req_id
    desk.rest(6)  # overdue: unsubscribes
    assert desk.state(BTC) is State.UNSUBSCRIBING
    desk.ack(BTC, req_id=old)
    assert desk.state(BTC) is State.UNSUBSCRIBING
    assert notices(desk.error("Currency pair not supported", BTC, req_id=old)) == []
    assert desk.session.refused == []


def test_an_answer_without_an_id_means_nothing() -> None:
    desk = asking(BTC)
    desk.receive({"method": "subscribe", "success": False, "error": "x", "symbol": BTC})
    assert desk.state(BTC) is State.SUBSCRIBING


def test_errors_of_nobody_are_logged_once() -> None:
    desk = asking(BTC)
    assert len(desk.error("Malformed request", req_id=999)) == 1
    assert desk.error("Malformed request", req_id=999) == []


def test_already_subscribed_brings_no_snapshot() -> None:
    """§4: unsubscribe, await the ack, subscribe."""
    desk = asking(BTC)
    actions = desk.error("Already subscribed", BTC)
    assert asked(actions, "unsubscribe") == [[BTC]]
    assert events(actions) == []
    desk.ack(BTC, "unsubscribe")
    desk.rest(1)
    desk.live(BTC)
    assert desk.session.live == 1


@pytest.mark.parametrize(
    "words", ["Exceeded msg rate", "EService:Unavailable", "EGeneral:Internal error:x"]
)
def test_errors_that_time_mends_are_asked_again_later(words: str) -> None:
    desk = asking(BTC)
    actions = desk.error(words, BTC)
    assert logs(actions, "subscribe.error")
    assert requests(actions) == []
    assert asked(desk.tick(0.5), "subscribe") == []
    assert asked(desk.tick(0.6), "subscribe") == [[BTC]]
    desk.live(BTC)
    assert desk.session.live == 1


def test_a_storm_of_exceeded_msg_rate_ends_with_every_book() -> None:
    """X27: some requests are refused, some are never answered; each is followed to its end."""
    symbols = tuple(f"S{i}/USD" for i in range(40))
    desk = asking(*symbols)
    desk.error("Exceeded msg rate", "")
    rounds = 0
    while desk.session.live < len(symbols):
        rounds += 1
        assert rounds < 300, [str(desk.state(s)) for s in symbols]
        for number, symbol in enumerate(symbols):
            state = desk.state(symbol)
            if state is State.SUBSCRIBING and (number + rounds) % 3 == 0:
                desk.error("Exceeded msg rate", symbol)
            elif state is State.SUBSCRIBING and (number + rounds) % 3 == 1:
                desk.live(symbol)
            elif state is State.UNSUBSCRIBING and desk.session.subscriptions[symbol].req_id:
                desk.ack(symbol, "unsubscribe")
        if closes(desk.rest(1)):
            desk.disconnect()
            desk.connect()
            desk.instruments()


def test_no_ack_in_five_seconds() -> None:
    desk = asking(BTC)
    assert asked(desk.rest(4), "unsubscribe") == []
    assert asked(desk.rest(2), "unsubscribe") == [[BTC]]


def test_no_snapshot_in_five_seconds() -> None:
    """X3: acked, and then nothing."""
    desk = asking(BTC)
    desk.ack(BTC)
    assert asked(desk.rest(4), "unsubscribe") == []
    actions = desk.rest(2)
    assert asked(actions, "unsubscribe") == [[BTC]]
    assert events(actions) == [], "never live, no reset"


def test_no_answer_to_an_unsubscribe() -> None:
    desk = Desk.begun(BTC)
    desk.update(BTC, [("100.5", "1.00000000")], off=1)
    actions = desk.rest(8)
    assert asked(actions, "subscribe") == [[BTC]], "it may have worked; `Already` says if not"


def test_a_symbol_that_never_answers_ends_in_a_new_connection() -> None:
    desk = Desk(BTC, ETH)
    desk.connect()
    desk.instruments()
    desk.live(ETH)
    assert closes(desk.rest(60)), "X3: per-channel resubscribe, then reconnect"


def test_requests_keep_the_pace() -> None:
    """X27: the 16th to 25th request in a second has been seen to vanish."""
    symbols = tuple(f"S{i}/USD" for i in range(100))
    desk = Desk.begun(*symbols)
    for symbol in symbols:
        desk.update(symbol, [("100.5", "1.00000000")], off=1)
    sent = [len(requests(desk.actions))]
    for _ in range(10):
        before = len(desk.actions)
        desk.rest(1)
        sent.append(len(requests(desk.actions[before:])))
    assert sent[0] <= 10
    assert all(each <= 25 for each in sent)
    assert sum(sent) >= 100


def test_many_symbols_share_first_requests() -> None:
    symbols = tuple(f"S{i}/USD" for i in range(120))
    desk = Desk(*symbols)
    desk.connect()
    assert [len(group) for group in asked(desk.instruments(), "subscribe")] == [50, 50, 20]


def test_the_depth_is_always_named() -> None:
    desk = Desk.begun(BTC, depth=25)
    actions = desk.update(BTC, [("100.5", "1.00000000")], off=1)
    assert [r["params"]["depth"] for r in requests(actions)] == [25]
    assert [type(e) for e in events(actions)] == [Reset]


def test_nothing_is_sent_before_it_is_connected() -> None:
    desk = Desk()
    assert desk.tick(100.0) == []
    assert isinstance(desk.session, Session)
