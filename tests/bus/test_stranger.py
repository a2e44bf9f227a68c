"""Is the feed that wrote a stream last alive? Known from its lease, or nothing is claimed."""

from __future__ import annotations

from publisher.bus.stranger import Stranger

LEASE_S = 1.5


def looked(*answers: tuple[list[str], float]) -> Stranger:
    """Return a stranger after these looks, each an answer and when it came."""
    stranger = Stranger("t", "other", "{t.A/USD}:book.10", LEASE_S)
    for answer, now in answers:
        call = stranger.look(now)
        assert call is not None
        assert stranger.asks(call)
        assert call.command == ("HMGET", "{t.feed.other}:lease", "owner", "epoch", "hb")
        stranger.answered(answer, now)
    return stranger


def verdict(stranger: Stranger) -> tuple[bool, bool]:
    return stranger.is_alive, stranger.is_gone


def test_without_an_owner_it_is_gone() -> None:
    assert verdict(looked((["", "", ""], 0.0))) == (False, True)
    assert verdict(looked((["", "7", "3"], 0.0))) == (False, True)


def test_a_beat_shows_life() -> None:
    assert verdict(looked((["o", "7", "3"], 0.0))) == (False, False)
    assert verdict(looked((["o", "7", "3"], 0.0), (["o", "7", "4"], 0.4))) == (True, False)


def test_silence_for_a_lease_shows_that_it_is_gone() -> None:
    beats = [(["o", "7", "3"], 0.4 * i) for i in range(5)]
    assert verdict(looked(*beats[:4])) == (False, False)
    assert verdict(looked(*beats)) == (False, True)


def test_it_is_looked_at_five_times_a_lease_until_it_is_known() -> None:
    stranger = looked((["o", "7", "3"], 0.0))
    assert stranger.look(0.1) is None
    assert stranger.look(0.31) is not None
    stranger.answered(["o", "7", "4"], 0.31)
    assert stranger.look(9.0) is None
