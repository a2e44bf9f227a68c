"""Clients that follow streams on Redis: `Client` for threads, `AsyncClient` for asyncio.

Both are shells: what is read and told stands in `_programs`; here commands meet redis-py. Its own
retries are off, since a program connects again by itself and says so in the stream of events.

Life: make a client (nothing connects yet), iterate, close it; `with` closes it too. An iterator
runs until it is left, an error is raised, or Ctrl-C. Threads: whoever iterates runs everything, in
its own thread or task; nothing runs in the background, and `event.state` changes only when the next
event is asked for. A client may be shared by threads or tasks, an iterator may not. The clock of
silence (WIRE §7.4) runs only while the client listens: a slow application is no silent stream.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from types import TracebackType
from typing import Any, ClassVar, Final, Literal, Never, Self, TypeVar, Unpack

import redis

from ._answers import reason_of, spread
from ._choosing import Wish, Words, both_lines, choose, one_wish, wishes
from ._cluster import AsyncCluster, Cluster
from ._events import Event, Record
from ._programs import (
    BLOCK_MS,
    Answer,
    Ask,
    Follower,
    Pause,
    Program,
    Redial,
    Tell,
    Wanted,
    catalogue,
    one_state,
    request,
)
from ._records import Start, records
from ._servers import AsyncServer, Server
from ._states import State
from ._url import parse
from .book import Book, OrderBook
from .errors import NoStream
from .replica import Missing
from .wire import EntryId, Listing, place_of

log = logging.getLogger(__name__)

SCOPES: Final = {"public": "", "private": "priv."}
Scope = Literal["public", "private"]
T = TypeVar("T")


class _Choice:
    """Which streams a client's words name; shared by both shells, without I/O."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.chosen: dict[str, str] = {}

    def listed(self, listings: Sequence[Listing], wish: Wish) -> Listing:
        """Return the row that the catalogue gives for a wish, and say what else there was."""
        rows = choose(listings, wish)
        first = rows[0]
        self.chosen[str(wish)] = first.stream
        if len(rows) > 1:
            others = ",".join(row.stream for row in rows[1:])
            log.info("stream_chosen wanted=%s stream=%s not=%s", wish, first.stream, others)
        return first


def _book_stream(wanted: Wanted) -> Wanted:
    """Return what holds a book. Raise `ValueError` for a stream of another channel."""
    stream = wanted if isinstance(wanted, str) else wanted[0]
    if place_of(stream) not in ("book", "level3"):
        raise ValueError(f"{stream} holds no book: use state()")
    return wanted


