"""The programs without a server: what they ask for, in which order, and how they come back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pykraken_consumer import (
    Disconnected,
    EntryId,
    Event,
    Joined,
    Reconnected,
    RedisUnreachable,
    Stale,
    TrimWarning,
    Update,
)
from pykraken_consumer._programs import (
    BACKOFF_S,
    DOUBT_S,
    PACE_S,
    PACED_FROM,
    READ_TOTAL,
    Answer,
    Ask,
    Command,
    Follower,
    Idle,
    Pause,
    Redial,
    Tell,
    catalogue,
    entries_of,
    rows_of,
)

from tests.consumer.packing import EPOCH, STREAM, Story

SNAP = f"{STREAM}.snap"


def _row(entry_id: bytes, data: bytes) -> list[Any]:
    return [entry_id, [b"d", data]]


class Server:
    """Answers a follower's commands from a story; `now` is the clock of the shell."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.now = 0.0
        self.per_read = 0.0
        self.is_away = False
        self.lost: set[str] = set()
        """Keys whose node of a cluster is away: no answer to what is asked of them."""
        self.asked: list[Command] = []
        self.pauses: list[float] = []
        self.redials = 0
        self.told: list[Event] = []
        self.head: bytes | None = None
        self.snap = (story.entries[-1][0], story.snapshot())

    def play(self, follower: Follower, rounds: int) -> list[Event]:
        """Run so many commands or pauses; return the events of them."""
        if not hasattr(self, "_steps"):
            self._steps = follower.run()
            self._step = next(self._steps)
        self.told = []
        while rounds:
            step = self._step
            if isinstance(step, Tell):
                self.told += list(step.told)
                self._step = next(self._steps)
            elif isinstance(step, Idle | Redial):
                self.redials += isinstance(step, Redial)
                self._step = next(self._steps)
            else:
                rounds -= 1
                self._step = self._steps.send(self._answer(step))
        while isinstance(self._step, Tell | Idle | Redial):
            if isinstance(self._step, Tell):
                self.told += list(self._step.told)
            self.redials += isinstance(self._step, Redial)
            self._step = next(self._steps)
        return self.told

    def _answer(self, step: Ask | Pause) -> Answer:
        if isinstance(step, Pause):
            self.pauses.append(step.seconds)
            self.now += step.seconds
            return Answer(self.now, [])
        self.asked += step.commands
        self.now += self.per_read
        if self.is_away:
            return Answer(self.now, "connection refused")
        return Answer(self.now, [self._reply(command) for command in step.commands])

    def _reply(self, command: Command) -> Any:
        if self.lost.intersection(map(str, command)):
            return None
        match command:
            case ("XREVRANGE", str(key), *_) if key == SNAP:
                return [_row(*self.snap)]
            case ("XREVRANGE", *_):
                return [_row(self.head or self.story.entries[-1][0], b"")]
            case ("XRANGE", _, "-", *_):
                return [_row(*self.story.entries[0])]
            case ("XREAD", *_, position):
                epoch, _, seq = str(position).partition("-")
                after = (int(epoch), int(seq))
                rows = [
                    _row(entry_id, data)
                    for entry_id, data in self.story.entries
                    if tuple(map(int, entry_id.split(b"-"))) > after
                ]
                return [[STREAM.encode(), rows[: int(command[2])]]] if rows else None
        raise AssertionError(command)


def _names(events: list[Event]) -> list[str]:
    return [type(event.body).__name__ for event in events]


def test_it_joins_then_reads_entries() -> None:
    server = Server(Story().grow(3))
    follower = Follower([STREAM], "wait", 1000)
    assert _names(server.play(follower, 2)) == ["Joined"]
    assert [command[0] for command in server.asked] == ["XREVRANGE", "XREAD"]
    assert "BLOCK" in server.asked[1]
    server.story.grow(4)
    assert _names(server.play(follower, 1)) == ["Update"] * 4


@pytest.mark.row("C7")
def test_silence_of_all_streams_has_connections_made_anew() -> None:
    """Longer than a heartbeat takes, and once in so long: this may be a server of yesterday."""
    server = Server(Story().grow(3))
    follower = Follower([STREAM], "wait", 1000)
    server.play(follower, 2)
    for second in range(1, 15):
        server.now = float(second)
        server.play(follower, 1)
        assert server.redials == second // int(DOUBT_S), second
    server.story.grow(1)
    server.now = 17.0
    server.play(follower, 1)
    server.now = 17.0 + DOUBT_S - 0.1
    server.play(follower, 1)
    assert server.redials == 2, "what came counts"


def test_an_entry_between_the_look_and_the_read_is_no_surprise() -> None:
    """The newest ids are judged after the entries: what came in time is no reason to join."""
    server = Server(Story().grow(3))
    follower = Follower([STREAM], "wait", 1000)
    server.play(follower, 2)
    server.now = 20.0
    server.play(follower, 1)
    server.asked.clear()
    server.story.grow(1)
    server.head = server.story.entries[-1][0]
    assert _names(server.play(follower, 2)) == ["Update"]
    assert [command[0] for command in server.asked] == ["XREVRANGE", "XREAD"]
    assert "BLOCK" not in server.asked[1]
    assert _names(server.play(follower, 3)) == []


