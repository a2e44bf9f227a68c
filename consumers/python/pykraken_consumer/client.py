"""Clients that follow books on Redis: `Client` for threads, `AsyncClient` for asyncio.

Both are shells: what is read and told stands in `_programs`; here commands meet redis-py. Its own
retries are off, since a program connects again by itself and says so in the stream of events.

Life: make a client (nothing connects yet), iterate, close it; `with` closes it too. An iterator
runs until it is left, an error is raised, or Ctrl-C. Threads: whoever iterates runs everything, in
its own thread or task; nothing runs in the background, and `event.book` changes only when the next
event is asked for. A client may be shared by threads or tasks, an iterator may not. The clock of
silence (WIRE §7.4) runs only while the client listens: a slow application is no silent stream.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from types import TracebackType
from typing import Any, ClassVar, Final, Literal, Never, Self, TypeVar

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from ._events import EntryId, Event, Listing, Record
from ._programs import (
    BLOCK_MS,
    Answer,
    Ask,
    Follower,
    Pause,
    Program,
    Tell,
    catalogue,
    choose,
    one_book,
)
from .book import Book
from .errors import RedisRefused
from .replica import Missing
from .tail import Start, records
from .wire import Place

log = logging.getLogger(__name__)

ANSWER_S: Final = 3.0  # beyond a read's own wait, after which the server counts as hung
LATER: Final = ("LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY")
T = TypeVar("T")


class _Choice:
    """Which streams a client's words name; shared by both shells, without I/O."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.chosen: dict[str, str] = {}

    def named(self, symbols: Sequence[str]) -> Sequence[str]:
        """Return `symbols`. Raise `ValueError` when there are none to follow."""
        if not symbols:
            raise ValueError("follow() needs at least one symbol, such as 'BTC/USD'")
        return symbols

    def stream(self, symbol: str, depth: int | None, line: str | None) -> str | None:
        """Return the stream that the words alone name, None where the catalogue has to say."""
        if symbol.startswith("{"):
            return symbol
        if depth is None:
            return None
        return f"{{{self.namespace}.{symbol}}}:book.{depth}{f'/{line}' if line else ''}"

    def listed(self, listings: Sequence[Listing], symbol: str, line: str | None) -> str:
        """Return the stream of the smallest depth in the catalogue, and say what else there was."""
        books = choose(listings, symbol, line=line)
        self.chosen[symbol] = books[0].stream
        if len(books) > 1:
            others = ",".join(book.stream for book in books[1:])
            log.info("stream_chosen symbol=%s stream=%s not=%s", symbol, books[0].stream, others)
        return books[0].stream


def _options(protocol: Literal[2, 3]) -> dict[str, Any]:
    # Explicit: from 8 on, redis-py would otherwise retry ten times, silently, for a minute.
    return {
        "protocol": protocol,
        "socket_timeout": BLOCK_MS / 1000 + ANSWER_S,
        "socket_connect_timeout": ANSWER_S,
        "socket_keepalive": True,
        "health_check_interval": 0,
    }


def _as_it_came(response: Any, **_: Any) -> Any:
    return response


_RAW: Final = ("XREAD", "XRANGE", "XREVRANGE")  # redis-py's dicts cost more than our decoding


def _reason(error: redis.RedisError | OSError) -> str:
    """Return why Redis is away. Raise `RedisRefused` for what will not pass by itself."""
    text = str(error) or type(error).__name__
    if isinstance(error, redis.AuthenticationError):
        raise RedisRefused(text) from error
    if isinstance(error, redis.ResponseError) and not text.startswith(LATER):
        raise RedisRefused(text) from error
    return text


def _checked(replies: list[Any]) -> list[Any]:
    """Return a pipeline's replies. Raise the first error among them, as Redis worded it."""
    for reply in replies:
        if isinstance(reply, redis.RedisError):
            raise reply
    return replies


def _spread(seconds: float) -> float:
    return seconds * random.uniform(0.5, 1.0)


