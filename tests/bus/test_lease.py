"""The lease by the watcher's own clock: silence counts only where no beat can have been missed."""

from __future__ import annotations

from publisher.bus.calls import Kind
from publisher.bus.lease import Lease, LeaseState

LEASE_S = 1.5


class Watcher:
    """A lease with its time and what it sees."""

    def __init__(self) -> None:
        self.lease = Lease("k", "me", LEASE_S)
        self.now = 100.0

    def look(self, *seen: str, after: float = 0.31) -> LeaseState:
        """Let time pass, look, and see owner, epoch and hb (nothing: no such key)."""
        self.now += after
        call = self.lease.ticked(self.now, 5)
        assert call is not None
        assert call.kind is Kind.LOOK, call
        self.lease.answered(call, list(seen or ("", "", "")), self.now)
        return self.lease.state

    def claim(self, reply: list[str]) -> LeaseState:
        call = self.lease.ticked(self.now, 5)
        assert call is not None
        assert call.kind is Kind.CLAIM
        self.lease.answered(call, reply, self.now)
        return self.lease.state


def test_a_new_lease_is_free_at_once() -> None:
    watcher = Watcher()
    assert watcher.look() is LeaseState.CLAIMING
    assert watcher.claim(["1", "77"]) is LeaseState.LEADING
    assert watcher.lease.epoch == 77


def test_a_released_lease_is_free_at_once() -> None:
    watcher = Watcher()
    assert watcher.look("other", "7", "1") is LeaseState.WATCHING
    assert watcher.look("", "7", "1") is LeaseState.CLAIMING


def test_a_silent_owner_is_gone_after_a_whole_lease() -> None:
    watcher = Watcher()
    states = [watcher.look("other", "7", "1") for _ in range(6)]
    assert states == [LeaseState.WATCHING] * 5 + [LeaseState.CLAIMING]


def test_a_beating_owner_keeps_it() -> None:
    watcher = Watcher()
    for beat in range(50):
        assert watcher.look("other", "7", str(beat)) is LeaseState.WATCHING


def test_a_watcher_that_slept_may_have_missed_a_beat() -> None:
    """R-9: a Redis that stalls, or a watcher that does, deposes nobody."""
    watcher = Watcher()
    watcher.look("other", "7", "1")
    assert watcher.look("other", "7", "1", after=10.0) is LeaseState.WATCHING
    states = [watcher.look("other", "7", "1") for _ in range(5)]
    assert states == [LeaseState.WATCHING] * 4 + [LeaseState.CLAIMING]


def test_an_empty_lease_whose_owner_was_known_waits() -> None:
    """R-8: Redis lost everything; the incumbent may write it again."""
    watcher = Watcher()
    watcher.look("other", "7", "1")
    assert watcher.look() is LeaseState.WATCHING
    assert watcher.look("other", "7", "9") is LeaseState.WATCHING
    assert watcher.look() is LeaseState.WATCHING
    states = [watcher.look() for _ in range(5)]
    assert states[-1] is LeaseState.CLAIMING


def test_who_was_slower_watches_on() -> None:
    watcher = Watcher()
    watcher.look()
    assert watcher.claim(["0", "7"]) is LeaseState.WATCHING
    assert watcher.look("other", "7", "1", after=0.0) is LeaseState.WATCHING


def test_a_claim_waits_for_the_end_of_every_stream() -> None:
    watcher = Watcher()
    watcher.look()
    assert watcher.lease.ticked(watcher.now, None) is None
    assert watcher.lease.ticked(watcher.now, 5) is not None


def leading() -> Watcher:
    watcher = Watcher()
    watcher.look()
    watcher.claim(["1", "77"])
    return watcher


def test_a_leader_renews_often_enough() -> None:
    watcher = leading()
    renewals = 0
    for _ in range(30):
        watcher.now += 0.05
        call = watcher.lease.ticked(watcher.now, None)
        if call is not None:
            assert call.kind is Kind.RENEW
            renewals += 1
            watcher.lease.answered(call, ["1", "77"], watcher.now)
    assert renewals >= 3, "a lease of 1.5 s, every quarter of it"


def test_one_call_at_a_time() -> None:
    watcher = leading()
    watcher.now += 1
    assert watcher.lease.ticked(watcher.now, None) is not None
    watcher.now += 1
    assert watcher.lease.ticked(watcher.now, None) is None
    watcher.lease.failed()
    assert watcher.lease.ticked(watcher.now, None) is not None


def test_a_failed_renewal_is_no_lost_lease() -> None:
    watcher = leading()
    for _ in range(10):
        watcher.now += 1
        assert watcher.lease.ticked(watcher.now, None) is not None
        watcher.lease.failed()
    assert watcher.lease.state is LeaseState.LEADING


def test_another_s_lease_is_lost() -> None:
    watcher = leading()
    watcher.now += 1
    call = watcher.lease.ticked(watcher.now, None)
    assert call is not None
    watcher.lease.answered(call, ["0", "99"], watcher.now)
    assert watcher.lease.state is LeaseState.WATCHING
    assert watcher.look("other", "99", "1", after=0.0) is LeaseState.WATCHING


def test_a_lease_written_again_goes_on() -> None:
    watcher = leading()
    watcher.now += 1
    call = watcher.lease.ticked(watcher.now, None)
    assert call is not None
    watcher.lease.answered(call, ["2", "77"], watcher.now)
    assert watcher.lease.state is LeaseState.LEADING
