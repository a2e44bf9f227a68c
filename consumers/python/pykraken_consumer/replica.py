"""A consumer's state kept equal to the publisher's: the machine of WIRE §7, for one stream.

Pure: no I/O, no clock, no randomness. A shell asks `wants`, reads that, and hands in what it read
together with `now` (seconds of any monotonic clock). Every method that takes something in returns
the events for the application; `received` does so lazily, one entry at a time, so that
`event.state` is the state right after that event: take all of them before handing in more. What a
channel's events do to its state stands in `_channels`. Promises: a valid state is contiguous, a
valid book proven by its checksum; what was not seen is told.

| wants     | the shell reads             | hands it to     | wants next                         |
|-----------|-----------------------------|-----------------|------------------------------------|
| `join`    | newest entry of `.snap`     | `snapshot_read` | `entries`, if it is good and helps |
| `entries` | the stream after `position` | `received`      | `join`, `pointer`, `heads`         |
| `pointer` | `.snap` at the cursor's id  | `pointer_read`  | `entries`; `join` if gone or bad   |
| `heads`   | the stream's newest id      | `heads_read`    | what it wanted before, or `join`   |

Whenever `position` is not None entries are read on, also while it wants `heads` or, after a gap or
a bad entry, `join`: then the first that helps is taken, be it a snapshot of `.snap` that is not
older or an `epoch` or `snapshot` event (WIRE §7.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Literal, cast

from ._book_events import OrdersFields, UpdateFields
from ._channels import apply, compare, forget, load, new_state, prove, proven_snapshot
from ._events import (
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
    Stale,
    TrimWarning,
)
from ._states import State, TradesState
from .book import Book, OrderBook
from .errors import Code, DecodeError, NoStream
from .wire import (
    AnySnapshot,
    Bye,
    ChannelEvent,
    EntryId,
    Epoch,
    Heartbeat,
    Orders,
    Reset,
    Trades,
    TradesGap,
    Update,
    WireEvent,
    decode,
    orders_fields,
    parse_id,
    place_of,
    update_fields,
)

SILENCE_S: Final = 15  # WIRE §7.4: three heartbeats

Want = Literal["join", "entries", "pointer", "heads"]
Missing = Literal["wait", "raise"]  # what a stream without a snapshot means to the application

# A NamedTuple's own constructor costs twice as much, on the hottest lines of the consumer.
_new = tuple.__new__


class Replica:
    """The replica of one stream; see the module. `skipped` counts events that mean nothing."""

    def __init__(self, stream: str, now: float, missing: Missing = "wait") -> None:
        self.stream = stream
        self.missing = missing
        self.channel = place_of(stream)
        self.state: State = new_state(self.channel)
        self._at: tuple[int, int] | None = None
        self.wants: Want = "join"
        self.skipped = 0
        self._floor: EntryId | None = None  # after a gap or a bad entry: what helps is not older
        self._after: EntryId | None = None  # the last entry told, while some are not
        self._refused: EntryId | None = None  # a bad snapshot of `.snap`, told once
        self._heard = now
        self._looked = now
        self._suspect: EntryId | None = None
        self._is_stale_told = False
        self._is_trim_told = False

    @property
    def cursor(self) -> EntryId | None:
        """The id of the last entry taken in, None before the first join."""
        return None if self._at is None else EntryId(*self._at)

    @property
    def position(self) -> EntryId | None:
        """The id after which entries are to be read, None while none are."""
        if self.wants == "pointer" or (self.wants == "join" and self._floor is None):
            return None
        return self.cursor

    def tick(self, now: float) -> None:
        """Let time pass: after 15 s without an entry the newest ids are wanted (WIRE §7.4)."""
        if self.position is not None and min(now - self._heard, now - self._looked) >= SILENCE_S:
            self.wants = "heads"

    def received(
        self, entries: Iterable[tuple[bytes | str, bytes | None]], now: float
    ) -> Iterator[Event]:
        """Take entries (id, `d`) in the stream's order; while none are read they are ignored."""
        stream, book = self.stream, cast(Any, self.state)  # no book: its short way never opens
        short: Callable[[bytes], UpdateFields | OrdersFields | None] = (
            orders_fields if isinstance(self.state, OrderBook) else update_fields
        )
        epoch, seq, ids = self._short_way()
        for text, data in entries:
            # The short way: the next seq, an ordinary update, the right checksum.
            if seq >= 0 and text == ids % (seq + 1) and data is not None:
                fields = short(data)
                if fields is not None:
                    book.seq = seq = seq + 1
                    self._at = at = (epoch, seq)
                    book.ts_event = fields[0]
                    if book.is_stale or self._heard != now:
                        self._hear(now)
                    if book.apply(fields[5], fields[6]) == fields[4]:
                        yield _new(Event, (stream, book, None, (at, fields)))
                        continue
                    error = DecodeError(Code.CHECKSUM, "c")
                    yield self._quarantine(error, EntryId(epoch, seq), _before(EntryId(*at)))
                    epoch, seq, ids = self._short_way()
                    continue
            cursor = self.position
            if cursor is None:
                return
            yield from self._entry(cursor, parse_id(text), data, now)
            epoch, seq, ids = self._short_way()

    def snapshot_read(
        self, entry_id: EntryId | None, data: bytes | None, now: float
    ) -> list[Event]:
        """Take the newest entry of `.snap`, or None when there is none (WIRE §7.1).

        Raise `NoStream` when there never was one and the application asked not to wait.
        """
        if entry_id is None and self.missing == "raise" and self._at is None:
            raise NoStream(self.stream)
        if self.wants != "join" or entry_id is None or entry_id == self._refused:
            return []
        if self._floor is not None and entry_id < self._floor:
            return []
        after = self._after or self.cursor
        try:
            snapshot = proven_snapshot(entry_id, data, self.channel)
        except DecodeError as error:
            self._refused = entry_id
            return [self._event(Quarantined(error.code, entry_id, error.where))]
        self._load(snapshot)
        self._at = entry_id
        self._hear(now)
        return [self._event(Joined(entry_id, after))]

    def pointer_read(self, data: bytes | None, now: float) -> list[Event]:
        """Take the entry of `.snap` at the cursor's id, or None when it is gone (WIRE §7.2)."""
        cursor = self.cursor
        if self.wants != "pointer" or cursor is None:
            return []
        try:
            if data is None:
                raise DecodeError(Code.POINTER, "its snapshot is gone")
            snapshot = proven_snapshot(cursor, data, self.channel)
        except DecodeError as error:
            return [self._quarantine(error, cursor, _before(cursor))]
        self._load(snapshot)
        self._hear(now)
        return [self._event(snapshot)]

    def heads_read(self, last: EntryId | None, now: float) -> list[Event]:
        """Take the stream's last id, None when it has none (WIRE §7.4)."""
        cursor = self.cursor
        if self.wants != "heads" or cursor is None:
            return []
        self._looked = now
        self.wants = "entries" if self._floor is None else "join"
        if last is not None and last > cursor:
            self.wants = "join"
            return []
        if last is not None and last.epoch < cursor.epoch:
            suspect, self._suspect = self._suspect, last
            if suspect is None:
                return []
            if last > suspect:
                self._forget()
                return [self._event(Regression(cursor, last))]
        if self._is_stale_told:
            return []
        self.state.is_stale = self._is_stale_told = True
        return [self._event(Stale(now - self._heard))]

    def horizon_read(self, first: EntryId, last: EntryId) -> list[Event]:
        """Take the ids of the stream's first and last entry while reading lags (WIRE §7.5)."""
        cursor = self.cursor
        if cursor is None or self._is_trim_told:
            return []
        kept = cursor.seq - first.seq if first.epoch == cursor.epoch else cursor.seq
        ahead = last.seq - cursor.seq if last.epoch == cursor.epoch else last.seq + 1
        self._is_trim_told = ahead > kept
        return [self._event(TrimWarning(cursor, first, last))] if self._is_trim_told else []

    def caught_up(self) -> None:
        """Note that reading no longer lags: the next time that it does is worth a warning again."""
        self._is_trim_told = False

    def disconnected(self, reason: str) -> Event:
        """Note that the server is away: the book stands still from here."""
        self.state.is_stale = self.state.is_valid
        return self._event(Disconnected(reason))

    def reconnected(self) -> Event:
        """Note that the server answers again; the book is up to date when the next entry comes."""
        return self._event(Reconnected())

    def _event(self, body: WireEvent | LocalEvent) -> Event:
        return Event(self.stream, self.state, body)

    def _short_way(self) -> tuple[int, int, bytes]:
        """Return the cursor where the next update may be applied at once, else a seq of -1, and how
        the ids of its epoch are written.
        """
        cursor = self.position
        if cursor is None or not self.state.is_valid or self.channel not in ("book", "level3"):
            return 0, -1, b"%d"
        return *cursor, b"%d-%%d" % cursor.epoch

    def _hear(self, now: float) -> None:
        self._heard = self._looked = now
        self._suspect = None
        self.state.is_stale = self._is_stale_told = False
        if self.wants == "heads":
            self.wants = "entries" if self._floor is None else "join"

    def _entry(
        self, cursor: EntryId, entry_id: EntryId, data: bytes | None, now: float
    ) -> Iterator[Event]:
        """Act on one entry by WIRE §7.2, whatever it is."""
        if entry_id <= cursor:
            return
        self._hear(now)
        if not cursor.is_followed_by(entry_id):
            yield self._gap(cursor, entry_id)
            return
        is_next = entry_id.epoch == cursor.epoch
        try:
            if data is None:
                raise DecodeError(Code.SCHEMA, "field d")
            event = decode(entry_id, data, self.channel)
        except DecodeError as error:
            yield self._quarantine(error, entry_id, cursor)
            return
        if is_next:
            yield from self._next(cursor, event)
        elif isinstance(event, Epoch):
            yield from self._epoch(cursor, event)
        else:
            yield self._gap(cursor, entry_id)

    def _next(self, cursor: EntryId, event: WireEvent) -> Iterator[Event]:
        """Act on the entry that follows the cursor."""
        entry_id = self._at = event.entry_id
        try:
            is_told = self._act(event)
        except DecodeError as error:
            yield self._quarantine(error, entry_id, cursor)
            return
        if is_told:
            self.state.seq = entry_id.seq
            # 0: the venue gave none, so what the state shows is as old as it was.
            self.state.ts_event = getattr(event, "ts_event", 0) or self.state.ts_event
            yield self._event(event)

    def _act(self, event: WireEvent) -> bool:
        """Act by WIRE §7.2 and return whether to tell. Raise a code that §7.3 is for."""
        state = self.state
        if isinstance(event, AnySnapshot):
            if event.pointer is not None:
                self._drop("pointer")
                return False
            prove(event)
            self._load(event)
            return True
        if isinstance(event, ChannelEvent):
            return self._take(event)
        match event:
            case Heartbeat(checksum=told):
                if state.is_valid and told is not None and isinstance(state, Book | OrderBook):
                    compare(state.checksum(), told)
            case Reset() | Bye():
                if self._floor is not None:
                    # Told while a good snapshot is awaited: none before it, or it were told twice.
                    self._floor = event.entry_id
                if isinstance(event, Reset):
                    state.is_valid = False
                else:
                    state.is_stale = True
                return True
            case _:
                self.skipped += 1
        return self._floor is None

    def _take(self, event: ChannelEvent) -> bool:
        """Let the state take in an event of its channel, and return whether to tell it.

        What has a meaning without the state is told after a `reset` too, and trades go on.
        """
        state = self.state
        if state.is_valid:
            apply(state, event)
            return True
        if self._floor is not None or isinstance(event, Update | Orders):
            return False
        is_known = isinstance(state, TradesState) and state.last_trade_id
        if is_known and isinstance(event, Trades | TradesGap):
            apply(state, event)
        return True

    def _epoch(self, cursor: EntryId, event: Epoch) -> Iterator[Event]:
        """WIRE §7.2: "tell the application which events of the old epoch it did not see"."""
        self._drop("entries")
        forget(self.state)
        self._at, self._after = event.entry_id, None
        self.state.epoch, self.state.seq = event.entry_id
        unseen = missed = None
        if event.prev_epoch is not None and event.prev_seq is not None:
            first = cursor.seq + 1 if event.prev_epoch == cursor.epoch else 0
            # Below the cursor: a failover took back what was seen, there is nothing more to tell.
            if cursor < (event.prev_epoch, event.prev_seq):
                unseen = _range(event.prev_epoch, first, event.prev_seq)
            if event.missed_first is not None and event.missed_last is not None:
                missed = _range(event.prev_epoch, event.missed_first, event.missed_last)
        if unseen is not None or missed is not None:
            yield self._event(Missed(unseen, missed))
        yield self._event(event)

    def _gap(self, cursor: EntryId, found: EntryId) -> Event:
        """WIRE §7.2: a snapshot before the hole would lead here again, so wait for a later one."""
        self._await(found, EntryId(found.epoch, max(found.seq - 1, 0)), cursor)
        return self._event(Gap(cursor, found))

    def _quarantine(self, error: DecodeError, entry_id: EntryId, after: EntryId) -> Event:
        """WIRE §7.3: keep the place in the sequence, and want a snapshot that is not older."""
        self._await(entry_id, entry_id, after)
        return self._event(Quarantined(error.code, entry_id, error.where))

    def _await(self, cursor: EntryId, floor: EntryId, after: EntryId) -> None:
        """Read on from `cursor` without a book, until a snapshot from `floor` on helps."""
        if self._after is None:
            self._after = after
        self._drop("join")
        forget(self.state)
        self._at, self._floor = cursor, floor

    def _drop(self, wants: Want) -> None:
        self.state.is_valid = False
        self.wants = wants
        if wants != "join":
            self._floor = None

    def _forget(self) -> None:
        self._drop("join")
        self._at = self._after = self._floor = self._suspect = self._refused = None

    def _load(self, snapshot: AnySnapshot) -> None:
        state = self.state
        load(state, snapshot)
        state.epoch, state.seq = snapshot.entry_id
        state.ts_event = snapshot.ts_event
        state.is_valid = True
        self.wants = "entries"
        self._after = self._floor = None


def _range(epoch: int, first: int, last: int) -> Range:
    return Range(EntryId(epoch, first), EntryId(epoch, last))


def _before(entry_id: EntryId) -> EntryId:
    return EntryId(entry_id.epoch, entry_id.seq - 1)
