"""Which requests the venue refuses: too many a second (fault X27), or symbols it will not serve
(X21).

Pure; the time is an argument.
"""

from __future__ import annotations

from collections import deque
from typing import Literal, Protocol

Verdict = Literal["admitted", "refused", "dropped"]

SECOND_NS = 1_000_000_000


class Struck(Protocol):
    """Whatever counts how often a rule struck."""

    fired: int


class Rules:
    """What is refused at present. Nothing, unless a fault says so."""

    def __init__(self) -> None:
        self.refused: dict[str, str] = {}
        """{symbol: error} for subscriptions that are refused."""
        self.limit_per_s = 0
        """Requests a second and connection; 0 is no limit."""
        self.drop_every = 0
        """Of the requests over the limit, each n-th vanishes without an answer; 0: none does."""
        self.over_limit = 0
        self.on_over_limit: Struck | None = None
        self.on_refused: dict[str, Struck] = {}
        self._recent: dict[int, deque[int]] = {}

    def admit(self, number: int, now_ns: int) -> Verdict:
        """Judge one request of connection `number`."""
        if not self.limit_per_s:
            return "admitted"
        recent = self._recent.setdefault(number, deque())
        while recent and now_ns - recent[0] >= SECOND_NS:
            recent.popleft()
        if len(recent) < self.limit_per_s:
            recent.append(now_ns)
            return "admitted"
        self.over_limit += 1
        if self.on_over_limit is not None:
            self.on_over_limit.fired += 1
        is_dropped = self.drop_every and self.over_limit % self.drop_every == 0
        return "dropped" if is_dropped else "refused"

    def refusal(self, symbol: str) -> str | None:
        """Return the error for a subscription to `symbol`, None when it is served."""
        error = self.refused.get(symbol)
        if error is not None and symbol in self.on_refused:
            self.on_refused[symbol].fired += 1
        return error

    def reset(self) -> None:
        """Refuse nothing any more."""
        self.refused.clear()
        self.on_refused.clear()
        self.limit_per_s = self.drop_every = 0
        self.on_over_limit = None

    def forget(self, number: int) -> None:
        """Drop what is remembered of a connection that ended."""
        self._recent.pop(number, None)
