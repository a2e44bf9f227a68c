"""One consumer process: the shipped `Follower` and its replicas, driven over simulated connections.

It checks after every event that a valid book is the book of that very id as published, that
nothing comes twice unannounced, and that no entry is passed over without an event that says so. It
can pause like a slow application; its clock then stands still, as the shipped clients' does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pykraken_consumer import (
    Book,
    Disconnected,
    EntryId,
    Epoch,
    Event,
    Gap,
    Joined,
    Missed,
    Quarantined,
    Reconnected,
    Regression,
    Snapshot,
    Stale,
    TopState,
    TrimWarning,
)
from pykraken_consumer import _programs as programs
from pykraken_consumer._programs import BLOCK_MS, Answer, Ask, Follower, Pause, Tell
from pykraken_consumer.replica import Replica

from tests.simulation.judge import Judge, State
from tests.simulation.network import Connection, Network, is_error
from tests.simulation.streams import StreamValue

ANSWER_S = BLOCK_MS / 1000 + 3.0
"""After so long without an answer the client drops the connection (client.py)."""
LOUD = ("Gap", "Quarantined", "Missed", "Regression", "Joined", "Epoch", "Stale")
"""Events that the trace tells."""


@dataclass
class Told:
    """What the application knows of one stream."""

    at: EntryId | None = None
    """The last entry told, or where a jump that was told has led."""
    missed: Missed | None = None
    is_lost: bool = False
    """True from a loss that was told up to the next book."""
    lost_at: EntryId | None = None
    """The last entry told before that."""

    def lose(self, cursor: EntryId | None) -> None:
        """A loss was told; reading goes on at `cursor`."""
        if not self.is_lost:
            self.lost_at = self.at
        self.at, self.is_lost = cursor, True


class Reader:
    """A consumer of all streams of books and tops."""

    def __init__(self, name: str, streams: tuple[str, ...], network: Network, judge: Judge) -> None:
        self.name = name
        self.network = network
        self.world = network.world
        self.judge = judge
        self.follower = Follower(streams, "wait", BLOCK_MS)
        self.paused_until = 0.0
        self.is_alive = True
        self._told = {stream: Told() for stream in streams}
        self._steps = self.follower.run()
        self._clock = 0.0
        self._began = 0.0
        self._asks = 0
        self._owed = 0
        """The ask whose answer the program waits for, 0 while it runs or pauses."""
        self._connection: Connection | None = None
        self._is_asking = False
        """True while a request is on its way, not in a pause."""
        self.world.at(0.0, lambda: self._go(next(self._steps)))

    @property
    def replicas(self) -> dict[str, Replica]:
        """The replica of each stream."""
        return self.follower.replicas

    def pause(self, seconds: float) -> None:
        """Be busy with other things."""
        self.paused_until = max(self.paused_until, self.world.now + seconds)

    def stop(self) -> None:
        """End."""
        self.is_alive = False
        if self._connection is not None:
            self._connection.close()

    # The shell ------------------------------------------------------------------------------------

    def _go(self, step: Ask | Pause | programs.Idle | programs.Redial | Tell[Event]) -> None:
        """Run the program up to its next wait."""
        while self.is_alive:
            match step:
                case Tell(told):
                    for event in told:
                        self._observe(event)
                    step = next(self._steps)
                case Ask(commands):
                    self._ask(commands)
                    return
                case Pause(seconds):
                    self._sleep(seconds)
                    return
                case programs.Redial():
                    self._redial()
                    step = next(self._steps)
                case _:
                    step = next(self._steps)

    def _sleep(self, seconds: float) -> None:
        ask = self._begin()
        wait = seconds * self.world.random.uniform(0.5, 1.0)
        self.world.at(wait, lambda: self._answer(ask, []))

    def _ask(self, commands: Sequence[programs.Command]) -> None:
        ask = self._begin()
        self.world.at(ANSWER_S, lambda: self._failed(ask, "no answer"))
        if self._connection is not None:
            self._request(ask, commands)
            return

        def dialed(result: Connection | str) -> None:
            if isinstance(result, str):
                self._failed(ask, result)
            elif ask != self._owed or not self.is_alive:
                result.close()
            else:
                self._connection = result
                self._request(ask, commands)

        self.network.dial(self.name, dialed, self._closed)

    def _redial(self) -> None:
        """Give up the connection: the next ask finds whoever is the primary then."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _begin(self) -> int:
        self._began = self.world.now
        self._asks += 1
        self._owed = self._asks
        return self._asks

    def _closed(self, reason: str) -> None:
        """The connection was reset; between two asks the next one dials."""
        self._connection = None
        if self._is_asking:
            self._answer(self._owed, reason)

    def _request(self, ask: int, commands: Sequence[programs.Command]) -> None:
        assert self._connection is not None
        self._is_asking = True
        self._connection.request(commands, lambda replies: self._replied(ask, replies))

    def _replied(self, ask: int, replies: list[object]) -> None:
        error = next((str(reply) for reply in replies if is_error(reply)), None)
        self._answer(ask, replies if error is None else error)

    def _failed(self, ask: int, reason: str) -> None:
        if ask == self._owed and self.is_alive:
            self._redial()
            self._answer(ask, reason)

    def _answer(self, ask: int, replies: list[object] | str) -> None:
        if ask != self._owed or not self.is_alive:
            return
        self._owed = 0
        self._is_asking = False
        self._clock += self.world.now - self._began
        wait = self.paused_until - self.world.now
        answer = Answer(self._clock, replies)
        self.world.at(max(0.0, wait), lambda: self._go(self._steps.send(answer)))

    # The eyes -------------------------------------------------------------------------------------

    def _observe(self, event: Event) -> None:
        """Judge one event of the application's."""
        replica, told = self.replicas[event.stream], self._told[event.stream]
        body = event.body
        kind = type(body).__name__
        self.world.counts[f"event {kind}"] += 1
        if kind in LOUD:
            self.world.tell(f"{self.name} {event.stream} {body}"[:200])
        self._check_order(event, replica, told)
        if (
            isinstance(body, Gap | Quarantined | Epoch | Missed | Regression)
            and event.state.is_valid
        ):
            raise self._wrong("a loss ends the book", event)
        if event.state.is_valid:
            self._check_book(event, replica)

    def _check_order(self, event: Event, replica: Replica, told: Told) -> None:
        """Nothing comes twice, and nothing is passed over in silence."""
        match event.body:
            case Gap(cursor, _):
                if cursor != told.at and not told.is_lost:
                    raise self._wrong(f"a gap begins at the cursor, {told.at}", event)
                told.lose(replica.cursor)
            case Quarantined(_, entry_id, _):
                if not told.is_lost and (told.at is None or not _follows(told.at, entry_id)):
                    raise self._wrong(f"a hole is no bad entry: it stood at {told.at}", event)
                told.lose(replica.cursor)
            case Regression():
                told.at = told.lost_at = None
                told.is_lost = True
            case Joined(cursor, after):
                if after != (told.lost_at if told.is_lost else told.at):
                    raise self._wrong(f"a join tells what was told last, {told}", event)
                told.at, told.is_lost = cursor, False
            case Missed() as missed:
                told.missed = missed
            case Stale() | TrimWarning() | Disconnected() | Reconnected():
                pass
            case body:
                self._advance(event, told, body.entry_id)
                told.at, told.missed = body.entry_id, None
                told.is_lost = told.is_lost and not isinstance(body, Snapshot | Epoch)

    def _advance(self, event: Event, told: Told, entry_id: EntryId) -> None:
        at = told.at
        if at is None:
            raise self._wrong("entries come after a join", event)
        if entry_id <= at:
            raise self._wrong(f"nothing comes twice: it stood at {at}", event)
        if told.is_lost:
            return
        if isinstance(event.body, Epoch):
            self._check_missed(event, event.body, told, at)
        elif not _follows(at, entry_id):
            raise self._wrong(f"no hole in silence: it stood at {at}", event)

    def _check_missed(self, event: Event, body: Epoch, told: Told, at: EntryId) -> None:
        """A new epoch says what of the old ones was not seen (WIRE 7.2)."""
        missed = told.missed if told.missed is not None else Missed(None, None)
        if missed.unseen is not None:
            first, last = missed.unseen
            if first <= at or not self.judge.has_landed(event.stream, last):
                raise self._wrong(f"unseen is what was written behind {at}: {missed}", event)
        stream = self._source(event.stream)
        lineage = self.judge.lineage(stream) if stream is not None else None
        if lineage is None or not lineage.has(body.entry_id):
            return  # rolled back since it was read
        before = lineage.before(body.entry_id)
        if before is None:
            return
        if before != (body.prev_epoch, body.prev_seq):
            # Written on one branch and refilled on another, it tells of the first one's past.
            self.world.counts["epochs with the past of another branch"] += 1
            return
        if before > at and (missed.unseen is None or missed.unseen.last != before):
            raise self._wrong(f"unseen entries {at} to {before} are told: {missed}", event)
        if missed.missed is not None:
            first, last = missed.missed
            if any(lineage.has((first.epoch, seq)) for seq in range(first.seq, last.seq + 1)):
                raise self._wrong(f"what landed is not missed by all: {missed}", event)

    def _source(self, stream: str) -> StreamValue | None:
        """Return the stream as the server has it that was read, None when that is gone."""
        connection = self._connection
        return connection.server.db.stream(stream) if connection is not None else None

    def _check_book(self, event: Event, replica: Replica) -> None:
        cursor, state = replica.cursor, event.state
        if cursor is None or (state.epoch, state.seq) != cursor:
            raise self._wrong(f"a valid book stands at the cursor {cursor}", event)
        truth = self.judge.state_at(event.stream, cursor)
        if truth is None or held(state) != truth:
            raise self._wrong("a valid book is the book of its id", event)
        self.world.counts["book checks"] += 1

    def _wrong(self, promise: str, event: Event) -> Exception:
        body = str(event.body)[:300]
        return self.world.violated(promise, f"{self.name} {event.stream} {event.state!r}: {body}")


def held(state: object) -> State:
    """Return what a replica's state holds, in the judge's words."""
    if isinstance(state, TopState):
        bid = None if state.bid is None else (state.bid, state.bid_qty or 0)
        return bid, None if state.ask is None else (state.ask, state.ask_qty or 0)
    assert isinstance(state, Book)
    return state.levels("bid"), state.levels("ask")


def _follows(at: EntryId, entry_id: EntryId) -> bool:
    """True when nothing lies between by the ids alone (WIRE 3.1)."""
    return entry_id == (at.epoch, at.seq + 1) or (entry_id.epoch > at.epoch and entry_id.seq == 0)
