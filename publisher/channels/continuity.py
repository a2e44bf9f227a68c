"""Trades in the order of their ids: each once, none before the one that it follows.

What comes too early waits until the ids before it are there, or until the caller skips them. Knows
nothing of connections, REST or events. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from publisher.wire import Trade


class Arrival(NamedTuple):
    """A trade, the flags of its event, and when it was received (ns)."""

    trade: Trade
    flags: int
    ts_recv: int


class Continuity:
    """The place that one symbol's trades have reached. `last_id` is None before the first."""

    def __init__(self) -> None:
        self.last_id: int | None = None
        self._waiting: dict[int, Arrival] = {}
        self._first = 0
        self._newest = 0

    def __len__(self) -> int:
        """How many trades wait."""
        return len(self._waiting)

    @property
    def newest(self) -> int:
        """The highest id known, 0 before the first."""
        return max(self._newest, self.last_id or 0)

    @property
    def hole(self) -> tuple[int, int] | None:
        """The ids that are missing before the first trade that waits, inclusive."""
        if self.last_id is None or not self._waiting:
            return None
        return self.last_id + 1, self._first - 1

    def add(self, arrival: Arrival) -> bool:
        """Take a trade; False if it is known. Only behind a `last_id`."""
        number = arrival.trade[0]
        if self.last_id is None or number <= self.last_id or number in self._waiting:
            return False
        if not self._waiting or number < self._first:
            self._first = number
        self._waiting[number] = arrival
        self._newest = max(self._newest, number)
        return True

    def runs(self) -> Iterator[list[Arrival]]:
        """Take out what follows the last id, in runs of equal flags and receipt."""
        run: list[Arrival] = []
        while self.last_id is not None and self.last_id + 1 in self._waiting:
            self.last_id += 1
            arrival = self._waiting.pop(self.last_id)
            if run and run[-1][1:] != arrival[1:]:
                yield run
                run = []
            run.append(arrival)
        if run:
            yield run
            self._first = min(self._waiting, default=0)

    def skip(self) -> None:
        """Do without the ids of the hole."""
        if self._waiting:
            self.last_id = self._first - 1

    def forget(self) -> None:
        """Drop what waits."""
        self._waiting.clear()
        self._newest = 0
