"""A stream of spoiled entries to a replica: events come out, never an error, and a book that it
calls valid is in order and has the checksum that it was proven by.
"""

from __future__ import annotations

from pykraken_consumer.book import Book
from pykraken_consumer.replica import Replica
from pykraken_consumer.wire import EntryId

STREAMS = (
    "{kraken.BTC/USD}:book.10", "{kraken.BTC/USD}:level3.10", "{kraken.BTC/USD}:ticker.bbo",
    "{kraken.BTC/USD}:trade", "{kraken.BTC/USD}:ohlc.1", "{kraken.BTC/USD}:bbo.book.10",
    "{kraken.instrument}:instrument", "{priv.kraken.main}:executions",
    "{priv.kraken.main}:balances",
)  # fmt: skip
EPOCH = 1_767_323_045_000
HEAD = 4
"""Of each step: what happens, how far the id moves, and two bytes of how long the data is."""


def replica(data: bytes) -> None:
    """The first byte chooses the stream; steps follow, each one `HEAD` bytes and its data."""
    if not data:
        return
    reader = Replica(STREAMS[data[0] % len(STREAMS)], 0.0)
    epoch, seq, at, now = EPOCH, 10, 1, 0.0
    while at + HEAD <= len(data):
        what, move = data[at], data[at + 1]
        size = int.from_bytes(data[at + 2 : at + HEAD], "big")
        body = data[at + HEAD : at + HEAD + size]
        at += HEAD + size
        now += 0.5 if move < 250 else 16.0
        reader.tick(now)
        if move >= 192:
            epoch, seq = epoch + 1, 0
        elif move >= 8:
            seq += 1
        else:
            seq = max(0, seq + 4 - move)
        _step(reader, what, EntryId(epoch, seq), body, now)
        _judge(reader)


def _step(reader: Replica, what: int, entry_id: EntryId, body: bytes, now: float) -> None:
    match what % 8:
        case 0:
            reader.snapshot_read(entry_id, body, now)
        case 1:
            reader.pointer_read(body or None, now)
        case 2:
            reader.heads_read(entry_id if body else None, now)
        case 3:
            reader.horizon_read(EntryId(entry_id.epoch, 0), entry_id)
        case _:
            for _event in reader.received([(str(entry_id).encode(), body)], now):
                _judge(reader)


def _judge(reader: Replica) -> None:
    book = reader.state
    if isinstance(book, Book) and book.is_valid:
        bids = [level.price for level in book.levels("bid")]
        asks = [level.price for level in book.levels("ask")]
        assert bids == sorted(set(bids), reverse=True)
        assert asks == sorted(set(asks))
        assert max(len(bids), len(asks)) <= book.depth
