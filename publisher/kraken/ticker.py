"""Kraken's `ticker` messages: JSON bytes to typed facts, tolerant of what is new (protocol.md 4.1).

Parallel to the `book` message of messages.py: a typed decoder of its own, numbers with their exact
digits, unknown fields pass. A field that Kraken leaves out is None.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from publisher.kraken.messages import unknown_fields_of

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class TickerText(msgspec.Struct, gc=False):
    """A symbol's whole ticker; numbers as `LevelText` has them."""

    symbol: str
    bid: Any = None
    bid_qty: Any = None
    ask: Any = None
    ask_qty: Any = None
    last: Any = None
    volume: Any = None
    vwap: Any = None
    low: Any = None
    high: Any = None
    change: Any = None
    change_pct: Any = None
    trades: Count | None = None
    timestamp: str = ""


class TickerMessage(msgspec.Struct, gc=False):
    """A `ticker` snapshot or update."""

    channel: Literal["ticker"]
    type: Literal["snapshot", "update"]
    data: list[TickerText]


KNOWN = {"channel", "type", "data"}, set(TickerText.__struct_fields__)

# As in messages.py: a method call costs less than calling the type `str`.
_ticker = msgspec.json.Decoder(TickerMessage, float_hook=str.strip)

decode_ticker = _ticker.decode
"""Decodes a `ticker` message; raises one of messages.UNDECODABLE for everything else."""


def unknown_fields(payload: bytes) -> list[str]:
    """Return the paths of fields in a `ticker` message that protocol.md 4.1 does not name; of any
    other message none.
    """
    return unknown_fields_of("ticker", decode_ticker, payload, known=KNOWN)
