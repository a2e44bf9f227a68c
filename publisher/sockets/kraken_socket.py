"""What all sockets have in common: to connect, to be told, to close.

A class to inherit from, since overriding `on_message` is how users of the original library put
their own code in. Promises: callbacks run one at a time, in the thread that connects; what they
raise closes the connection and comes out of `connect` or `close`; nothing is told after `close`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from publisher.channels.channel import Channel
from publisher.settings import Settings
from publisher.sockets.life import Life
from publisher.sockets.loop import Loop
from publisher.sockets.standard_logs import to_standard_logging
from publisher.sockets.terms import check_callback
from publisher.wire import AnySnapshot, Event, Reset

START_S = 30.0

Tell = Callable[[Event], None]
OnInvalid = Callable[[str], None]


class Shown(Protocol):
    """What a socket shows its reader."""

    def take(self, event: Event) -> None:
        """Take an event before the reader is told of it."""

    def drop(self) -> None:
        """Show nothing until the next snapshot."""


class KrakenSocket:
    """One channel of Kraken's for one symbol; `channel` is made of the function that keepers tell
    events to.
    """

    def __init__(
        self,
        settings: Settings,
        channel: Callable[[Tell], Channel],
        shown: Shown,
        *,
        on_message: Tell | None,
        on_invalid: OnInvalid | None,
    ) -> None:
        check_callback("on_message", on_message)
        check_callback("on_invalid", on_invalid)
        self._settings = settings
        self._channel = channel
        self._shown = shown
        self._on_message = on_message
        self._on_invalid = on_invalid
        self._life: Life | None = None

    def __repr__(self) -> str:
        state = "running" if self.is_running else "closed"
        return f"<{type(self).__name__} {self.symbol} {state}>"

    @property
    def symbol(self) -> str:
        """Kraken's name of the pair."""
        return self._settings.symbols[0]

    @property
    def is_running(self) -> bool:
        """True from `connect` or `start` to the end of it, reconnects included."""
        return self._life is not None and not self._life.is_over

    def on_message(self, event: Event) -> None:
        """Take an event that is proven, after the book has it. Override it, or give a function."""
        if self._on_message is not None:
            self._on_message(event)

    def on_invalid(self, reason: str) -> None:
        """Take word that the book was dropped, and why (WIRE.md 4.5); it comes back by itself."""
        if self._on_invalid is not None:
            self._on_invalid(reason)

    def connect(self) -> None:
        """Connect, and reconnect, until `close`; raise KrakenRefused for what no reconnecting
        mends, and what a callback raises. After `start`, wait for its end.
        """
        if self._life is not None and not self._life.is_over:
            self._life.join()
        else:
            self._begin().here()

    def start(self, *, timeout_s: float = START_S) -> None:
        """Connect in a thread of its own; return when the first snapshot is there. Raises as
        `connect` does, and TimeoutError.
        """
        if self.is_running:
            return
        life = self._begin()
        try:
            life.in_a_thread(repr(self))
            has_news = life.has_news.wait(timeout_s)
        except BaseException:  # Ctrl-C while it waits, above all: no thread stays behind
            life.end()
            raise
        if not has_news:
            self.close()
            raise TimeoutError(f"no snapshot of {self.symbol} within {timeout_s:g} s")
        if life.is_over:
            life.join()

    def close(self) -> None:
        """Close the connection, from any thread or from a callback; raise what ended the thread
        of `start`.
        """
        if self._life is not None:
            self._life.end()
            self._life.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        elif self._life is not None:
            self._life.end()  # the error of the block comes first

    def _begin(self) -> Life:
        to_standard_logging()
        loop = Loop(self._settings, self._channel, self._take, at_end=self._shown.drop)
        self._life = life = Life(loop)
        return life

    def _take(self, event: Event) -> None:
        life = self._life
        assert life is not None  # it is what tells
        self._shown.take(event)
        if isinstance(event, AnySnapshot):
            life.has_news.set()
        self.on_message(event)
        if isinstance(event, Reset) and not life.is_ending:
            self.on_invalid(event.reason)
