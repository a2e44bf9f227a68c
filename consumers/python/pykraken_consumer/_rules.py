"""What the fields of one event say together: which come with which, ranges and order across them.

Pure. Takes maps whose fields were looked at one by one already, and of these the `good` ones, as
events hold them (WIRE §4, §5.3, §5.4); what was bad is left alone here.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from ._fields import Faults
from .errors import Code

Fields = Mapping[str, Any]

DELETE: Final = 2  # WIRE §4.10
TRADES_MAX: Final = 50  # WIRE §4.13: "the latest trades, 50 at most"

# Keys that come together or not at all, by event type, and of snapshots by channel.
_CANDLE: Final = ("ib", "op", "hi", "lo", "cl", "vo", "vw", "n")
_TOP: Final = (("bp", "bq"), ("ap", "aq"))
_TOGETHER: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "epoch": (("pe", "ps"), ("mf", "ml")),
    "top": _TOP,
    "bbo": _TOP,
    "ohlc": (_CANDLE,),
}
# The keys of a snapshot's content that a pointer leaves to `.snap`, and whether they must be there.
_CONTENT: Final[dict[str, tuple[tuple[str, ...], bool]]] = {
    "book": (("b", "a"), True),
    "level3": (("b", "a"), True),
    "bbo": (("bp", "bq", "ap", "aq"), False),
    "ticker": (("bp", "bq", "ap", "aq", "la", "lo", "hi", "vo", "vw", "cg", "cp", "n"), False),
    "trade": (("lt", "x"), True),
    "ohlc": (_CANDLE, False),
    "instrument": (("ps", "as"), True),
    "executions": (("os", "sq"), True),
    "balances": (("bs", "sq"), True),
}


def epoch(fields: Fields) -> Faults:
    """Judge which keys of an `epoch` come together (WIRE §4.4)."""
    return _together("epoch", fields)


def event(channel: str, kind: str, fields: Fields, good: Fields) -> Faults:
    """Judge an event of a channel's stream; a snapshot and an epoch have rules of their own."""
    match kind:
        case "orders":
            return _changes(good)
        case "trades":
            return _trades(good)
        case "gap" if channel == "trade":
            return _gap(good)
        case "heartbeat" if channel in ("book", "level3"):
            # WIRE §4.6: the checksum is due where a book is live.
            is_due = fields.get("s") == "live" and "c" not in fields
            return [(Code.SCHEMA, "c")] if is_due else []
    return _together(kind, fields)


def content(channel: str, fields: Fields, good: Fields, *, is_in_snap: bool) -> Faults:
    """Judge a snapshot's content and pointer against each other (WIRE §4.3), then the content."""
    keys, is_required = _CONTENT[channel]
    present = [key for key in keys if key in fields]
    if "ptr" in fields:
        is_wrong = bool(present) or is_in_snap
    else:
        is_wrong = is_required and len(present) != len(keys)
    faults = [(Code.SCHEMA, "ptr")] if is_wrong else []
    match channel:
        case "book":
            faults += _levels(good)
        case "level3":
            faults += _orders(good)
        case "trade":
            faults += _latest(good)
    return faults + _together(channel, fields)


def _together(kind: str, fields: Fields) -> Faults:
    faults = []
    for group in _TOGETHER.get(kind, ()):
        present = [key for key in group if key in fields]
        if present and len(present) != len(group):
            faults.append((Code.SCHEMA, "/".join(group)))
    return faults


def _trades(good: Fields) -> Faults:
    """Judge that the ids of trades grow by 1 (WIRE §4.13)."""
    ids = [trade[0] for trade in good.get("x") or ()]
    is_in_order = all(after == before + 1 for before, after in pairwise(ids))
    return [] if is_in_order else [(Code.ORDER, "x")]


def _changes(good: Fields) -> Faults:
    """Judge that no order is added or set to a qty of 0 (WIRE §4.10)."""
    return [
        (Code.RANGE, key)
        for key in ("b", "a")
        if any(kind != DELETE and qty == 0 for kind, _, _, qty, _ in good.get(key) or ())
    ]


def _gap(good: Fields) -> Faults:
    """Judge that a gap of trades does not end before it begins (WIRE §4.13)."""
    first, last = good.get("gf"), good.get("gl")
    is_backwards = first is not None and last is not None and last < first
    return [(Code.RANGE, "gl")] if is_backwards else []


def _latest(good: Fields) -> Faults:
    faults = _trades(good)
    latest, last = good.get("x"), good.get("lt")
    if latest and len(latest) > TRADES_MAX:
        faults.append((Code.RANGE, "x"))
    if latest and last is not None and latest[-1][0] != last:
        faults.append((Code.ORDER, "lt"))
    return faults


def _levels(good: Fields) -> Faults:
    """Judge an L2 snapshot's levels by WIRE §5.3."""
    faults = []
    depth = good.get("d")
    for key, sign in (("b", -1), ("a", 1)):
        levels = good.get(key) or ()
        if any(qty == 0 for _, qty in levels) or (depth is not None and len(levels) > depth):
            faults.append((Code.RANGE, key))
        keys = [sign * price for price, _ in levels]
        if any(worse <= better for better, worse in pairwise(keys)):
            faults.append((Code.ORDER, key))
    return faults


def _orders(good: Fields) -> Faults:
    """Judge an L3 snapshot's orders by WIRE §5.4."""
    faults = []
    depth = good.get("d")
    for key, sign in (("b", -1), ("a", 1)):
        orders = good.get(key) or ()
        prices = len({price for _, price, _, _ in orders})
        if (
            any(qty == 0 for _, _, qty, _ in orders)
            or len({order_id for order_id, _, _, _ in orders}) < len(orders)
            or (depth is not None and prices > depth)
        ):
            faults.append((Code.RANGE, key))
        places = [(sign * price, time) for _, price, _, time in orders]
        if any(after < before for before, after in pairwise(places)):
            faults.append((Code.ORDER, key))
    return faults
