"""Both clients on real servers: joins, restarts, stalls, trims, the catalogue, Ctrl-C."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Literal

import msgpack
import pytest
from pykraken_consumer import (
    AmbiguousStream,
    AsyncClient,
    Client,
    Disconnected,
    EntryId,
    Event,
    Feed,
    Gap,
    Joined,
    NoStream,
    NotReady,
    Quarantined,
    Reconnected,
    Record,
    RedisRefused,
    RedisUnreachable,
    Snapshot,
    Update,
)

from tests.consumer.packing import EPOCH, STREAM, Story, Writer, pack
from tests.polling import wait_until
from tests.requirements import ROOT
from tests.servers import RedisServer, free_port

OTHER = "{kraken.ETH/USD}:book.10"


def until(events: Iterator[Event], is_last: Callable[[Event], bool]) -> list[Event]:
    """Take events up to the first that `is_last`, judging every valid book on the way."""
    taken = []
    for event in events:
        if event.book.is_valid:
            assert event.book.checksum() is not None
        taken.append(event)
        if is_last(event):
            return taken
    raise AssertionError("the iterator ended")


def at(story: Story) -> Callable[[Event], bool]:
    """True for the event that brings the book to the story's end."""
    return lambda event: event.book.is_valid and event.book.seq == story.seq


def written(server: RedisServer, story: Story, stream: str = STREAM) -> Writer:
    writer = Writer(server.client(), stream)
    writer.entries(story)
    writer.snapshot(story)
    return writer


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
    monkeypatch.setattr("pykraken_consumer.client.ANSWER_S", 0.2)
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


def test_trimmed_past_the_cursor_is_one_gap(redis_server: RedisServer) -> None:
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


def test_a_bad_entry_is_quarantined_until_a_snapshot_helps(redis_server: RedisServer) -> None:
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


def test_late_joiners_while_it_is_written(redis_server: RedisServer) -> None:
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


def listed(server: RedisServer, stream: str, **keys: Any) -> None:
    value = {"v": 1, "fd": "f", "ch": "book", "y": "BTC/USD", "d": 10, "pp": 1, "qp": 8, "l": ""}
    row = msgpack.packb({**value, "ep": EPOCH, **keys})
    server.client().hset("{kraken.catalogue}:streams", stream, row)


