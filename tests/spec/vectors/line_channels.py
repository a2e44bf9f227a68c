"""Stories of two lines of each channel but `trade`: the marks by which they meet.

Each has a usual snapshot, and events 1, 2 and 3 after it (how two lines of books meet is told in
`lines`). What the mark of an event holds beside
the stamp is shown key by key: two events that differ in that alone are no meeting.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.events import DECIMALS, Event, event
from tests.spec.vectors.kraken_orders import orders
from tests.spec.vectors.line_scenes import (
    BOTH_UP,
    Step,
    down,
    hand,
    jump,
    now,
    reset,
    stamp,
    story,
    told,
    up,
)
from tests.spec.vectors.samples import (
    ASSETS,
    BALANCE,
    CANDLE,
    EXECUTION,
    TICKER,
    TOP,
    balance_text,
    order_text,
    whole,
)

Story = dict[str, Any]
Content = dict[str, Any]

KINDS = {
    "book": "update",
    "level3": "orders",
    "bbo": "top",
    "ticker": "ticker",
    "ohlc": "candle",
    "instrument": "instruments",
    "executions": "execution",
    "balances": "balance",
}
MARKED = {
    "book": ("checksum",),
    "level3": ("checksum",),
    "bbo": tuple(TOP),
    "ticker": tuple(TICKER),
    "ohlc": tuple(CANDLE),
    "instrument": ("pairs", "assets"),
    "executions": ("order_id", "report"),
    "balances": ("asset", "report"),
}
"""What a mark has beside the stamp."""
OF_EVENT = ("instrument", "executions", "balances")
"""Channels whose mark is the event's: a snapshot has none."""
MODIFY = "1"
PROVEN = ("book", "level3")
QTYS = ("100000000", "40000000", "30000000", "20000000")


def sized(channel: str, qty: str, at: str) -> Event:
    """Return a book at a stamp whose best bid, or the first order there, has this qty."""
    if channel == "book":
        return whole("book", bids=[["628070", qty]], asks=[["628071", "1"]], ts_event=at)
    first, second = orders("OB1:99.5:1.00000000:1 OB2:99.5:0.25000000:2")
    bids = [[*first[:2], qty, first[3]], second]
    return whole("level3", bids=bids, asks=orders("OA1:99.6:1.00000000:1"), ts_event=at)


def resized(channel: str, qty: str, at: str) -> Event:
    """Return the event, of a stamp, that gives it this qty."""
    after = sized(channel, qty, at)
    first = after["bids"][0]
    row = first if channel == "book" else [MODIFY, *first]
    return event(KINDS[channel], bids=[row], asks=[], checksum=after["checksum"], ts_event=at)


def content(channel: str, number: int) -> Content:
    """Return what an event of a number holds."""
    match channel:
        case "bbo":
            return {**TOP, "bid_qty": str(number)}
        case "ticker":
            return {**TICKER, "last": str(number)}
        case "ohlc":
            return {**CANDLE, "trades": str(number)}
        case "instrument":
            words = f'{{"symbol":"BTC/USD","status":"online","tick_size":0.{number}}}'
            return {"pairs": [["BTC/USD", "online", "1", "8", words]], "assets": ASSETS}
        case "executions":
            report = f'{{"order_id":"OA","exec_id":"T{number}"}}'
            return {**EXECUTION, "order_id": "OA", "report": report, "order": order_text("OA")}
    report = f'{{"asset":"USD","ledger_id":"L{number}"}}'
    return {**BALANCE, "report": report, "state": balance_text("USD", str(number))}


def own(channel: str, number: int, **other: Any) -> Event:
    """Return the channel's event of a number, perhaps with another value."""
    if channel in PROVEN:
        qty, at = other.get("qty", QTYS[number]), other.get("ts_event", stamp(number))
        return resized(channel, qty, at)
    told_as = {**content(channel, number), **other}
    return event(KINDS[channel], **{"ts_event": stamp(number), **told_as})


def held(channel: str, number: int) -> Event:
    """Return the snapshot after the event of a number, 0 for before the first."""
    if channel in PROVEN:
        return sized(channel, QTYS[number], stamp(number))
    shown = content(channel, number) if channel in ("bbo", "ticker", "ohlc") else {}
    return whole(channel, ts_event=stamp(number), **shown)


def other(name: str, value: Any) -> Any:
    """Return another value of a key."""
    if isinstance(value, list):
        return []
    if name in DECIMALS:
        return f"{value}1"
    return str(int(value) + 1) if value.isdigit() else value.replace("O", "X").replace("U", "X")


def channel_stories() -> Iterator[Story]:
    """Yield the stories of every channel."""
    for channel in KINDS:
        if channel != "book":
            yield from _meetings(channel)
        yield from _others(channel)
    yield from _orders_gap()
    yield from _candles()


