"""Stories of instruments, open orders and balances: what is replaced, comes new, and goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.events import Event, event
from tests.spec.vectors.samples import (
    BALANCE,
    EXECUTION,
    balance_text,
    order_text,
    whole,
)
from tests.spec.vectors.scenes import E1, ends_as, ends_invalid, entry, lost, snap, story

Story = dict[str, Any]

AT, NEXT, THIRD = (f"{E1}-{seq}" for seq in (10, 11, 12))
TWO = whole("executions", orders=[order_text("OB"), order_text("OA")])
ONE_PAIR, TWO_PAIRS = ["A/B", "online", "1", "8", "{}"], ["C/D", "online", "1", "8", "{}"]


def execution(order_id: str, order: str) -> Event:
    """Return an execution after which an order is this."""
    return event("execution", **{**EXECUTION, "order_id": order_id, "order": order})


def named_stories() -> Iterator[Story]:
    """Yield states by name."""
    a, b = order_text("OA"), order_text("OB")
    cases: list[tuple[str, str, str, Event, Event, dict[str, Any]]] = [
        ("executions", f"ends-{status}", f"An order that is {status} is open no more.", TWO,
         execution("OA", order_text("OA", status)), {"orders": [b]})
        for status in ("filled", "canceled", "expired")
    ]  # fmt: skip
    partly = order_text("OA", "partially_filled")
    cases += [
        ("executions", "partly", "An order that is partially filled stays open.", TWO,
         execution("OA", partly), {"orders": [partly, b]}),
        ("executions", "no-status", "Without an `order_status` it is open.", TWO,
         execution("OA", '{"order_id":"OA"}'), {"orders": ['{"order_id":"OA"}', b]}),
        ("executions", "ends-unknown", "One that was never open may end.", TWO,
         execution("OX", order_text("OX", "canceled")), {"orders": [a, b]}),
        ("executions", "gap", "A gap takes out the orders that it names; others are no matter.",
         TWO, event("gap", order_id=["OB", "OX"], reason="unfilled"), {"orders": [a]}),
        ("executions", "status-inside", "Only the order's own `order_status` counts.", TWO,
         execution("OA", '{"legs":{"order_status":"filled"}}'),
         {"orders": ['{"legs":{"order_status":"filled"}}', b]}),
        ("balances", "new-asset", "An asset comes new.", whole("balances", balances=[]),
         event("balance", **BALANCE), {"balances": [balance_text("USD", "3990.4")]}),
        ("balances", "zero", "A balance of 0 stays.", whole("balances"),
         event("balance", **{**BALANCE, "asset": "BTC", "state": balance_text("BTC", "0")}),
         {"balances": [balance_text("BTC", "0"), balance_text("USD")]}),
        ("balances", "text-unread", "A `state` is kept as it is, whatever it is.",
         whole("balances"), event("balance", **{**BALANCE, "state": "no JSON"}),
         {"balances": [balance_text("BTC"), "no JSON"]}),
        ("instrument", "pair-comes", "A pair comes new; the others stay.",
         whole("instrument", pairs=[ONE_PAIR], assets=[]),
         event("instruments", pairs=[TWO_PAIRS], assets=[]),
         {"pairs": [ONE_PAIR, TWO_PAIRS], "assets": []}),
        ("instrument", "pair-twice", "A pair twice in one event: the last one counts.",
         whole("instrument", pairs=[ONE_PAIR], assets=[]),
         event("instruments", pairs=[["A/B", "maintenance", "1", "8", "{}"], ONE_PAIR], assets=[]),
         {"pairs": [ONE_PAIR], "assets": []}),
    ]  # fmt: skip
    for channel, name, about, before, change, state in cases:
        yield story(
            f"{channel}-{name}",
            "7.2",
            about,
            steps=[snap(AT, before), entry(NEXT, change)],
            final=ends_as(NEXT, channel, state),
            stream=channel,
        )


def bad_text_stories() -> Iterator[Story]:
    """Yield texts that a consumer must read and cannot (§3.7)."""
    told = [{"code": "SCHEMA", "id": NEXT}]
    for name, text in (
        ("no-json", "no JSON"),
        ("array", "[1]"),
        ("empty", ""),
        ("nan", '{"order_id":"OA","cum_qty":NaN}'),
    ):
        yield story(
            f"executions-order-{name}",
            "3.7",
            "The order's text is no JSON object: a bad entry.",
            steps=[
                snap(AT, TWO),
                entry(NEXT, execution("OA", text), lost(NEXT)),
                snap(THIRD, TWO),
            ],
            expect=told,
            final=ends_as(THIRD, "executions", {"orders": [order_text("OA"), order_text("OB")]}),
            stream="executions",
        )
    for channel, name, fields in (
        ("executions", "no-json", {"orders": [order_text("OA"), "{"]}),
        ("executions", "no-order-id", {"orders": ['{"order_status":"new"}']}),
        ("executions", "order-id-int", {"orders": ['{"order_id":5}']}),
        ("balances", "no-json", {"balances": ["5"]}),
        ("balances", "no-asset", {"balances": ['{"balance":1}']}),
    ):
        made = whole(channel, **fields)
        yield story(
            f"{channel}-snapshot-{name}",
            "3.7",
            "The consumer cannot tell what a text is of: the snapshot is bad.",
            steps=[snap(AT, whole(channel)), entry(NEXT, made, lost(NEXT))],
            expect=told,
            final=ends_invalid(NEXT),
            stream=channel,
        )
