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

from collections.abc import Iterable, Iterator, Sequence

from publisher import wire
from publisher.actions import Action
from publisher.bus import batches, calls, keys, opening
from publisher.bus.calls import Call, Kind
from publisher.bus.departures import BYE
from publisher.bus.intake import Intake
from publisher.bus.ring import Ring, RingBudget
from publisher.bus.scripts import DONE, Code
from publisher.bus.snapshots import SnapshotSchedule
from publisher.bus.sources import Capture, DataStreams, StateOf
from publisher.bus.status import StatusEvent, StatusStream, braked
from publisher.bus.stream import READY, Stream, StreamState, parse_id
from publisher.bus.tally import Tally
from publisher.model import FeedPlan, Now

Reply = list[int | str]


class Publication:
    """The streams of one feed. `capture`, `state_of` and `capture_top` look at the session's books;
    the last is needed for a plan with tops.
    """

    def __init__(
        self,
        plan: FeedPlan,
        writer: int,
        capture: Capture,
        state_of: StateOf,
        capture_top: Capture | None = None,
    ) -> None:
        self.plan = plan
        self.writer = writer
        self.epoch = 0
        self.tally = Tally()
        self.budget = RingBudget(plan.ring_bytes)
        self.status = self._stream(None, keys.status_keys(plan.space, plan.feed))
        self.data = DataStreams(plan, self._stream, capture, state_of, capture_top)
        self.books = self.data.books
        self._told = StatusStream(self.status)
        self.refused: list[tuple[str, str]] = []
        """(stream, Redis' words) of keys that can never be written."""
        self.foreign: dict[str, str] = {}
        """Streams that another feed wrote last, with its id."""
        self.gone: set[str] = set()
        """Other feeds known to be no more: their streams may be opened."""
        self._schedule = SnapshotSchedule(plan)
        self._is_linked = False
        self._is_over = False
        self._hold_until = 0.0
        self._pending: dict[Stream, None] = {}
        self._intake = Intake(self.data, self._pending, self.tally)
        self._unconfirmed: list[Stream] = []
        self._due: list[Call] = []
        self._rows: list[str | bytes] = []
        """Of the catalogue, to be written with the next calls."""
        self._retention_ms = int(plan.retention_s * 1000)

    def _stream(self, symbol: str | None, names: keys.StreamKeys) -> Stream:
        return Stream(symbol, names, Ring(self.budget, self.plan.ring_seconds))

    @property
    def streams(self) -> Iterator[Stream]:
        """The status stream, then the books' and the tops', then those on their way out."""
        yield self.status
        yield from self.data
        yield from self.data.leaving

    @property
    def written(self) -> int:
        """Bytes published, in all."""
        return self.tally.written + sum(stream.written for stream in self.streams)

    @property
    def is_settled(self) -> bool:
        """True when nothing waits to be sent or confirmed, a hurried snapshot neither."""
        if self._pending or self._due or any(stream.is_in_flight for stream in self.streams):
            return False
        return not any(self._schedule.is_hurried(stream) for stream in self.streams)

    # Leadership and the link ----------------------------------------------------------------------

    def inspect(self) -> None:
        """Look at the end of every stream, before a claim: its epoch must be above all of them."""
        for stream in self.streams:
            stream.inspect(stream.reason)
        if self._is_linked:
            self._due += batches.inspections(list(self.streams), self.plan)

    @property
    def floor(self) -> int | None:
        """The highest epoch found in the streams; None until all are inspected, but for those of
        shards, which may be lost: each stream opens above its own last epoch anyway.
        """
        needed = [self.status] if self.plan.is_sharded else self.streams
        if any(stream.state is StreamState.INSPECTING for stream in needed):
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
        self._depart()
        self._pending.clear()
        self._unconfirmed.clear()
        self._due.clear()
        self._rows.clear()
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
            self._due += batches.inspections(streams, self.plan)

    def connected(self) -> None:
        """The link is up: inspect what is not open, and send the rest again as it was."""
        self._is_linked = True
        waiting = [s for s in self.streams if s.state is StreamState.INSPECTING]
        self._due += batches.inspections(
            [s for s in waiting if s not in self._unconfirmed], self.plan
        )
        for stream in self.streams:
            if stream.state is StreamState.OPEN and stream.has_pending:
                self._pending[stream] = None

    def disconnected(self) -> None:
        """The link is gone, with whatever answers it owed."""
        self._is_linked = False
        self._due.clear()
        self._rows.clear()
        for stream in self.streams:
            stream.cut()

    # Events ---------------------------------------------------------------------------------------

    def publish_all(self, actions: Sequence[Action], ts_pub: int) -> list[Action]:
        """Publish what a session emits, stamped `ts_pub` (Unix ns); return its other actions."""
        return self._intake.put_all(actions, ts_pub)

    def publish(self, symbol: str, event: wire.Event, ts_pub: int) -> None:
        """Give one event of a book its place in the book's stream."""
        self._intake.put(symbol, event, ts_pub)

    def publish_top(self, symbol: str, event: wire.Top | wire.TopSnapshot, ts_pub: int) -> None:
        """Give a book's top its place in the stream of tops."""
        self._intake.put_top(symbol, event, ts_pub)

    def announce(self, event: StatusEvent, now: Now) -> None:
        """Write an event of the feed's own to its status stream."""
        if self._told.announce(event, now):
            self._pending[self.status] = None

    def asked_for(self, symbol: str) -> None:
        """A consumer needs a newer snapshot (WIRE.md 7.6). A stream that must open writes one
        anyway.
        """
        for streams in (self.data.books, self.data.tops):
            stream = streams.get(symbol)
            if stream is not None and stream.takes_entries:
                self._schedule.hurry(stream)

    def changed(self, joining: Iterable[str], leaving: Iterable[str], now: Now) -> None:
        """Keep the streams of `joining` from now on; let those of `leaving` say farewell."""
        for symbol in leaving:
            for stream in self.data.remove(symbol):
                self._say_bye(stream, now)
        self._depart()
        for symbol in joining:
            for stream in self.data.add(symbol):
                if not self.data.leaving.is_awaited(stream.keys.stream):
                    self._begin(stream)

    def bye(self, now: Now) -> None:
        """Say farewell in every stream, with a last snapshot of each book behind it."""
        self._is_over = True
        for stream in self.data:
            self._say_bye(stream, now)
        self.announce(BYE, now)
        for stream in self.streams:
            stream.takes_entries = False  # nothing comes after a farewell

    def _say_bye(self, stream: Stream, now: Now) -> None:
        if stream.takes_entries:
            self._schedule.hurry(stream)
            self._intake.put_quiet(stream, BYE, now.unix)

    def _begin(self, stream: Stream) -> None:
        """Let a stream that joins open once its end, and while leading the lease, is known."""
        stream.past = self.data.leaving.past(stream)
        stream.inspect(stream.reason)
        if self.epoch:
            self._unconfirmed.append(stream)
        elif self._is_linked:
            self._due += batches.inspections([stream], self.plan)

    def _depart(self) -> None:
        """Forget the streams that have said all; whoever leads no more has nothing to say."""
        for stream in list(self.data.leaving):
            if self.epoch and not self.data.leaving.is_done(stream, self._schedule):
                continue
            self.data.leaving.let_go(stream)
            self.tally.let_go(stream)
            self._pending.pop(stream, None)
            self._unconfirmed = [s for s in self._unconfirmed if s is not stream]
            self._schedule.forget(stream)
            self.foreign.pop(stream.keys.stream, None)
            for successor in self.data.named(stream.keys):
                self._begin(successor)

    # Time -----------------------------------------------------------------------------------------

    def ticked(self, now: Now, feed_state: wire.FeedState) -> None:
        """Do what is due by time: status once a second, heartbeats in quiet streams, openings."""
        if not self.epoch or self._is_over:
            return
        self._depart()
        self.open_ready(now)
        for stream in [s for s in self._pending if s.takes_entries and s.is_overrun()]:
            stream.overrun()
            self._reopen(stream)
        if self._told.is_due(now):
            self.announce(feed_state, now)
            if self._is_linked:
                self._due += self._told.trims()
        quiet_since = now.mono - self.plan.heartbeat_s
        for stream in [s for s in self.data if s.published_at <= quiet_since and s.takes_entries]:
            self._intake.put_quiet(stream, self.data.heartbeat(stream), now.unix)

    def open_ready(self, now: Now) -> None:
        """Open the streams whose end is known, as soon as their books are live."""
        is_able = self.epoch and self._is_linked and not self._is_over
        for stream in [s for s in self.streams if s.state is READY] if is_able else ():
            if self.foreign.get(stream.keys.stream) in {None, *self.gone}:
                self._open(stream, now)

    def _reopen(self, stream: Stream) -> None:
        self._pending.pop(stream, None)
        self._unconfirmed.append(stream)

    def _open(self, stream: Stream, now: Now) -> None:
        """Open an epoch: of the status stream at once, of a book's as soon as the book is live."""
        snapshot = None if stream is self.status else self.data.captured(stream)
        if snapshot is None and stream is not self.status:
            return
        first, sent = opening.first_entries(stream, snapshot, self.plan.feed, self.writer, now.unix)
        now_ms = now.unix // 1_000_000
        stream.begin(opening.next_epoch(stream, self.epoch, now_ms, self.writer), first, now.mono)
        feed = self.plan.feed
        self._due.append(calls.open_epoch(stream, self.writer, feed, self._retention_ms, sent))
        if snapshot is None:
            self._told.began(now)
            return
        self._schedule.taken(stream, now.mono, len(self.data))
        self._rows += opening.row_of(stream, snapshot, self.plan)
        if stream in self.data.leaving:
            self._say_bye(stream, now)

    # Calls and answers ----------------------------------------------------------------------------

    def calls(self, now: Now) -> list[Call]:
        """Return what to send now. Call it only when all events so far have been published."""
        ready = [stream for stream in self._pending if stream.settle(now.mono)]
        if not self._is_linked or now.mono < self._hold_until:
            return []
        out, self._due = self._due, []
        out += batches.appends(ready, self.writer, self.plan, self._retention_ms)
        for stream in ready:
            if not stream.has_pending:
                del self._pending[stream]
        if self.epoch and self._schedule.is_time(now.mono):
            self._snapshot(out, now)
        if self._rows:
            out.append(opening.rows_call(self._rows, self.plan))
            self._rows.clear()
        return out

    def _snapshot(self, out: list[Call], now: Now) -> None:
        for stream, retention_ms in self._schedule.due(self.data, now.mono):
            snapshot = self.data.captured(stream)
            if snapshot is None:
                continue
            body = wire.encode(snapshot, now.unix)
            out.append(calls.snapshot(stream, self.writer, body, retention_ms))
            self._rows += opening.row_of(stream, snapshot, self.plan)
        for symbol in self._schedule.struck():
            self.announce(braked(symbol), now)

    def answered(self, call: Call, reply: Reply) -> None:
        """Take the answer to a call, in the order of sending."""
        match call.kind:
            case Kind.INSPECT:
                self._inspected(call.streams, [str(part) for part in reply])
            case Kind.OPEN:
                self._took(call.streams[0], Code(int(reply[0])), str(reply[1]))
            case Kind.APPEND:
                done = 0
                for stream, code, detail in zip(call.streams, reply[::2], reply[1::2], strict=True):
                    if code != DONE or not stream.took():
                        self._took(stream, Code(int(code)), str(detail))
                        continue
                    done += 1
                    if detail:
                        self.tally.skipped += int(detail)
                self.tally.appends["ok"] += done
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
                self._due += batches.inspections([stream], self.plan)
            elif stream.has_pending and stream.takes_entries:
                self._pending[stream] = None

    def trims(self, streams: Iterable[Stream] | None = None) -> list[Call]:
        """Return trims of these streams, or all, that run even when Redis is full (R8)."""
        return self._schedule.trims(streams or self.data)

    def _inspected(self, streams: Sequence[Stream], reply: list[str]) -> None:
        for stream, last_id, feed in zip(streams, reply[::2], reply[1::2], strict=True):
            if stream.state is StreamState.CLOSED:
                continue  # given up meanwhile
            if words := opening.refusal(last_id):
                self._refuse(stream, words)
                continue
            self.foreign.pop(stream.keys.stream, None)
            if feed not in ("", self.plan.feed):
                self.foreign[stream.keys.stream] = feed
            stream.inspected_as(last_id)

    def _took(self, stream: Stream, code: Code, detail: str) -> None:
        """Take a stream's answer to an open, an append or a snapshot."""
        if stream.state is StreamState.CLOSED:
            return  # given up meanwhile
        if code is Code.REFUSED:
            self._refuse(stream, detail)
            return
        if stream.state is StreamState.OPENING:
            stream.opened(code, detail)
            self.tally.epochs[stream.reason] += code is Code.OK
        else:
            before = stream.pending
            stream.answered(code, detail)
            self.tally.answered(code, stream, before)
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
