"""Stories of tops, tickers, candles and trades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.spec.vectors.events import Event, event
from tests.spec.vectors.samples import CANDLE, TICKER, TOP, born, trades, whole
from tests.spec.vectors.scenes import (
    E1,
    E2,
    Step,
    Told,
    bad,
    ends_as,
    ends_invalid,
    entry,
    lost,
    snap,
    story,
    told_epoch,
)

Story = dict[str, Any]

AT, NEXT, THIRD, FOURTH = (f"{E1}-{seq}" for seq in (10, 11, 12, 13))
IDS = (AT, NEXT, THIRD, FOURTH)


def last_stories() -> Iterator[Story]:
    """Yield states that each event replaces, and candles that close."""
    half = {"bid": "5", "bid_qty": "7"}
    later = {**CANDLE, "interval_begin": "1767323100000000000", "trades": "1"}
    before = {**CANDLE, "interval_begin": "1767322980000000000", "trades": "9"}
    for channel, name, about, told, state in (
        ("bbo", "side-empties", "A top without an ask: there is none any more.",
         [event("top", **half)], half),
        ("bbo", "empties", "Neither side.", [event("top")], {}),
        ("bbo", "conflated", "A flag changes nothing in how it is read.",
         [event("top", **half, flags="16"), event("top", **TOP)], TOP),
        ("ticker", "key-goes", "What a ticker does not have is not known any more.",
         [event("ticker", last="5")], {"last": "5"}),
        ("ticker", "key-comes", "And what it has is.",
         [event("ticker"), event("ticker", **TICKER)], TICKER),
        ("ohlc", "closed", "A closed candle leaves none open.", [event("closed", **CANDLE)], {}),
        ("ohlc", "next-candle", "Closed, and the next one begins.",
         [event("closed", **CANDLE), event("candle", **later)], later),
        ("ohlc", "revised", "Corrections of earlier candles leave the open one alone.",
         [event("closed", **before, flags="8"), event("candle", **before, flags="12")], CANDLE),
        ("ohlc", "backfill", "Candles learned after the fact are like others.",
         [event("closed", **CANDLE, flags="4"), event("candle", **later, flags="4")], later),
    ):  # fmt: skip
        steps = [entry(entry_id, made) for entry_id, made in zip(IDS[1:], told, strict=False)]
        yield story(
            f"{channel}-{name}",
            "7.2",
            about,
            steps=[snap(AT, whole(channel)), *steps],
            final=ends_as(IDS[len(steps)], channel, state),
            stream=channel,
        )
    for channel, names in (("bbo", TOP), ("ticker", TICKER), ("ohlc", CANDLE)):
        yield story(
            f"{channel}-join-empty",
            "7.1",
            "A snapshot without any key of its content is whole, and valid.",
            steps=[snap(AT, whole(channel, **dict.fromkeys(names)))],
            final=ends_as(AT, channel, {}),
            stream=channel,
        )


def told_trades(first: int, last: int, **fields: str) -> Event:
    """Return a `trades` event."""
    return event("trades", trades=trades(first, last), **fields)


def gap(first: int, last: int) -> Event:
    """Return a `gap` event."""
    return event("gap", first=str(first), last=str(last), reason="unfilled")


def held(first: int, last: int) -> Event:
    """Return a snapshot of trades."""
    return whole("trade", trades=trades(first, last), last_trade_id=str(last))


def _trade(
    name: str, about: str, steps: Sequence[Step], final: dict[str, Any], *expect: Told
) -> Story:
    return story(
        f"trade-{name}", "7.2", about, steps=steps, final=final, expect=expect, stream="trade"
    )


def _ends(cursor: str, last: int, kept: tuple[int, int] | None) -> dict[str, Any]:
    state = {"last_trade_id": str(last), "trades": trades(*kept) if kept else []}
    return ends_as(cursor, "trade", state)


def trade_stories() -> Iterator[Story]:
    """Yield trades that follow each other, gaps that are named, ids that are wrong."""
    joined = snap(AT, held(1, 9))
    dropped = entry(NEXT, event("reset", reason="disconnected"), bad(NEXT))
    reset: Told = {"type": "reset", "id": NEXT, "reason": "disconnected"}
    yield _trade(
        "latest-fifty", "The latest fifty are kept.",
        [joined, entry(NEXT, told_trades(10, 70))], _ends(NEXT, 70, (21, 70)),
    )  # fmt: skip
    yield _trade(
        "gap", "A gap names what could not be had; the next trade follows it.",
        [joined, entry(NEXT, gap(10, 19)), entry(THIRD, told_trades(20, 21))],
        _ends(THIRD, 21, (20, 21)),
    )  # fmt: skip
    yield _trade(
        "no-trades", "An event without trades has no first id.",
        [joined, entry(NEXT, event("trades", trades=[])), entry(THIRD, told_trades(10, 10))],
        _ends(THIRD, 10, (1, 10)),
    )  # fmt: skip
    yield _trade(
        "backfill-after-reset", "What was missed comes between the reset and the snapshot.",
        [joined, dropped, entry(THIRD, told_trades(10, 12, flags="4"), bad(THIRD)),
         entry(FOURTH, held(5, 12))],
        _ends(FOURTH, 12, (5, 12)), reset,
    )  # fmt: skip
    none = whole("trade", trades=[], last_trade_id="0")
    yield _trade(
        "any-id-first", "No id is known where `lt` is 0: any may come.",
        [snap(AT, none), entry(NEXT, told_trades(700, 701))], _ends(NEXT, 701, (700, 701)),
    )  # fmt: skip
    after_gap = whole("trade", trades=[], last_trade_id="19")
    yield _trade(
        "join-after-a-gap", "No trades, and yet a last id.",
        [snap(AT, after_gap), entry(NEXT, told_trades(20, 20))], _ends(NEXT, 20, (20, 20)),
    )  # fmt: skip
    yield _trade(
        "any-id-after-epoch", "From an epoch to its snapshot no id is known.",
        [joined, entry(f"{E2}-0", born("trade"), bad(f"{E2}-0")),
         entry(f"{E2}-1", told_trades(50, 51), bad(f"{E2}-1")),
         entry(f"{E2}-2", told_trades(90, 91), bad(f"{E2}-2")), entry(f"{E2}-3", held(80, 91))],
        _ends(f"{E2}-3", 91, (80, 91)), told_epoch(f"{E2}-0"),
    )  # fmt: skip
    yield from _wrong_ids(joined, dropped, reset)


def _wrong_ids(joined: Step, dropped: Step, reset: Told) -> Iterator[Story]:
    for name, about, made in (
        ("left-out", "A trade is left out and no gap says so.", told_trades(11, 12)),
        ("again", "A trade comes a second time.", told_trades(9, 10)),
        ("gap-left-out", "A gap that does not begin where the trades end.", gap(11, 15)),
        ("gap-again", "A gap over what has been told.", gap(9, 15)),
    ):
        yield _trade(
            f"order-{name}", about,
            [joined, entry(NEXT, made, lost(NEXT)), snap(AT, held(1, 9), lost(NEXT)),
             snap(THIRD, held(5, 20)), entry(FOURTH, told_trades(21, 21))],
            _ends(FOURTH, 21, (5, 21)), {"code": "ORDER", "id": NEXT},
        )  # fmt: skip
    yield _trade(
        "order-after-gap", "What follows a gap is its last id plus 1.",
        [joined, entry(NEXT, gap(10, 19)), entry(THIRD, told_trades(21, 21), lost(THIRD))],
        ends_invalid(THIRD), {"code": "ORDER", "id": THIRD},
    )  # fmt: skip
    yield _trade(
        "order-after-reset", "A reset forgets no id.",
        [joined, dropped, entry(THIRD, told_trades(12, 12), lost(THIRD))],
        ends_invalid(THIRD), reset, {"code": "ORDER", "id": THIRD},
    )  # fmt: skip
    yield _trade(
        "any-id-after-gap-in-the-stream", "After a lost entry no id is known until a snapshot.",
        [joined, entry(THIRD, told_trades(14, 14), lost(THIRD)),
         entry(FOURTH, told_trades(30, 30), lost(FOURTH)), snap(FOURTH, held(5, 30))],
        _ends(FOURTH, 30, (5, 30)), {"code": "GAP", "cursor": AT, "found": THIRD},
    )  # fmt: skip
