"""`pykraken watch`: a live ladder of one book, or a line a second where there is no terminal.

One thread: the reader and the painter take turns on an event loop, so a picture is never taken in
the middle of a change.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from pykraken_consumer import AsyncClient
from rich.console import Console
from rich.live import Live

from publisher.views import ladder, target
from publisher.views.ladder import View
from publisher.views.target import Target
from publisher.views.watched import Watched

# Title, column heads, spread and foot, beside the levels.
LINES_BESIDE = 7
ROWS_DEFAULT = 10
FRAME_S = 0.1
LINE_S = 1.0
STOPS = (signal.SIGINT, signal.SIGTERM)


class Screen(Protocol):
    """Where a view is shown: a terminal, or lines."""

    period_s: float

    def rows(self) -> int:
        """Return how many levels a side there is room for."""

    def show(self, view: View) -> None:
        """Show one moment."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the flags."""
    add_view_arguments(parser)
    target.add_arguments(parser)


def add_view_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what concerns the picture alone."""
    parser.add_argument(
        "--for",
        dest="seconds",
        type=float,
        metavar="SECONDS",
        help="stop by itself after so long (default: until Ctrl-C)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Show the book until told to stop; return 0. Raises PykrakenError."""
    where = target.book_target_of(arguments)
    with target.opened(where) as client:
        where, key = target.in_lines(client, where)
    show(where, key, arguments.seconds, lambda: None)
    return 0


def show(where: Target, key: str, seconds: float | None, check: Callable[[], None]) -> None:
    """Show the stream `key` for `seconds` (None: until interrupted).

    `check` is called with each picture and may raise to end it. Raises PykrakenError.
    """
    watched = Watched(key, where.symbol)
    console = Console()
    with contextlib.suppress(KeyboardInterrupt), target.refusals(), _screen(console) as screen:
        asyncio.run(keep_showing(where, watched, screen, seconds, check))
    if console.is_terminal:  # the ladder is gone with its screen: leave a trace of it
        console.print(ladder.line(watched.view(time.time_ns(), 1)))


async def keep_showing(
    where: Target,
    watched: Watched,
    screen: Screen,
    seconds: float | None,
    check: Callable[[], None],
) -> None:
    """Read and paint until one of them ends, or Ctrl-C or SIGTERM comes."""
    stop = asyncio.Event()
    with _stopping(stop):
        tasks = [
            asyncio.create_task(_read(where, watched)),
            asyncio.create_task(_paint(watched, screen, seconds, check)),
            asyncio.create_task(stop.wait()),
        ]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


@contextlib.contextmanager
def _stopping(stop: asyncio.Event) -> Iterator[None]:
    """Have the signals set `stop` until the block ends.

    The exception that they raise elsewhere would come up in the middle of a task, and asyncio print
    that task's traceback after the ladder.
    """
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in STOPS}
    for number in STOPS:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


async def _read(where: Target, watched: Watched) -> None:
    async with AsyncClient(where.url, namespace=where.namespace) as client:
        painted = time.monotonic()
        async for event in client.follow(watched.stream, line=where.line or None):
            watched.observe(event, time.time_ns())
            if time.monotonic() - painted > FRAME_S:  # a flood leaves the painter no turn
                await asyncio.sleep(0)
                painted = time.monotonic()


async def _paint(
    watched: Watched, screen: Screen, seconds: float | None, check: Callable[[], None]
) -> None:
    end = None if seconds is None else time.monotonic() + seconds
    while end is None or time.monotonic() < end:
        check()
        screen.show(watched.view(time.time_ns(), screen.rows()))
        await asyncio.sleep(screen.period_s)


class _Ladder:
    """The whole terminal."""

    period_s = FRAME_S

    def __init__(self, console: Console, live: Live) -> None:
        self._console = console
        self._live = live

    def rows(self) -> int:
        """Return what the terminal's height has room for, at most ten."""
        return max(1, min(ROWS_DEFAULT, (self._console.height - LINES_BESIDE) // 2))

    def show(self, view: View) -> None:
        """Paint one frame."""
        picture = ladder.render(view, width=self._console.width, rows=self.rows())
        self._live.update(picture, refresh=True)


class _Lines:
    """Where no terminal is: a line a second."""

    period_s = LINE_S

    def rows(self) -> int:
        """Return 1: a line shows the best levels."""
        return 1

    def show(self, view: View) -> None:
        """Print one line."""
        print(ladder.line(view), flush=True)


@contextlib.contextmanager
def _screen(console: Console) -> Iterator[Screen]:
    if not console.is_terminal:
        yield _Lines()
        return
    with Live(console=console, screen=True, auto_refresh=False) as live:
        yield _Ladder(console, live)
