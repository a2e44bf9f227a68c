"""Code that blocks, in virtual time: it runs in a thread of its own while everybody else stands
still, up to where it waits.

So the consumer library's cluster shell runs as shipped. One thread runs at any moment, handed on
by locks, so that a seed is the same run however the machine schedules.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.simulation.world import World


class _Ended(BaseException):
    """Unwinds a fiber whose process is no more."""


class Fiber:
    """One thread of a simulated process."""

    _here = threading.local()

    def __init__(self, world: World) -> None:
        self._world = world
        self._go, self._back = threading.Lock(), threading.Lock()
        self._go.acquire()
        self._back.acquire()
        self._task: Callable[[], None] | None = None
        self._is_waiting = self._is_over = False
        self._turn = 0
        self._thread: threading.Thread | None = None

    @classmethod
    def current(cls) -> Fiber:
        """Return the fiber whose code runs."""
        fiber: Fiber = cls._here.fiber
        return fiber

    def run(self, task: Callable[[], None]) -> None:
        """Run a task up to its end or its first wait. It must raise nothing."""
        assert self._task is None, "one at a time"
        self._task = task
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, daemon=True)
            self._thread.start()
        self._switch()

    def wait(self, timeout_s: float) -> None:
        """Wait until somebody wakes this fiber, or for so long; called by its own code."""
        self._turn += 1
        turn = self._turn
        self._world.at(timeout_s, lambda: self._resume(turn))
        self._is_waiting = True
        self._back.release()
        self._go.acquire()
        if self._is_over:
            raise _Ended

    def wake(self) -> None:
        """Let a fiber that waits go on."""
        self._resume(self._turn)

    def end(self) -> None:
        """End the thread; code that waits is unwound."""
        if self._thread is not None and not self._is_over:
            self._is_over = True
            self._switch()
            self._thread.join()

    def _resume(self, turn: int) -> None:
        if self._is_waiting and turn == self._turn and not self._is_over:
            self._is_waiting = False
            self._switch()

    def _switch(self) -> None:
        self._go.release()
        self._back.acquire()

    def _loop(self) -> None:
        Fiber._here.fiber = self
        self._go.acquire()
        while not self._is_over:
            task, self._task = self._task, None
            assert task is not None
            try:
                task()
            except _Ended:
                break
            self._back.release()
            self._go.acquire()
        self._back.release()
