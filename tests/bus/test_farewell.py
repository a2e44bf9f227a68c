"""The wait for a leader's farewell: when it is asked for, and what counts as one."""

from __future__ import annotations

from typing import Any

import pytest

from publisher import wire
from publisher.bus.calls import Call, Kind
from publisher.bus.departures import BYE
from publisher.bus.farewell import REFUSED_S, Farewell
from publisher.bus.lease import EAGER_LOOK_S, EAGER_S, LOOKS, Lease, LeaseState
from tests.bus.desk import STATE

KEY = "{t.feed.f}:status"


def text(event: wire.Event) -> str:
    """Return an entry's `d` as hiredis hands it over."""
    return wire.encode(event, 1).decode(errors="replace")


def reply(*events: wire.Event, epoch: int = 7) -> list[Any]:
    """Return what XREAD answers, in RESP2."""
    return [[KEY, [[f"{epoch}-{seq}", ["d", text(event)]] for seq, event in enumerate(events)]]]


def asked(farewell: Farewell, now: float = 100.0, until: float | None = 100.15) -> Call:
    call = farewell.ticked(now, until)
    assert call is not None
    assert call.kind is Kind.FAREWELL
    return call


def test_it_waits_until_the_next_look_and_from_the_streams_end() -> None:
    farewell = Farewell(KEY, 0.5)
    call = asked(farewell, until=100.1496)
    assert call.command[:6] == ("XREAD", "COUNT", 100, "BLOCK", 150, "STREAMS")
    assert call.command[6:] == (KEY, "$")


def test_no_longer_than_a_call_may_take() -> None:
    assert asked(Farewell(KEY, 0.5), until=160.0).command[4] == 500


@pytest.mark.parametrize("until", [None, 100.0, 99.0])
def test_not_at_all_where_there_is_nothing_to_wait_for(until: float | None) -> None:
    """BLOCK 0 would be for ever."""
    assert Farewell(KEY, 0.5).ticked(100.0, until) is None


def test_one_read_at_a_time() -> None:
    farewell = Farewell(KEY, 0.5)
    asked(farewell)
    assert farewell.ticked(100.0, 101.0) is None
    farewell.failed()
    asked(farewell)


def test_a_farewell_is_told_from_a_pulse() -> None:
    farewell = Farewell(KEY, 0.5)
    asked(farewell)
    assert not farewell.answered(None)
    asked(farewell)
    assert not farewell.answered(reply(STATE))
    asked(farewell)
    assert farewell.answered(reply(STATE, BYE))


def test_a_farewell_that_was_followed_is_the_past() -> None:
    farewell = Farewell(KEY, 0.5)
    asked(farewell)
    assert not farewell.answered(reply(BYE, STATE))


def test_it_reads_on_where_it_was_and_forgets_on_demand() -> None:
    farewell = Farewell(KEY, 0.5)
    asked(farewell)
    farewell.answered(reply(STATE, STATE))
    assert asked(farewell).command[-1] == "7-1"
    farewell.answered(None)
    assert asked(farewell).command[-1] == "7-1"
    farewell.failed()
    farewell.forget()
    assert asked(farewell).command[-1] == "$"


def test_the_shape_of_resp3_is_as_good() -> None:
    farewell = Farewell(KEY, 0.5)
    asked(farewell)
    assert farewell.answered(dict(reply(BYE)))


def test_who_is_refused_does_not_ask_for_a_while() -> None:
    farewell = Farewell(KEY, 0.5)
    asked(farewell)
    farewell.refused(100.0)
    assert farewell.ticked(100.0, 101.0) is None
    asked(farewell, 100.0 + REFUSED_S, 101.0 + REFUSED_S)


# What the lease makes of it -----------------------------------------------------------------------


def watching() -> Lease:
    """Return a watcher that has seen another lead at 100.0, and looks again a while later."""
    lease = Lease("k", "me", 1.5)
    call = lease.ticked(100.0, None)
    assert call is not None
    assert lease.rests_until is None, "an answer is outstanding"
    lease.answered(call, ["other", "7", "1"], 100.0)
    assert lease.rests_until == 100.0 + 1.5 / LOOKS
    return lease


def look(lease: Lease, now: float, *seen: str) -> None:
    call = lease.ticked(now, None)
    assert call is not None, f"no look at {now}"
    lease.answered(call, list(seen), now)


def test_after_a_farewell_the_lease_is_looked_at_at_once_and_often() -> None:
    lease = watching()
    lease.expect_release(100.01)
    for step in range(5):
        look(lease, 100.01 + step * EAGER_LOOK_S, "other", "7", "1")
    look(lease, 100.01 + 5 * EAGER_LOOK_S, "", "7", "1")
    assert lease.state is LeaseState.CLAIMING
    assert lease.rests_until is not None
    assert lease.rests_until < 100.04, "what is claimed is not slept over"
    assert lease.has_rival, "whoever says farewell was seen to lead"


def test_a_farewell_without_a_release_is_forgotten() -> None:
    lease = watching()
    lease.expect_release(100.0)
    look(lease, 100.0 + EAGER_S, "other", "7", "99")
    assert lease.rests_until == pytest.approx(100.0 + EAGER_S + 1.5 / LOOKS)


def test_another_who_was_faster_is_watched_as_ever() -> None:
    lease = watching()
    lease.expect_release(100.0)
    look(lease, 100.0, "third", "8", "1")
    look(lease, 100.0 + EAGER_LOOK_S, "third", "8", "1")
    assert lease.rests_until == pytest.approx(100.0 + EAGER_LOOK_S + 1.5 / LOOKS)


def test_the_last_look_comes_when_the_silence_is_long_enough() -> None:
    """A takeover waits for the lease's end, and not for a look some time after it."""
    lease = watching()
    now = 100.0
    while lease.state is LeaseState.WATCHING:
        assert lease.rests_until is not None
        now = max(now + 0.047, lease.rests_until)  # a clumsy loop, so that looks drift
        look(lease, now, "other", "7", "1")
    assert 101.5 <= now < 101.55
