"""The pace of requests: how many, how large, who asks alone."""

from __future__ import annotations

from publisher.channels.book import BookChannel
from publisher.session.pace import BURST, REQUESTS_PER_S, SYMBOLS_PER_REQUEST, Pace
from publisher.session.subscription import Subscription


def fresh(count: int) -> list[Subscription]:
    return [Subscription(f"S{i}/USD", BookChannel(10).keeper(f"S{i}/USD")) for i in range(count)]


def failed(count: int) -> list[Subscription]:
    subscriptions = fresh(count)
    for subscription in subscriptions:
        subscription.fail(0.0)
    return subscriptions


def test_first_comers_share_requests() -> None:
    sizes = [len(group) for group in Pace().batches(fresh(120), 100.0)]
    assert sizes == [SYMBOLS_PER_REQUEST, SYMBOLS_PER_REQUEST, 20]


def test_who_has_failed_asks_alone() -> None:
    groups = list(Pace().batches([*failed(3), *fresh(4)], 100.0))
    assert [len(group) for group in groups] == [4, 1, 1, 1]


def test_never_more_than_the_pace() -> None:
    """Over any stretch, no more than a burst and the rate."""
    pace, waiting, sent = Pace(), failed(200), 0
    pace.restart()
    for tick in range(100):
        now = 100.0 + tick * 0.05
        done = list(pace.batches(waiting, now))
        sent += len(done)
        waiting = waiting[len(done) :]
        assert sent <= BURST + REQUESTS_PER_S * tick * 0.05 + 1
    assert sent >= REQUESTS_PER_S * 4


def test_a_new_connection_begins_with_a_full_bucket() -> None:
    pace = Pace()
    assert len(list(pace.batches(failed(50), 100.0))) == BURST
    assert list(pace.batches(failed(50), 100.0)) == []
    pace.restart()
    assert len(list(pace.batches(failed(50), 100.0))) == BURST


def test_ids_never_repeat() -> None:
    pace = Pace()
    ids = [pace.next_req_id() for _ in range(5)]
    pace.restart()
    ids += [pace.next_req_id() for _ in range(5)]
    assert len(set(ids)) == 10
