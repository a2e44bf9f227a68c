"""One WebSocket to Kraken with its session: dialled, read, obeyed, and dialled again. A shell.

Events go to `publish`, the hot path; what the session asks of the socket (`Send`, `Close`) is done
here, and every other action handed to whoever `obeys`. The budget of connects is one for
all connections of the machine.
"""

from __future__ import annotations

import contextlib
import random
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from publisher.actions import Action, Capture, Close, Send
from publisher.captures import CaptureFolder, LastMessages
from publisher.dial import Dialer
from publisher.endings import FeedTally, end_of, error_of
from publisher.errors import ProtocolError
from publisher.feed import Feed, UpgradeRefused
from publisher.kraken import reconnect
from publisher.logs import get_logger
from publisher.model import Now
from publisher.session import Session
from publisher.state import StateFolder
from publisher.tokens import TokenUnavailable

BUDGET_STATE = "connect-budget.json"


class ConnectBudget:
    """The machine's connects of the last ten minutes, kept in the state folder (fault X7)."""

    def __init__(self, state: StateFolder) -> None:
        self._state = state

    def spend(self, now: Now) -> int:
        """Count one attempt and return 0, or return how many seconds to wait for it."""
        wait_s = 0

        def change(stored: str | None) -> str:
            nonlocal wait_s
            kept, wait_s = reconnect.spend(stored, now.unix // 1_000_000_000)
            return kept

        self._state.update(BUDGET_STATE, change)
        return wait_s

    def left(self) -> int:
        """Return how many connects are left now."""
        return reconnect.left(self._state.read(BUDGET_STATE), int(time.time()))


class Obeys(Protocol):
    """Does what a session asks beyond its own socket."""

    def __call__(self, action: Action, now: Now) -> None: ...


@dataclass(frozen=True, slots=True)
class Ground:
    """What the connections of one daemon share."""

    selector: selectors.BaseSelector
    wake: Callable[[], None]
    budget: ConnectBudget
    publish: Callable[[list[Action], int], list[Action]]
    """Publishes what is emitted, stamped with a time (Unix ns); returns the other actions."""
    obey: Obeys
    captures: CaptureFolder
    tally: FeedTally = field(default_factory=FeedTally)


class Connection:
    """A session and, most of the time, its WebSocket. `dial` blocks, and runs in a thread."""

    def __init__(self, session: Session, dial: Callable[[], Feed], ground: Ground) -> None:
        self.session = session
        self._ground = ground
        self._tally = ground.tally
        self._dialer: Dialer[Feed] = Dialer(dial, ground.wake)
        self._backoff = reconnect.Backoff()
        self._feed: Feed | None = None
        self._last = LastMessages()
        self._reading: list[bytes] = []
        self._dial_at = 0.0
        self._log = get_logger("feed")

    @property
    def is_up(self) -> bool:
        """True while the WebSocket stands."""
        return self._feed is not None

    def read(self) -> None:
        """Read once, prove, publish: the hot path."""
        if self._feed is None:
            return
        try:
            self._reading = payloads = self._feed.receive()
        except (ConnectionError, ProtocolError) as error:
            self._drop(str(error), clock(), end_of(error))
            return
        now = clock()
        self.obey(self.session.received_all(payloads, now), now)
        self._last.took(payloads)
        if self._feed is not None and self._feed.is_ending:
            self.read()

    def ticked(self, now: Now) -> None:
        """Do what is due by time, and dial when there is no WebSocket."""
        self.obey(self.session.ticked(now), now)
        self._keep(now)

    def obey(self, actions: list[Action], now: Now) -> None:
        """Publish what the session emits, then do what else it asks, in order."""
        for action in self._ground.publish(actions, time.time_ns()):
            match action:
                case Send(request):
                    self._send(request, now)
                case Close(reason, cause):
                    self._drop(reason, now, cause)
                case Capture(symbol):
                    self._capture(symbol, now)
                case _:
                    self._ground.obey(action, now)

    def close(self) -> None:
        """Close the WebSocket and dial no more."""
        self._close()
        self._dialer.abandon()

    def end(self) -> None:
        """Close for good; waits a moment for a thread that dials."""
        self._close()
        self._dialer.end()

    def _keep(self, now: Now) -> None:
        """Take a finished dial, or begin one that is due and within the budget."""
        if self._feed is not None:
            self._tally.largest = max(self._tally.largest, self._feed.largest)
            return
        result = self._dialer.result()
        if isinstance(result, Feed):
            self._open(result, now)
        elif isinstance(result, OSError):
            self._tally.errors[error_of(result)] += 1
            self._redial(str(result) or type(result).__name__, now, result)
        elif isinstance(result, TokenUnavailable):
            self._tally.errors["token"] += 1
            self._tally.rest_errors[result.kind] += 1
            self._redial(result.reason, now, None, least_s=result.wait_s, mend=result.mend)
        elif result is not None:
            raise result  # refused for good, or our own fault
        elif not self._dialer.is_dialing and now.mono >= self._dial_at:
            wait_s = self._ground.budget.spend(now)
            if wait_s:
                self._tally.delayed += 1
                self._log.error("feed.budget_spent", wait_s=wait_s)
                self._dial_at = now.mono + wait_s
            else:
                self._dialer.start()

    def _open(self, fresh: Feed, now: Now) -> None:
        self._feed = fresh
        self._last.forget()
        self._tally.connects += 1
        self._tally.tokens += bool(fresh.token)
        self._ground.selector.register(fresh, selectors.EVENT_READ, self)
        self._backoff.connected(now.mono)
        self._log.info("feed.connected")
        self.obey(self.session.connected(now, fresh.token), now)
        if self._feed is not None:
            self.read()  # TLS may hold what no selector shows

    def _capture(self, symbol: str, now: Now) -> None:
        """Keep what came last, the messages of this read among it; never what holds a token."""
        token = self._feed.token.encode() if self._feed else b""
        messages = [m for m in self._last.behind(self._reading) if not token or token not in m]
        self._ground.captures.write(symbol, messages, now.mono, now.unix)

    def _send(self, request: bytes, now: Now) -> None:
        if self._feed is None:
            return
        try:
            self._feed.send(request)
        except ConnectionError as error:
            self._drop(str(error), now, end_of(error))

    def _drop(self, reason: str, now: Now, cause: str) -> None:
        if self._feed is None:
            return
        self._tally.ends[cause] += 1
        self._tally.largest = max(self._tally.largest, self._feed.largest)
        self._close()
        self._redial(reason, now, None)
        self.obey(self.session.disconnected(now), now)

    def _close(self) -> None:
        if self._feed is not None:
            with contextlib.suppress(KeyError):
                self._ground.selector.unregister(self._feed)
            self._feed.close()
            self._feed = None

    def _redial(
        self,
        reason: str,
        now: Now,
        error: Exception | None,
        *,
        least_s: float = 0.0,
        mend: str = "",
    ) -> None:
        status = error.status if isinstance(error, UpgradeRefused) else None
        wait_s = max(least_s, self._backoff.wait_s(now.mono, status, random.random()))
        self._dial_at = now.mono + wait_s
        self._tally.redial_wait_s += wait_s
        words = {"reason": reason, "retry_s": round(wait_s, 2)}
        if error is not None:  # it never stood: perhaps a setting is wrong
            mend = "see PYKRAKEN_WS_URL, PYKRAKEN_HTTP_PROXY and PYKRAKEN_CA_FILE"
        if mend:
            words["mend"] = mend
        self._log.warning("feed.away", **words)


def clock() -> Now:
    """Return the time on both clocks."""
    return Now(time.monotonic(), time.time_ns())
