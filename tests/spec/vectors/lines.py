"""Stories of two lines told as one (§7.7): what each line is handed, and what is told of both.

The book is CUT, whose updates have checksums of old; `te` says which message of Kraken's each is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.spec.vectors import story_market as market
from tests.spec.vectors.events import Event, event, short
from tests.spec.vectors.packing import pack
from tests.spec.vectors.samples import trades
from tests.spec.vectors.scenes import E1, E2, cut_snapshot, cut_update

Step = dict[str, Any]
Told = dict[str, Any]
EPOCHS = {"a": E1, "b": E2}
T0 = 1767323045000000000


def _te(number: int) -> str:
    return str(T0 + number * 1000)


def _entry_id(line: str, seq: int) -> str:
    return f"{EPOCHS[line]}-{seq}"


def _step(line: str, kind: str, seq: int, what: Event) -> Step:
    return {"line": line, kind: {"id": _entry_id(line, seq), "hex": pack(short(what)).hex()}}


def _joins(line: str, seq: int, updates: int = 0) -> Step:
    return _step(line, "snap", seq, cut_snapshot(updates, ts_event=_te(updates)))


def _update(line: str, seq: int, number: int) -> Step:
    return _step(line, "entry", seq, cut_update(number, ts_event=_te(number)))


def _reset(line: str, seq: int) -> Step:
    return _step(line, "entry", seq, event("reset", ts_event="0", reason="disconnected"))


def _bye(line: str, seq: int) -> Step:
    return _step(line, "entry", seq, event("bye", ts_event="0"))


def _whole(line: str, seq: int, updates: int) -> Step:
    return _step(line, "entry", seq, cut_snapshot(updates, ts_event=_te(updates)))


def _now(seconds: str) -> Step:
    return {"now": seconds}


def _up(line: str) -> Told:
    return {"line": line, "type": "line_up"}


def _down(line: str) -> Told:
    return {"line": line, "type": "line_down"}


def _jump(line: str) -> Told:
    return {"line": line, "type": "jump"}


def _told(line: str, kind: str, seq: int) -> Told:
    return {"line": line, "type": kind, "id": _entry_id(line, seq)}


def _ids(kind: str, first: int, last: int) -> Told:
    return {"type": kind, "first": str(first), "last": str(last)}


def _story(
    name: str, about: str, steps: Sequence[Step], expect: Sequence[Told], stream: str = "book"
) -> dict[str, Any]:
    sentence = f"{about[0].upper()}{about[1:]}."
    body: dict[str, Any] = {"name": name, "clause": "7.7", "about": sentence}
    if stream != "book":
        body["stream"] = stream
    return {**body, "steps": list(steps), "expect": list(expect)}


JOINED = [_joins("a", 10), _joins("b", 20)]
BOTH_UP = [_up("a"), _told("a", "joined", 10), _up("b")]


def line_stories() -> Iterator[dict[str, Any]]:
    """Yield all stories of two lines."""
    yield from _meeting_stories()
    yield from _loss_stories()
    yield from _trade_stories()


def _meeting_stories() -> Iterator[dict[str, Any]]:
    a1, a2, b1, b2 = (
        _update(line, at + n, n) for line, at in (("a", 10), ("b", 20)) for n in (1, 2)
    )
    yield _story(
        "lines-each-update-once",
        "what both lines bring is told once, of whichever had it first",
        [*JOINED, a1, b1, b2, a2],
        [*BOTH_UP, _told("a", "update", 11), _told("b", "update", 22)],
    )
    yield _story(
        "lines-one-behind-says-nothing-new",
        "a line that is behind comes by what was told, and leads from where it has more",
        [*JOINED, a1, a2, b1, b2, _update("b", 23, 3)],
        [*BOTH_UP, _told("a", "update", 11), _told("a", "update", 12), _told("b", "update", 23)],
    )
    yield _story(
        "lines-one-ahead-is-met",
        "a line that joined ahead is apart until the leader comes by its mark",
        [_joins("a", 10), _joins("b", 20, 2), a1, a2, _update("b", 21, 3)],
        [*BOTH_UP, _told("a", "update", 11), _told("a", "update", 12), _told("b", "update", 21)],
    )
    yield _story(
        "lines-same-book-at-another-time",
        "the checksum alone is no meeting: the stamps differ",
        [_joins("a", 10), _step("b", "snap", 20, cut_snapshot(0, ts_event=_te(9))), a1, b1],
        [*BOTH_UP, _told("a", "update", 11)],
    )
    yield _story(
        "lines-a-passed-leader-that-says-nothing",
        "lines apart, the leader silent for a second, the other newer: it goes on there",
        [_joins("a", 10), _joins("b", 20, 1), _update("b", 21, 2), _now("0.9"), _now("1")],
        [*BOTH_UP, _jump("b")],
    )


def _loss_stories() -> Iterator[dict[str, Any]]:
    a1, a2, b1, b2 = (
        _update(line, at + n, n) for line, at in (("a", 10), ("b", 20)) for n in (1, 2)
    )
    yield _story(
        "lines-a-lost-leader-costs-nothing",
        "the other line has yet to come by what was told, and goes on from there",
        [*JOINED, a1, a2, _reset("a", 13), b1, b2, _update("b", 23, 3)],
        [
            *BOTH_UP,
            *(_told("a", "update", 11), _told("a", "update", 12), _down("a")),
            _told("b", "update", 23),
        ],
    )
    yield _story(
        "lines-a-lost-line-that-did-not-lead",
        "it is told, and nothing else happens; back again, it is where the leader is",
        [*JOINED, a1, _reset("b", 21), a2, _whole("b", 22, 2), _update("b", 23, 3)],
        [
            *BOTH_UP,
            *(_told("a", "update", 11), _down("b"), _told("a", "update", 12), _up("b")),
            _told("b", "update", 23),
        ],
    )
    yield _story(
        "lines-a-lost-leader-and-the-other-apart",
        "nobody knows where the other stands: it leads, with a jump",
        [_joins("a", 10), _joins("b", 20, 2), a1, _bye("a", 12), _update("b", 21, 3)],
        [*BOTH_UP, _told("a", "update", 11), _down("a"), _jump("b"), _told("b", "update", 21)],
    )
    yield _story(
        "lines-the-other-passes-by-what-is-owed",
        "the leader is lost, and the other comes by another mark than those told: a jump",
        [*JOINED, a1, _bye("a", 12), _whole("b", 21, 2)],
        [
            *BOTH_UP,
            *(_told("a", "update", 11), _down("a"), _jump("b"), _told("b", "snapshot", 21)),
        ],
    )
    yield _story(
        "lines-both-lost",
        "both are told as lost; the first that is up again leads",
        [*JOINED, _reset("b", 21), _reset("a", 11), _whole("b", 22, 1), _update("b", 23, 2)],
        [
            *BOTH_UP,
            *(_down("b"), _down("a"), _up("b"), _told("b", "snapshot", 22)),
            _told("b", "update", 23),
        ],
    )


def _deal(line: str, seq: int, first: int, last: int) -> Step:
    return _step(line, "entry", seq, event("trades", trades=trades(first, last)))


def _trade_stories() -> Iterator[dict[str, Any]]:
    joined = [_step(line, "snap", seq, market.held(5, 7)) for line, seq in (("a", 10), ("b", 20))]
    up = [_up("a"), _up("b")]
    gap = _step("a", "entry", 11, market.gap(8, 9))
    yield _story(
        "lines-trades-by-id",
        "each trade once, however the lines bundle them",
        [
            *joined,
            _deal("a", 11, 8, 9),
            _deal("b", 21, 8, 8),
            _deal("b", 22, 9, 11),
            _deal("a", 12, 10, 11),
        ],
        [*up, _ids("trades", 8, 9), _ids("trades", 10, 11)],
        "trade",
    )
    yield _story(
        "lines-trades-that-one-line-has-not",
        "what one line names as a gap the other brings",
        [*joined, gap, _deal("a", 12, 10, 10), _deal("b", 21, 8, 9)],
        [*up, _ids("trades", 8, 10)],
        "trade",
    )
    yield _story(
        "lines-trades-that-neither-has",
        "ids that are missing are waited for while a line may bring them, for a second at most",
        [*joined, gap, _deal("a", 12, 10, 10), _now("0.9"), _now("1")],
        [*up, _ids("gap", 8, 9), _ids("trades", 10, 10)],
        "trade",
    )
    yield _story(
        "lines-trades-of-a-snapshot",
        "a line that is back has the latest trades in its snapshot: those not told yet are told",
        [*joined, _bye("b", 21), _reset("a", 11), _step("a", "entry", 12, market.held(6, 9))],
        [*up, _down("b"), _down("a"), _up("a"), _ids("trades", 8, 9)],
        "trade",
    )