def test_the_catalogue_decides_where_no_depth_is_given(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    story = Story().grow(2)
    written(redis_server, story)
    with Client(redis_server.url) as client:
        with pytest.raises(NoStream, match="BTC/USD"):
            client.follow("BTC/USD")
        listed(redis_server, STREAM)
        listed(redis_server, "broken", d="ten")
        with caplog.at_level(logging.INFO, "pykraken_consumer"):
            assert client.book("BTC/USD").seq == story.seq
            assert not caplog.records
            listed(redis_server, "{kraken.BTC/USD}:book.100", d=100)
            assert client.book("BTC/USD").depth == 10
            assert "stream_chosen" in caplog.text
        assert client.chosen == {"BTC/USD": STREAM}
        assert [listing.depth for listing in client.streams()] == [10, 100]
        listed(redis_server, f"{STREAM}/b", l="b")
        with pytest.raises(AmbiguousStream, match="line="):
            client.follow("BTC/USD")


def test_one_book(redis_server: RedisServer) -> None:
    story = Story().grow(20)
    writer = written(redis_server, story)
    story.grow(20)
    writer.entries(story)
    with Client(redis_server.url) as client:
        book = client.book("BTC/USD", depth=10)
        assert book.is_valid
        assert (book.epoch, book.seq) == (EPOCH, story.seq)
        assert (book.levels("bid"), book.levels("ask")) == story.sides()
        with pytest.raises(NoStream):
            client.book("ETH/USD", depth=10, wait_s=0.1)
        story.append(pack("reset", why="checksum"))
        writer.entries(story)
        with pytest.raises(NotReady):
            client.book(STREAM, wait_s=0.1)


def test_errors_that_trying_again_cannot_mend(redis_server: RedisServer) -> None:
    redis_server.client().set(f"{STREAM}.snap", "no stream")
    with Client(redis_server.url) as client:
        with pytest.raises(RedisRefused, match="WRONGTYPE"):
            next(client.follow("BTC/USD", depth=10))
        with pytest.raises(NoStream):
            next(client.follow("ETH/USD", depth=10, missing="raise"))
        with pytest.raises(ValueError, match="at least one symbol"):
            client.follow()
    secret = f"redis://:hunter2@127.0.0.1:{redis_server.port}"
    with Client(secret) as client, pytest.raises(RedisRefused) as caught:
        client.streams()
    assert "hunter2" not in str(caught.value) + repr(client)
    with Client(f"redis://127.0.0.1:{free_port()}") as client:
        with pytest.raises(RedisUnreachable):
            client.streams()
        with pytest.raises(RedisUnreachable):
            client.book("BTC/USD", depth=10, wait_s=0.2)


def test_a_status_stream(redis_server: RedisServer) -> None:
    key = "{kraken.feed.f1}:status"
    beat = pack("feed", s="live", ns=2, nl=2, sys="online")
    writer = redis_server.client()
    for seq in range(3):
        first = pack("epoch", v=1, why="start", fd="f1", w=1)
        writer.xadd(key, {"d": beat if seq else first}, id=f"{EPOCH}-{seq}")
    with Client(redis_server.url) as client:
        records = client.status("f1", start="oldest")
        bodies = [record.body for record in itertools.islice(records, 3)]
        assert [type(body).__name__ for body in bodies] == ["Epoch", "Feed", "Feed"]
        writer.xadd(key, {"d": beat}, id=f"{EPOCH}-5")
        assert next(records).body == Gap(EntryId(EPOCH, 2), EntryId(EPOCH, 5))
        told = next(records).body
        assert isinstance(told, Feed)
        assert (told.symbols, told.live, told.system) == (2, 2, "online")


def test_asyncio_follows_alike(redis_server: RedisServer) -> None:
    story = Story().grow(5)
    writer = written(redis_server, story)
    listed(redis_server, STREAM)

    async def take(events: AsyncIterator[Event]) -> list[Event]:
        taken = []
        async for event in events:
            taken.append(event)
            if at(story)(event):
                break
        return taken

    async def main() -> None:
        async with AsyncClient(redis_server.url, protocol=3) as client:
            assert [listing.stream for listing in await client.streams()] == [STREAM]
            assert (await client.book("BTC/USD")).seq == story.seq
            async with aclosing(client.follow("BTC/USD")) as events:  # type: ignore[type-var]
                assert isinstance((await take(events))[0].body, Joined)
                story.grow(3)
                writer.entries(story)
                assert [type(event.body) for event in await take(events)] == [Update] * 3
                redis_server.restart()
                story.grow(2)
                writer.written -= 3
                writer.entries(story)
                bodies = [event.body for event in await take(events)]
                assert [type(body) for body in bodies[-2:]] == [Update] * 2
                assert {type(body) for body in bodies[:-2]} <= {Disconnected, Reconnected}
            records = client.entries(STREAM, start=EntryId(EPOCH, story.seq - 1))
            record: Record = await anext(records)
            assert isinstance(record.body, Update)

    asyncio.run(main())


def test_asyncio_is_cancelled_while_it_waits(redis_server: RedisServer) -> None:
    async def main() -> None:
        async with AsyncClient(redis_server.url) as client:
            waiting = asyncio.ensure_future(anext(client.follow("BTC/USD", depth=10)))
            done, _ = await asyncio.wait([waiting], timeout=0.3)
            assert not done
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            with pytest.raises(NoStream):
                await client.book("BTC/USD", depth=10, wait_s=0.1)
            with pytest.raises(ValueError, match="at least one symbol"):
                await anext(client.follow())

    asyncio.run(main())


def test_ctrl_c_ends_an_iterator_cleanly(redis_server: RedisServer, tmp_path: Path) -> None:
    story = Story().grow(2)
    written(redis_server, story)
    program = (
        "import sys; from pykraken_consumer import Client\n"
        "with Client(sys.argv[1]) as client:\n"
        "    try:\n"
        "        for event in client.follow('BTC/USD', depth=10): print('joined', flush=True)\n"
        "    except KeyboardInterrupt:\n"
        "        print('stopped', client.book('BTC/USD', depth=10).is_valid)\n"
    )
    path = os.pathsep.join([str(ROOT / "consumers" / "python"), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-c", program, redis_server.url],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "joined\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=10)[0] == "stopped True\n"
    assert process.returncode == 0


def test_no_connection_stays_open(redis_server: RedisServer) -> None:
    written(redis_server, Story().grow(2))
    watcher = redis_server.client()
    before = len(watcher.client_list())
    with Client(redis_server.url) as client:
        next(client.follow("BTC/USD", depth=10))
        assert len(watcher.client_list()) > before
    wait_until(lambda: len(watcher.client_list()) == before, 5, "connections to close")
