"""Verify, then publish: what turns a Kraken message into an event, or refuses to.

The order is always the same: exact numbers, apply, cut to the depth, compare with Kraken's
checksum, and only then an event. `WrongChecksum`, BadNumber and BadFrame leave a book that the
caller must drop; nothing here repairs one. Pure.
"""

from __future__ import annotations

from publisher.errors import BadFrame, BadNumber
from publisher.kraken.messages import BookData
from publisher.kraken.timestamps import nanoseconds
from publisher.model import Now, ResetReason
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


FAULTS = (WrongChecksum, BadNumber, BadFrame)
"""What a message can be at fault with; the book is to be dropped."""


def told(fault: Exception) -> tuple[ResetReason, str]:
    """Return the reason and the note of the `reset` for one of FAULTS."""
    is_checksum = isinstance(fault, WrongChecksum)
    return ResetReason.CHECKSUM if is_checksum else ResetReason.MALFORMED, str(fault)


def updated(subscription: Subscription, data: BookData, checksum_freq: int, now: Now) -> Update:
    """Apply one update to a live book; raise WrongChecksum, BadNumber or BadFrame."""
    ts_event = nanoseconds(data.timestamp)
    book = subscription.book
    bids, asks = book.update(data.bids, data.asks)
    flags = 0
    stated = data.checksum
    if checksum_freq > 1 and not _is_turn(subscription, checksum_freq):
        flags = UNVERIFIED
    elif book.checksum() != stated:
        raise WrongChecksum(stated, book.checksum())
    if book.is_crossed:
        flags |= CROSSED
        if subscription.crossed_since is None:
            subscription.crossed_since = now.mono
    elif subscription.crossed_since is not None:
        subscription.crossed_since = None
    update = Update(ts_event, now.unix, 0, flags, bids, asks, stated)
    subscription.last = update
    return update


def _is_turn(subscription: Subscription, checksum_freq: int) -> bool:
    """Count updates; every `checksum_freq`th is to be compared."""
    subscription.unverified = (subscription.unverified + 1) % checksum_freq
    return subscription.unverified == 0


def replaced(subscription: Subscription, data: BookData, depth: int, now: Now) -> Snapshot:
    """Take a snapshot for the book (protocol.md 5.1: it always replaces); raise as `updated`."""
    book = subscription.book
    book.replace(data.bids, data.asks)
    own = book.checksum()
    if own != data.checksum:
        raise WrongChecksum(data.checksum, own)
    subscription.unverified = 0
    subscription.crossed_since = now.mono if book.is_crossed else None
    snapshot = _snapshot(
        subscription,
        depth,
        ts_event=nanoseconds(data.timestamp),
        ts_recv=now.unix,
        flags=CROSSED if book.is_crossed else 0,
        checksum=own,
    )
    subscription.last = snapshot
    return snapshot


def capture(subscription: Subscription, depth: int) -> Snapshot | None:
    """Return the book as it stands, proved once more; None while it is not live, or proves wrong.

    With `checksum_freq` above 1 the latest updates may not have been compared before.
    """
    last = subscription.last
    if subscription.state is not State.LIVE or last is None:
        return None
    if subscription.book.checksum() != last.checksum:
        return None
    return _snapshot(
        subscription,
        depth,
        ts_event=last.ts_event,
        ts_recv=last.ts_recv,
        flags=last.flags & ~UNVERIFIED,
        checksum=last.checksum,
    )


def _snapshot(
    subscription: Subscription,
    depth: int,
    *,
    ts_event: int,
    ts_recv: int,
    flags: int,
    checksum: int,
) -> Snapshot:
    instrument, book = subscription.instrument, subscription.book
    assert instrument is not None
    return Snapshot(
        ts_event=ts_event,
        ts_recv=ts_recv,
        ts_pub=0,
        flags=flags,
        version=WIRE_VERSION,
        channel="book",
        symbol=subscription.symbol,
        depth=depth,
        price_precision=instrument.price_precision,
        qty_precision=instrument.qty_precision,
        checksum=checksum,
        bids=book.bids,
        asks=book.asks,
    )
