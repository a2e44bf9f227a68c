"""Both clients on real servers: joins, restarts, stalls, trims, the catalogue, Ctrl-C."""

from __future__ import annotations

import itertools
import threading
from typing import Literal

import pytest
from pykraken_consumer import (
    Client,
    Disconnected,
    EntryId,
    Gap,
    Joined,
    Quarantined,
    Reconnected,
    Snapshot,
    Update,
)

from tests.consumer.following import at, until, written
from tests.consumer.packing import EPOCH, STREAM, Story, Writer
from tests.servers import RedisServer

OTHER = "{kraken.ETH/USD}:book.10"


@pytest.mark.parametrize("protocol", [2, 3])
def test_follow_joins_and_reads_on(each_redis_server: RedisServer, protocol: Literal[2, 3]) -> None:
    story = Story().grow(20)
    writer = written(each_redis_server, story)
    story.grow(30)
    writer.entries(story)
    with Client(each_redis_server.url, protocol=protocol) as client:
        events = client.follow("BTC/USD", depth=10)
        taken = until(events, at(story))
        assert isinstance(taken[0].body, Joined)
        assert len(taken) == 31
        story.append(story.snapshot())
        story.grow(1)
        writer.entries(story)
        last = until(events, at(story))[-1]
        assert isinstance(last.body, Update)
        assert (last.book.levels("bid"), last.book.levels("ask")) == story.sides()


def test_one_read_serves_many_symbols(redis_server: RedisServer) -> None:
    stories = [Story(seed=1).grow(2500), Story(seed=2, symbol="ETH/USD").grow(5)]
    streams = (STREAM, OTHER)
    for story, stream in zip(stories, streams, strict=True):
        writer = Writer(redis_server.client(), stream)
        redis_server.client().xadd(
            f"{stream}.snap", {"d": Story(seed=story.seed).snapshot()}, id=f"{EPOCH}-1"
        )
        writer.entries(story)
    with Client(redis_server.url) as client:
        ends = {stream: story.seq for stream, story in zip(streams, stories, strict=True)}
        for event in client.follow("BTC/USD", "ETH/USD", depth=10):
            assert not isinstance(event.body, Gap)
            if event.book.seq == ends.get(event.stream):
                del ends[event.stream]
            if not ends:
                break


def test_a_pointer_is_read_from_the_snapshots(redis_server: RedisServer) -> None:
    story = Story().grow(2)
    writer = written(redis_server, story)
    with Client(redis_server.url) as client:
        events = client.follow("BTC/USD", depth=10)
        until(events, at(story))
        pointed = story.append(story.snapshot_pointer())
        redis_server.client().xadd(f"{STREAM}.snap", {"d": story.pointed[pointed]}, id=pointed)
        story.grow(3)
        writer.entries(story)
        taken = until(events, at(story))
        assert [type(event.body) for event in taken] == [Snapshot, Update, Update, Update]


def test_a_restart_with_its_data_is_no_loss(redis_server: RedisServer) -> None:
    redis_server.restart("aof")
    story = Story().grow(5)
    written(redis_server, story)
    with Client(redis_server.url) as client:
        events = client.follow("BTC/USD", depth=10)
        until(events, at(story))
        redis_server.kill()
        away = until(events, lambda event: isinstance(event.body, Disconnected))[-1]
        assert away.book.is_stale
        redis_server.start()
        story.grow(5)
        Writer(redis_server.client()).client.ping()
        writer = Writer(redis_server.client())
        writer.written = len(story.entries) - 5
        writer.entries(story)
        taken = until(events, at(story))
        assert isinstance(taken[0].body, Reconnected)
        assert [type(event.body) for event in taken[1:]] == [Update] * 5
        assert not taken[-1].book.is_stale


