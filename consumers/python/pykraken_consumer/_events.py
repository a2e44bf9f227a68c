"""The facts that the consumer hands out: events of the wire and events of its own, all frozen.

Types only: nothing here decodes, reads or decides. `wire` gives out the first kind, `replica` the
second; applications import them from there or from the package. Fields of the wire's events stand
in the order, and bear the names, of WIRE §9.
"""

from __future__ import annotations

from typing import NamedTuple

from .book import Book
from .errors import Code

Levels = tuple[tuple[int, int], ...]
# What an `Update` holds after its entry id.
UpdateFields = tuple[int, int, int, int, int, Levels, Levels]

# A NamedTuple's own constructor costs twice as much, where an event is made for each entry.
_new = tuple.__new__


class EntryId(NamedTuple):
    """An entry's id, totally ordered (WIRE §3.1). Prints as Redis writes it."""

    epoch: int
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"

    def is_followed_by(self, other: EntryId) -> bool:
        """True when nothing can lie between: the next seq, or the first of a later epoch."""
        if other.epoch == self.epoch:
            return other.seq == self.seq + 1
        return other.epoch > self.epoch and other.seq == 0


class Update(NamedTuple):
    """One Kraken message, verified (WIRE §4.2). Levels are (price, qty), qty 0 removes."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    checksum: int
    bids: Levels
    asks: Levels


class Snapshot(NamedTuple):
    """The whole book (WIRE §4.3). With `pointer` the levels lie in `.snap` and are None here."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    channel: str
    symbol: str
    depth: int
    price_precision: int
    qty_precision: int
    checksum: int
    bids: Levels | None
    asks: Levels | None
    pointer: int | None


class Epoch(NamedTuple):
    """A new life of the sequence (WIRE §4.4). What a status stream lacks is None."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    version: int
    reason: str
    feed: str
    writer: int
    channel: str | None
    symbol: str | None
    depth: int | None
    price_precision: int | None
    qty_precision: int | None
    prev_epoch: int | None
    prev_seq: int | None
    missed_first: int | None
    missed_last: int | None


class Reset(NamedTuple):
    """The book was dropped; a snapshot follows (WIRE §4.5)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    reason: str
    note: str | None


class Heartbeat(NamedTuple):
    """Alive, nothing new (WIRE §4.6). `checksum` is present when `state` is live."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    checksum: int | None
    state: str


class Bye(NamedTuple):
    """The publisher stopped on request (WIRE §4.7)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    note: str | None


class Feed(NamedTuple):
    """A status stream's pulse (WIRE §4.8): how many symbols, how many live books."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    state: str
    symbols: int
    live: int
    system: str


class Notice(NamedTuple):
    """Something that people should know (WIRE §4.8)."""

    entry_id: EntryId
    ts_event: int
    ts_recv: int
    ts_pub: int
    flags: int
    symbol: str
    kind: str
    note: str


class Unknown(NamedTuple):
    """An event of a type that this reader does not know; it keeps its place (WIRE §3.6)."""

    entry_id: EntryId
    type: str


WireEvent = Update | Snapshot | Epoch | Reset | Heartbeat | Bye | Feed | Notice | Unknown


class Listing(NamedTuple):
    """One stream of the catalogue (WIRE §4.9). A hint, not a proof."""

    stream: str
    version: int
    feed: str
    channel: str
    symbol: str
    depth: int
    price_precision: int
    qty_precision: int
    line: str
    epoch: int


class Range(NamedTuple):
    """Entries from `first` to `last` of one epoch, both included."""

    first: EntryId
    last: EntryId


class Joined(NamedTuple):
    """The book was loaded at `cursor`; entries after `after` (None: nothing was seen) and up to it
    were not told.

    The sequence goes on after `cursor`. Where `cursor` is below `after`, entries come a second
    time.
    """

    cursor: EntryId
    after: EntryId | None


class Gap(NamedTuple):
    """Code GAP: after `cursor` the stream goes on at `found`. The book is invalid until loaded."""

    cursor: EntryId
    found: EntryId


class Missed(NamedTuple):
    """Comes before an `Epoch`: what of the old epoch was written and not seen, and what was
    published to nobody.
    """

    unseen: Range | None
    missed: Range | None


class Quarantined(NamedTuple):
    """A bad entry: its id and code (decoding, CHECKSUM or POINTER); the book is invalid.

    After this and after `Gap`, until the book is there again, only resets, byes, epochs are told.
    """

    code: Code
    entry_id: EntryId
    where: str


class Stale(NamedTuple):
    """Code STALE: no entry for `age_s` seconds."""

    age_s: float


class Regression(NamedTuple):
    """Code REGRESSION: the stream was rolled back from `cursor` to `head`, and goes on from
    there.
    """

    cursor: EntryId
    head: EntryId


class TrimWarning(NamedTuple):
    """More than half of the kept entries (`first` to `last`) lie after `cursor`: read faster."""

    cursor: EntryId
    first: EntryId
    last: EntryId


class Disconnected(NamedTuple):
    """Redis is away; the client tries again by itself. The book stands still."""

    reason: str


class Reconnected(NamedTuple):
    """Redis answers again; the sequence goes on where it stood."""


LocalEvent = (
    Joined
    | Gap
    | Missed
    | Quarantined
    | Stale
    | Regression
    | TrimWarning
    | Disconnected
    | Reconnected
)


class Event(NamedTuple):
    """What the application gets: `body` says what happened, `book` is the book right after it.

    Many applications look at the book alone, so an update is kept as `plain`, its id and fields,
    and made an `Update` for those that ask; everything else is a `fact`. Read `body`.
    """

    stream: str
    book: Book
    fact: WireEvent | LocalEvent | None
    plain: tuple[tuple[int, int], UpdateFields] | None = None

    @property
    def body(self) -> WireEvent | LocalEvent:
        """The event itself, to be matched by type."""
        if self.fact is not None:
            return self.fact
        assert self.plain is not None
        at, fields = self.plain
        return _new(Update, (_new(EntryId, at), *fields))


class Record(NamedTuple):
    """One entry of any stream as `entries` and `status` give it, or what kept some away."""

    stream: str
    body: WireEvent | Gap | Quarantined | Disconnected | Reconnected
