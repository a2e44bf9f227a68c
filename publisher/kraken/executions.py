"""Kraken's `executions` messages: reports by order, every field kept (protocol.md 8.1).

All fields but the order's id are optional, and what they say may be new: kinds and statuses that
nobody has heard of are reports like others. Pure.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NamedTuple

import msgspec

from publisher.kraken import objects
from publisher.kraken.objects import Fields

ENDED = frozenset({"filled", "canceled", "expired"})
"""Values of `order_status` after which an order is open no more."""

Sequence = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""Kraken's count of a private channel's messages on a connection."""

KNOWN = frozenset({
    "amended", "avg_price", "cancel_reason", "cash_order_qty", "cl_ord_id", "contingent",
    "cost", "cum_cost", "cum_qty", "display_qty", "display_qty_remain", "effective_time",
    "exec_id", "exec_type", "expire_time", "ext_exec_id", "ext_ord_id", "fee_ccy_pref",
    "fee_usd_equiv", "fees", "last_price", "last_qty", "limit_price", "limit_price_type",
    "liquidated", "liquidity_ind", "margin", "margin_borrow", "no_mpp", "ord_ref_id",
    "order_id", "order_qty", "order_status", "order_type", "order_userref", "position_status",
    "post_only", "reason", "reduce_only", "sender_sub_id", "side", "stop_price", "symbol",
    "time_in_force", "timestamp", "trade_id", "trigger", "triggered_price", "triggers", "user",
})  # fmt: skip
"""Every field of a report that protocol.md names."""


class ExecutionsMessage(msgspec.Struct, gc=False):
    """An `executions` snapshot or update: one item of the session's, for the symbol ""."""

    channel: Literal["executions"]
    type: Literal["snapshot", "update"]
    sequence: Sequence
    items: list[msgspec.Raw] = msgspec.field(name="data")
    symbol: ClassVar[str] = ""

    @property
    def data(self) -> tuple[ExecutionsMessage]:
        """The message itself: its sequence is of all reports in it."""
        return (self,)


class Report(NamedTuple):
    """One report. `exec_id` names the fill that it tells, and is empty if it tells none."""

    order_id: str
    exec_id: str
    trade_id: int
    """Of the fill, in the order of its market's fills; 0 without."""
    is_end: bool
    ts_event: int
    text: str
    fields: Fields


decode_executions = msgspec.json.Decoder(ExecutionsMessage).decode
"""Decodes an `executions` message; raises one of messages.UNDECODABLE for everything else."""


def reports_of(message: ExecutionsMessage) -> list[Report]:
    """Return the reports of a message; raise BadFrame if one is none."""
    return [_report(objects.text_of(item)) for item in message.items]


def unknown_fields(payload: bytes) -> list[str]:
    """Return the paths of fields in an `executions` message that protocol.md 8.1 does not name."""
    return objects.unknown_fields("executions", decode_executions, KNOWN, payload)


def _report(text: str) -> Report:
    fields = objects.fields_of(text)
    is_trade = objects.word(fields, "exec_type") == "trade"
    return Report(
        order_id=objects.required_word(fields, "order_id"),
        exec_id=objects.word(fields, "exec_id") if is_trade else "",
        trade_id=objects.integer(fields, "trade_id"),
        is_end=objects.word(fields, "order_status") in ENDED,
        ts_event=objects.stamp(fields),
        text=text,
        fields=fields,
    )
