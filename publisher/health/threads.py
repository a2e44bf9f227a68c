"""Hears of threads that end with an error: whoever waits for what they do would wait for ever, and
the process would be alive but deaf (fault P10).

Every thread of the publisher hands over what it expects to go wrong. What it did not expect comes
here, and the loop ends the process with it; starting again is somebody else's work.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from publisher.errors import InternalError
from publisher.logs import get_logger


class Threads:
    """The threads of one daemon. `wake` is called when one fell."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._fault: tuple[str, BaseException] | None = None

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Hear of all threads of the process until the block ends."""
        before = threading.excepthook
        threading.excepthook = self._fell
        try:
            yield
        finally:
            threading.excepthook = before

    def check(self) -> None:
        """Raise InternalError when a thread fell."""
        if self._fault is not None:
            name, error = self._fault
            raise InternalError(f"the thread {name} fell: {type(error).__name__}") from error

    def _fell(self, fall: threading.ExceptHookArgs) -> None:
        name = fall.thread.name if fall.thread else "?"
        error = fall.exc_value if fall.exc_value is not None else fall.exc_type()
        get_logger("daemon").error("thread.fell", thread=name, exc_info=error)
        self._fault = name, error
        self._wake()