def test_silence_is_told() -> None:
    server = Server(Story().grow(3))
    follower = Follower([STREAM], "wait", 1000)
    server.play(follower, 2)
    server.now = 20.0
    (event,) = server.play(follower, 3)
    assert event.body == Stale(20.0)
    assert event.book.is_stale


def test_a_lost_server_is_told_once_with_growing_pauses() -> None:
    server = Server(Story().grow(3))
    follower = Follower([STREAM], "wait", 1000)
    server.play(follower, 2)
    server.is_away = True
    assert [event.body for event in server.play(follower, 1)] == [
        Disconnected("connection refused")
    ]
    assert server.play(follower, 20) == []
    assert server.pauses[:3] == [BACKOFF_S[0], BACKOFF_S[0] * 2, BACKOFF_S[0] * 4]
    assert server.pauses[-1] == BACKOFF_S[1]
    server.is_away = False
    server.story.grow(1)
    assert _names(server.play(follower, 2)) == ["Reconnected", "Update"]
    server.pauses.clear()
    server.is_away = True
    server.play(follower, 2)
    assert server.pauses == [BACKOFF_S[0]]


def test_a_reader_that_lags_is_warned_once() -> None:
    story = Story().grow(1)
    server = Server(story)
    story.grow(2500)
    server.per_read = 1.0
    follower = Follower([STREAM], "wait", 1000)
    bodies = [event.body for event in server.play(follower, 8)]
    warnings = [body for body in bodies if isinstance(body, TrimWarning)]
    assert warnings == [
        TrimWarning(EntryId(EPOCH, 1002), EntryId(EPOCH, 0), EntryId(EPOCH, story.seq))
    ]
    assert isinstance(bodies[0], Joined)
    assert sum(isinstance(body, Update) for body in bodies) == 2500


def test_many_streams_share_the_bound_of_one_read() -> None:
    follower = Follower([f"s{number}" for number in range(100)], "wait", 1000)
    assert follower._count == READ_TOTAL // 100


class ManyStreams(Server):
    """The same story in every stream that is read."""

    def _reply(self, command: Command) -> Any:
        if command[0] == "XREVRANGE":
            return [_row(*self.snap)]
        streams = command[command.index("STREAMS") + 1 :]
        single = (*command[: command.index("STREAMS") + 1], STREAM, streams[-1])
        found = super()._reply(single)
        names = streams[: len(streams) // 2]
        return [[str(name).encode(), found[0][1]] for name in names] if found else None


@pytest.mark.parametrize(("count", "is_paced"), [(PACED_FROM - 1, False), (PACED_FROM, True)])
def test_who_names_many_streams_lets_a_moment_pass(count: int, *, is_paced: bool) -> None:
    """After a read that brought something and left nothing behind, no other (WIRE 7.5)."""
    server = ManyStreams(Story().grow(1))
    follower = Follower([f"s{number}" for number in range(count)], "wait", 1000)
    server.play(follower, 2)
    server.play(follower, 2)
    assert server.pauses == [], "there was nothing new"
    server.story.grow(1)
    assert _names(server.play(follower, 1)) == ["Update"] * count
    assert server.play(follower, 1) == []
    assert server.pauses == [pytest.approx(PACE_S * count)] * is_paced
    server.play(follower, 3)
    assert len(server.pauses) == is_paced


def _shapes() -> Iterator[Any]:
    rows = [[b"1-2", [b"d", b"x"]], [b"1-3", [b"o", b"-", b"d", b"y"]], [b"1-4", [b"o", b"-"]]]
    yield [[b"s", rows]]
    yield {b"s": rows}


@pytest.mark.parametrize("reply", list(_shapes()))
def test_replies_of_both_resp_versions(reply: Any) -> None:
    assert entries_of(reply) == [("s", [(b"1-2", b"x"), (b"1-3", b"y"), (b"1-4", None)])]
    assert entries_of(None) == []
    assert rows_of([]) == []


def test_the_catalogue_needs_a_server() -> None:
    program = catalogue("kraken")
    assert next(program) == Ask([("HGETALL", "{kraken.catalogue}:streams")])
    with pytest.raises(RedisUnreachable, match="refused"):
        program.send(Answer(0.5, "connection refused"))


def test_reconnected_comes_before_what_follows() -> None:
    server = Server(Story().grow(1))
    server.is_away = True
    follower = Follower([STREAM], "wait", 1000)
    assert _names(server.play(follower, 2)) == ["Disconnected"]
    server.is_away = False
    server.now = 1.0
    bodies = [event.body for event in server.play(follower, 3)]
    assert bodies[0] == Reconnected()
    assert isinstance(bodies[1], Joined)


def test_a_node_that_is_away_says_nothing_of_what_it_has() -> None:
    """Of a cluster: no answer to a join is no `NO_STREAM`, none to a pointer no lost snapshot."""
    server = Server(Story())
    follower = Follower([STREAM], "raise", 1000)
    server.lost = {SNAP}
    assert server.play(follower, 3) == []
    assert follower.replicas[STREAM].wants == "join"
    server.lost = set()
    assert isinstance(server.play(follower, 3)[0].body, Joined)

    replica = follower.replicas[STREAM]
    replica.wants = "pointer"
    server.lost = {SNAP}
    assert server.play(follower, 4) == []
    assert replica.wants == "pointer"
