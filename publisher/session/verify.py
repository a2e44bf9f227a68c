"""Verify, then publish: what turns a Kraken message into an event, or refuses to.

The order is always the same: exact numbers, apply, cut to the depth, compare with Kraken's
checksum, and only then an event. `WrongChecksum`, BadNumber and BadFrame leave a book that the
caller must drop; nothing here repairs one. Pure.
"""

from __future__ import annotations

from publisher.kraken.messages import BookData
from publisher.kraken.numbers import scaled_levels
from publisher.kraken.timestamps import nanoseconds
from publisher.model import Now
from publisher.session.subscription import State, Subscription
from publisher.wire import WIRE_VERSION, Flag, Snapshot, Update

UNVERIFIED = int(Flag.UNVERIFIED)
CROSSED = int(Flag.CROSSED)


class WrongChecksum(Exception):
    """The book's own checksum is not the one that Kraken stated."""

    def __init__(self, stated: int, own: int) -> None:
        super().__init__(stated, own)
        self.stated = stated
        self.own = own

    def __str__(self) -> str:
        return f"stated {self.stated}, own {self.own}"


def updated(subscription: Subscription, data: BookData, checksum_freq: int, now: Now) -> Update:
    """Apply one update to a live book; raise WrongChecksum, BadNumber or BadFrame."""
    instrument = subscription.instrument
    assert instrument is not None  # a live book has one
    price_precision, qty_precision = instrument.price_precision, instrument.qty_precision
    bids = scaled_levels(data.bids, price_precision, qty_precision) if data.bids else []
    asks = scaled_levels(data.asks, price_precision, qty_precision) if data.asks else []
    ts_event = nanoseconds(data.timestamp)
    book = subscription.book
    book.apply(bids, asks)
    flags = 0
    subscription.unverified += 1
    if subscription.unverified < checksum_freq:
        flags = UNVERIFIED
    else:
        own = book.checksum()
        if own != data.checksum:
            raise WrongChecksum(data.checksum, own)
        subscription.unverified = 0
    if book.is_crossed:
        flags |= CROSSED
        if subscription.crossed_since is None:
            subscription.crossed_since = now.mono
    elif subscription.crossed_since is not None:
        subscription.crossed_since = None
    subscription.flags = flags
    subscription.checksum = data.checksum
    subscription.ts_event = ts_event
    subscription.ts_recv = now.unix
    return Update(ts_event, now.unix, 0, flags, bids, asks, data.checksum)


def replaced(subscription: Subscription, data: BookData, depth: int, now: Now) -> Snapshot:
    """Take a snapshot for the book (protocol.md 5.1: it always replaces); raise as `updated`."""
    instrument = subscription.instrument
    assert instrument is not None  # nothing is subscribed before its instrument is known
    precisions = instrument.price_precision, instrument.qty_precision
    bids, asks = scaled_levels(data.bids, *precisions), scaled_levels(data.asks, *precisions)
    subscription.ts_event, subscription.ts_recv = nanoseconds(data.timestamp), now.unix
    subscription.book.replace(bids, asks)
    own = subscription.book.checksum()
    if own != data.checksum:
        raise WrongChecksum(data.checksum, own)
    subscription.unverified = 0
    subscription.checksum = own
    subscription.flags = CROSSED if subscription.book.is_crossed else 0
    subscription.crossed_since = now.mono if subscription.flags else None
    return _snapshot(subscription, depth)


def capture(subscription: Subscription, depth: int) -> Snapshot | None:
    """Return the book as it stands, proved once more; None while it is not live, or proves wrong.

    With `checksum_freq` above 1 the latest updates may not have been compared before.
    """
    if subscription.state is not State.LIVE:
        return None
    if subscription.book.checksum() != subscription.checksum:
        return None
    return _snapshot(subscription, depth)


def _snapshot(subscription: Subscription, depth: int) -> Snapshot:
    instrument, book = subscription.instrument, subscription.book
    assert instrument is not None
    return Snapshot(
        ts_event=subscription.ts_event,
        ts_recv=subscription.ts_recv,
        ts_pub=0,
        flags=subscription.flags & ~UNVERIFIED,
        version=WIRE_VERSION,
        channel="book",
        symbol=subscription.symbol,
        depth=depth,
        price_precision=instrument.price_precision,
        qty_precision=instrument.qty_precision,
        checksum=subscription.checksum,
        bids=book.bids,
        asks=book.asks,
    )
