"""What consumers ask, and when it is heard: by the clock of the test alone."""

from __future__ import annotations

import msgpack
import pytest

from publisher.bus.asking import HEAR_EVERY_S, PASSING_S, REFUSED_S, TAKE_EVERY_S, Requests

A, B = "BTC/USD", "ETH/USD"


def ask(symbol: object = A, **keys: object) -> str:
    packed: bytes = msgpack.packb({"t": "snapshot", "y": symbol, **keys})
    return packed.hex()


@pytest.fixture
def requests() -> Requests:
    return Requests("{t.feed.f}:requests", {A, B})


def test_it_looks_about_twice_a_second_one_call_at_a_time(requests: Requests) -> None:
    call = requests.ticked(100.0)
    assert call is not None
    assert "{t.feed.f}:requests" in call.command
    assert requests.ticked(109.0) is None, "the answer is outstanding"
    requests.answered([])
    assert requests.ticked(109.0) is not None
    requests.failed()
    assert requests.ticked(109.0 + TAKE_EVERY_S / 2) is None
    assert requests.ticked(109.0 + TAKE_EVERY_S) is not None


def test_who_refuses_is_left_alone_for_a_while(requests: Requests) -> None:
    requests.ticked(100.0)
    requests.refused(100.0)
    assert requests.ticked(100.0 + REFUSED_S / 2) is None
    assert requests.ticked(100.0 + REFUSED_S) is not None


def test_who_is_full_is_asked_again_soon(requests: Requests) -> None:
    requests.ticked(100.0)
    requests.refused(100.0, PASSING_S)
    assert requests.ticked(100.0 + PASSING_S / 2) is None
    assert requests.ticked(100.0 + PASSING_S) is not None


def test_what_one_server_refused_the_next_is_asked_at_once(requests: Requests) -> None:
    """After a failover: the replica that was READONLY says nothing of the new primary."""
    requests.ticked(100.0)
    requests.refused(100.0)
    requests.began()
    assert requests.ticked(100.1) is not None


def test_each_symbol_is_heard_at_most_once_a_second_and_none_is_forgotten(
    requests: Requests,
) -> None:
    requests.answered([ask(A), ask(A), ask(B)])
    assert requests.heard(100.0) == [A, B]
    assert requests.heard(100.1) == []
    requests.answered([ask(A), ask(A)])
    assert requests.heard(100.0 + 0.9 * HEAR_EVERY_S) == []
    assert requests.heard(100.0 + HEAR_EVERY_S) == [A]
    assert requests.heard(100.0 + 9 * HEAR_EVERY_S) == []


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "c1",
        "82",
        "91" * 255 + "c0",
        msgpack.packb([1]).hex(),
        msgpack.packb({"t": "snapshot"}).hex(),
        msgpack.packb({"y": A}).hex(),
        msgpack.packb({"t": "reset", "y": A}).hex(),
        ask(7),
        ask(A.encode()),
        ask("DOGE/USD"),
        ask(A) + "00",
    ],
)
def test_what_is_not_understood_is_skipped_and_counted(payload: str, requests: Requests) -> None:
    requests.answered([payload, ask(B)])
    assert requests.heard(100.0) == [B]
    assert requests.skipped == 1


def test_keys_of_later_versions_are_ignored(requests: Requests) -> None:
    requests.answered([ask(A, v=2, later=[1])])
    assert requests.heard(100.0) == [A]
    assert requests.skipped == 0


def test_a_feed_without_symbols_is_asked_for_the_empty_one() -> None:
    requests = Requests("{priv.t.feed.f}:requests", {""})
    requests.answered([ask("")])
    assert requests.heard(100.0) == [""]
