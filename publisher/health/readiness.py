"""Whether a publisher is of use now, and what it awaits if not (`/readyz`).

Ready is a leader whose streams are open with the books of all available symbols, each verified; and
a standby with the same books, connected to Redis, that watches a leader: it could take over at
once. What Kraken refused or halted, and what Redis refuses for good, is not available: that is
counted and logged, and holds nothing up, or one symbol of a thousand would.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from publisher.bus.stream import Stream, StreamState
from publisher.health.vitals import Vitals, steady
from publisher.session.subscription import State, Subscription

NAMED = 5
ONLINE = "online"


def awaited(vitals: Vitals) -> list[str]:
    """Return what is awaited, a line each; none when the publisher is ready."""
    return steady(lambda: list(_awaited(vitals)))


def standing(vitals: Vitals) -> str:
    """Return what a publisher that is ready does."""
    writer, live = vitals.writer, steady(lambda: vitals.session.live)
    if writer.is_leading:
        return f"leads {vitals.plan.feed} with {live} books, epoch {writer.publication.epoch}"
    return f"stands by for {vitals.plan.feed} with {live} books, behind {writer.lease.holder}"


def is_halted(subscription: Subscription) -> bool:
    """Tell whether Kraken lists the pair without trading it freely."""
    instrument = subscription.instrument
    return instrument is not None and instrument.status != ONLINE


def _awaited(vitals: Vitals) -> Iterator[str]:
    writer, pulse = vitals.writer, vitals.pulse
    if pulse.stopping_since is not None:
        yield "nothing: it was told to stop"
        return
    if not pulse.has_begun:
        yield "its loop's first turn"
        return
    if not vitals.is_live:
        yield f"its loop, which has not turned for {vitals.idle_s():.1f} s"
    if not vitals.is_connected():
        yield "Kraken: no WebSocket stands"
    for name, link in writer.links.items():
        if not link.is_up:
            yield f"Redis: no link for {'the lease' if name == 'lease' else 'data'}"
    available = [s for s in vitals.session.subscriptions.values() if _is_available(s)]
    if missing := [s.symbol for s in available if not s.is_live]:
        yield f"Kraken's snapshots of {named(missing)}"
    if not writer.is_leading:
        if not writer.lease.holder:
            yield "the lease: no leader is known, and this process is none"
        return
    shut = [stream for stream in writer.publication.streams if _is_shut(stream)]
    symbols = {s.symbol for s in available}
    if waiting := [s.keys.stream for s in shut if s.symbol is None or s.symbol in symbols]:
        yield f"Redis' answer that these streams are open: {named(waiting)}"


def _is_available(subscription: Subscription) -> bool:
    """A book that is live is available whatever Kraken says of its pair."""
    if subscription.state in (State.REFUSED, State.LEAVING, State.GONE):
        return False
    return subscription.is_live or not is_halted(subscription)


def _is_shut(stream: Stream) -> bool:
    """A leader's closed stream was refused for good."""
    return stream.state not in (StreamState.OPEN, StreamState.CLOSED)


def named(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    told = ", ".join(name or "the channel" for name in names[:NAMED])
    return f"{told} and {len(names) - NAMED} more" if len(names) > NAMED else told
