"""Notices a loop that does not turn: says where it stands, and at last ends the process (fault P8).

A thread of its own looks ten times a second. It counts only the time in which it ran itself: a
process that was paused whole (SIGSTOP, a machine's pause, no CPU) does not hang, and what it may
still write Redis judges (P3, P4). Code that holds the interpreter's lock stops both threads, and
looks like a pause.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from publisher.errors import InternalError
from publisher.logs import get_logger

LOOK_S = 0.1
"""Twice the loop's own pace."""
BLOCKED_S = 0.25
HANGS_S = 5.0
"""As `/livez` has it: no lease of the default length lives so long, and a standby leads already."""
PAUSED_S = 1.0
"""Between two looks: the thread did not run."""
QUIET_S = 10.0
"""A loop that stumbles again and again is told so often, not each time."""
FRAMES = 12


class Watchdog:
    """Judges what it is shown: when the loop turned last. `where` says where it stands now."""

    def __init__(self, where: Callable[[], str], give_up: Callable[[], None]) -> None:
        self._where = where
        self._give_up = give_up
        self._log = get_logger("watchdog")
        self._turn = float("-inf")
        self._looked: float | None = None
        self._blocked_s = 0.0
        self._is_told = False
        self._told_at = float("-inf")
        self._untold = 0

    def look(self, now: float, last_turn: float) -> None:
        """Look once. `give_up` is called when the loop hangs."""
        passed_s = 0.0 if self._looked is None else now - self._looked
        self._looked = now
        if passed_s >= PAUSED_S:
            self._log.warning("process.paused", for_s=round(passed_s, 1))
            passed_s = LOOK_S
        if last_turn != self._turn:
            if self._is_told:
                self._log.warning("loop.turns", after_s=round(self._blocked_s, 2))
            self._turn, self._blocked_s, self._is_told = last_turn, 0.0, False
            return
        was_s, self._blocked_s = self._blocked_s, self._blocked_s + passed_s
        if was_s < BLOCKED_S <= self._blocked_s:
            self._tell(now)
        if self._blocked_s >= HANGS_S:
            mend = "report this with the stack: the process ends, to be started again"
            for_s = round(self._blocked_s, 1)
            self._log.error("loop.hangs", for_s=for_s, at=self._where(), mend=mend)
            self._give_up()

    def _tell(self, now: float) -> None:
        if now - self._told_at < QUIET_S:
            self._untold += 1
            return
        self._log.warning(
            "loop.blocked",
            for_s=round(self._blocked_s, 2),
            at=self._where(),
            untold=self._untold,
        )
        self._told_at, self._untold, self._is_told = now, 0, True


@contextlib.contextmanager
def watching(last_turn: Callable[[], float]) -> Iterator[None]:
    """Watch the loop that runs in this thread until the block ends."""
    loop, is_over = threading.get_ident(), threading.Event()
    watchdog = Watchdog(lambda: stack_of(loop), _end)

    def watch() -> None:
        while not is_over.wait(LOOK_S):
            watchdog.look(time.monotonic(), last_turn())

    thread = threading.Thread(target=watch, name="watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def stack_of(thread: int) -> str:
    """Return where a thread stands, innermost last: files, lines and names, no values."""
    frame = sys._current_frames().get(thread)
    if frame is None:
        return "nowhere"
    frames = traceback.extract_stack(frame)[-FRAMES:]
    return " > ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames)


def _end() -> None:
    """End at once: who would unwind the loop's thread is the loop."""
    os._exit(InternalError.exit_code)
