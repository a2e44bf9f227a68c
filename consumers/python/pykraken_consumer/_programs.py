"""What clients read, in which order, and what they tell: programs without I/O.

A program is a generator. It yields `Ask` (commands for one round trip), `Pause`, `Idle` (nothing
more to read now) and what the application gets; a shell runs the commands and sends back an
`Answer`. So the same lines serve the sync and the asyncio client, and tests without a server.
Programs connect again by themselves: a failed `Ask` becomes `Disconnected`, pauses that grow, and
`Reconnected`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, Generic, NamedTuple, Never, TypeVar

from msgpack import packb

from ._events import Disconnected, Event
from ._line_trades import TradeLines
from ._lines import Lines
from ._states import State
from .errors import DecodeError, NoStream, NotReady, RedisUnreachable
from .replica import Missing, Replica
from .wire import EntryId, Listing, decode_listing, parse_id

READ_COUNT: Final = 1000  # entries a stream and read; beyond it the cost per entry no longer falls
READ_TOTAL: Final = 20_000  # entries a read over all streams: bounds memory with many symbols
BLOCK_MS: Final = 1000  # how long a read waits: Ctrl-C and silence are noticed at least as often
ONE_SHOT_BLOCK_MS: Final = 20
JOIN_RETRY_S: Final = 0.25  # between two looks for a snapshot
HORIZON_RETRY_S: Final = 1.0  # between two looks at how far behind reading is
PACE_S: Final = (
    20e-6  # of each of many streams, between two reads that left nothing behind (WIRE §7.5)
)
PACED_FROM: Final = 50  # streams; of fewer it would be less than a millisecond
REQUESTS_KEPT: Final = 1000  # WIRE §7.6
# No entry in any stream for so long, though each has a heartbeat every 5 s (WIRE §4.6): this may be
# a replica that is cut off, or a master of yesterday, so Sentinels and names are asked again.
DOUBT_S: Final = 6.0
BACKOFF_S: Final = (0.05, 2.0)  # first and longest pause before connecting again

Told = TypeVar("Told", covariant=True)
Result = TypeVar("Result")
Batch = list[tuple[bytes, bytes | None]]  # entries: id, `d`
Wanted = str | tuple[str, str]
"""A stream, or the two lines of one."""
Command = tuple[str | bytes | int, ...]


class Ask(NamedTuple):
    """Commands to run in one round trip."""

    commands: Sequence[Command]


class Pause(NamedTuple):
    """Seconds to wait, at most; the shell takes up to half off, so that many clients spread."""

    seconds: float


class Idle(NamedTuple):
    """Nothing more could be read right now."""


class Redial(NamedTuple):
    """Connections are to be given up: the next command asks anew where the master is."""


class Answer(NamedTuple):
    """What a shell sends back: its clock, and one reply a command, or why there is none."""

    now: float
    replies: list[Any] | str


class Tell(NamedTuple, Generic[Told]):
    """Events or records for the application, to be taken one by one before the program goes on."""

    told: Iterable[Told]


Program = Generator[Ask | Pause | Idle | Redial | Tell[Told], Answer, Result]


class _Away(Exception):
    """Redis did not answer; ends a program's round."""


def entries_of(reply: Any) -> list[tuple[str, Batch]]:
    """Return [(stream, [(id, `d`)])] from an XREAD reply, whichever RESP version shaped it."""
    streams = reply.items() if isinstance(reply, dict) else reply or ()
    return [(key.decode(), rows_of(rows)) for key, rows in streams]


def rows_of(rows: Any) -> Batch:
    """Return [(id, `d`)] from an XRANGE reply; other fields are ignored (WIRE §3.2)."""
    return [
        (entry_id, fields[1] if fields[0] == b"d" else _field_d(fields))
        for entry_id, fields in rows
    ]


def _field_d(fields: Sequence[bytes]) -> bytes | None:
    return next((fields[i + 1] for i in range(0, len(fields), 2) if fields[i] == b"d"), None)


def _first(rows: Any) -> tuple[EntryId, bytes | None] | None:
    for text, data in rows_of(rows or ()):
        return parse_id(text), data
    return None


def newest(stream: str) -> Command:
    """Return the command that reads the newest entry; `XREAD +` is not in every server."""
    return ("XREVRANGE", stream, "+", "-", "COUNT", 1)


