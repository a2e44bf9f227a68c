"""The writer: the publication on its link, and the lease on a link of its own. A shell.

It carries calls to Redis and answers back, and joins the two rules that need each other: a claim
needs the end of every stream, an opening after a fence needs the lease. The daemon gives it events
and the time.
"""

from __future__ import annotations

import selectors
from collections.abc import Callable, Iterator, Mapping, Sequence

import hiredis

from publisher import wire
from publisher.bus import answers as verdicts
from publisher.bus import calls, keys, rights
from publisher.bus.answers import Verdict
from publisher.bus.asking import PASSING_S, REFUSED_S, Requests
from publisher.bus.calls import Call, Kind
from publisher.bus.farewell import Farewell
from publisher.bus.keeper import LinkKeeper
from publisher.bus.lease import Lease, LeaseState
from publisher.bus.link import Address, Reply
from publisher.bus.publication import Publication
from publisher.bus.rights import Right
from publisher.bus.shards import Shards, keeper_of
from publisher.bus.stranger import Stranger
from publisher.bus.tally import MEASURED
from publisher.logs import get_logger
from publisher.model import Now

APPEND, INSPECT = Kind.APPEND, Kind.INSPECT  # a member of an enum costs a call each time


class Writer:
    """Everything between the session's events and Redis. `clock` tells the time to late answers."""

    def __init__(
        self,
        publication: Publication,
        lease: Lease,
        address: Address,
        *,
        selector: selectors.BaseSelector,
        wake: Callable[[], None],
        clock: Callable[[], Now],
    ) -> None:
        self.publication = publication
        self.lease = lease
        self._clock = clock
        self._log = get_logger("bus")
        self._refused = 0
        self._until_measured = 1
        needed = rights.needed(publication.plan)
        self._data = keeper_of("data", address, self, selector=selector, wake=wake, needed=needed)
        # Whichever link is up first tells all that is missing; what is no fault is told once.
        needed = [right for right in needed if not right.loss]
        self._side = _LeaseSide(self, address, selector, wake, clock, needed)

    @property
    def is_leading(self) -> bool:
        """True while this process writes the feed."""
        return self.lease.state is LeaseState.LEADING

    @property
    def is_settled(self) -> bool:
        """True when everything was sent and answered."""
        return self.publication.is_settled and self._data.is_idle

    def ticked(self, now: Now, feed_state: wire.FeedState) -> None:
        """Do what is due by time."""
        self.lease.share_live = feed_state.live / max(1, feed_state.symbols)
        self._data.ticked(now.mono)
        self._side.ticked(now)
        self.publication.ticked(now, feed_state)
        if self.publication.needs_confirmation:
            self.lease.hurry()

    def pump(self, now: Now) -> None:
        """Send what can be sent; call it after each batch of events."""
        out = self.publication.calls(now)
        if out:
            self._data.send(out, now.mono)

    def release(self, now: Now) -> None:
        """Give the lease back; a standby need not wait for it to fall silent."""
        if self.is_leading:
            self._side.release(now)

    @property
    def owes_release(self) -> bool:
        """True while the answer to a release is outstanding."""
        return self._side.owes_release

    @property
    def links(self) -> Mapping[str, LinkKeeper | Shards]:
        """Both links, by name."""
        return {"data": self._data, "lease": self._side.keeper}

    def live_stranger(self) -> tuple[str, str] | None:
        """Return (stream, feed) of another feed that is alive and writes one of our streams."""
        return self._side.live_stranger()

    def close(self) -> None:
        """Close both links."""
        self._data.end()
        self._side.close()

    # What the data link tells ---------------------------------------------------------------------

    def link_up(self) -> None:
        """Send again what was not confirmed."""
        self.publication.connected()

    def link_down(self) -> None:
        """Count what was in flight as unsent."""
        self.publication.disconnected()

    def answers(self, answers: list[tuple[Call, Reply]]) -> None:
        """Take answers; an error is judged at one place."""
        for call, reply in answers:
            if isinstance(reply, hiredis.ReplyError):
                self._error(call, str(reply))
                if not self._data.is_up:
                    return
            elif not calls.is_answer(call, reply):
                self._data.drop("the answer to another call", self._clock().mono)
                return
            else:
                self.publication.answered(call, reply)
                kind = call.kind
                if kind is APPEND:
                    self._until_measured -= 1
                    if not self._until_measured:
                        self._measure(call)
                elif kind is INSPECT:
                    self.publication.open_ready(self._clock())
        for stream, words in self.publication.refused[self._refused :]:
            if verdicts.judge(words) is Verdict.FATAL:
                raise verdicts.refused(words)  # a right that no stream has
            self._log.error("stream.refused", stream=stream, answer=words, mend="delete the key")
        self._refused = len(self.publication.refused)

    def _measure(self, call: Call) -> None:
        """Measure how long ago the oldest entry was published of the first stream."""
        self._until_measured = MEASURED
        waited_s = self._clock().mono - call.streams[0].sent_since
        self.publication.tally.publish_ack.observe(int(waited_s * 1e9))

    def is_full(self, call: Call) -> list[Call]:
        """Free memory where a call's streams lie (R8)."""
        return self.publication.trims(call.streams)

    def _error(self, call: Call, words: str) -> None:
        now = self._clock()
        verdict = verdicts.judge(words)
        self._data.tally.errors[verdicts.code_of(words)] += 1
        self._log.warning("redis.error", call=call.kind.name, answer=words, verdict=verdict.name)
        if call.kind is Kind.PLAIN and verdict in (Verdict.KEY, Verdict.STRANGE):
            return  # the catalogue and trims: no stream depends on them
        match verdict:
            case Verdict.WAIT:
                self.publication.failed(call, now, verdicts.WAIT_S)
            case Verdict.TRIM:
                self.publication.failed(call, now, verdicts.WAIT_S)
                self._data.send(self.publication.trims(), now.mono)
            case Verdict.KEY | Verdict.FATAL | Verdict.MOVE:
                raise verdicts.refused(words)
            case _:
                self._data.refuse(words, now.mono)

    # What the lease tells -------------------------------------------------------------------------

    def claimed(self) -> None:
        """This process leads now."""
        reason = "takeover" if self.lease.has_rival else "start"
        if self.lease.has_rival:
            self.publication.tally.takeovers += 1
            self.publication.tally.takeover_s += self.lease.silence_s
        self.lease.has_rival = False
        self._log.info("lease.claimed", epoch=self.lease.epoch, reason=reason)
        self.publication.lead(self.lease.epoch, reason)

    def deposed(self) -> None:
        """Another process leads: nothing more is written."""
        self._log.warning("lease.lost", epoch=self.lease.epoch)
        self.lease.has_rival = True
        self.publication.tally.deposals += 1
        self.publication.stand_by()
        self.publication.inspect()


