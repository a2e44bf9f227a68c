"""Keeps one link to Redis up: dials, notices silence, dials again. A shell without rules of its
own.

What happens on the link is told to an `Ear`: `up`, `down`, `answers`. All calls come from the
daemon's loop; only the dial itself runs in a thread. An answer overdue closes the link: the calls
behind it may or may not have run, and their owner sends them again (publish-protocol 3.2).
"""

from __future__ import annotations

import selectors
from collections.abc import Callable, Sequence
from typing import Protocol

import redis

from publisher.bus import answers, link, rights
from publisher.bus.answers import Patience
from publisher.bus.calls import Call
from publisher.bus.link import Address, Link, Reply
from publisher.bus.rights import Right
from publisher.bus.tally import LinkTally
from publisher.dial import Dialer
from publisher.logs import get_logger

RETRY_S = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)


class Ear(Protocol):
    """Who uses the link."""

    def link_up(self) -> None:
        """The link is up and nothing is owed on it."""

    def link_down(self) -> None:
        """The link is gone, with the answers it owed."""

    def answers(self, answers: list[tuple[Call, Reply]]) -> None:
        """Answers have come, in the order of their calls."""


class LinkKeeper:
    """One link that is dialed again whenever it breaks. `name` is for the log; the rights `needed`
    are asked for with the first connect.
    """

    def __init__(
        self,
        name: str,
        address: Address,
        ear: Ear,
        *,
        selector: selectors.BaseSelector,
        wake: Callable[[], None],
        needed: Sequence[Right] = (),
        tally: LinkTally | None = None,
    ) -> None:
        self.tally = tally or LinkTally()
        self._name = name
        self._timeout_s = address.timeout_s
        self._ear = ear
        self._selector = selector
        self._needed = needed
        self._dialer: Dialer[Link] = Dialer(lambda: link.dial(address, self._needed), wake)
        self._link: Link | None = None
        self._failures = 0
        self._retry_at = 0.0
        self._patience = Patience()
        self._mend = ""
        self._log = get_logger("bus")

    @property
    def is_up(self) -> bool:
        """True while calls can be sent."""
        return self._link is not None

    @property
    def is_idle(self) -> bool:
        """True while no answer is owed."""
        return self._link is None or not self._link.owes

    def send(self, calls: list[Call], now: float) -> None:
        """Send calls, in order, if the link is up; a break is told by `link_down`."""
        if self._link is None:
            return
        try:
            self._link.send(calls, now)
            self._watch()
        except ConnectionError as error:
            self.drop(str(error), now, cause="lost")

    def ticked(self, now: float) -> None:
        """Take a finished dial, begin one that is due, end a link that has fallen silent."""
        if self._link is not None:
            waited = self._link.oldest_wait(now)
            if waited > self._timeout_s:
                self.drop(f"no answer for {waited:.1f} s", now, cause="timeout")
            return
        result = self._dialer.result()
        if isinstance(result, Link):
            self._up(result, now)
        elif isinstance(result, redis.ResponseError | redis.AuthenticationError):
            words = link.words_of(result)
            self.tally.errors[answers.code_of(words)] += 1
            self._wait(words, now, self._patience.wait_s(words, now))
        elif isinstance(result, OSError | redis.RedisError):
            words = link.words_of(result)
            code = answers.code_of(words)
            self.tally.errors[answers.UNREACHABLE if code == "OTHER" else code] += 1
            self._wait(words, now)
        elif result is not None:
            raise result  # refused for good, or our own fault
        elif not self._dialer.is_dialing and now >= self._retry_at:
            self._dialer.start()

    def ready(self, mask: int, now: float) -> None:
        """Read and write what the socket allows."""
        if self._link is None:
            return
        try:
            if mask & selectors.EVENT_WRITE:
                self._link.flush()
                self._watch()
            if mask & selectors.EVENT_READ:
                self._ear.answers(self._link.receive())
        except ConnectionError as error:
            self.drop(str(error), now, cause="lost")

    def drop(self, reason: str, now: float, least_s: float = 0.0, *, cause: str = "error") -> None:
        """Close the link; it will be dialed again, not before `least_s`."""
        self._wait(reason, now, least_s)
        if self._link is not None:
            self.tally.fell(self._name, cause, now)
        self.close()
        self._ear.link_down()

    def refuse(self, error: str, now: float) -> None:
        """Close the link on an error answer with which it cannot go on. Raise RedisRefused for one
        that no new connection mends.
        """
        self.drop(error, now, self._patience.wait_s(error, now))

    def close(self) -> None:
        """Close the link, and forget a dial under way."""
        self._dialer.abandon()
        if self._link is not None:
            self._selector.unregister(self._link)
            self._link.close()
            self._link = None

    def end(self) -> None:
        """Close for good, with the thread of a dial under way."""
        self.close()
        self.tally.forget(self._name)
        self._dialer.end()

    def _up(self, fresh: Link, now: float) -> None:
        self._link = fresh
        self.tally.rose(self._name, fresh.server, now)
        self._failures = 0
        self._selector.register(fresh, selectors.EVENT_READ, self)
        self._log.info("redis.connected", link=self._name)
        for loss, denied, mend in rights.losses(fresh.lacking):
            self._log.warning(
                "rights.missing", link=self._name, denied=denied, loss=loss, mend=mend
            )
        # Once: a Redis that comes back has enough to do, and what it refuses then will tell.
        self._needed = ()
        self._ear.link_up()

    def _wait(self, reason: str, now: float, least_s: float = 0.0) -> None:
        wait_s = RETRY_S[min(self._failures, len(RETRY_S) - 1)]
        self._retry_at = now + max(wait_s, least_s)
        self._failures += 1
        mend = answers.mend_of(reason)
        is_news = self._failures == 1 or self._failures % 60 == 0 or mend != self._mend
        self._mend = mend
        level = self._log.warning if is_news else self._log.debug
        level("redis.away", link=self._name, reason=reason, mend=mend)

    def _watch(self) -> None:
        assert self._link is not None
        mask = selectors.EVENT_READ
        if self._link.wants_write:
            mask |= selectors.EVENT_WRITE
        if self._selector.get_key(self._link).events != mask:
            self._selector.modify(self._link, mask, self)