class Client:
    """Follows streams. `chosen` maps what was asked for to the streams that the catalogue gave."""

    DEFAULT_URL: ClassVar[str] = "redis://127.0.0.1:6379"

    def __init__(
        self, url: str = DEFAULT_URL, *, namespace: str = "kraken", protocol: Literal[2, 3] = 2
    ) -> None:
        self._choice = _Choice(namespace)
        self.chosen = self._choice.chosen
        self._target, self._protocol = parse(url), protocol
        self._server = None if self._target.kind == "cluster" else Server(self._target, protocol)

    def streams(self, scope: Scope = "public") -> list[Listing]:
        """Return what the catalogue of public or of private streams lists.

        Raise `RedisUnreachable`, `RedisRefused`.
        """
        return self._finish(catalogue(SCOPES[scope] + self._choice.namespace))

    def follow(
        self, *symbols: str, missing: Missing = "wait", **words: Unpack[Words]
    ) -> Iterator[Event]:
        """Return an endless iterator over the events of the streams of `symbols` (or stream keys);
        `instrument`, `executions` and `balances` have no symbols.

        What the words leave open the catalogue decides. Raise `ValueError`, `NoStream`,
        `AmbiguousStream`, `RedisRefused`, and `RedisUnreachable` when the catalogue is needed and
        cannot be read.
        """
        streams = [self._wanted(wish) for wish in wishes(symbols, words)]
        return self._iterate(Follower(streams, missing, BLOCK_MS).run())

    def book(self, symbol: str, *, wait_s: float = 5.0, **words: Unpack[Words]) -> Book | OrderBook:
        """Return the book of `symbol`, L2 or with channel `level3` L3: joined, caught up and
        verified, as it is now.

        Raise `ValueError`, `NoStream`, `NotReady` or `RedisUnreachable` after `wait_s` seconds.
        """
        wanted = _book_stream(self._wanted(one_wish(symbol, words)))
        book = self._finish(one_state(wanted, wait_s))
        assert isinstance(book, Book | OrderBook)
        return book

    def state(self, symbol: str = "", *, wait_s: float = 5.0, **words: Unpack[Words]) -> State:
        """Return the state of any channel's stream, caught up, as it is now; see `book`."""
        wanted = self._wanted(one_wish(symbol, words))
        return self._finish(one_state(wanted, wait_s))

    def request_snapshot(self, symbol: str = "", **words: Unpack[Words]) -> None:
        """Ask the publisher of a stream for a newer snapshot; it answers in `.snap` (WIRE §7.6).

        Raise `ValueError`, `NoStream`, `AmbiguousStream`, `RedisUnreachable`, `RedisRefused`.
        """
        wish = one_wish(symbol, words)
        space = wish.space(self._choice.namespace)
        rows = self._finish(catalogue(space))
        for line in wish.lines():
            self._finish(request(space, self._choice.listed(rows, line)))

    def entries(self, stream: str, *, start: Start | EntryId = "now") -> Iterator[Record]:
        """Return an endless iterator over the entries of a stream as they are."""
        return self._iterate(records(stream, start))

    def status(
        self, feed: str, *, start: Start | EntryId = "now", scope: Scope = "public"
    ) -> Iterator[Record]:
        """Return an endless iterator over the events of a feed's status stream (WIRE §4.8)."""
        space = SCOPES[scope] + self._choice.namespace
        return self.entries(f"{{{space}.feed.{feed}}}:status", start=start)

    def close(self) -> None:
        """Close the connections. A closed client connects again when it is used again."""
        if self._server is not None:
            self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _wanted(self, wish: Wish) -> Wanted:
        one, *other = wish.lines()
        if not other:
            return self._stream(one)
        try:
            return both_lines(self._stream(one))
        except NoStream:
            return both_lines(self._stream(other[0]))

    def _stream(self, wish: Wish) -> str:
        named = wish.key(self._choice.namespace)
        if named is not None:
            return named
        rows = self._finish(catalogue(wish.space(self._choice.namespace)))
        return self._choice.listed(rows, wish).stream

    def _open(self) -> Server | Cluster:
        """Return what runs commands; of a cluster each iterator and each call has its own."""
        return self._server or Cluster(self._target, self._protocol)

    def _iterate(self, program: Program[T, None]) -> Iterator[T]:
        clock, server = 0.0, self._open()
        step = next(program)
        try:
            while True:
                if isinstance(step, Tell):
                    yield from step.told
                    step = next(program)
                elif isinstance(step, Ask | Pause):
                    began = time.monotonic()
                    replies = self._perform(step, server)
                    clock += time.monotonic() - began
                    step = program.send(Answer(clock, replies))
                else:
                    if isinstance(step, Redial):
                        server.redial()
                    step = next(program)
        finally:
            server.end()

    def _finish(self, program: Program[Never, T]) -> T:
        began, server = time.monotonic(), self._open()
        answer: Answer | None = None
        try:
            while True:
                step = program.send(answer) if answer else next(program)
                assert isinstance(step, Ask | Pause)
                replies = self._perform(step, server)
                answer = Answer(time.monotonic() - began, replies)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            server.end()

    def _perform(self, step: Ask | Pause, server: Server | Cluster) -> list[Any] | str:
        if isinstance(step, Pause):
            time.sleep(spread(step.seconds))
            return []
        try:
            return server.run(step.commands)
        except (redis.RedisError, OSError) as error:
            return reason_of(error, self._target)


