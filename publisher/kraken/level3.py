"""Kraken's `level3` messages: JSON bytes to typed facts, tolerant of what is new (protocol.md 6.1).

Parallel to the `book` message of messages.py: a typed decoder of its own, numbers with their exact
digits, unknown fields pass. What an order's event may be is the book's to judge, since it can name
the order and the symbol (book/l3.py).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from publisher.kraken.messages import unknown_fields_of

OrderId = Annotated[str, msgspec.Meta(max_length=1024)]
"""Kraken's are 19 characters; the wire carries 4,096 bytes of text (WIRE.md 3.3)."""


class OrderText(msgspec.Struct, gc=False):
    """An order as it stood on the wire; numbers as `LevelText` has them. `event` is empty in a
    snapshot.
    """

    order_id: OrderId
    limit_price: Any
    order_qty: Any
    timestamp: str
    event: str = ""


class Level3Data(msgspec.Struct, gc=False):
    """The content of a `level3` message for one symbol."""

    symbol: str
    checksum: int
    bids: list[OrderText] = []
    asks: list[OrderText] = []
    timestamp: str = ""


class Level3Message(msgspec.Struct, gc=False):
    """A `level3` snapshot or update (protocol.md 6.1)."""

    channel: Literal["level3"]
    type: Literal["snapshot", "update"]
    data: list[Level3Data]


# As in messages.py: a method call costs less than calling the type `str`.
_level3 = msgspec.json.Decoder(Level3Message, float_hook=str.strip)

decode_level3 = _level3.decode
"""Decodes a `level3` message; raises one of messages.UNDECODABLE for everything else."""


def unknown_fields(payload: bytes) -> list[str]:
    """Return the paths of fields in a `level3` message that protocol.md 6.1 does not name; of any
    other message none.
    """
    return unknown_fields_of("level3", decode_level3, payload)
