"""What the application is given: events of the wire, and events of the consumer's own, all frozen.

Types only: nothing here decodes, reads or decides. `replica` gives them out.
"""

from __future__ import annotations

from typing import NamedTuple

from ._book_events import Orders, OrdersFields, Update, UpdateFields
from ._ids import EntryId
from ._states import State
from .book import Book, OrderBook
from .errors import Code
from .wire import WireEvent

# A NamedTuple's own constructor costs twice as much, where an event is made for each entry.
_new = tuple.__new__


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


class LineUp(NamedTuple):
    """Of two lines followed as one (WIRE §7.7): `line` has a valid state."""

    line: str


class LineDown(NamedTuple):
    """`line` is lost, by what `cause` says; the other, where it is up, carries on and nothing is
    missing. The state is invalid or stale only when both are lost.
    """

    line: str
    cause: WireEvent | LocalEvent


class Jump(NamedTuple):
    """It goes on with `line` where the two lines did not meet: the state is whole and proven, but
    events between may have been told by neither, or are told a second time.
    """

    line: str


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
    | LineUp
    | LineDown
    | Jump
)


class Event(NamedTuple):
    """What the application gets: `body` says what happened, `state` is the state right after it.

    Many applications look at the book alone, so an update of one is kept as `plain`, its id and
    fields, and made an event for those that ask; everything else is a `fact`. Read `body`.
    """

    stream: str
    state: State
    fact: WireEvent | LocalEvent | None
    plain: tuple[tuple[int, int], UpdateFields | OrdersFields] | None = None

    @property
    def book(self) -> Book | OrderBook:
        """The state of a `book`'s or `level3`'s stream. Raise `TypeError` for the other channels:
        they have `state`.
        """
        state = self.state
        if isinstance(state, Book | OrderBook):
            return state
        raise TypeError(f"{self.stream} holds no book: use event.state, a {type(state).__name__}")

    @property
    def body(self) -> WireEvent | LocalEvent:
        """The event itself, to be matched by type."""
        if self.fact is not None:
            return self.fact
        assert self.plain is not None
        at, fields = self.plain
        if isinstance(self.state, OrderBook):
            return _new(Orders, (_new(EntryId, at), *fields))
        return _new(Update, (_new(EntryId, at), *fields))


class Record(NamedTuple):
    """One entry of any stream as `entries` and `status` give it, or what kept some away."""

    stream: str
    body: WireEvent | Gap | Quarantined | Disconnected | Reconnected
