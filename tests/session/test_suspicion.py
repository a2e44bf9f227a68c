"""A symbol that falls silent while the others go on is asked for anew; a quiet market is not."""

from __future__ import annotations

import random

import pytest

from publisher.actions import Action, Emit
from publisher.session.suspicion import CHANGES, LEAST_S, PAST_S
from publisher.wire import Reset
from tests.session.desk import BTC, ETH, Desk, asked


def lived(desk: Desk, *symbols: str, every_s: int = 1, seconds: float = PAST_S + 20) -> None:
    """Let these symbols change as often, for as long."""
    for second in range(int(seconds)):
        if second % every_s == 0:
            for symbol in symbols:
                desk.update(symbol, [("99.0", f"{random.randrange(1, 10**6)}.00000000")])
        assert resets(desk.rest(1.0)) == []


def resets(actions: list[Action]) -> list[Reset]:
    return [a.event for a in actions if isinstance(a, Emit) and isinstance(a.event, Reset)]


@pytest.mark.row("X3")
def test_a_live_book_that_is_muted_is_asked_for_anew() -> None:
    """X3: heartbeats and the other symbol go on, nothing says that this one does not."""
    desk = Desk.begun()
    lived(desk, BTC, ETH)
    actions: list[Action] = []
    for _ in range(int(LEAST_S) + 3):
        desk.update(ETH, [("99.0", f"{random.randrange(1, 10**6)}.00000000")])
        actions += desk.rest(1.0)
    (reset,) = resets(actions)
    assert reset.reason == "stale"
    assert reset.note.startswith("silent for 6")
    assert asked(actions, "unsubscribe")[0] == [BTC]
    assert desk.session.subscriptions[ETH].is_live


def test_who_was_asked_for_anew_begins_without_a_past() -> None:
    """It only fell quiet: once asked for it is left alone."""
    desk = Desk.begun()
    lived(desk, BTC, ETH)
    assert len(resets(desk.rest(LEAST_S + 3))) == 2
    for symbol in (BTC, ETH):
        desk.ack(symbol, "unsubscribe")
    desk.rest(1.0)
    desk.live()
    assert resets(desk.rest(1000.0)) == []


def test_ten_times_the_longest_silence_until_then() -> None:
    desk = Desk.begun(BTC)
    lived(desk, BTC, every_s=20, seconds=20 * (CHANGES + 2))
    assert resets(desk.rest(3 * LEAST_S)) == []
    assert len(resets(desk.rest(10 * LEAST_S))) == 1


@pytest.mark.parametrize(("every_s", "seconds"), [(1, PAST_S - 20), (20, 20 * (CHANGES - 2))])
def test_no_past_no_suspicion(every_s: int, seconds: float) -> None:
    desk = Desk.begun(BTC)
    lived(desk, BTC, every_s=every_s, seconds=seconds)
    assert resets(desk.rest(2000.0)) == []


def test_while_kraken_rests_no_silence_is_a_symbol_s_own() -> None:
    desk = Desk.begun(BTC)
    lived(desk, BTC)
    status = {"system": "cancel_only", "api_version": "v2", "version": "2", "connection_id": 1}
    desk.receive({"channel": "status", "type": "update", "data": [status]})
    assert resets(desk.rest(600.0)) == []
    status["system"] = "online"
    desk.receive({"channel": "status", "type": "update", "data": [status]})
    assert resets(desk.rest(600.0)) == []
