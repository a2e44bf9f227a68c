"""One-shot calls, the catalogue, status streams, asyncio, errors, Ctrl-C; on real servers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

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
    Reconnected,
    Record,
    RedisRefused,
    RedisUnreachable,
    Update,
)

from tests.consumer.following import at, written
from tests.consumer.packing import EPOCH, STREAM, Story, pack
from tests.matrix import MatrixRow
from tests.polling import wait_until
from tests.requirements import ROOT
from tests.servers import RedisServer, free_port, server_binary

OTHER = "{kraken.ETH/USD}:book.10"


def listed(server: RedisServer, stream: str, **keys: Any) -> None:
    value = {"v": 1, "fd": "f", "ch": "book", "y": "BTC/USD", "d": 10, "pp": 1, "qp": 8, "l": ""}
    row = msgpack.packb({**value, "ep": EPOCH, **keys})
    server.client().hset("{kraken.catalogue}:streams", stream, row)


def test_a_unix_socket_serves_as_well(tmp_path: Path) -> None:
    socket = tmp_path / "redis.sock"
    binary = server_binary("redis")
    with RedisServer(binary, tmp_path, options=("--unixsocket", str(socket))) as server:
        story = Story().grow(2)
        written(server, story)

        async def checksum() -> int:
            async with AsyncClient(f"unix://{socket}") as client:
                return (await client.book("BTC/USD", depth=10)).checksum()

        with Client(f"unix://{socket}?db=0") as client:
            assert client.book("BTC/USD", depth=10).checksum() == asyncio.run(checksum())


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


@pytest.mark.row("C2")
def test_a_reader_goes_on_where_it_stood(redis_server: RedisServer, matrix_row: MatrixRow) -> None:
    """It keeps the id of what it read last, ends, and begins again behind it: nothing comes twice,
    nothing is left out, and what was trimmed meanwhile is told.
    """
    story = Story().grow(5)
    writer = written(redis_server, story)
    saved, seen = EntryId(0, 0), list[int]()
    for grown in range(20):
        with Client(redis_server.url) as client:
            records = client.entries(STREAM, start=saved)
            for record in itertools.islice(records, story.seq - len(seen) + 1 - grown % 3):
                assert not isinstance(record.body, Gap)
                saved = record.body.entry_id
                seen.append(saved.seq)
        story.grow(4)
        writer.entries(story)
    assert seen == list(range(seen[-1] + 1))
    left = EntryId(EPOCH, story.seq)
    redis_server.client().xtrim(STREAM, minid=str(left), approximate=False)
    with Client(redis_server.url) as client:
        records = client.entries(STREAM, start=saved)
        assert next(records).body == Gap(saved, left)
        assert next(records).body.entry_id == left
    matrix_row.saw(
        "went on behind the saved id, each entry once; told of what was trimmed", count=20
    )


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


def test_asyncio_loses_no_cancellation(redis_server: RedisServer) -> None:
    """Each of many cancels meets an answer on its way in, as nearly as a test can have it."""
    story = Story().grow(5)
    writer = written(redis_server, story)

    async def read(client: AsyncClient, joined: asyncio.Event) -> None:
        async for _ in client.follow(STREAM):
            joined.set()

    async def main() -> None:
        async with AsyncClient(redis_server.url) as client:
            for step in range(100):
                joined = asyncio.Event()
                reading = asyncio.ensure_future(read(client, joined))
                await joined.wait()
                for _ in range(step % 10):
                    await asyncio.sleep(0)
                story.grow(1)
                writer.entries(story)  # blocks: the answer waits in the reader's socket
                for _ in range(step % 3):
                    await asyncio.sleep(0)
                reading.cancel()
                done, _ = await asyncio.wait([reading], timeout=5)
                assert done, f"cancellation {step} was lost"
                assert reading.cancelled()

    asyncio.run(main())


def test_asyncio_still_answers_a_task_that_tidies_up_after_its_cancellation(
    redis_server: RedisServer,
) -> None:
    story = Story().grow(5)
    written(redis_server, story)

    async def read(client: AsyncClient) -> int:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return (await client.book(STREAM)).seq

    async def main() -> None:
        async with AsyncClient(redis_server.url) as client:
            reading = asyncio.ensure_future(read(client))
            await asyncio.sleep(0)
            reading.cancel()
            assert await reading == story.seq

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
