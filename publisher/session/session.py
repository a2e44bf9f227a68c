"""The session: Kraken's messages and the time in, actions out; no socket, clock or randomness.

One session is one connection and one channel. It keeps a keeper per symbol (channels/) through the
states of subscription.py and promises:

1. nothing is emitted that the channel's keeper has not proved, as far as it can be;
2. a state that was live and is so no more has emitted a `reset` first, at once;
3. one symbol's fault never touches another's, but for a new connection as the last resort;
4. every request is paced and followed to its answer.

The shell calls `connected`, `received` for each message, `ticked` at least ten times a second,
`disconnected`, and obeys the actions in order. After `Close` it calls `disconnected`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from publisher.actions import Action, Capture, Close, Fetch, Listed, Log, Notify, Send
from publisher.channels.channel import FAULTS, Channel, told
from publisher.errors import BadFrame
from publisher.kraken import messages, requests
from publisher.kraken.requests import Topic
from publisher.model import BookState, Instrument, Now, ResetReason
from publisher.session import membership
from publisher.session.liveness import Liveness
from publisher.session.oddities import Oddities
from publisher.session.pace import Pace
from publisher.session.subscription import State, Subscription, Trigger, longest_awaited
from publisher.session.suspicion import Suspicion
from publisher.wire import AnySnapshot, TopSnapshot

NEW_SOCKET_FAILURES = 3
NEW_SOCKET_EVERY_S = 600.0
"""Three failures of one symbol in a minute blame the connection, but at most once in ten minutes.
"""


class Session:
    """The state machine of one connection: `channel` for `symbols`, ("",) if it knows none. A
    session of no symbol at all watches the instruments and hands them on (`Listed`).
    """

    def __init__(self, symbols: Sequence[str], channel: Channel) -> None:
        self.channel = channel
        self.subscriptions = {
            symbol: Subscription(symbol, channel.keeper(symbol)) for symbol in symbols
        }
        self.system = ""
        self._status_gist = b""
        self._oddities = Oddities(channel)
        self.counts = self._oddities.counts
        self._topic = Topic(channel.name, channel.terms)
        self._is_watch = not symbols
        self._instruments: dict[str, Instrument] = {}
        self._has_all = False
        self._pace = Pace(channel.symbols_per_s)
        self._is_connected = False
        self._is_closing = False
        self.liveness = Liveness()
        self.suspicion = Suspicion()
        self._new_socket_at = float("-inf")

    # The four entrances ---------------------------------------------------------------------------

    def connected(self, now: Now, token: str = "") -> list[Action]:
        """Begin on a fresh connection: ask for the instruments, then for the channel. A private
        channel needs a fresh token.
        """
        self._is_connected = True
        self._is_closing = False
        self.liveness.begin(now.mono)
        self._topic = Topic(self.channel.name, self.channel.terms, token)
        self._pace.restart()
        membership.begin(self.subscriptions.values(), self.channel, now.mono)
        match self.channel.precisions:
            case "subscribed":
                self.liveness.await_instruments(now.mono)
                return [Send(requests.subscribe_instrument(self._pace.next_req_id()))]
            case "given":
                known = list(self._instruments.values())
                return self.listed(messages.Instruments(self._has_all, known), now)
        return list(self._requests(now))

    def received(self, payload: bytes, now: Now) -> list[Action]:
        """Take one complete message."""
        return self.received_all((payload,), now)

    def received_all(self, payloads: Sequence[bytes], now: Now) -> list[Action]:
        """Take complete messages in their order: the hot path. After a Close the rest is void."""
        if not payloads:  # a part of a message is no sign of life (fault X4)
            return []
        self.liveness.heard = now.mono
        actions: list[Action] = []
        subscriptions, decode = self.subscriptions, self.channel.decode
        for payload in payloads:
            try:
                message = decode(payload)
            except messages.UNDECODABLE:
                actions += self._other(payload, now)
                if self._is_closing:
                    break
                continue
            is_update = message.type == "update"
            for data in message.data:
                subscription = subscriptions.get(data.symbol)
                if subscription is None or not (is_update and subscription.is_live):
                    actions += self._unusual(subscription, data, payload, is_update, now)
                    continue
                try:
                    subscription.keeper.updated(data, now, actions)
                except FAULTS as fault:
                    actions += self._fail(subscription, *told(fault), now)
            if self._is_closing:
                break
        self._oddities.sample(payloads, actions)
        return actions

    def _other(self, payload: bytes, now: Now) -> list[Action]:
        try:
            message = messages.decode_other(payload, self.channel.name)
        except BadFrame as error:
            actions = self._oddities.bad_frame(payload, error)
            if payload.lstrip()[:1] == b"{":  # broken data; a text that is no JSON is none
                actions.append(self._close(f"malformed message: {error.reason}", "malformed"))
            return actions
        match message:
            case messages.Ack():
                return [*self._oddities.warned(message), *self._ack(message, now)]
            case messages.Instruments():
                return self.listed(message, now)
            case messages.Status():
                return self._status(message)
            case messages.Unknown(kind):
                return self._oddities.first_time(f"unknown {kind}")
        return []

    def ticked(self, now: Now) -> list[Action]:
        """Do what is due by time alone."""
        if not self._is_connected:
            return []
        if fault := self.liveness.fault(now.mono):
            return [self._close(*fault)]
        actions: list[Action] = []
        if self.liveness.pings(now.mono):
            actions.append(Send(requests.ping(self._pace.next_req_id())))
        if self.channel.is_timed:
            for subscription in self.subscriptions.values():
                if subscription.is_live:
                    subscription.keeper.ticked(now, actions)
        for subscription in self._waiting():
            if subscription.due <= now.mono:
                actions += self._overdue(subscription, now)
        suspects = self.suspicion.looked(self.subscriptions.values(), self.system, now.mono)
        for subscription, reason, note in suspects:
            actions += self._fail(subscription, reason, note, now)
        return [*actions, *self._requests(now)]

    def _waiting(self) -> list[Subscription]:
        return [s for s in self.subscriptions.values() if not s.is_live]

    def disconnected(self, now: Now) -> list[Action]:
        """The connection is gone: every live book is dropped."""
        self._is_connected = False
        self.counts["disconnected"] += 1
        actions: list[Action] = []
        for subscription in self.subscriptions.values():
            if subscription.state is State.LIVE:
                actions.append(subscription.reset(ResetReason.DISCONNECTED, ""))
            subscription.moves(Trigger.DISCONNECTED, now.mono)
        membership.forget(self.subscriptions)
        return actions

    def fetched(self, fetch: Fetch, answer: object, now: Now) -> list[Action]:
        """Take the answer to a Fetch, or the error that came instead."""
        subscription = self.subscriptions[fetch.symbol]
        actions: list[Action] = []
        try:
            subscription.keeper.fetched(fetch, answer, now, actions)
        except FAULTS as fault:
            actions += self._fail(subscription, *told(fault), now)
        return actions

    def distrusted(self, symbol: str, note: str, now: Now) -> list[Action]:
        """Drop a live book that was found wrong where no checksum proves it, and ask anew."""
        wrong = self.subscriptions[symbol]
        return list(self._fail(wrong, ResetReason.AUDIT, note, now)) if wrong.is_live else []

    def changed(self, joining: Sequence[str], leaving: Sequence[str], now: Now) -> list[Action]:
        """Keep the symbols `joining` from now on, and those `leaving` no more; the others notice
        nothing. Those that leave emit nothing any more.
        """
        membership.leave(self.subscriptions, leaving, now.mono)
        membership.join(self.subscriptions, joining, self.channel, now.mono)
        if not self._is_connected:
            return []
        membership.begin(map(self.subscriptions.__getitem__, joining), self.channel, now.mono)
        if self.liveness.instruments_due is not None:
            return list(self._requests(now))
        known = [self._instruments[symbol] for symbol in joining if symbol in self._instruments]
        return self.listed(messages.Instruments(self._has_all, known), now)

    # What the bus asks ----------------------------------------------------------------------------

    def capture(self, symbol: str) -> AnySnapshot | None:
        """Return the live state as a snapshot event; None while it is not live, or proves wrong."""
        return self.subscriptions[symbol].capture()

    def capture_top(self, symbol: str) -> TopSnapshot | None:
        """Return the best prices of a live book; None while it is not live, or has no tops."""
        return self.subscriptions[symbol].capture_top()

    def state_of(self, symbol: str) -> tuple[BookState, int | None, int]:
        """Return a book's state, its checksum while live, and ts_event of its last message."""
        return self.subscriptions[symbol].told()

    @property
    def live(self) -> int:
        """How many books are live."""
        return sum([s.is_live for s in self.subscriptions.values()])

    @property
    def refused(self) -> list[str]:
        """Symbols that Kraken refused for good."""
        is_refused = State.REFUSED
        return [s.symbol for s in self.subscriptions.values() if s.state is is_refused]

    # Books ----------------------------------------------------------------------------------------

    def _unusual(
        self,
        subscription: Subscription | None,
        data: Any,
        payload: bytes,
        is_update: bool,
        now: Now,
    ) -> list[Action]:
        """Take a snapshot, or a message for a book that is not live or not ours."""
        if subscription is None and not (data.symbol or is_update):
            subscription = longest_awaited(self.subscriptions.values())
        if subscription is None:
            return self._oddities.first_time(f"unknown symbol {data.symbol[:40]}")
        if is_update or not subscription.takes(Trigger.SNAPSHOT):
            self.counts["updates ignored" if is_update else "snapshots ignored"] += 1
            return []
        actions = self._oddities.unknown_fields(payload)
        try:
            subscription.keeper.replaced(data, now, actions)
        except FAULTS as fault:
            return [*actions, *self._fail(subscription, *told(fault), now)]
        subscription.moves(Trigger.SNAPSHOT, now.mono)
        return actions

    def _fail(
        self, subscription: Subscription, reason: ResetReason, note: str, now: Now
    ) -> Iterator[Action]:
        """Drop the book, say so, and ask for this symbol anew; break a loop of failures."""
        was_live = subscription.state is State.LIVE
        recent = subscription.fail(now.mono)
        self.counts[f"reset {reason}"] += 1
        if was_live:
            yield subscription.reset(reason, note)
        yield Log("book.failed", f"symbol={subscription.symbol} reason={reason} {note}".rstrip())
        if reason is ResetReason.CHECKSUM:
            yield Capture(subscription.symbol)
        if subscription.moves(Trigger.FAILED, now.mono):
            yield from self._again(subscription, recent, now)

    def _again(self, subscription: Subscription, recent: int, now: Now) -> Iterator[Action]:
        """After a failure: blame the connection if the symbol failed often, else ask anew."""
        if recent >= NEW_SOCKET_FAILURES and now.mono - self._new_socket_at >= NEW_SOCKET_EVERY_S:
            self._new_socket_at = now.mono
            words = f"{subscription.symbol} failed {recent} times in a minute"
            yield self._close(words, "failures")
        else:
            yield from self._requests(now)

    # Requests and their answers -------------------------------------------------------------------

    def _requests(self, now: Now) -> Iterator[Action]:
        """Ask for what is due, at Kraken's pace."""
        for request in self._pace.requests(self._waiting(), self._topic, now.mono):
            yield Send(request)

    def _overdue(self, subscription: Subscription, now: Now) -> Iterator[Action]:
        """No ack or no snapshot came: the subscription may or may not stand (X3, X26, X27)."""
        waiting = subscription.state
        if waiting is State.LEAVING:  # nobody waits for it: no reason to blame the connection
            subscription.moves(Trigger.OVERDUE, now.mono)
        elif waiting in (State.SUBSCRIBING, State.AWAITING_SNAPSHOT, State.UNSUBSCRIBING):
            self.counts[f"overdue {waiting}"] += 1
            recent = subscription.fail(now.mono)
            yield Log("book.overdue", f"symbol={subscription.symbol} state={waiting}")
            subscription.moves(Trigger.OVERDUE, now.mono)
            yield from self._again(subscription, recent, now)

    def _ack(self, ack: messages.Ack, now: Now) -> Iterable[Action]:
        """Take one answer: it belongs to the symbol that it names, if that asked under its id."""
        named = self.subscriptions.get(ack.symbol)
        asked = [named] if named else list(self.subscriptions.values())
        asked = [s for s in asked if s.req_id == ack.req_id]
        if not asked:
            return self._oddities.first_time(f"error {ack.error}") if ack.error else []
        if len(asked) > 1:  # an error that names no symbol: ask again, one by one
            return self._ask_alone(asked, ack, now)
        (subscription,) = asked
        match ack.method:
            case "subscribe" if not ack.error:
                subscription.moves(Trigger.ACKED, now.mono)
            case "subscribe":
                return self._subscribe_error(subscription, ack.error, now)
            case "unsubscribe":  # `Subscription Not Found` is as good
                subscription.moves(Trigger.UNSUBSCRIBED, now.mono)
                membership.forget(self.subscriptions)
                return self._requests(now)
        return []

    def _ask_alone(self, asked: list[Subscription], ack: messages.Ack, now: Now) -> list[Action]:
        for subscription in asked:
            subscription.fail(now.mono)
            subscription.moves(Trigger.TURNED_AWAY, now.mono)
        return [Log("subscribe.error", f"symbols={len(asked)} error={ack.error}")]

    def _subscribe_error(
        self, subscription: Subscription, error: str, now: Now
    ) -> Iterator[Action]:
        match self._oddities.subscribe_error(error):
            case "spent_token":
                yield self._close(error, "token")
            case "standing":  # no snapshot will come (protocol.md 4)
                yield from self._fail(subscription, ResetReason.STALE, error, now)
            case "transient":
                subscription.fail(now.mono)
                subscription.fail(now.mono)  # the first retry waits too
                subscription.moves(Trigger.TURNED_AWAY, now.mono)
                yield Log("subscribe.error", f"symbol={subscription.symbol} error={error}")
            case "final":
                yield from self._refuse(subscription, ResetReason.REFUSED, error, now)

    def _refuse(
        self, subscription: Subscription, reason: ResetReason, note: str, now: Now
    ) -> Iterator[Action]:
        if subscription.state is State.LIVE:
            yield subscription.reset(reason, note)
        if subscription.moves(Trigger.REFUSED, now.mono):
            yield Notify("refused", subscription.symbol, note)

    # Instruments, status, odds and ends -----------------------------------------------------------

    def listed(self, message: messages.Instruments, now: Now) -> list[Action]:
        """Take precisions and states of pairs; a change of a subscribed one rebuilds its state
        (X22). The shell calls it too, for a channel that is given them.
        """
        actions: list[Action] = []
        if message.is_snapshot:
            self.liveness.instruments_due = None
            self._has_all = True
        for instrument in message.pairs:
            self._instruments[instrument.symbol] = instrument
            subscription = self.subscriptions.get(instrument.symbol)
            if subscription is not None:
                actions += self._list_one(subscription, instrument, now)
        if message.is_snapshot:
            for subscription in self.subscriptions.values():
                if subscription.state is State.AWAITING_INSTRUMENT:
                    note = f"Kraken lists no pair {subscription.symbol}: check PYKRAKEN_SYMBOLS"
                    actions += self._refuse(subscription, ResetReason.REFUSED, note, now)
        if self._is_watch:
            return [Listed(message.is_snapshot, message.pairs)]
        return [*actions, *self._requests(now)]

    def _list_one(
        self, subscription: Subscription, instrument: Instrument, now: Now
    ) -> Iterator[Action]:
        before = subscription.instrument
        if before != instrument:
            subscription.is_of(instrument)
        if instrument.status == "delisted":
            if subscription.state is not State.REFUSED:
                yield from self._refuse(subscription, ResetReason.DELISTED, "delisted", now)
        elif subscription.moves(Trigger.LISTED, now.mono):
            return
        elif before is not None and before != instrument:
            note = f"{before.terms} became {instrument.terms}"
            yield from self._fail(subscription, ResetReason.INSTRUMENT, note, now)

    def _status(self, message: messages.Status) -> list[Action]:
        self.system = message.system
        if message.gist == self._status_gist:
            return []
        self._status_gist = message.gist
        self.counts[f"system {message.system[:40]}"] += 1
        notes = [f"system {message.system}", *message.announcements]
        return [Notify("system", "", "; ".join(notes)[:400], message.report, message.gist)]

    def _close(self, reason: str, cause: str) -> Action:
        self._is_closing = True
        return Close(reason, cause)
