"""Blocking connects in a thread of their own, so that the daemon's loop never waits for DNS, TCP or
TLS.

One `Dialer` makes one connection at a time. The thread runs the given function and leaves its
result; `wake` is called from that thread when it is there, and the loop then takes it with
`result`. An abandoned attempt closes itself.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

END_S = 0.5
"""Loading certificates takes a tenth of it; three of these fit into a stop of five seconds."""


class Closable(Protocol):
    """What a dial makes."""

    def close(self) -> None: ...


Connection = TypeVar("Connection", bound=Closable)
Result = TypeVar("Result")


class Dialer(Generic[Connection]):
    """Runs `connect` off the loop. What it raises is its result, for the loop to judge."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        wake: Callable[[], None],
    ) -> None:
        self._connect = connect
        self._wake = wake
        self._lock = threading.Lock()
        self._attempt = 0
        self._thread: threading.Thread | None = None
        self._result: Connection | Exception | None = None
        self.is_dialing = False

    def start(self) -> None:
        """Begin an attempt; nothing if one is under way."""
        if self.is_dialing:
            return
        self.is_dialing = True
        self._attempt += 1
        name = f"dial-{self._attempt}"
        self._thread = threading.Thread(
            target=self._run, args=(self._attempt,), name=name, daemon=True
        )
        self._thread.start()

    def result(self) -> Connection | Exception | None:
        """Return the finished attempt's connection or failure, once; None while there is none."""
        with self._lock:
            result, self._result = self._result, None
        if result is not None:
            self.is_dialing = False
        return result

    def abandon(self) -> None:
        """Forget the attempt under way; its connection will be closed when it comes."""
        with self._lock:
            self._attempt += 1
            result, self._result = self._result, None
        self.is_dialing = False
        if result is not None and not isinstance(result, Exception):
            result.close()

    def end(self) -> None:
        """Abandon the attempt, and give its thread a moment to end: one that is inside OpenSSL
        while the interpreter leaves ends the process with SIGSEGV instead of its exit code.
        """
        self.abandon()
        if self._thread is not None:
            self._thread.join(END_S)

    def _run(self, attempt: int) -> None:
        # What the attempt before left in circles, above all 0.7 MB of certificates with each failed
        # handshake: the daemon's own collector would let it wait for thousands of them (fault P9).
        gc.collect(0)
        result: Connection | Exception | None = outcome(self._connect)
        with self._lock:
            if attempt == self._attempt:
                self._result = result
                result = None
        if result is not None and not isinstance(result, Exception):
            result.close()
        self._wake()


def outcome(call: Callable[[], Result]) -> Result | Exception:
    """Return what a call returns or raises: its own thread would swallow it."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001
        return error
