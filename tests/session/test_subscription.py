"""The table of states: the docstring, the code and the rules about them are one."""

from __future__ import annotations

import itertools

import pytest

from publisher.model import BookState
from publisher.session import subscription as module
from publisher.session.subscription import (
    ANSWER_DUE_S,
    BACKOFF_S,
    HEALTHY_S,
    TRANSITIONS,
    State,
    Subscription,
    Trigger,
)

CELLS = list(itertools.product(State, Trigger))


def written() -> dict[tuple[State, Trigger], State]:
    """Read the table of the module's docstring."""
    table: dict[tuple[State, Trigger], State] = {}
    for line in (module.__doc__ or "").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 3 or cells[0] in ("state", "---"):
            continue
        where, triggers, to = cells
        named = {State(state) for state in where.removeprefix("any but ").split(", ")}
        states = set(State) - named if where.startswith("any but ") else named
        for state, trigger in itertools.product(states, triggers.split(", ")):
            assert (state, Trigger(trigger)) not in table, line
            table[state, Trigger(trigger)] = State(to)
    return table


def test_the_docstring_is_the_table() -> None:
    assert written() == TRANSITIONS


def at(state: State) -> Subscription:
    return Subscription("BTC/USD", 10, state=state, is_live=state is State.LIVE)


@pytest.mark.parametrize(("state", "trigger"), CELLS)
def test_each_cell(state: State, trigger: Trigger) -> None:
    """A cell that is listed moves; one that is not changes nothing at all."""
    subscription, untouched = at(state), at(state)
    to = TRANSITIONS.get((state, trigger))
    assert subscription.takes(trigger) is (to is not None)
    assert subscription.moves(trigger, 50.0) is (to is not None)
    if to is None:
        assert subscription.state is untouched.state
        assert subscription.due == untouched.due
        return
    assert subscription.state is to
    assert subscription.is_live is (to is State.LIVE)
    if to in (
        State.SUBSCRIBING,
        State.AWAITING_SNAPSHOT,
        State.UNSUBSCRIBING,
        State.LEAVING,
    ):
        assert subscription.due == 50.0 + ANSWER_DUE_S


@pytest.mark.parametrize(("state", "trigger"), CELLS)
def test_every_way_back_to_live_leads_through_queued(state: State, trigger: Trigger) -> None:
    """protocol.md 4: no snapshot without unsubscribe, its ack, and subscribe."""
    if TRANSITIONS.get((state, trigger)) is State.LIVE:
        assert trigger is Trigger.SNAPSHOT
        assert state in (State.SUBSCRIBING, State.AWAITING_SNAPSHOT, State.LIVE)
    if TRANSITIONS.get((state, trigger)) is State.SUBSCRIBING:
        assert (state, trigger) == (State.QUEUED, Trigger.SENT)


@pytest.mark.parametrize(("state", "trigger"), CELLS)
def test_what_leaves_comes_back_only_when_it_is_added(state: State, trigger: Trigger) -> None:
    """Nothing but the operator makes a removed symbol one that is published again."""
    to = TRANSITIONS.get((state, trigger))
    if state is State.GONE:
        assert to is None
    if state is State.LEAVING and trigger is not Trigger.ADDED:
        assert to in (None, State.LEAVING, State.GONE)
    if trigger is Trigger.REMOVED and state not in (State.LEAVING, State.GONE):
        assert to in (State.LEAVING, State.GONE)


def test_an_answer_on_its_way_is_the_answer_for_who_comes_back() -> None:
    subscription = at(State.LIVE)
    subscription.moves(Trigger.REMOVED, 1.0)
    subscription.moves(Trigger.SENT, 1.0)
    subscription.req_id = 7
    assert subscription.moves(Trigger.ADDED, 2.0)
    assert (subscription.state, subscription.req_id) == (State.UNSUBSCRIBING, 7)


def test_what_the_wire_says_of_each_state() -> None:
    said = {state: at(state).book_state for state in State}
    assert said.pop(State.LIVE) is BookState.LIVE
    assert said.pop(State.DISCONNECTED) is BookState.DISCONNECTED
    assert set(said.values()) == {BookState.AWAITING_SNAPSHOT}


def queued_after(failures: int) -> float:
    """Return the wait in `queued` after failures in a row at one instant."""
    subscription = at(State.SUBSCRIBING)
    for _ in range(failures):
        subscription.fail(100.0)
    assert subscription.moves(Trigger.TURNED_AWAY, 100.0)
    return subscription.due - 100.0


def test_waits_grow_with_failures_in_a_row() -> None:
    assert [queued_after(n) for n in range(10)] == [0.0, *BACKOFF_S, 30.0, 30.0]


def test_time_already_waited_counts() -> None:
    subscription = at(State.UNSUBSCRIBING)
    subscription.fail(100.0)
    subscription.fail(100.0)
    subscription.moves(Trigger.UNSUBSCRIBED, 100.4)
    assert subscription.due == pytest.approx(101.0)


def test_failures_of_the_last_minute_are_counted() -> None:
    subscription = at(State.SUBSCRIBING)
    assert [subscription.fail(t) for t in (0.0, 10.0, 59.0, 60.0, 130.0)] == [1, 2, 3, 3, 1]


def test_a_healthy_book_has_no_failures_behind_it() -> None:
    subscription = at(State.LIVE)
    for _ in range(4):
        subscription.fail(0.0)
    subscription.live_since = 10.0
    assert subscription.fail(10.0 + HEALTHY_S) == 1
    assert len(subscription.failures) == 1
