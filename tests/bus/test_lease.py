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


def courtesy(age_s: float, share_live: float = 1.0) -> float:
    """Return how long a standby of that age lets pass after a release, before it claims."""
    watcher = Watcher()
    watcher.look("other", "7", "1")
    watcher.now += age_s
    watcher.lease.share_live = share_live
    watcher.look("", "7", "1")
    since = watcher.now
    while watcher.lease.ticked(watcher.now, 5) is None:
        watcher.now += 0.0005
    return watcher.now - since


def test_of_those_that_stand_by_the_youngest_with_its_books_goes_first() -> None:
    """An update's new pod before the old standby, and neither waits for one that is cold (P11)."""
    new, hour, month = courtesy(30.0), courtesy(3600.0), courtesy(30 * 86400.0)
    assert new < 0.012
    assert hour - new > 0.03
    assert hour < month < 0.1, "a handover is to take less than 0.3 s"
    assert courtesy(5.0, 0.0) > month, "who has no books yet comes last, young as it is"
    assert courtesy(30.0, 0.999) - new < 0.001, "one book of a thousand that is halted"
    assert courtesy(0.0, 0.0) < 0.2, "and leads all the same when it is alone"


def test_only_a_release_leaves_time_to_be_courteous() -> None:
    """A silence has lasted a whole lease already, and what is new is nobody's."""
    silent, new = Watcher(), Watcher()
    silent.lease.share_live = new.lease.share_live = 0.0
    while silent.look("other", "7", "1") is LeaseState.WATCHING:
        pass
    assert silent.claim(["1", "8"]) is LeaseState.LEADING
    new.look()
    assert new.claim(["1", "8"]) is LeaseState.LEADING


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
