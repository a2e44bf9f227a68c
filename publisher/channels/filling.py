"""How a hole in a symbol's trades is filled from REST, page by page (protocol.md 10.4), and when it
is given up.

It decides what to ask next and when, not what the trades are. Times are on `Now.mono`, positions in
the history are ns of Unix time. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from publisher.kraken.trade import NoPage, TradesPage

FILL_S = 60.0
"""So long may REST take for anything new: all the while live trades wait. Kraken gives a page a
second (protocol.md 10.7), so that a burst of holes in many symbols fits."""
RETRY_S = 2.0
"""REST may know of a trade a moment after the socket."""
LOOKS = 3
"""A history that reaches the live trades and lacks the ids, so often, will not have them."""
OVERLAP_NS = 1_000
"""The socket's times are cut or rounded to microseconds; `since` is excluded (10.4)."""


@dataclass(slots=True)
class Filling:
    """The search for one hole's trades."""

    start: int
    """Where the hole begins."""
    since: int
    """Where the next page begins."""
    due: float
    deadline: float
    looks: int = 0
    reason: str = ""
    is_hopeless: bool = False

    @classmethod
    def begun(cls, time: int, now: float) -> Filling:
        """Return the search for what follows a trade of that time."""
        start = max(0, time - OVERLAP_NS)
        return cls(start, start, now, now + FILL_S)

    def moved(self, now: float) -> None:
        """A part of the hole was filled."""
        self.deadline = now + FILL_S
        self.looks = 0

    def took(self, since: int, page: TradesPage, newest: int, now: float) -> None:
        """Take a page of what is later than `since`; `newest` is the highest live id."""
        if page.is_full and all(past.trade_id < newest for past in page.trades):
            # Those of the page's last nanosecond may go on behind its edge: overlap, unless a
            # whole page is of one.
            self.since = page.last - 1 if page.last - 1 > since else page.last
            self.due = now
            return
        self.looks += 1
        self.since = self.start
        self.due = now + RETRY_S
        self.reason = "Kraken's history lacks them"

    def failed(self, answer: NoPage, now: float) -> None:
        """Take that there is no page."""
        self.reason = answer.reason
        if answer.wait_s is None:
            self.is_hopeless = True
        else:
            self.due = now + answer.wait_s

    def verdict(self, now: float) -> str:
        """Return why the hole is given up, empty while it is not."""
        if self.is_hopeless or self.looks >= LOOKS or now >= self.deadline:
            return self.reason or f"no answer within {FILL_S:g} s"
        return ""