class _LeaseSide:
    """The lease's own link, so that a busy data link cannot make us lose it."""

    def __init__(
        self,
        writer: Writer,
        address: Address,
        selector: selectors.BaseSelector,
        wake: Callable[[], None],
        clock: Callable[[], Now],
        needed: Sequence[Right],
    ) -> None:
        self._writer = writer
        self._lease = writer.lease
        self._clock = clock
        self._log = get_logger("bus")
        self.keeper = keeper_of("lease", address, self, selector=selector, wake=wake, needed=needed)
        self._strangers: dict[str, Stranger] = {}
        plan = writer.publication.plan
        key = keys.requests_key(plan.space, plan.feed)
        self._requests = Requests(key, writer.publication.books)
        status = keys.status_keys(plan.space, plan.feed).stream
        # Well below the time after which a call counts as unanswered.
        self._farewell = Farewell(status, address.timeout_s / 2)
        self._is_released = False
        self.owes_release = False

    def ticked(self, now: Now) -> None:
        self.keeper.ticked(now.mono)
        if not self.keeper.is_up or self._is_released:
            return
        due = [*self._looks(now.mono), self._asked(now.mono)]
        self.keeper.send([call for call in due if call is not None], now.mono)
        self._next(now)

    def _next(self, now: Now) -> None:
        """Send the lease's call that is due, or else wait for a farewell until it is."""
        if not self.keeper.is_up or self._is_released or self._farewell.is_awaited:
            return
        call = self._lease.ticked(now.mono, self._floor())
        if call is None:
            call = self._farewell.ticked(now.mono, self._lease.rests_until)
        if call is not None:
            self.keeper.send([call], now.mono)

    def _floor(self) -> int | None:
        """Return what a claim must be above; None while none is to be made, or another feed may
        live. Only a claim is worth the look at a thousand streams.
        """
        publication = self._writer.publication
        is_alone = publication.gone.issuperset(publication.foreign.values())
        return publication.floor if self._lease.is_free and is_alone else None

    def _asked(self, now: float) -> Call | None:
        """Hear what consumers ask, while we lead; return the call that looks for more."""
        if self._lease.state is not LeaseState.LEADING:
            return None
        for symbol in self._requests.heard(now):
            self._writer.publication.asked_for(symbol)
        return self._requests.ticked(now)

    def _looks(self, now: float) -> Iterator[Call | None]:
        publication = self._writer.publication
        for feed in self._strangers.keys() - publication.foreign.values():
            del self._strangers[feed]  # the streams that it owns are wanted no more
        for stream, feed in publication.foreign.items():
            if feed not in self._strangers:
                space, lease_s = publication.plan.space, self._lease.lease_s
                self._strangers[feed] = Stranger(space, feed, stream, lease_s)
        for stranger in self._strangers.values():
            yield stranger.look(now)

    def live_stranger(self) -> tuple[str, str] | None:
        for stream, feed in self._writer.publication.foreign.items():
            if feed in self._strangers and self._strangers[feed].is_alive:
                return stream, feed
        return None

    def release(self, now: Now) -> None:
        self._is_released = self.owes_release = True
        call = calls.release(self._lease.key, self._lease.owner, self._lease.epoch)
        self.keeper.send([call], now.mono)

    def close(self) -> None:
        self.keeper.end()

    def link_up(self) -> None:
        self._lease.failed()
        self._requests.began()
        self._farewell.failed()

    def link_down(self) -> None:
        self._lease.failed()
        self._requests.failed()
        self._farewell.failed()
        self.owes_release = False

    def answers(self, answers: list[tuple[Call, Reply]]) -> None:
        for call, reply in answers:
            now = self._clock()
            if isinstance(reply, hiredis.ReplyError):
                self._error(call, str(reply), now)
                if not self.keeper.is_up:
                    return
            elif not calls.is_answer(call, reply):
                self.keeper.drop("the answer to another call", now.mono)
                return
            elif call.kind is Kind.RELEASE:
                self.owes_release = False
            elif call.kind is Kind.FAREWELL:
                if self._farewell.answered(reply):
                    self._lease.expect_release(now.mono)
                self._next(now)
            elif call.kind is Kind.REQUESTS and reply[0] < 0:
                self._asking_refused(reply[1], now)
            elif call.kind is Kind.REQUESTS:
                self._requests.answered(reply[1:])
            else:
                self._take(call, ["" if part is None else str(part) for part in reply], now)
                if self._lease.state is not LeaseState.LEADING:
                    self._next(now)  # the next tick may be a twentieth of a second away

    def _error(self, call: Call, words: str, now: Now) -> None:
        self.keeper.tally.errors[verdicts.code_of(words)] += 1
        if call.kind is Kind.REQUESTS:
            self._asking_refused(words, now)
            return
        if call.kind is Kind.FAREWELL:
            self._waiting_refused(words, now)
            return
        self._lease.failed()
        verdict = verdicts.judge(words)
        if verdict in (Verdict.FATAL, Verdict.KEY, Verdict.MOVE):
            raise verdicts.refused(words)
        if verdict not in (Verdict.WAIT, Verdict.TRIM):
            self.keeper.refuse(words, now.mono)

    def is_full(self, call: Call) -> list[Call]:
        return []

    def _asking_refused(self, words: str, now: Now) -> None:
        """No feed depends on what consumers ask: it goes on without, whatever the reason."""
        self._requests.refused(now.mono, PASSING_S if verdicts.passes(words) else REFUSED_S)
        mend = "`pykraken doctor` lists the rights needed; a key of another type is to be deleted"
        self._log.warning("requests.refused", answer=words, mend=mend)

    def _waiting_refused(self, words: str, now: Now) -> None:
        """Who cannot wait for a farewell looks at the lease as often as ever."""
        self._farewell.refused(now.mono)
        mend = "`pykraken doctor` lists the rights needed; a key of another type is to be deleted"
        self._log.warning("standby.deaf", answer=words, mend=mend)

    def _take(self, call: Call, reply: list[str], now: Now) -> None:
        if call.kind is Kind.LOOK_STRANGER:
            for stranger in self._strangers.values():
                if stranger.asks(call):
                    stranger.answered(reply, now.mono)
                    if stranger.is_gone:
                        self._writer.publication.gone.add(stranger.feed)
            return
        before, holder = self._lease.state, self._lease.holder
        self._lease.answered(call, reply, now.mono)
        after = self._lease.state
        if self._lease.holder not in ("", holder):
            feed = self._writer.publication.plan.feed
            self._log.info("lease.standby", feed=feed, leader=self._lease.holder)
        if before is not LeaseState.LEADING and after is LeaseState.LEADING:
            self._farewell.forget()
            self._writer.claimed()
        elif before is LeaseState.LEADING and after is not LeaseState.LEADING:
            self._writer.deposed()
        elif after is LeaseState.LEADING and self._writer.publication.needs_confirmation:
            self._writer.publication.confirmed()


def lease_of(space: str, feed: str, owner: str, lease_s: float) -> Lease:
    """Return this process' view of a feed's lease."""
    return Lease(keys.lease_key(space, feed), owner, lease_s)
