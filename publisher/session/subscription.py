"""One symbol's subscription: its states, its deadlines, its loop-breaker.

The table below is the whole rule; a trigger that a state does not list changes nothing.

| state | trigger | next |
|---|---|---|
| disconnected | connected | awaiting_instrument |
| awaiting_instrument | listed | queued |
| queued | sent | subscribing |
| unsubscribing | sent | unsubscribing |
| subscribing | acked | awaiting_snapshot |
| subscribing | snapshot | live |
| subscribing | turned_away | queued |
| subscribing | overdue, failed | unsubscribing |
| awaiting_snapshot | snapshot | live |
| awaiting_snapshot | overdue, failed | unsubscribing |
| live | snapshot | live |
| live | failed | unsubscribing |
| unsubscribing | unsubscribed, overdue | queued |
| refused | listed | queued |
| subscribing, awaiting_snapshot, live, unsubscribing | removed | leaving |
| disconnected, awaiting_instrument, queued, refused | removed | gone |
| leaving | sent, overdue | leaving |
| leaving | added | unsubscribing |
| leaving | unsubscribed, disconnected | gone |
| any but disconnected, leaving, gone | refused | refused |
| any but leaving, gone | disconnected | disconnected |

`failed` is a wrong checksum, a bad number, a changed instrument or a crossed book; `turned_away` an
error that time may mend; `refused` one that it will not. Kraken gives a snapshot only after
unsubscribe, its ack, and subscribe (protocol.md 4), so every way back to `live` leads through
`queued`. `removed` and `added` are the operator's: a symbol that is to go may stand at Kraken until
an ack says that it does not, and may be wanted again meanwhile; one that is `gone` is forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from publisher.actions import Emit
from publisher.channels.bbo import TopKeeper
from publisher.channels.channel import Keeper
from publisher.model import BookState, Instrument, ResetReason
from publisher.wire import AnySnapshot, Reset, TopSnapshot

ANSWER_DUE_S = 5.0
"""Seconds for an ack, and then for the snapshot (faults X3, X26, X27)."""
BACKOFF_S = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Waits before subscribing again, by failures in a row: resubscribing on each bad frame ends in
`Exceeded msg rate` (protocol.md 5.2)."""
HEALTHY_S = 60.0
"""A book live for so long has no failures behind it."""


class State(StrEnum):
    """Where a subscription stands."""

    DISCONNECTED = "disconnected"
    AWAITING_INSTRUMENT = "awaiting_instrument"
    QUEUED = "queued"
    SUBSCRIBING = "subscribing"
    AWAITING_SNAPSHOT = "awaiting_snapshot"
    LIVE = "live"
    UNSUBSCRIBING = "unsubscribing"
    REFUSED = "refused"
    LEAVING = "leaving"
    GONE = "gone"


class Trigger(StrEnum):
    """What moves a subscription."""

    CONNECTED = "connected"
    LISTED = "listed"
    SENT = "sent"
    ACKED = "acked"
    SNAPSHOT = "snapshot"
    TURNED_AWAY = "turned_away"
    FAILED = "failed"
    OVERDUE = "overdue"
    UNSUBSCRIBED = "unsubscribed"
    REFUSED = "refused"
    DISCONNECTED = "disconnected"
    ADDED = "added"
    REMOVED = "removed"


_S, _T = State, Trigger
_ASKED = _S.SUBSCRIBING, _S.AWAITING_SNAPSHOT, _S.LIVE, _S.UNSUBSCRIBING
"""The states in which something may stand at Kraken."""
_HERE = [state for state in _S if state not in (_S.LEAVING, _S.GONE)]
TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (_S.DISCONNECTED, _T.CONNECTED): _S.AWAITING_INSTRUMENT,
    (_S.AWAITING_INSTRUMENT, _T.LISTED): _S.QUEUED,
    (_S.QUEUED, _T.SENT): _S.SUBSCRIBING,
    (_S.UNSUBSCRIBING, _T.SENT): _S.UNSUBSCRIBING,
    (_S.SUBSCRIBING, _T.ACKED): _S.AWAITING_SNAPSHOT,
    (_S.SUBSCRIBING, _T.SNAPSHOT): _S.LIVE,
    (_S.SUBSCRIBING, _T.TURNED_AWAY): _S.QUEUED,
    (_S.SUBSCRIBING, _T.OVERDUE): _S.UNSUBSCRIBING,
    (_S.SUBSCRIBING, _T.FAILED): _S.UNSUBSCRIBING,
    (_S.AWAITING_SNAPSHOT, _T.SNAPSHOT): _S.LIVE,
    (_S.AWAITING_SNAPSHOT, _T.OVERDUE): _S.UNSUBSCRIBING,
    (_S.AWAITING_SNAPSHOT, _T.FAILED): _S.UNSUBSCRIBING,
    (_S.LIVE, _T.SNAPSHOT): _S.LIVE,
    (_S.LIVE, _T.FAILED): _S.UNSUBSCRIBING,
    (_S.UNSUBSCRIBING, _T.UNSUBSCRIBED): _S.QUEUED,
    (_S.UNSUBSCRIBING, _T.OVERDUE): _S.QUEUED,
    (_S.REFUSED, _T.LISTED): _S.QUEUED,
    **{(state, _T.REFUSED): _S.REFUSED for state in {*_HERE} - {_S.DISCONNECTED}},
    **{(state, _T.DISCONNECTED): _S.DISCONNECTED for state in _HERE},
    **{(state, _T.REMOVED): _S.LEAVING for state in _ASKED},
    **{(state, _T.REMOVED): _S.GONE for state in {*_HERE} - {*_ASKED}},
    (_S.LEAVING, _T.SENT): _S.LEAVING,
    (_S.LEAVING, _T.OVERDUE): _S.LEAVING,
    (_S.LEAVING, _T.ADDED): _S.UNSUBSCRIBING,
    (_S.LEAVING, _T.UNSUBSCRIBED): _S.GONE,
    (_S.LEAVING, _T.DISCONNECTED): _S.GONE,
}