class Client:
    """Follows books. `chosen` maps symbols to the streams that the catalogue gave for them."""

    DEFAULT_URL: ClassVar[str] = "redis://127.0.0.1:6379"

    def __init__(
        self, url: str = DEFAULT_URL, *, namespace: str = "kraken", protocol: Literal[2, 3] = 2
    ) -> None:
        self._choice = _Choice(namespace)
        self.chosen = self._choice.chosen
        self._redis: Any = redis.Redis.from_url(
            url, retry=Retry(NoBackoff(), 0), **_options(protocol)
        )
        for command in _RAW:
            self._redis.set_response_callback(command, _as_it_came)

    def streams(self) -> list[Listing]:
        """Return what the catalogue lists. Raise `RedisUnreachable`, `RedisRefused`."""
        return self._finish(catalogue(self._choice.namespace))

    def follow(
        self,
        *symbols: str,
        depth: int | None = None,
        line: str | None = None,
        missing: Missing = "wait",
    ) -> Iterator[Event]:
        """Return an endless iterator over the events of the books of `symbols` (or stream keys).

        Without `depth` the catalogue decides. Raise `NoStream`, `AmbiguousStream`, `RedisRefused`,
        and `RedisUnreachable` when the catalogue is needed and cannot be read.
        """
        streams = [self._stream(name, depth, line) for name in self._choice.named(symbols)]
        return self._iterate(Follower(streams, missing, BLOCK_MS).run())

    def book(
        self,
        symbol: str,
        *,
        depth: int | None = None,
        line: str | None = None,
        wait_s: float = 5.0,
    ) -> Book:
        """Return the book of `symbol`, joined, caught up and verified, as it is now.

        Raise `NoStream`, `NotReady` or `RedisUnreachable` after `wait_s` seconds.
        """
        return self._finish(one_book(self._stream(symbol, depth, line), wait_s))

    def entries(
        self, stream: str, *, start: Start | EntryId = "now", place: Place = "book"
    ) -> Iterator[Record]:
        """Return an endless iterator over the entries of a stream as they are."""
        return self._iterate(records(stream, place, start))

    def status(self, feed: str, *, start: Start | EntryId = "now") -> Iterator[Record]:
        """Return an endless iterator over the events of a feed's status stream (WIRE §4.8)."""
        return self.entries(
            f"{{{self._choice.namespace}.feed.{feed}}}:status", start=start, place="status"
        )

    def close(self) -> None:
        """Close the connections. A closed client connects again when it is used again."""
        self._redis.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _stream(self, symbol: str, depth: int | None, line: str | None) -> str:
        named = self._choice.stream(symbol, depth, line)
        return named or self._choice.listed(self.streams(), symbol, line)

    def _iterate(self, program: Program[T, None]) -> Iterator[T]:
        clock = 0.0
        step = next(program)
        while True:
            if isinstance(step, Tell):
                yield from step.told
                step = next(program)
            elif isinstance(step, Ask | Pause):
                began = time.monotonic()
                replies = self._perform(step)
                clock += time.monotonic() - began
                step = program.send(Answer(clock, replies))
            else:
                step = next(program)

    def _finish(self, program: Program[Never, T]) -> T:
        began = time.monotonic()
        answer: Answer | None = None
        while True:
            try:
                step = program.send(answer) if answer else next(program)
            except StopIteration as end:
                result: T = end.value
                return result
            assert isinstance(step, Ask | Pause)
            replies = self._perform(step)
            answer = Answer(time.monotonic() - began, replies)

    def _perform(self, step: Ask | Pause) -> list[Any] | str:
        if isinstance(step, Pause):
            time.sleep(_spread(step.seconds))
            return []
        try:
            if len(step.commands) == 1:
                return [self._redis.execute_command(*step.commands[0])]
            with self._redis.pipeline(transaction=False) as pipeline:
                for command in step.commands:
                    pipeline.execute_command(*command)
                return _checked(pipeline.execute(raise_on_error=False))
        except (redis.RedisError, OSError) as error:
            return _reason(error)


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
        self._redis: Any = redis.asyncio.Redis.from_url(
            url, retry=AsyncRetry(NoBackoff(), 0), **_options(protocol)
        )
        for command in _RAW:
            self._redis.set_response_callback(command, _as_it_came)

    async def streams(self) -> list[Listing]:
        """Return what the catalogue lists; see `Client.streams`."""
        return await self._finish(catalogue(self._choice.namespace))

    async def follow(
        self,
        *symbols: str,
        depth: int | None = None,
        line: str | None = None,
        missing: Missing = "wait",
    ) -> AsyncIterator[Event]:
        """Iterate for ever over the events of the books of `symbols`; see `Client.follow`."""
        streams = [await self._stream(name, depth, line) for name in self._choice.named(symbols)]
        async for event in self._iterate(Follower(streams, missing, BLOCK_MS).run()):
            yield event

    async def book(
        self,
        symbol: str,
        *,
        depth: int | None = None,
        line: str | None = None,
        wait_s: float = 5.0,
    ) -> Book:
        """Return the book of `symbol` as it is now; see `Client.book`."""
        return await self._finish(one_book(await self._stream(symbol, depth, line), wait_s))

    def entries(
        self, stream: str, *, start: Start | EntryId = "now", place: Place = "book"
    ) -> AsyncIterator[Record]:
        """Iterate for ever over the entries of a stream as they are; see `Client.entries`."""
        return self._iterate(records(stream, place, start))

    def status(self, feed: str, *, start: Start | EntryId = "now") -> AsyncIterator[Record]:
        """Iterate for ever over a feed's status stream; see `Client.status`."""
        return self.entries(
            f"{{{self._choice.namespace}.feed.{feed}}}:status", start=start, place="status"
        )

    async def close(self) -> None:
        """Close the connections. A closed client connects again when it is used again."""
        await self._redis.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _stream(self, symbol: str, depth: int | None, line: str | None) -> str:
        named = self._choice.stream(symbol, depth, line)
        return named or self._choice.listed(await self.streams(), symbol, line)

    async def _iterate(self, program: Program[T, None]) -> AsyncIterator[T]:
        clock = 0.0
        step = next(program)
        while True:
            if isinstance(step, Tell):
                for event in step.told:
                    yield event
                step = next(program)
            elif isinstance(step, Ask | Pause):
                began = time.monotonic()
                replies = await self._perform(step)
                clock += time.monotonic() - began
                step = program.send(Answer(clock, replies))
            else:
                step = next(program)

    async def _finish(self, program: Program[Never, T]) -> T:
        began = time.monotonic()
        answer: Answer | None = None
        while True:
            try:
                step = program.send(answer) if answer else next(program)
            except StopIteration as end:
                result: T = end.value
                return result
            assert isinstance(step, Ask | Pause)
            replies = await self._perform(step)
            answer = Answer(time.monotonic() - began, replies)

    async def _perform(self, step: Ask | Pause) -> list[Any] | str:
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        replies = await self._attempt(step)
        # redis-py loses a cancellation that meets an answer on its way in; one of before this call
        # was taken already, by an application that tidies up.
        if task and task.cancelling() > before:
            raise asyncio.CancelledError
        return replies

    async def _attempt(self, step: Ask | Pause) -> list[Any] | str:
        if isinstance(step, Pause):
            await asyncio.sleep(_spread(step.seconds))
            return []
        try:
            if len(step.commands) == 1:
                return [await self._redis.execute_command(*step.commands[0])]
            async with self._redis.pipeline(transaction=False) as pipeline:
                for command in step.commands:
                    pipeline.execute_command(*command)
                return _checked(await pipeline.execute(raise_on_error=False))
        except (redis.RedisError, OSError) as error:
            return _reason(error)
