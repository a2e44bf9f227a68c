"""The pace of messages: the set rate, no flood after a pause, bursts that end."""

from __future__ import annotations

import pytest

from publisher.simulator.pace import Pace


def messages(pace: Pace, *, start: float, seconds: float, step: float) -> int:
    steps = round(seconds / step)
    return sum(pace.due(start + number * step) for number in range(steps + 1))


@pytest.mark.parametrize("rate", [1.0, 7.0, 200.0, 20_000.0])
@pytest.mark.parametrize("step", [0.001, 0.02])
def test_the_rate_is_kept_over_time(rate: float, step: float) -> None:
    assert messages(Pace(rate), start=50.0, seconds=10, step=step) == pytest.approx(
        10 * rate, abs=rate * step + 1
    )


def test_a_pause_is_not_followed_by_a_flood() -> None:
    pace = Pace(1000.0)
    pace.due(0.0)
    assert pace.due(60.0) <= 101


def test_nothing_is_due_when_paused() -> None:
    pace = Pace(0.0)
    assert messages(pace, start=0.0, seconds=10, step=0.02) == 0
    assert 0 < pace.interval_s(0.0) < 1


def test_a_burst_multiplies_the_rate_and_ends() -> None:
    pace = Pace(100.0)
    pace.due(0.0)
    pace.burst(50.0, until=1.0)
    assert messages(pace, start=0.0, seconds=0.99, step=0.001) == pytest.approx(4950, abs=10)
    assert messages(pace, start=1.01, seconds=1.0, step=0.001) < 250
