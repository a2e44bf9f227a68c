"""One run of a loop, seen from other threads: whether it ended, and with what."""

from __future__ import annotations

import threading

from publisher.dial import outcome
from publisher.sockets.loop import Loop


class Life:
    """From `here` or `in_a_thread` to the loop's end."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.has_news = threading.Event()
        """Set with the first snapshot, or with the end."""
        self._ended = threading.Event()
        self._runs_in: int | None = None
        self._error: BaseException | None = None

    @property
    def is_over(self) -> bool:
        """True once the loop has ended."""
        return self._ended.is_set()

    @property
    def is_ending(self) -> bool:
        """True once somebody asked for the end."""
        return self._loop.is_ending

    def here(self) -> None:
        """Run in this thread; raise what the loop raises."""
        self._runs_in = threading.get_ident()
        try:
            self._loop.run()
        finally:
            self._over()

    def in_a_thread(self, name: str) -> None:
        """Run in a thread of its own; `join` raises what the loop raises."""
        threading.Thread(target=self._kept, name=name, daemon=True).start()

    def end(self) -> None:
        """End the loop; wait for that, but within one of its own callbacks or before it runs."""
        self._loop.end()
        self._wait()

    def join(self) -> None:
        """Wait for the end; raise, once, what came of it in a thread of its own."""
        self._wait()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _wait(self) -> None:
        if self._runs_in not in (None, threading.get_ident()):
            self._ended.wait()

    def _kept(self) -> None:
        self._runs_in = threading.get_ident()
        try:
            self._error = outcome(self._loop.run)
        finally:
            self._over()

    def _over(self) -> None:
        self._ended.set()
        self.has_news.set()
