"""The publication: all streams of one feed, from the session's events to calls for Redis and back.
Pure.

The shell gives it events (`publish`, `announce`), the time (`ticked`), the state of the link
(`connected`, `disconnected`) and each call's answer (`answered`, `failed`), and sends what `calls`
returns, in order, on one connection. It promises:

1. a stream has one append in flight; while that flies, entries gather and go together;
2. streams with something to say share a call, each checked and answered on its own;
3. a snapshot is captured behind the very entry that it includes;
4. while this process does not lead, nothing is written; a stream that must open again waits until
   the lease is known to be ours still (`confirmed`), so that a leader that slept cannot fence its
   successor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import cast, get_args

from publisher import wire
from publisher.bus import calls, keys, opening
from publisher.bus.calls import Call, Kind
from publisher.bus.ring import Entry, Ring, RingBudget
from publisher.bus.scripts import Code
from publisher.bus.snapshots import SnapshotSchedule
from publisher.bus.stream import Stream, StreamState, parse_id
from publisher.model import BookState, FeedPlan, Now

STATUS_EVERY_S = 1.0
STATUS_ENTRIES = 3600
"""The status stream keeps about an hour; it has no snapshots to be trimmed to."""
STATUS_TRIM_EVERY = 60
STREAMS_PER_CALL = 64
ENTRIES_PER_CALL = 1000
INSPECT_PER_CALL = 200
EPOCH_END = 1 << 53
"""Epochs are below it (WIRE.md 3.1)."""

SNAPSHOTS = frozenset(get_args(wire.AnySnapshot))
QUIET = frozenset({wire.Heartbeat, wire.Reset, wire.Bye})
"""Events that change nothing of what a snapshot holds."""

Capture = Callable[[str], wire.AnySnapshot | None]
StateOf = Callable[[str], tuple[BookState, int | None, int]]
"""State, checksum while it is live and has one, and ts_event of the last message."""
Reply = list[int | str]


class Publication:
    """The streams of one feed. `capture` and `state_of` look at the session's books."""

    def __init__(self, plan: FeedPlan, writer: int, capture: Capture, state_of: StateOf) -> None:
        self.plan = plan
        self.writer = writer
        self.epoch = 0
        self.budget = RingBudget(plan.ring_bytes)
        self.status = self._stream(None, keys.status_keys(plan.space, plan.feed))
        self.books = {
            symbol: self._stream(symbol, keys.data_keys(plan, symbol)) for symbol in plan.symbols
        }
        self.refused: list[tuple[str, str]] = []
        """(stream, Redis' words) of keys that can never be written."""
        self.foreign: dict[str, str] = {}
        """Streams that another feed wrote last, with its id."""
        self.gone: set[str] = set()
        """Other feeds known to be no more: their streams may be opened."""
        self._capture = capture
        self._state_of = state_of
        self._schedule = SnapshotSchedule(plan)
        self._is_linked = False
        self._is_over = False
        self._hold_until = 0.0
        self._pending: dict[Stream, None] = {}
        self._unconfirmed: list[Stream] = []
        self._due: list[Call] = []
        self._status_due = 0.0
        self._retention_ms = int(plan.retention_s * 1000)

    def _stream(self, symbol: str | None, names: keys.StreamKeys) -> Stream:
        return Stream(symbol, names, Ring(self.budget, self.plan.ring_seconds))

    @property
    def streams(self) -> Iterator[Stream]:
        """The status stream, then the books'."""
        yield self.status
        yield from self.books.values()

    @property
    def is_settled(self) -> bool:
        """True when nothing waits to be sent or confirmed, a hurried snapshot neither."""
        if self._pending or self._due or any(stream.is_in_flight for stream in self.streams):
            return False
        return not any(
            stream.state is StreamState.OPEN and self._schedule.is_hurried(stream)
            for stream in self.books.values()
        )

    # Leadership and the link ----------------------------------------------------------------------

    def inspect(self) -> None:
        """Look at the end of every stream, before a claim: its epoch must be above all of them."""
        for stream in self.streams:
            stream.inspect(stream.reason)
        if self._is_linked:
            self._inspect(list(self.streams))

    @property
    def floor(self) -> int | None:
        """The highest epoch found in the streams; None until all are inspected."""
        if any(stream.state is StreamState.INSPECTING for stream in self.streams):
            return None
        return max(parse_id(stream.inspected)[0] for stream in self.streams)

    def lead(self, epoch: int, reason: str) -> None:
        """Begin to write: each stream is looked at again and opens as soon as its book is live."""
        self.epoch = epoch
        for stream in self.streams:
            stream.reason = reason
        self.inspect()

    def stand_by(self) -> None:
        """Stop writing: somebody else leads."""
        self.epoch = 0
        self._pending.clear()
        self._unconfirmed.clear()
        self._due.clear()
        for stream in self.streams:
            stream.close()

    @property
    def needs_confirmation(self) -> bool:
        """True while streams wait to hear that the lease is still ours."""
        return bool(self._unconfirmed)

    def confirmed(self) -> None:
        """The lease was found ours after the need arose: the streams may open again."""
        streams, self._unconfirmed = self._unconfirmed, []
        if self._is_linked:
            self._inspect(streams)

    def connected(self) -> None:
        """The link is up: inspect what is not open, and send the rest again as it was."""
        self._is_linked = True
        waiting = [
            stream
            for stream in self.streams
            if stream.state is StreamState.INSPECTING and stream not in self._unconfirmed
        ]
        self._inspect(waiting)
        for stream in self.streams:
            if stream.state is StreamState.OPEN and stream.has_pending:
                self._pending[stream] = None

    def disconnected(self) -> None:
        """The link is gone, with whatever answers it owed."""
        self._is_linked = False
        self._due.clear()
        for stream in self.streams:
            stream.cut()

    # Events ---------------------------------------------------------------------------------------

    def publish(self, symbol: str, event: wire.Event, ts_pub: int) -> None:
        """Give an event of a book its place in the book's stream, stamped `ts_pub` (Unix ns)."""
        stream = self.books[symbol]
        if not stream.takes_entries:
            return  # the snapshot that opens the epoch will cover it
        if not stream.fresh:
            self._pending[stream] = None
        kind = type(event)
        if kind in SNAPSHOTS:
            stream.fresh.append(opening.with_body(cast(wire.AnySnapshot, event), ts_pub))
        else:
            stream.fresh.append(wire.encode(event, ts_pub))
        if kind not in QUIET:
            stream.is_changed = True

    def announce(self, event: wire.FeedState | wire.Notice | wire.Bye, now: Now) -> None:
        """Write an event of the feed's own to its status stream."""
        if self.status.takes_entries:
            self.status.fresh.append(wire.encode(event, now.unix))
            self._pending[self.status] = None

    def bye(self, now: Now) -> None:
        """Say farewell in every stream, with a last snapshot of each book behind it."""
        self._is_over = True
        for symbol, stream in self.books.items():
            if stream.takes_entries:
                self._schedule.hurry(stream)
                self.publish(symbol, wire.Bye(ts_event=0, ts_recv=0, ts_pub=0, flags=0), now.unix)
        self.announce(wire.Bye(ts_event=0, ts_recv=0, ts_pub=0, flags=0), now)
        for stream in self.streams:
            stream.takes_entries = False  # nothing comes after a farewell

    # Time -----------------------------------------------------------------------------------------

    def ticked(self, now: Now, feed_state: wire.FeedState) -> None:
        """Do what is due by time: status once a second, heartbeats in quiet streams, openings."""
        if not self.epoch or self._is_over:
            return
        for stream in self.streams:
            if stream.state is StreamState.READY and self._is_linked:
                if self.foreign.get(stream.keys.stream) in {None, *self.gone}:
                    self._open(stream, now)
            elif stream.takes_entries and stream.is_overrun():
                stream.overrun()
                self._reopen(stream)
        if now.mono >= self._status_due:
            self._status_due = now.mono + STATUS_EVERY_S
            self.announce(feed_state, now)
            if self.status.last_seq % STATUS_TRIM_EVERY == 0 and self._is_linked:
                name = self.status.keys.stream
                self._due.append(calls.plain("XTRIM", name, "MAXLEN", "~", STATUS_ENTRIES))
        for symbol, stream in self.books.items():
            if stream.takes_entries and now.mono - stream.published_at >= self.plan.heartbeat_s:
                state, checksum, ts_event = self._state_of(symbol)
                heartbeat = wire.Heartbeat(
                    ts_event=ts_event,
                    ts_recv=0,
                    ts_pub=0,
                    flags=0,
                    state=state.value,
                    checksum=checksum,
                )
                self.publish(symbol, heartbeat, now.unix)

    def _reopen(self, stream: Stream) -> None:
        self._pending.pop(stream, None)
        self._unconfirmed.append(stream)

    def _inspect(self, streams: Sequence[Stream]) -> None:
        for i in range(0, len(streams), INSPECT_PER_CALL):
            self._due.append(calls.inspect(streams[i : i + INSPECT_PER_CALL]))

    def _open(self, stream: Stream, now: Now) -> None:
        """Open an epoch: of the status stream at once, of a book's as soon as the book is live."""
        snapshot = None if stream.symbol is None else self._capture(stream.symbol)
        if snapshot is None and stream is not self.status:
            return
        event = opening.epoch_event(stream, snapshot, self.plan.feed, self.writer)
        epoch_entry = wire.encode(event, now.unix)
        first: list[bytes | Entry] = [epoch_entry]
        sent = [epoch_entry]
        if snapshot is not None:
            entry = opening.with_body(snapshot, now.unix)
            first.append(entry)
            sent += [entry.payload, entry.body]
        now_ms = now.unix // 1_000_000
        stream.begin(opening.next_epoch(stream, self.epoch, now_ms, self.writer), first, now.mono)
        feed = self.plan.feed
        self._due.append(calls.open_epoch(stream, self.writer, feed, self._retention_ms, sent))
        if snapshot is not None:
            self._schedule.taken(stream, now.mono, len(self.books))
            self._due.append(self._row(stream, snapshot))

    def _row(self, stream: Stream, snapshot: wire.AnySnapshot) -> Call:
        """Write the stream's row in the catalogue; with each snapshot, should Redis lose it."""
        row = opening.catalogue_row(stream, snapshot, self.plan)
        catalogue = keys.catalogue_key(self.plan.space)
        return calls.plain("HSET", catalogue, stream.keys.stream, row)

    # Calls and answers ----------------------------------------------------------------------------

    def calls(self, now: Now) -> list[Call]:
        """Return what to send now. Call it only when all events so far have been published."""
        for stream in self._pending:
            stream.settle(now.mono)
        if not self._is_linked or now.mono < self._hold_until:
            return []
        out, self._due = self._due, []
        if self._pending:
            self._append(out)
        if self.epoch and self._schedule.is_time(now.mono):
            self._snapshot(out, now)
        return out

    def _append(self, out: list[Call]) -> None:
        """Send what is pending, many streams to a call."""
        ready = [s for s in self._pending if s.state is StreamState.OPEN and not s.is_in_flight]
        group: list[Stream] = []
        entries = 0
        for stream in ready:
            if stream.is_overrun():
                continue  # the next tick opens a new epoch
            group.append(stream)
            entries += stream.pending
            if len(group) == STREAMS_PER_CALL or entries >= ENTRIES_PER_CALL:
                self._append_group(group, out)
                group, entries = [], 0
        if group:
            self._append_group(group, out)

    def _append_group(self, group: list[Stream], out: list[Call]) -> None:
        out.append(calls.append(group, self.writer, self.plan.feed, self._retention_ms))
        for stream in group:
            if not stream.has_pending:
                del self._pending[stream]

    def _snapshot(self, out: list[Call], now: Now) -> None:
        for stream, retention_ms in self._schedule.due(self.books.values(), now.mono):
            snapshot = None if stream.symbol is None else self._capture(stream.symbol)
            if snapshot is None:
                continue
            body = wire.encode(snapshot, now.unix)
            out.append(calls.snapshot(stream, self.writer, body, retention_ms))
            out.append(self._row(stream, snapshot))
        for symbol in self._schedule.struck():
            note = f"{symbol}: over PYKRAKEN_STREAM_MAX_BYTES, older entries are trimmed early"
            notice = wire.Notice(
                ts_event=0, ts_recv=0, ts_pub=0, flags=0, kind="brake", symbol=symbol, note=note
            )
            self.announce(notice, now)

    def answered(self, call: Call, reply: Reply) -> None:
        """Take the answer to a call, in the order of sending."""
        match call.kind:
            case Kind.INSPECT:
                self._inspected(call.streams, [str(part) for part in reply])
            case Kind.OPEN:
                self._took(call.streams[0], Code(int(reply[0])), str(reply[1]))
            case Kind.APPEND:
                for i, stream in enumerate(call.streams):
                    self._took(stream, Code(int(reply[2 * i])), str(reply[2 * i + 1]))
            case Kind.SNAPSHOT if reply[0] != Code.OK and not call.streams[0].is_in_flight:
                # No append is on its way that would find out: a quiet stream is refilled by this.
                self._took(call.streams[0], Code(int(reply[0])), str(reply[1]))

    def failed(self, call: Call, now: Now, wait_s: float) -> None:
        """A call was refused whole (OOM, LOADING, ...): the same again, after a while."""
        self._hold_until = now.mono + wait_s
        if call.kind in (Kind.INSPECT, Kind.PLAIN):
            self._due.append(call)
        elif call.kind is Kind.SNAPSHOT:  # an append behind it may be in flight: leave that alone
            self._schedule.hurry(call.streams[0])
            return
        for stream in call.streams:
            stream.cut()
            if stream.state is StreamState.INSPECTING and call.kind is Kind.OPEN:
                self._inspect([stream])
            elif stream.has_pending and stream.takes_entries:
                self._pending[stream] = None

    def trims(self) -> list[Call]:
        """Return plain trims of each stream to its newest snapshot: these run even when Redis is
        full (R8). Older snapshots go first: none may be kept without the entries behind it.
        """
        return [
            calls.plain("XTRIM", name, "MINID", *rule, f"{stream.epoch}-{seq}")
            for stream in self.books.values()
            if (seq := self._schedule.newest(stream)) is not None
            for name, rule in ((stream.keys.snap, ()), (stream.keys.stream, ("~",)))
        ]

    def _inspected(self, streams: Sequence[Stream], reply: list[str]) -> None:
        for stream, last_id, feed in zip(streams, reply[::2], reply[1::2], strict=True):
            if last_id.startswith("!"):
                self._refuse(stream, last_id[1:])
                continue
            if parse_id(last_id)[0] + 1 + opening.EPOCH_SPREAD > EPOCH_END:
                self._refuse(stream, f"POISONED: no epoch lies above the entry {last_id}")
                continue
            self.foreign.pop(stream.keys.stream, None)
            if feed not in ("", self.plan.feed):
                self.foreign[stream.keys.stream] = feed
            stream.inspected_as(last_id)

    def _took(self, stream: Stream, code: Code, detail: str) -> None:
        """Take a stream's answer to an open, an append or a snapshot."""
        if code is Code.REFUSED:
            self._refuse(stream, detail)
            return
        if stream.state is StreamState.OPENING:
            stream.opened(code, detail)
        else:
            stream.answered(code, detail)
        if stream.state is StreamState.INSPECTING:
            self._reopen(stream)
        elif stream.has_pending:
            self._pending[stream] = None
            if code is Code.LOST:
                self._schedule.hurry(stream)

    def _refuse(self, stream: Stream, words: str) -> None:
        """The key holds something else: this stream is given up, the others go on (fault R10)."""
        self.refused.append((stream.keys.stream, words))
        self._pending.pop(stream, None)
        stream.close()
