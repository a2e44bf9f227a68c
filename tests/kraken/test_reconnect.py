"""When to connect again: quick after a first drop, patient after many, within the budget always."""

from __future__ import annotations

import json

import pytest

from publisher.kraken.reconnect import (
    BLOCKED_WAIT_S,
    BUDGET,
    BUDGET_WINDOW_S,
    HEALTHY_S,
    LONGEST_WAIT_S,
    Backoff,
    left,
    spend,
)


def longest_waits(backoff: Backoff, count: int) -> list[float]:
    """Return the waits of failures in a row, with chance at its worst."""
    return [backoff.wait_s(float(i), None, 1.0) for i in range(count)]


def test_waits_double_up_to_half_a_minute() -> None:
    assert longest_waits(Backoff(), 8) == [1, 2, 4, 8, 16, 30, 30, 30]


def test_full_jitter() -> None:
    assert Backoff().wait_s(0.0, None, 0.0) == 0.0
    assert Backoff().wait_s(0.0, None, 0.25) == 0.25


def test_days_without_the_exchange_are_survived() -> None:
    assert longest_waits(Backoff(), 5000)[-1] == LONGEST_WAIT_S


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_too_many_waits_out_the_block(chance: float) -> None:
    """X7: on 429 wait the ten minutes of Kraken's block, never less."""
    assert BLOCKED_WAIT_S <= Backoff().wait_s(0.0, 429, chance) <= 1.1 * BLOCKED_WAIT_S


@pytest.mark.parametrize("status", [503, 520, 525, 404, None])
def test_other_answers_wait_as_any_failure(status: int | None) -> None:
    assert Backoff().wait_s(0.0, status, 1.0) == 1.0


def test_a_healthy_connection_begins_anew() -> None:
    backoff = Backoff()
    longest_waits(backoff, 6)
    backoff.connected(100.0)
    assert backoff.wait_s(100.0 + HEALTHY_S, None, 1.0) == 1.0


def test_a_connection_that_drops_at_once_does_not() -> None:
    backoff = Backoff()
    longest_waits(backoff, 3)
    backoff.connected(100.0)
    assert backoff.wait_s(100.0 + HEALTHY_S - 0.1, None, 1.0) == 8.0
    assert backoff.wait_s(500.0, None, 1.0) == 16.0, "time without a connection heals nothing"


def test_the_budget_is_spent_and_comes_back() -> None:
    stored: str | None = None
    for second in range(BUDGET):
        stored, wait_s = spend(stored, 1000 + second)
        assert wait_s == 0
    stored, wait_s = spend(stored, 1000 + BUDGET)
    assert wait_s == BUDGET_WINDOW_S - BUDGET
    assert len(json.loads(stored)) == BUDGET, "a refused attempt is not counted"
    stored, wait_s = spend(stored, 1000 + BUDGET_WINDOW_S)
    assert wait_s == 0
    assert len(json.loads(stored)) == BUDGET


def test_what_is_left_of_the_budget() -> None:
    stored = None
    for second in range(3):
        stored, _ = spend(stored, 1000 + second)
    assert left(None, 1000) == BUDGET
    assert left(stored, 1002) == BUDGET - 3
    assert left(stored, 1001 + BUDGET_WINDOW_S) == BUDGET - 1
    assert left(json.dumps([1000] * 2 * BUDGET), 1000) == 0


def test_the_wait_is_never_zero_while_the_budget_is_spent() -> None:
    full = json.dumps([1000] * BUDGET)
    assert spend(full, 1000)[1] == BUDGET_WINDOW_S
    assert spend(full, 1000 + BUDGET_WINDOW_S - 1)[1] == 1


def test_a_clock_that_was_set_back_forgets_the_future() -> None:
    """A stamp ahead of the clock would block for as long as the clock was wrong."""
    assert spend(json.dumps([99_999] * BUDGET), 1000)[1] == 0


@pytest.mark.parametrize(
    "stored",
    [None, "", "x", "{}", "5", "null", '["a"]', "[[1]]", "[1e999]", "[" * 100_000, '{"a":1}'],
)
def test_whatever_the_disk_holds(stored: str | None) -> None:
    kept, wait_s = spend(stored, 1000)
    assert (json.loads(kept), wait_s) == ([1000], 0)
