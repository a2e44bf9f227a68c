"""L3 books whose checksums Kraken itself stated, or that its published rules give.

Sources: Kraken's page on the checksum (BTC/USD), and a made-up book of five messages that shows
why a queue is ordered by time. `tests/spec/test_level3_model.py` proves both again.
"""

from __future__ import annotations

from tests.spec.vectors.events import Event, event

Rows = list[list[str]]

SECOND = 10**9
STARTED = 1767225600
"""2026-01-01T00:00:00Z."""


def at(second: int) -> str:
    """Return the time so many seconds after the start, in nanoseconds."""
    return str((STARTED + second) * SECOND)


def orders(text: str) -> Rows:
    """Return orders from `id:price:qty:second` words of padded decimal text."""
    words = [word.split(":") for word in text.split()]
    return [
        [name, _digits(price), _digits(qty), at(int(second))] for name, price, qty, second in words
    ]


def queued(prefix: str, text: str) -> Rows:
    """Return orders from `price:qty` words in queue order, with ids and rising times."""
    words = enumerate(text.split())
    return orders(" ".join(f"{prefix}{number:02}:{word}:{number}" for number, word in words))


def _digits(number: str) -> str:
    return str(int(number.replace(".", "")))


def changes(text: str) -> Rows:
    """Return changes from `+id`, `~id` or `-id` (add, modify, delete), then as `orders`."""
    words = text.split()
    kinds = [str("+~-".index(word[0])) for word in words]
    rows = orders(" ".join(word[1:] for word in words))
    return [[kind, *row] for kind, row in zip(kinds, rows, strict=True)]


WORKED_BIDS = queued(
    "OB",
    """44939.4:0.88968699 44939.4:0.45210000 44939.4:0.10000000 44939.4:0.14296323
       44939.4:0.25000000 44939.4:0.10292988 44939.4:0.33880000 44939.4:1.28140860
       44937.1:0.03346877 44934.7:0.35630000 44930.2:0.22734299 44930.2:0.01000000
       44930.2:0.05550000 44930.2:0.70000000 44930.2:0.15000000 44928.0:0.00105240
       44919.6:0.33870000 44919.5:0.07610000 44912.0:0.35630000 44909.7:0.06690000
       44901.9:0.00088982""",
)
WORKED_ASKS = queued(
    "OA",
    """44939.5:4.52308393 44939.5:0.00111261 44939.5:0.00100000 44939.5:0.01000000
       44950.0:0.10334926 44953.0:0.00064537 44955.0:0.00250000 44959.6:0.35630000
       44959.6:0.35630000 44960.1:0.00338072 44960.2:0.88967575 44967.0:3.14392283
       44978.5:0.06778960 44979.2:0.35630000""",
)
WORKED_CHECKSUM = "1063832831"

QUEUE_BIDS = orders("OB0001:99.5:1.00000000:1 OB0002:99.5:0.25000000:2 OB0003:99.4:3.00000000:0")
QUEUE_ASKS = orders("OA0001:99.6:0.00000500:1 OA0002:99.7:2.00000000:3")
QUEUE_CHECKSUM = "189542286"
QUEUE_NEXT: tuple[tuple[str, Rows, Rows, str], ...] = (
    ("partial fill", changes("~OB0001:99.5:0.40000000:1"), [], "3424298823"),
    ("joins the back", changes("+OB0004:99.5:0.75000000:5"), [], "959058165"),
    ("filled", changes("-OB0001:99.5:0.40000000:6"), [], "203647638"),
    (
        "newest first",
        [],
        changes("+OA0009:99.8:9.00000000:4 +OA0008:99.8:8.00000000:2"),
        "439914658",
    ),
)
"""What happens, changes of bids, of asks, and the checksum after them."""


def orders_event(bids: Rows, asks: Rows, checksum: str, **fields: str) -> Event:
    """Return an `orders` event."""
    return event("orders", bids=bids, asks=asks, checksum=checksum, **fields)
