"""Which metrics of the publishers under test moved.

While a test of the fault matrix runs, each publisher that it starts gets a port for its metrics,
and a thread reads them a few times a second, as Prometheus would. What a process counted in its
last moments may be missed: a scrape that fails never fails a test.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
import urllib.request
from collections.abc import Callable, Iterable

LOOK_S = 0.25
TIMEOUT_S = 1.0
OURS = ("pykraken_", "process_")


class Watch(threading.Thread):
    """Reads one process' metrics until it has ended, or the test has."""

    def __init__(self, port: int, runs: Callable[[], bool]) -> None:
        super().__init__(daemon=True, name="metrics watch")
        self._url = f"http://127.0.0.1:{port}/metrics"
        self._runs = runs
        self._is_over = threading.Event()
        self._lock = threading.Lock()
        self._first: dict[str, float] = {}
        self.moved: set[str] = set()
        """Samples, `name{label="value"}`, that were seen with two values, or counted anything."""

    def run(self) -> None:
        while self._runs() and not self._is_over.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Read once, if the process answers."""
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            with urllib.request.urlopen(self._url, timeout=TIMEOUT_S) as answer:
                text = answer.read().decode()
            with self._lock:
                self.take(text)

    def take(self, text: str) -> None:
        """Take what was read."""
        for line in text.splitlines():
            if line.startswith(OURS):
                name, _, number = line.rpartition(" ")
                value = float(number)
                is_counter = name.partition("{")[0].endswith(("_total", "_count"))
                if (is_counter and value > 0) or self._first.setdefault(name, value) != value:
                    self.moved.add(name)

    def end(self) -> None:
        """Look for the last time."""
        self._is_over.set()
        if self._runs():
            self.look()


class Recorder:
    """All watches of one test."""

    def __init__(self) -> None:
        self._watches: list[Watch] = []

    def watch(self, port: int, runs: Callable[[], bool]) -> Watch:
        """Begin to watch a process that was just started."""
        watch = Watch(port, runs)
        self._watches.append(watch)
        watch.start()
        return watch

    def end(self) -> list[str]:
        """Return what has moved in any of the processes."""
        for watch in self._watches:
            watch.end()
        return sorted(set[str]().union(*(watch.moved for watch in self._watches)))


class Recording:
    """The recorder of the test that runs now, if it shows rows of the matrix."""

    current: Recorder | None = None


def has_moved(wanted: str, moved: Iterable[str]) -> bool:
    """Tell whether a metric moved: `name` with whatever labels, or `name{label="value"}` with these
    among others.
    """
    name, _, labels = wanted.partition("{")
    parts = [part for part in labels.rstrip("}").split(",") if part]
    for sample in moved:
        found, _, own = sample.partition("{")
        if found == name and all(part in own for part in parts):
            return True
    return False
