"""An entry's bytes to the consumer's decoder: an event or DecodeError, and nothing is taken that a
strict reading of WIRE.md refuses.
"""

from __future__ import annotations

from pykraken_consumer.errors import DecodeError
from pykraken_consumer.wire import EntryId, decode, decode_listing

from tests.spec import strict
from tests.spec.tables import HEADERS

PLACES = (*sorted(HEADERS), "status", *(f"{channel}.snap" for channel in sorted(HEADERS)))
LISTED = (
    "{kraken.BTC/USD}:book.10", "{kraken.BTC/USD}:level3.10", "{kraken.BTC/USD}:ticker.bbo",
    "{kraken.BTC/USD}:trade", "{kraken.BTC/USD}:ohlc.1", "{kraken.BTC/USD}:bbo.book.10",
    "{kraken.instrument}:instrument", "{priv.kraken.main}:executions/a",
    "{priv.kraken.main}:balances",
)  # fmt: skip
ID = EntryId(1_767_323_045_000, 7)


def wire(data: bytes) -> None:
    """The first byte says where the entry lies, or of which stream it is the catalogue's row."""
    if not data:
        return
    choice, payload = data[0] % (len(PLACES) + len(LISTED)), data[1:]
    try:
        if choice >= len(PLACES):
            decode_listing(LISTED[choice - len(PLACES)], payload)
            return
        decode(ID, payload, PLACES[choice])
    except DecodeError:
        return
    try:
        strict.decode(payload, PLACES[choice])
    except strict.Open:  # the page does not say
        return