class AsyncClient:
    """`Client` for asyncio: the same words, each iterator an async one, each call awaited."""

    def __init__(
        self,
        url: str = Client.DEFAULT_URL,
        *,
        namespace: str = "kraken",
        protocol: Literal[2, 3] = 2,
    ) -> None:
        self._choice = _Choice(namespace)
        self.chosen = self._choice.chosen
        self._target, self._protocol = parse(url), protocol
        is_cluster = self._target.kind == "cluster"
        self._server = None if is_cluster else AsyncServer(self._target, protocol)

    async def streams(self, scope: Scope = "public") -> list[Listing]:
        """Return what the catalogue lists; see `Client.streams`."""
        return await self._finish(catalogue(SCOPES[scope] + self._choice.namespace))

    async def follow(
        self, *symbols: str, missing: Missing = "wait", **words: Unpack[Words]
    ) -> AsyncIterator[Event]:
        """Iterate for ever over the events of the streams of `symbols`; see `Client.follow`."""
        streams = [await self._wanted(wish) for wish in wishes(symbols, words)]
        async for event in self._iterate(Follower(streams, missing, BLOCK_MS).run()):
            yield event

    async def book(
        self, symbol: str, *, wait_s: float = 5.0, **words: Unpack[Words]
    ) -> Book | OrderBook:
        """Return the book of `symbol` as it is now; see `Client.book`."""
        wanted = _book_stream(await self._wanted(one_wish(symbol, words)))
        book = await self._finish(one_state(wanted, wait_s))
        assert isinstance(book, Book | OrderBook)
        return book

    async def state(
        self, symbol: str = "", *, wait_s: float = 5.0, **words: Unpack[Words]
    ) -> State:
        """Return the state of a stream as it is now; see `Client.state`."""
        wanted = await self._wanted(one_wish(symbol, words))
        return await self._finish(one_state(wanted, wait_s))

    async def request_snapshot(self, symbol: str = "", **words: Unpack[Words]) -> None:
        """Ask for a newer snapshot; see `Client.request_snapshot`."""
        wish = one_wish(symbol, words)
        space = wish.space(self._choice.namespace)
        rows = await self._finish(catalogue(space))
        for line in wish.lines():
            await self._finish(request(space, self._choice.listed(rows, line)))

    def entries(self, stream: str, *, start: Start | EntryId = "now") -> AsyncIterator[Record]:
        """Iterate for ever over the entries of a stream as they are; see `Client.entries`."""
        return self._iterate(records(stream, start))

    def status(
        self, feed: str, *, start: Start | EntryId = "now", scope: Scope = "public"
    ) -> AsyncIterator[Record]:
        """Iterate for ever over a feed's status stream; see `Client.status`."""
        space = SCOPES[scope] + self._choice.namespace
        return self.entries(f"{{{space}.feed.{feed}}}:status", start=start)

    async def close(self) -> None:
        """Close the connections. A closed client connects again when it is used again."""
        if self._server is not None:
            await self._server.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _wanted(self, wish: Wish) -> Wanted:
        one, *other = wish.lines()
        if not other:
            return await self._stream(one)
        try:
            return both_lines(await self._stream(one))
        except NoStream:
            return both_lines(await self._stream(other[0]))

    async def _stream(self, wish: Wish) -> str:
        named = wish.key(self._choice.namespace)
        if named is not None:
            return named
        rows = await self._finish(catalogue(wish.space(self._choice.namespace)))
        return self._choice.listed(rows, wish).stream

    def _open(self) -> AsyncServer | AsyncCluster:
        """Return what runs commands; of a cluster each iterator and each call has its own."""
        return self._server or AsyncCluster(self._target, self._protocol)

    async def _iterate(self, program: Program[T, None]) -> AsyncIterator[T]:
        clock, server = 0.0, self._open()
        step = next(program)
        try:
            while True:
                if isinstance(step, Tell):
                    for event in step.told:
                        yield event
                    step = next(program)
                elif isinstance(step, Ask | Pause):
                    began = time.monotonic()
                    replies = await self._perform(step, server)
                    clock += time.monotonic() - began
                    step = program.send(Answer(clock, replies))
                else:
                    if isinstance(step, Redial):
                        await server.redial()
                    step = next(program)
        finally:
            server.end()

    async def _finish(self, program: Program[Never, T]) -> T:
        began, server = time.monotonic(), self._open()
        answer: Answer | None = None
        try:
            while True:
                step = program.send(answer) if answer else next(program)
                assert isinstance(step, Ask | Pause)
                replies = await self._perform(step, server)
                answer = Answer(time.monotonic() - began, replies)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            server.end()

    async def _perform(
        self, step: Ask | Pause, server: AsyncServer | AsyncCluster
    ) -> list[Any] | str:
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        replies = await self._attempt(step, server)
        # redis-py loses a cancellation that meets an answer on its way in; one of before this call
        # was taken already, by an application that tidies up.
        if task and task.cancelling() > before:
            raise asyncio.CancelledError
        return replies

    async def _attempt(
        self, step: Ask | Pause, server: AsyncServer | AsyncCluster
    ) -> list[Any] | str:
        if isinstance(step, Pause):
            await asyncio.sleep(spread(step.seconds))
            return []
        try:
            return await server.run(step.commands)
        except (redis.RedisError, OSError) as error:
            return reason_of(error, self._target)
