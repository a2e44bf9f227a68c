"""What a watcher counts and says, from events as the consumer library hands them out."""

from __future__ import annotations

import pytest
from pykraken_consumer import (
    Book,
    Bye,
    Disconnected,
    EntryId,
    Epoch,
    Event,
    Gap,
    Heartbeat,
    Joined,
    Quarantined,
    Reconnected,
    Reset,
    Stale,
    Update,
)
from pykraken_consumer.errors import Code

from publisher.views.watched import Watched

NOW = 1_000_000_000_000
AT = EntryId(7, 3)
STREAM = "{kraken.BTC/USD}:book.10"


def book(*, valid: bool = True, stale: bool = False) -> Book:
    made = Book()
    made.symbol, made.epoch, made.seq = "BTC/USD", 7, 3
    made.price_precision, made.qty_precision = 1, 2
    made.load([(640000, 100), (639999, 200)], [(640001, 300)], 10)
    made.is_valid, made.is_stale = valid, stale
    return made


def update(te: int = NOW - 5_000_000) -> Update:
    return Update(AT, te, NOW - 3_000_000, NOW - 1_000_000, 0, 0, (), ())


def watched(*events: tuple[Book, object]) -> Watched:
    seen = Watched(STREAM, "BTC/USD")
    for held, body in events:
        seen.observe(Event(STREAM, held, body), NOW)  # type: ignore[arg-type]
    return seen


def test_before_anything_came_it_waits_for_the_symbol() -> None:
    view = Watched(STREAM, "BTC/USD").view(NOW, 10)
    assert (view.symbol, view.state, view.bids, view.per_second) == ("BTC/USD", "waiting", [], 0)


def test_an_update_brings_levels_and_hops() -> None:
    view = watched((book(), update())).view(NOW, 1)
    assert (view.state, view.epoch, view.seq) == ("live", 7, 3)
    assert (view.bids, view.asks) == ([(640000, 100)], [(640001, 300)])
    assert [(hop.name, hop.p50_ns) for hop in view.hops] == [
        ("event→recv", 2_000_000),
        ("recv→pub", 2_000_000),
        ("pub→here", 1_000_000),
    ]


def test_a_heartbeat_tells_nothing_of_the_venue() -> None:
    beat = Heartbeat(AT, NOW - 60_000_000_000, NOW, NOW, 0, 0, "live")
    assert [hop.name for hop in watched((book(), beat)).view(NOW, 1).hops] == [
        "recv→pub",
        "pub→here",
    ]


@pytest.mark.parametrize(
    ("held", "body", "state", "last"),
    [
        (book(valid=False), Reset(AT, 0, 0, 0, 0, "checksum", None), "invalid", "reset: checksum"),
        (book(valid=False), Gap(EntryId(7, 3), EntryId(7, 9)), "invalid", "gap: 7-3 to 7-9"),
        (
            book(valid=False),
            Quarantined(Code.SCHEMA, AT, "b"),
            "invalid",
            "quarantined: 7-3 SCHEMA",
        ),
        (book(stale=True), Stale(15.2), "stale", "stale: 15 s"),
        (book(stale=True), Bye(AT, 0, 0, 0, 0, None), "stopped", ""),
        (book(stale=True), Disconnected("refused"), "disconnected", "disconnected: refused"),
    ],
)
def test_each_trouble_is_a_state_and_a_remark(
    held: Book, body: object, state: str, last: str
) -> None:
    view = watched((book(), update()), (held, body)).view(NOW, 1)
    assert (view.state, view.last) == (state, last)


def test_it_is_live_again_when_the_next_event_comes() -> None:
    for trouble in (Disconnected("x"), Bye(AT, 0, 0, 0, 0, None)):
        seen = watched((book(), update()), (book(stale=True), trouble), (book(), update()))
        assert seen.view(NOW, 1).state == "live"
    seen = watched((book(stale=True), Disconnected("x")), (book(), Reconnected()))
    assert seen.view(NOW, 1).state == "live"


def test_gaps_resets_and_epochs_are_counted() -> None:
    epoch = Epoch(AT, 0, 0, 0, 0, 1, "takeover", "f", 1, *(None,) * 13)
    reset = Reset(AT, 0, 0, 0, 0, "stale", None)
    gap = Gap(AT, EntryId(7, 9))
    joined = Joined(AT, None)
    seen = watched(*((book(), body) for body in (joined, reset, reset, gap, epoch, epoch, epoch)))
    view = seen.view(NOW, 1)
    assert (view.gaps, view.resets, view.epochs, view.last) == (1, 2, 3, "epoch: takeover")
