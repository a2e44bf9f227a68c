"""Books rebuilt and verified from the Redis Streams that pykraken writes (consumers/spec/WIRE.md).

with Client("redis://127.0.0.1:6379") as client:
    for event in client.follow("BTC/USD", depth=10):
        if event.book.is_valid:
            print(event.book.best_bid, event.book.best_offer)
"""

from .book import Book, DecimalLevel, Level, Side
from .client import AsyncClient, Client
from .errors import (
    AmbiguousStream,
    Code,
    ConsumerError,
    DecodeError,
    NoStream,
    NotReady,
    RedisRefused,
    RedisUnreachable,
)
from .replica import (
    Disconnected,
    Event,
    Gap,
    Joined,
    LocalEvent,
    Missed,
    Quarantined,
    Range,
    Reconnected,
    Regression,
    Replica,
    Stale,
    TrimWarning,
)
from .tail import Record
from .wire import (
    CROSSED,
    UNVERIFIED,
    Bye,
    EntryId,
    Epoch,
    Feed,
    Heartbeat,
    Listing,
    Notice,
    Reset,
    Snapshot,
    Unknown,
    Update,
    WireEvent,
)

__version__ = "0.1.0"

__all__ = [
    "CROSSED",
    "UNVERIFIED",
    "AmbiguousStream",
    "AsyncClient",
    "Book",
    "Bye",
    "Client",
    "Code",
    "ConsumerError",
    "DecimalLevel",
    "DecodeError",
    "Disconnected",
    "EntryId",
    "Epoch",
    "Event",
    "Feed",
    "Gap",
    "Heartbeat",
    "Joined",
    "Level",
    "Listing",
    "LocalEvent",
    "Missed",
    "NoStream",
    "NotReady",
    "Notice",
    "Quarantined",
    "Range",
    "Reconnected",
    "Record",
    "RedisRefused",
    "RedisUnreachable",
    "Regression",
    "Replica",
    "Reset",
    "Side",
    "Snapshot",
    "Stale",
    "TrimWarning",
    "Unknown",
    "Update",
    "WireEvent",
]