class Follower:
    """The program of `follow`: the replicas of many streams, fed by one XREAD; of two lines of a
    stream, given as a pair, an arbiter makes one.
    """

    def __init__(self, wanted: Iterable[Wanted], missing: Missing, block_ms: int) -> None:
        self.replicas: dict[str, Replica] = {}
        self._lines: dict[str, tuple[Lines | TradeLines, int]] = {}
        for streams in wanted:
            self._add(streams, missing)
        self.now = 0.0
        self._block_ms = block_ms
        self._count = max(1, min(READ_COUNT, READ_TOTAL // max(1, len(self.replicas))))
        self._due = dict.fromkeys(
            self.replicas, 0.0
        )  # when to look for a snapshot, or how far behind
        self._behind: set[str] = set()
        self._heads: list[tuple[Replica, EntryId | None]] = []
        self._is_away = False
        self._is_paced = False
        self._heard = 0.0

    def _add(self, streams: Wanted, missing: Missing) -> None:
        if isinstance(streams, str):
            self.replicas[streams] = Replica(streams, 0.0, missing)
            return
        one, other = (Replica(stream, 0.0) for stream in streams)  # either may come later
        arbiter = (TradeLines if one.channel == "trade" else Lines)((one, other))
        for number, replica in enumerate((one, other)):
            self.replicas[replica.stream] = replica
            self._lines[replica.stream] = arbiter, number

    def _told(self, replica: Replica, events: Iterable[Event]) -> Iterable[Event]:
        """Return what the application gets of what a replica tells, as lazily."""
        found = self._lines.get(replica.stream)
        if found is None:
            return events
        arbiter, number = found
        return (told for event in events for told in arbiter.take(number, event, self.now))

    def _of_all(self, tell: Callable[[Replica], Event]) -> Tell[Event]:
        return Tell([e for r in self.replicas.values() for e in self._told(r, [tell(r)])])

    def run(self) -> Program[Event, None]:
        """Follow for ever, connecting again whenever Redis is away."""
        pause = BACKOFF_S[0]
        while True:
            try:
                yield from self._round()
                pause = BACKOFF_S[0]
            except _Away as away:
                if not self._is_away:
                    self._is_away = True
                    yield self._of_all(partial(Replica.disconnected, reason=str(away)))
                yield Idle()
                self.now = (yield Pause(pause)).now
                pause = min(pause * 2, BACKOFF_S[1])

    def _round(self) -> Program[Event, None]:
        """Read what replicas want beside entries, then entries; the newest ids are judged last.

        They are read before the entries and judged after them, so that an entry that arrives
        between the two never looks like one that did not come.
        """
        for replica in self.replicas.values():
            replica.tick(self.now)
        self._heads.clear()
        reads = list(self._side_reads())
        if reads:
            replies = iter((yield from self._ask([c for commands, _ in reads for c in commands])))
            for commands, take in reads:
                yield Tell(take([next(replies) for _ in commands]))
        yield from self._entries()
        for replica, last in self._heads:
            yield Tell(self._told(replica, replica.heads_read(last, self.now)))
        for arbiter, number in self._lines.values():
            if number == 0:
                yield Tell(arbiter.ticked(self.now))

    def _ask(self, commands: Sequence[Command]) -> Program[Event, list[Any]]:
        answer = yield Ask(commands)
        self.now = answer.now
        if isinstance(answer.replies, str):
            raise _Away(answer.replies)
        if self._is_away:
            self._is_away = False
            yield self._of_all(Replica.reconnected)
        return answer.replies

    def _side_reads(self) -> Iterator[tuple[list[Command], Callable[[list[Any]], Iterable[Event]]]]:
        for stream, replica in self.replicas.items():
            match replica.wants:
                case "join" if self._due[stream] <= self.now:
                    self._due[stream] = self.now + JOIN_RETRY_S
                    yield [newest(f"{stream}.snap")], partial(self._join, replica)
                case "pointer":
                    at = str(replica.cursor)
                    command: Command = ("XRANGE", f"{stream}.snap", at, at)
                    yield [command], partial(self._pointer, replica)
                case "heads":
                    yield [newest(stream)], partial(self._note_head, replica)
                case "entries" if stream in self._behind and self._due[stream] <= self.now:
                    self._due[stream] = self.now + HORIZON_RETRY_S
                    command = ("XRANGE", stream, "-", "+", "COUNT", 1)
                    yield [command, newest(stream)], partial(self._horizon, replica)

    def _join(self, replica: Replica, replies: list[Any]) -> Iterable[Event]:
        if replies[0] is None:  # a cluster's node is away: nobody said that there is none
            return ()
        entry_id, data = _first(replies[0]) or (None, None)
        return self._told(replica, replica.snapshot_read(entry_id, data, self.now))

    def _pointer(self, replica: Replica, replies: list[Any]) -> Iterable[Event]:
        if replies[0] is None:  # likewise: it may still be there
            return ()
        found = _first(replies[0])
        told = replica.pointer_read(found[1] if found else None, self.now)
        return self._told(replica, told)

    def _note_head(self, replica: Replica, replies: list[Any]) -> list[Event]:
        found = _first(replies[0])
        self._heads.append((replica, found[0] if found else None))
        return []

    def _horizon(self, replica: Replica, replies: list[Any]) -> Iterable[Event]:
        oldest, latest = _first(replies[0]), _first(replies[1])
        told = replica.horizon_read(oldest[0], latest[0]) if oldest and latest else []
        return self._told(replica, told)

    def _entries(self) -> Program[Event, None]:
        """Read the next entries of all streams in one XREAD, and hand them to their replicas."""
        after = [(s, str(r.position)) for s, r in self.replicas.items() if r.position is not None]
        if not after:
            yield Idle()
            self.now = (yield Pause(JOIN_RETRY_S)).now
            return
        block = self._block_ms
        if any(replica.wants == "join" for replica in self.replicas.values()):
            block = min(block, int(JOIN_RETRY_S * 1000))
        wait: Command = () if self._heads else ("BLOCK", block)
        if self._is_paced:
            self.now = (yield Pause(PACE_S * len(after))).now
        streams, ids = zip(*after, strict=True)
        command = ("XREAD", "COUNT", self._count, *wait, "STREAMS", *streams, *ids)
        replies = yield from self._ask([command])
        batches = entries_of(replies[0])
        self._behind = {stream for stream, batch in batches if len(batch) >= self._count}
        for stream, batch in batches:
            replica = self.replicas[stream]
            yield Tell(self._told(replica, replica.received(batch, self.now)))
            if stream not in self._behind:
                replica.caught_up()
        if batches:
            self._heard = self.now
        elif self.now - self._heard >= DOUBT_S:
            self._heard = self.now
            yield Redial()
        self._is_paced = bool(batches) and not self._behind and len(after) >= PACED_FROM
        if not self._behind:
            yield Idle()


def one_state(wanted: Wanted, wait_s: float) -> Program[Never, State]:
    """Return the state of a stream, or that of its newer line, once it is valid and nothing newer
    is to be read.

    Raise `NoStream`, `NotReady` or `RedisUnreachable` after `wait_s` seconds.
    """
    streams = [wanted] if isinstance(wanted, str) else wanted
    follower = Follower(streams, "wait", ONE_SHOT_BLOCK_MS)
    replicas = follower.replicas.values()
    steps, reason = follower.run(), ""
    step = next(steps)
    while True:
        if isinstance(step, Ask | Pause):
            step = steps.send((yield step))
            continue
        if isinstance(step, Tell):
            for told in step.told:
                reason = told.body.reason if isinstance(told.body, Disconnected) else ""
        elif isinstance(step, Redial):
            pass  # whoever asks once does not wait for so long
        elif valid := [] if reason else [r.state for r in replicas if r.state.is_valid]:
            return max(valid, key=lambda state: state.ts_event)
        elif follower.now >= wait_s:
            if reason:
                raise RedisUnreachable(reason, wait_s)
            is_there = any(replica.cursor for replica in replicas)
            raise NotReady(streams[0], wait_s) if is_there else NoStream(streams[0])
        step = next(steps)


def catalogue(space: str) -> Program[Never, list[Listing]]:
    """Return the streams that the catalogue lists; what does not decode is left out (WIRE §4.9)."""
    replies = yield from _replies(("HGETALL", f"{{{space}.catalogue}}:streams"))
    listings = []
    for key, value in replies[0].items():
        try:
            listings.append(decode_listing(key.decode(), value))
        except (DecodeError, UnicodeDecodeError):
            continue  # informational: a bad value proves nothing and must not hide the others
    return sorted(listings, key=lambda row: (row.symbol or "", row.depth or 0, row.stream))


def request(space: str, listing: Listing) -> Program[Never, None]:
    """Ask the feed of a stream for a snapshot (WIRE §7.6). Raise `RedisUnreachable`."""
    data = packb({"t": "snapshot", "y": listing.symbol or ""})
    key = f"{{{space}.feed.{listing.feed}}}:requests"
    yield from _replies(("XADD", key, "MAXLEN", "~", REQUESTS_KEPT, "*", "d", data))


def _replies(command: Command) -> Program[Never, list[Any]]:
    answer = yield Ask([command])
    if isinstance(answer.replies, str):
        raise RedisUnreachable(answer.replies, answer.now)
    return answer.replies