@dataclass(slots=True)
class Subscription:
    """One symbol (or "", in a channel without): its state, instrument and keeper, and what is due
    when. Times are on `Now.mono`.
    """

    symbol: str
    keeper: Keeper
    state: State = State.DISCONNECTED
    is_live: bool = False
    """`state is State.LIVE`, for the hot path."""
    instrument: Instrument | None = None
    req_id: int = 0
    """Of the latest request; 0 in `unsubscribing` and `leaving` until it is sent."""
    due: float = 0.0
    """When the state's answer is overdue, or, in `queued`, when to subscribe."""
    failures: deque[float] = field(default_factory=deque)
    live_since: float = 0.0

    def is_of(self, instrument: Instrument) -> None:
        """Take the instrument; nothing is subscribed before."""
        self.instrument = instrument
        self.keeper.is_of(instrument)

    def moves(self, trigger: Trigger, now: float) -> bool:
        """Take the table's step for a trigger, with its deadline; False when it lists none."""
        to = TRANSITIONS.get((self.state, trigger))
        if to is None:
            return False
        self.state = to
        self.is_live = to is State.LIVE
        match to:
            case State.SUBSCRIBING | State.AWAITING_SNAPSHOT | State.UNSUBSCRIBING | State.LEAVING:
                self.due = now + ANSWER_DUE_S
                if trigger not in (Trigger.ACKED, Trigger.ADDED):  # they await the same answer
                    self.req_id = 0
            case State.QUEUED:
                self.due = now + self._wait(now)
            case State.LIVE:
                self.live_since = now
        return True

    def takes(self, trigger: Trigger) -> bool:
        """Tell whether the table lists a step for a trigger."""
        return (self.state, trigger) in TRANSITIONS

    def fail(self, now: float) -> int:
        """Count one failure; return how many fell into the last 60 seconds."""
        if self.state is State.LIVE and now - self.live_since >= HEALTHY_S:
            self.failures.clear()
        self.failures.append(now)
        if len(self.failures) > len(BACKOFF_S):
            self.failures.popleft()
        return sum(now - when < HEALTHY_S for when in self.failures)

    def _wait(self, now: float) -> float:
        if not self.failures:
            return 0.0
        since = now - self.failures[-1]
        return max(0.0, BACKOFF_S[min(len(self.failures), len(BACKOFF_S)) - 1] - since)

    @property
    def is_unwanted(self) -> bool:
        """True in the states in which Kraken is asked to send no more of it."""
        return self.state in (State.UNSUBSCRIBING, State.LEAVING)

    def capture(self) -> AnySnapshot | None:
        """Return the live state as a snapshot event; None while it is not live, or proves wrong."""
        return self.keeper.capture() if self.is_live else None

    def capture_top(self) -> TopSnapshot | None:
        """Return the best prices of a live book; None while it is not live, or has no tops."""
        keeper = self.keeper
        return keeper.capture_top() if self.is_live and isinstance(keeper, TopKeeper) else None

    def told(self) -> tuple[BookState, int | None, int]:
        """Return the state, the checksum while live, and ts_event of the last message."""
        checksum = self.keeper.checksum if self.is_live else None
        return self.book_state, checksum, self.keeper.ts_event

    def reset(self, reason: ResetReason, note: str) -> Emit:
        """Return the event that drops what the stream says."""
        event = Reset(
            ts_event=self.keeper.ts_event,
            ts_recv=self.keeper.ts_recv,
            ts_pub=0,
            flags=0,
            reason=reason.value,
            note=note[:400],
        )
        return Emit(self.symbol, event)

    @property
    def book_state(self) -> BookState:
        """The state in the words of the wire."""
        if self.state is State.LIVE:
            return BookState.LIVE
        if self.state is State.DISCONNECTED:
            return BookState.DISCONNECTED
        return BookState.AWAITING_SNAPSHOT


def longest_awaited(subscriptions: Iterable[Subscription]) -> Subscription | None:
    """Return whose snapshot is due first: of trades or candles that there never were it names no
    symbol, and comes behind its ack (protocol.md 3.4).
    """
    awaited = (s for s in subscriptions if s.state is State.AWAITING_SNAPSHOT)
    return min(awaited, key=lambda s: s.due, default=None)