@pytest.mark.parametrize("kept", [0, 4])
def test_a_restart_without_data(redis_server: RedisServer, kept: int) -> None:
    """What the publisher writes again joins on without a gap; what it cannot is one gap."""
    story = Story().grow(5)
    written(redis_server, story)
    with Client(redis_server.url) as client:
        events = client.follow("BTC/USD", depth=10)
        until(events, at(story))
        redis_server.restart()
        story.grow(8)
        writer = Writer(redis_server.client())
        writer.written = len(story.entries) - (8 if kept else 4)
        writer.entries(story)
        writer.snapshot(story)
        bodies = [event.body for event in until(events, at(story))]
        bodies = [body for body in bodies if not isinstance(body, Disconnected | Reconnected)]
        if kept:
            assert [type(body) for body in bodies] == [Update] * 8
        else:
            gap = Gap(EntryId(EPOCH, 6), EntryId(EPOCH, 11))
            assert bodies == [gap, Joined(EntryId(EPOCH, 14), EntryId(EPOCH, 6))]


def test_a_stalled_server_is_told_and_survived(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pykraken_consumer._servers.ANSWER_S", 0.2)
    story = Story().grow(5)
    writer = written(redis_server, story)
    with Client(redis_server.url) as client:
        events = client.follow("BTC/USD", depth=10)
        until(events, at(story))
        redis_server.pause()
        until(events, lambda event: isinstance(event.body, Disconnected))
        redis_server.resume()
        story.grow(2)
        writer.entries(story)
        taken = until(events, at(story))
        assert [type(event.body) for event in taken] == [Reconnected, Update, Update]


@pytest.mark.row("C1")
def test_trimmed_past_the_cursor_is_one_gap(redis_server: RedisServer) -> None:
    """One `Gap` with both ends, then the book anew from a snapshot."""
    story = Story().grow(5)
    writer = written(redis_server, story)
    with Client(redis_server.url) as client:
        events = client.follow("BTC/USD", depth=10)
        until(events, at(story))
        story.grow(50)
        writer.entries(story)
        writer.snapshot(story)
        redis_server.client().xtrim(STREAM, minid=f"{EPOCH}-30", approximate=False)
        taken = until(events, at(story))
        assert taken[0].body == Gap(EntryId(EPOCH, 6), EntryId(EPOCH, 30))
        assert taken[1].body == Joined(EntryId(EPOCH, 56), EntryId(EPOCH, 6))
        assert len(taken) == 2


@pytest.mark.row("C4")
def test_a_bad_entry_is_quarantined_until_a_snapshot_helps(redis_server: RedisServer) -> None:
    """The book is not valid until the next snapshot, and then is."""
    story = Story().grow(5)
    writer = written(redis_server, story)
    with Client(redis_server.url) as client:
        events = client.follow("BTC/USD", depth=10)
        until(events, at(story))
        story.append(b"\xc1")
        story.grow(2)
        writer.entries(story)
        bad = until(events, lambda event: isinstance(event.body, Quarantined))[-1]
        assert not bad.book.is_valid
        writer.snapshot(story)
        assert isinstance(until(events, at(story))[-1].body, Joined)


@pytest.mark.row("C2", "C3")
def test_late_joiners_while_it_is_written(redis_server: RedisServer) -> None:
    """One after another joins at a snapshot; each book is the writer's at that entry."""
    story = Story().grow(3)
    writer = written(redis_server, story)
    is_over = threading.Event()

    def write() -> None:
        while not is_over.is_set() and story.seq < 100_000:
            story.grow(5)
            writer.entries(story)
            if story.seq % 50 == 0:
                writer.snapshot(story)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(5):
            with Client(redis_server.url) as client:
                for event in itertools.islice(client.follow("BTC/USD", depth=10), 300):
                    assert isinstance(event.body, Joined | Update)
                    bids, asks = story.books[b"%d-%d" % (event.book.epoch, event.book.seq)]
                    assert event.book.levels("bid", 3) == bids[:3]
                    assert event.book.levels("ask", 3) == asks[:3]
    finally:
        is_over.set()
        thread.join()


def test_a_client_waits_for_a_server_that_is_not_there_yet(redis_server: RedisServer) -> None:
    redis_server.stop()
    with Client(redis_server.url) as client:
        events = client.follow("BTC/USD", depth=10)
        assert isinstance(next(events).body, Disconnected)
        redis_server.start()
        story = Story().grow(1)
        written(redis_server, story)
        bodies = [event.body for event in until(events, at(story))]
        assert isinstance(bodies[0], Reconnected)
