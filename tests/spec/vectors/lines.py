"""Stories of two lines told as one (§7.7): how they meet, how one is lost, and trades.

What each channel is compared by, and what else ends a line, stand in `line_channels`, `line_life`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors import story_market as market
from tests.spec.vectors.events import event
from tests.spec.vectors.line_channels import channel_stories
from tests.spec.vectors.line_life import life_stories
from tests.spec.vectors.line_scenes import (
    BOTH_UP,
    JOINED,
    Step,
    bye,
    change,
    down,
    hand,
    ids,
    joins,
    jump,
    now,
    renew,
    reset,
    stamp,
    story,
    told,
    up,
)
from tests.spec.vectors.samples import trades
from tests.spec.vectors.scenes import cut_snapshot


def line_stories() -> Iterator[dict[str, Any]]:
    """Yield all stories of two lines."""
    yield from _meeting_stories()
    yield from _loss_stories()
    yield from _trade_stories()
    yield from channel_stories()
    yield from life_stories()


def _meeting_stories() -> Iterator[dict[str, Any]]:
    a1, a2, b1, b2 = (
        change(line, at + n, n) for line, at in (("a", 10), ("b", 20)) for n in (1, 2)
    )
    yield story(
        "each-update-once",
        "what both lines bring is told once, of whichever had it first",
        [*JOINED, a1, b1, b2, a2],
        [*BOTH_UP, told("a", "update", 11), told("b", "update", 22)],
    )
    yield story(
        "one-behind-says-nothing-new",
        "a line that is behind comes by what was told, and leads from where it has more",
        [*JOINED, a1, a2, b1, b2, change("b", 23, 3)],
        [*BOTH_UP, told("a", "update", 11), told("a", "update", 12), told("b", "update", 23)],
    )
    yield story(
        "one-ahead-is-met",
        "a line that joined ahead is apart until the leader comes by its mark",
        [joins("a", 10), joins("b", 20, 2), a1, a2, change("b", 21, 3)],
        [*BOTH_UP, told("a", "update", 11), told("a", "update", 12), told("b", "update", 21)],
    )
    yield story(
        "same-book-at-another-time",
        "the checksum alone is no meeting: the stamps differ",
        [joins("a", 10), hand("b", "snap", 20, cut_snapshot(0, ts_event=stamp(9))), a1, b1],
        [*BOTH_UP, told("a", "update", 11)],
    )
    yield story(
        "a-passed-leader-that-says-nothing",
        "lines apart, the leader silent for a second, the other newer: it goes on there",
        [joins("a", 10), joins("b", 20, 1), change("b", 21, 2), now("0.9"), now("1")],
        [*BOTH_UP, jump("b")],
    )


def _loss_stories() -> Iterator[dict[str, Any]]:
    a1, a2, b1, b2 = (
        change(line, at + n, n) for line, at in (("a", 10), ("b", 20)) for n in (1, 2)
    )
    yield story(
        "a-lost-leader-costs-nothing",
        "the other line has yet to come by what was told, and goes on from there",
        [*JOINED, a1, a2, reset("a", 13), b1, b2, change("b", 23, 3)],
        [
            *BOTH_UP,
            *(told("a", "update", 11), told("a", "update", 12), down("a")),
            told("b", "update", 23),
        ],
    )
    yield story(
        "a-lost-line-that-did-not-lead",
        "it is told, and nothing else happens; back again, it is where the leader is",
        [*JOINED, a1, reset("b", 21), a2, renew("b", 22, 2), change("b", 23, 3)],
        [
            *BOTH_UP,
            *(told("a", "update", 11), down("b"), told("a", "update", 12), up("b")),
            told("b", "update", 23),
        ],
    )
    yield story(
        "a-lost-leader-and-the-other-apart",
        "nobody knows where the other stands: it leads, with a jump",
        [joins("a", 10), joins("b", 20, 2), a1, bye("a", 12), change("b", 21, 3)],
        [*BOTH_UP, told("a", "update", 11), down("a"), jump("b"), told("b", "update", 21)],
    )
    yield story(
        "the-other-passes-by-what-is-owed",
        "the leader is lost, and the other comes by another mark than those told: a jump",
        [*JOINED, a1, bye("a", 12), renew("b", 21, 2)],
        [
            *BOTH_UP,
            *(told("a", "update", 11), down("a"), jump("b"), told("b", "snapshot", 21)),
        ],
    )
    yield story(
        "both-lost",
        "both are told as lost; the first that is up again leads",
        [*JOINED, reset("b", 21), reset("a", 11), renew("b", 22, 1), change("b", 23, 2)],
        [
            *BOTH_UP,
            *(down("b"), down("a"), up("b"), told("b", "snapshot", 22)),
            told("b", "update", 23),
        ],
    )


def _deal(line: str, seq: int, first: int, last: int) -> Step:
    return hand(line, "entry", seq, event("trades", trades=trades(first, last)))


def _trade_stories() -> Iterator[dict[str, Any]]:
    joined = [hand(line, "snap", seq, market.held(5, 7)) for line, seq in (("a", 10), ("b", 20))]
    both = [up("a"), up("b")]
    gap = hand("a", "entry", 11, market.gap(8, 9))
    yield story(
        "trades-by-id",
        "each trade once, however the lines bundle them",
        [
            *joined,
            _deal("a", 11, 8, 9),
            _deal("b", 21, 8, 8),
            _deal("b", 22, 9, 11),
            _deal("a", 12, 10, 11),
        ],
        [*both, ids("trades", 8, 9), ids("trades", 10, 11)],
        "trade",
    )
    yield story(
        "trades-that-one-line-has-not",
        "what one line names as a gap the other brings",
        [*joined, gap, _deal("a", 12, 10, 10), _deal("b", 21, 8, 9)],
        [*both, ids("trades", 8, 10)],
        "trade",
    )
    yield story(
        "trades-that-neither-has",
        "ids that are missing are waited for while a line may bring them, for a second at most",
        [*joined, gap, _deal("a", 12, 10, 10), now("0.9"), now("1")],
        [*both, ids("gap", 8, 9), ids("trades", 10, 10)],
        "trade",
    )
    yield story(
        "trades-of-a-snapshot",
        "a line that is back has the latest trades in its snapshot: those not told yet are told",
        [*joined, bye("b", 21), reset("a", 11), hand("a", "entry", 12, market.held(6, 9))],
        [*both, down("b"), down("a"), up("a"), ids("trades", 8, 9)],
        "trade",
    )
    yield story(
        "trades-gap-of-both",
        "ids that both lines name as a gap are waited for no longer",
        [*joined, gap, hand("b", "entry", 21, market.gap(8, 9)), _deal("a", 12, 10, 10)],
        [*both, ids("gap", 8, 9), ids("trades", 10, 10)],
        "trade",
    )
    yield story(
        "trades-a-line-dies",
        "the other brings what is missing, and goes on",
        [*joined, _deal("a", 11, 8, 8), bye("a", 12), _deal("b", 21, 8, 9)],
        [*both, ids("trades", 8, 8), down("a"), ids("trades", 9, 9)],
        "trade",
    )
