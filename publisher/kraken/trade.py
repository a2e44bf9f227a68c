"""Kraken's trades: those of the channel `trade`, and pages of REST `Trades` (protocol.md 4.3,
10.4).

JSON bytes to typed facts, tolerant of what is new; numbers keep their exact digits, REST's times
too. A message's trades come grouped by symbol. Pure.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

import msgspec

from publisher.errors import BadFrame
from publisher.kraken.messages import UNDECODABLE, unknown_fields_of
from publisher.timestamps import NANOSECONDS, UINT64_END

TradeId = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]

PAGE_ROWS = 1000
"""The most that REST gives at once (10.4)."""


class TradeText(msgspec.Struct, gc=False):
    """A trade as it stood on the wire; numbers as `LevelText` has them, `side` is the taker's."""

    symbol: str
    side: Literal["buy", "sell"]
    price: Any
    qty: Any
    ord_type: str
    trade_id: TradeId
    timestamp: str


class Deals(msgspec.Struct, gc=False):
    """The trades of one symbol in a message; `symbol` is empty where a snapshot has none."""

    symbol: str
    trades: list[TradeText]


class TradeMessage(msgspec.Struct, gc=False):
    """A `trade` snapshot or update."""

    type: Literal["snapshot", "update"]
    data: list[Deals]


class PastTrade(msgspec.Struct, gc=False, frozen=True):
    """A trade of REST, in the words of the socket; `time` is ns of Unix time."""

    side: Literal["buy", "sell"]
    price: str
    qty: str
    ord_type: str
    trade_id: int
    time: int


class TradesPage(msgspec.Struct, frozen=True):
    """A page of REST `Trades`: oldest first, the time (ns) to ask on from, and whether there may be
    more behind it.
    """

    trades: list[PastTrade]
    last: int
    is_full: bool


class NoPage(msgspec.Struct, frozen=True):
    """REST gave no page; asking again in `wait_s` seconds may help, never where it is None."""

    reason: str
    wait_s: float | None


class _Trade(msgspec.Struct, gc=False):
    channel: Literal["trade"]
    type: Literal["snapshot", "update"]
    data: list[TradeText]


KNOWN = set(_Trade.__struct_fields__), set(TradeText.__struct_fields__)
SIDES: dict[str, Literal["buy", "sell"]] = {"b": "buy", "s": "sell"}
ORD_TYPES = {"l": "limit", "m": "market"}

_trade = msgspec.json.Decoder(_Trade, float_hook=str.strip)
_page = msgspec.json.Decoder(dict[str, Any], float_hook=str)


def decode_trade(payload: bytes) -> TradeMessage:
    """Decode a `trade` message; raise one of messages.UNDECODABLE for everything else."""
    message = _trade.decode(payload)
    grouped: dict[str, list[TradeText]] = {}
    for trade in message.data:
        grouped.setdefault(trade.symbol, []).append(trade)
    if not grouped and message.type == "snapshot":  # of a symbol that was never traded
        grouped[""] = []
    return TradeMessage(message.type, [Deals(s, group) for s, group in grouped.items()])


def unknown_fields(payload: bytes) -> list[str]:
    """Return the paths of fields in a `trade` message that protocol.md 4.3 does not name; of any
    other message none.
    """
    return unknown_fields_of("trade", decode_trade, payload, known=KNOWN)


def decode_page(result: bytes) -> TradesPage:
    """Return the page in the `result` of a REST answer; raise BadFrame.

    The rows stand under a name of REST's own, or the one that was asked for: under whatever is not
    `last` (10.4).
    """
    try:
        fields = _page.decode(result)
        last = int(fields.pop("last"))
        (rows,) = fields.values()
        return TradesPage([_past(row) for row in rows], last, len(rows) >= PAGE_ROWS)
    except (*UNDECODABLE, KeyError, ValueError, TypeError, IndexError, InvalidOperation) as error:
        raise BadFrame(f"page of trades: {type(error).__name__} {error}") from None


def _past(row: list[Any]) -> PastTrade:
    price, qty, seconds, side, ord_type, _misc, trade_id = row[:7]
    moment = Decimal(seconds)
    # Before anything is made of it: 1e804111 takes seconds to become an int.
    if type(trade_id) is not int or trade_id < 0 or not 0 <= moment < UINT64_END // NANOSECONDS:
        raise ValueError(f"row {str(row)[:80]}")
    time = int(moment.scaleb(9))
    return PastTrade(SIDES[side], str(price), str(qty), ORD_TYPES.get(ord_type, ""), trade_id, time)
