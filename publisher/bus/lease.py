"""The lease of a feed: who leads, judged by the watcher's own monotonic clock. Pure.

The lease is a hash with owner, epoch and a heartbeat counter; nothing in it expires. A watcher that
sees (epoch, hb) unchanged for a whole lease, looking often enough that it cannot have missed a
change, may claim; so a Redis that stalls never deposes a healthy leader (publish-protocol, finding
7, R-9). The lease only decides who tries: what fences is the epoch in every stream.

Of several that stand by when a leader says farewell the youngest with all its books is to lead, so
that an update that stops the old processes one by one changes the leader once (faults P11). They do
not know of each other: each waits the longer the older it is and the more of its books it lacks.

| state | event | next |
|---|---|---|
| watching | free, or silent for a lease | claiming; what was released after a moment's courtesy |
| claiming | 1 | leading |
| claiming | 0: another was faster | watching |
| leading | renewed | leading |
| leading | 0: it is another's | watching |
"""

from __future__ import annotations

import math
from enum import StrEnum

from publisher.bus import calls
from publisher.bus.calls import Call, Kind

LOOKS = 10
"""A watcher's looks in a lease. Each may see a beat that late, and the takeover comes as much
later; ten leave room within half a second of the lease's end (faults P2)."""
BEATS = 4
"""A leader's in a lease: two may be lost and one late."""
EAGER_LOOK_S = 0.005
EAGER_S = 3.0
"""How long a leader that said farewell may take to release: its flush and its last call."""

AGE_S = 0.005
"""What a process lets pass for each doubling of its age, from ten seconds on: a new one of half a
minute is before one of an hour by 32 ms, of a day by 55."""
COLD_S = 0.15
"""What one without any live book lets pass beside; one that lacks a part of them, that part."""


class LeaseState(StrEnum):
    """Where this process stands."""

    WATCHING = "watching"
    CLAIMING = "claiming"
    LEADING = "leading"


class Lease:
    """One process' view of its feed's lease. `owner` names the process, uniquely."""

    def __init__(self, key: str, owner: str, lease_s: float) -> None:
        self.key = key
        self.owner = owner
        self.state = LeaseState.WATCHING
        self.epoch = 0
        self.holder = ""
        """The process that leads, as a watcher saw it last; empty if unknown, or none."""
        self.has_rival = False
        """True when another process was seen to lead since this one last did."""
        self.lease_s = lease_s
        self.share_live = 1.0
        """Of the books of the feed those that this process could publish now."""
        self._began: float | None = None
        self._seen: tuple[str, str] | None = None
        self._known_owner = False
        self._changed_at = 0.0
        self._looked_at = 0.0
        self._beat = 0
        self._due = 0.0
        self._is_asked = False
        self._eager_until = 0.0
        self.renewed_at = 0.0
        """When the renewal that was last answered had been sent."""
        self._sent_at = 0.0
        self.silence_s = 0.0
        """How long ago the lease's last change had been when this process began to lead."""
        self.reasserted = 0
        """How often it was written again: Redis had lost it, or gone back."""

    @property
    def is_free(self) -> bool:
        """True when a claim may be tried."""
        return self.state is LeaseState.CLAIMING

    @property
    def rests_until(self) -> float | None:
        """When the next look or claim is due; None while an answer is awaited, or it leads."""
        is_at_rest = self.state is not LeaseState.LEADING and not self._is_asked
        return self._due if is_at_rest else None

    def ticked(self, now: float, floor: int | None) -> Call | None:
        """Return the call that is due. A claim waits until `floor`, the highest epoch seen, is
        known.
        """
        if self._began is None:
            self._began = now
        if self._is_asked or now < self._due:
            return None
        self._sent_at = now
        match self.state:
            case LeaseState.WATCHING:
                self._due = now + self._pause(now)
                call = Call(Kind.LOOK, ("HMGET", self.key, "owner", "epoch", "hb"))
            case LeaseState.CLAIMING:
                if floor is None:
                    return None
                call = calls.claim(self.key, self.owner, floor, self._seen or ("", ""))
            case LeaseState.LEADING:
                self._due = now + self.lease_s / BEATS
                self._beat += 1
                call = calls.renew(self.key, self.owner, self.epoch, self._beat)
        self._is_asked = True
        return call

    def _pause(self, now: float) -> float:
        """Return the time to the next look: no later than when the silence is long enough."""
        if now < self._eager_until:
            return EAGER_LOOK_S
        pause, left = self.lease_s / LOOKS, self._changed_at + self.lease_s - now
        return left if 0.0 < left < pause else pause

    def expect_release(self, now: float) -> None:
        """The leader said farewell, so it did lead: look at once, and often, until it is gone."""
        self.has_rival = True
        self._eager_until = now + EAGER_S
        self.hurry()

    def hurry(self) -> None:
        """Let the next call be due at once."""
        self._due = 0.0

    def answered(self, call: Call, reply: list[str], now: float) -> None:
        """Take the answer to the call outstanding."""
        self._is_asked = False
        match call.kind:
            case Kind.LOOK:
                self._looked(reply, now)
            case Kind.CLAIM if reply[0] == "1":
                self.state = LeaseState.LEADING
                self.epoch = int(reply[1])
                self._beat = 1
                self.silence_s = now - self._changed_at
                self.renewed_at = self._sent_at
            case Kind.CLAIM:
                self._watch(now)
            case Kind.RENEW if reply[0] == "0":
                self._known_owner = True
                self._watch(now)
            case Kind.RENEW:
                self.reasserted += reply[0] == "2"
                self.renewed_at = self._sent_at

    def failed(self) -> None:
        """The call outstanding will not be answered."""
        self._is_asked = False

    def _watch(self, now: float) -> None:
        self.state = LeaseState.WATCHING
        self._seen = None
        self.holder = ""
        self._eager_until = 0.0
        self._changed_at = self._looked_at = now
        self._due = now

    def _looked(self, reply: list[str], now: float) -> None:
        owner, *seen = reply
        if owner != self.holder:
            self._eager_until = 0.0  # it is gone, or followed already
        self.holder = owner
        previous, self._seen = self._seen, (seen[0], seen[1])
        gap, self._looked_at = now - self._looked_at, now
        if owner and previous is not None and previous != self._seen:
            self.has_rival = True
        if previous != self._seen or gap > self.lease_s / 2:
            self._changed_at = now  # a change, or a pause in which one may have been missed
        if owner:
            self._known_owner = True
        is_new = not owner and not seen[0] and not self._known_owner
        is_released = not owner and bool(seen[0])
        if is_new or is_released or now - self._changed_at >= self.lease_s:
            self.state = LeaseState.CLAIMING
            self._due = now + (self._courtesy(now) if is_released else 0.0)

    def _courtesy(self, now: float) -> float:
        """Return how long a younger process with more of its books may go first."""
        age = now - (now if self._began is None else self._began)
        return AGE_S * math.log2(1.0 + age / 10.0) + COLD_S * (1.0 - self.share_live)