def _entry(channel: str, line: str, at: int, number: int, **other: Any) -> Step:
    return hand(line, "entry", at, own(channel, number, **other))


def _joined(channel: str) -> list[Step]:
    return [hand(line, "snap", at, held(channel, 0)) for line, at in (("a", 10), ("b", 20))]


def _meetings(channel: str) -> Iterator[Story]:
    joined, kind = _joined(channel), KINDS[channel]
    a1, a2 = (_entry(channel, "a", 10 + number, number) for number in (1, 2))
    b1, b2, b3 = (_entry(channel, "b", 20 + number, number) for number in (1, 2, 3))
    yield story(
        f"{channel}-once",
        "what both lines bring is told once, of whichever had it first",
        [*joined, a1, b1, b2, a2],
        [*BOTH_UP, told("a", kind, 11), told("b", kind, 22)],
        channel,
    )
    yield story(
        f"{channel}-a-lost-leader-costs-nothing",
        "the other line has yet to come by what was told, and goes on from there",
        [*joined, a1, b1, a2, reset("a", 13), b2, b3],
        [*BOTH_UP, told("a", kind, 11), told("a", kind, 12), down("a"), told("b", kind, 23)],
        channel,
    )
    back = hand("b", "entry", 22, held(channel, 1))
    late = [_entry(channel, "b", 21 + number, number) for number in (2, 3)]
    # Where a snapshot has no mark the leader comes by that of the line's next event.
    second = told("a", kind, 12) if channel in OF_EVENT else told("b", kind, 23)
    yield story(
        f"{channel}-lost-and-back",
        "a line that was lost is back with a snapshot, and meets the leader"
        + (" with its next event" if channel in OF_EVENT else ""),
        [*joined, reset("b", 21), a1, back, late[0], a2, late[1]],
        [*BOTH_UP, down("b"), told("a", kind, 11), up("b"), second, told("b", kind, 24)],
        channel,
    )


def _others(channel: str) -> Iterator[Story]:
    """Yield one story for each part of the mark: the lines do not meet where it differs."""
    usual = {} if channel in PROVEN else content(channel, 1)
    for name in ("ts_event", *MARKED[channel]):
        later = _entry(channel, "b", 22, 2)
        if name == "ts_event":
            first = _entry(channel, "b", 21, 1, ts_event=stamp(8))
            later = _entry(channel, "b", 22, 2, ts_event=stamp(9))
        elif channel in PROVEN:
            first = _entry(channel, "b", 21, 1, qty="50000000")
        else:
            first = _entry(channel, "b", 21, 1, **{name: other(name, usual[name])})
        yield story(
            f"{channel}-no-meeting-{name.replace('_', '-')}",
            f"two events that differ in `{name}` are two: the lines are apart",
            [*_joined(channel), _entry(channel, "a", 11, 1), first, later, now("1")],
            [*BOTH_UP, told("a", KINDS[channel], 11), jump("b")],
            channel,
        )


def _orders_gap() -> Iterator[Story]:
    gap = event("gap", order_id=["OB"], reason="unfilled", ts_event=stamp(1))
    second = [_entry("executions", "a", 12, 1), _entry("executions", "b", 22, 1)]
    yield story(
        "executions-gap",
        "a gap has no mark: it is told of the leader and of nobody else",
        [*_joined("executions"), hand("b", "entry", 21, gap), hand("a", "entry", 11, gap), *second],
        [*BOTH_UP, told("a", "gap", 11), told("a", "execution", 12)],
        "executions",
    )


def _candles() -> Iterator[Story]:
    closed = event("closed", **CANDLE, ts_event=stamp(1))
    open_again = _entry("ohlc", "b", 22, 2)
    yield story(
        "ohlc-closed",
        "none is open: a state as others, by which the lines meet",
        [
            *_joined("ohlc"),
            hand("a", "entry", 11, closed),
            hand("b", "entry", 21, closed),
            open_again,
        ],
        [*BOTH_UP, told("a", "closed", 11), told("b", "candle", 22)],
        "ohlc",
    )
    before = {**CANDLE, "interval_begin": "1767322980000000000", "flags": "8"}
    revised = event("candle", **before, ts_event=stamp(1))
    yield story(
        "ohlc-revised",
        "a correction leaves the open candle alone; its stamp says which mark it is",
        [
            *_joined("ohlc"),
            hand("a", "entry", 11, revised),
            hand("b", "entry", 21, revised),
            open_again,
        ],
        [*BOTH_UP, told("a", "candle", 11), told("b", "candle", 22)],
        "ohlc",
    )
