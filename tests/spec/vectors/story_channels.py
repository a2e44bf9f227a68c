"""Stories that every channel has: join and follow, reset, pointer, epoch, an event of elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.builders import update
from tests.spec.vectors.events import Event, event
from tests.spec.vectors.kraken_orders import (
    QUEUE_ASKS,
    QUEUE_BIDS,
    QUEUE_CHECKSUM,
    QUEUE_NEXT,
    orders,
    orders_event,
)
from tests.spec.vectors.samples import (
    ASSETS,
    BALANCE,
    CANDLE,
    CHANNELS,
    CONTENTS,
    EXECUTION,
    PAIRS,
    TICKER,
    TOP,
    alive,
    balance_text,
    born,
    order_text,
    pointing,
    trades,
    whole,
)
from tests.spec.vectors.scenes import (
    E1,
    E2,
    Told,
    bad,
    ends_as,
    ends_invalid,
    entry,
    handed,
    snap,
    story,
    told_epoch,
)

Story = dict[str, Any]
State = dict[str, Any]

HALTED = ["BTC/USD", "cancel_only", "1", "8", "{}"]
ETHER = ["ETH", "enabled", "10", "{}"]
FILL = orders("OB0001:99.5:0.40000000:1 OB0002:99.5:0.25000000:2 OB0003:99.4:3.00000000:0")

QUEUE = {"bids": QUEUE_BIDS, "asks": QUEUE_ASKS, "checksum": QUEUE_CHECKSUM}
BEFORE: dict[str, State] = {
    **CONTENTS,
    "level3": QUEUE,
    "executions": {"orders": CONTENTS["executions"]["orders"]},
    "balances": {"balances": CONTENTS["balances"]["balances"]},
}
"""The state that a channel's snapshot leaves."""

FOLLOWS: dict[str, tuple[Event, State]] = {
    "level3": (
        orders_event(*QUEUE_NEXT[0][1:]),
        {"bids": FILL, "asks": QUEUE_ASKS, "checksum": QUEUE_NEXT[0][3]},
    ),
    "bbo": (event("top", **{**TOP, "bid": "628060"}), {**TOP, "bid": "628060"}),
    "ticker": (event("ticker", **{**TICKER, "last": "5"}), {**TICKER, "last": "5"}),
    "trade": (
        event("trades", trades=trades(4665907, 4665908)),
        {"last_trade_id": "4665908", "trades": trades(4665904, 4665908)},
    ),
    "ohlc": (event("candle", **{**CANDLE, "trades": "4"}), {**CANDLE, "trades": "4"}),
    "instrument": (
        event("instruments", pairs=[HALTED], assets=[ETHER]),
        {"pairs": [HALTED], "assets": [ETHER, *ASSETS]},
    ),
    "executions": (
        event("execution", **{**EXECUTION, "order_id": "OZ", "order": order_text("OZ")}),
        {"orders": [EXECUTION["order"], order_text("OZ")]},
    ),
    "balances": (
        event("balance", **BALANCE),
        {"balances": [balance_text("BTC"), balance_text("USD", "3990.4")]},
    ),
}
"""An event of each channel, and the state after it; worked out by hand from §7.2."""
assert PAIRS[0][0] == HALTED[0], "the event is to replace the snapshot's pair"

AT, NEXT, THIRD, FOURTH = (f"{E1}-{seq}" for seq in (10, 11, 12, 13))


def full(channel: str) -> Event:
    """Return the channel's snapshot event."""
    return whole("level3", **QUEUE) if channel == "level3" else whole(channel)


def channel_stories() -> Iterator[Story]:
    """Yield the stories of each channel but `book`."""
    for channel in CHANNELS[1:]:
        change, state = FOLLOWS[channel]
        before = ends_as(f"{E2}-1", channel, BEFORE[channel])
        joined, beat = snap(AT, full(channel)), alive(channel, checksum=None, state="disconnected")
        yield story(
            f"{channel}-join-and-follow",
            "7.2",
            "A snapshot, an event that changes the state, a heartbeat that does not.",
            steps=[joined, entry(NEXT, change), entry(THIRD, beat)],
            final=ends_as(THIRD, channel, state),
            stream=channel,
        )
        yield story(
            f"{channel}-reset-then-snapshot",
            "4.5",
            "Invalid from the reset to the snapshot, whatever comes between.",
            steps=[
                joined,
                entry(NEXT, event("reset", reason="disconnected"), bad(NEXT)),
                entry(THIRD, change, bad(THIRD)),
                entry(FOURTH, full(channel)),
            ],
            expect=[{"type": "reset", "id": NEXT, "reason": "disconnected"}],
            final=ends_as(FOURTH, channel, BEFORE[channel]),
            stream=channel,
        )
        yield story(
            f"{channel}-epoch",
            "7.2",
            "A new epoch: invalid until its snapshot.",
            steps=[
                joined,
                entry(f"{E2}-0", born(channel, prev_epoch=E1, prev_seq="12"), bad(f"{E2}-0")),
                entry(f"{E2}-1", full(channel)),
            ],
            expect=[told_epoch(f"{E2}-0", unseen=[NEXT, THIRD])],
            final=before,
            stream=channel,
        )
        yield from _fetched(channel, change, state)
        yield _stranger(channel)


def _fetched(channel: str, change: Event, state: State) -> Iterator[Story]:
    pointed = entry(NEXT, _pointing(channel), bad(NEXT, "pointer"))
    loaded = {**handed("pointer", NEXT, full(channel), {"wants": "entries", "valid": True})}
    yield story(
        f"{channel}-pointer",
        "7.2",
        "The state lies in `.snap`; the event after it is applied.",
        steps=[snap(AT, full(channel)), pointed, loaded, entry(THIRD, change)],
        final=ends_as(THIRD, channel, state),
        stream=channel,
    )
    gone: list[Told] = [{"code": "POINTER", "id": NEXT}]
    yield story(
        f"{channel}-pointer-gone",
        "7.2",
        "The snapshot that a pointer names is gone: join.",
        steps=[
            snap(AT, full(channel)),
            pointed,
            {"pointer": None, "then": bad(NEXT, "join")},
        ],
        expect=gone,
        final=ends_invalid(NEXT),
        stream=channel,
    )


def _pointing(channel: str) -> Event:
    return pointing("level3", checksum=QUEUE_CHECKSUM) if channel == "level3" else pointing(channel)


def _stranger(channel: str) -> Story:
    return story(
        f"{channel}-event-of-another-channel",
        "3.6",
        "An `update` stands in books: counted and skipped, and it keeps its place.",
        steps=[
            snap(AT, full(channel)),
            entry(NEXT, update()),
            entry(THIRD, event("bye")),
        ],
        expect=[{"type": "bye", "id": THIRD}],
        final=ends_as(THIRD, channel, BEFORE[channel], skipped="1"),
        stream=channel,
    )
