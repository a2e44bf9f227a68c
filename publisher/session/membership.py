"""Which symbols a session keeps, changed while it runs: who joins, who leaves, who is forgotten.
Pure.

A symbol that leaves is asked back from Kraken first, and stays in the session until that is
answered; one that joins meanwhile takes its old place.
"""

from __future__ import annotations

from collections.abc import Iterable

from publisher.channels.channel import Channel
from publisher.session.subscription import State, Subscription, Trigger

Subscriptions = dict[str, Subscription]


def join(
    subscriptions: Subscriptions, symbols: Iterable[str], channel: Channel, now: float
) -> None:
    """Take symbols that are to be kept from now on; `now` is on `Now.mono`."""
    for symbol in symbols:
        if symbol in subscriptions:
            subscriptions[symbol].moves(Trigger.ADDED, now)
        else:
            subscriptions[symbol] = Subscription(symbol, channel.keeper(symbol))


def begin(joined: Iterable[Subscription], channel: Channel, now: float) -> None:
    """Begin on the connection that stands, as far as it goes without instruments."""
    for subscription in joined:
        subscription.moves(Trigger.CONNECTED, now)
        if channel.precisions == "none":
            subscription.moves(Trigger.LISTED, now)


def leave(subscriptions: Subscriptions, symbols: Iterable[str], now: float) -> None:
    """Give up symbols; those of which nothing stands at Kraken are forgotten at once."""
    for symbol in symbols:
        subscriptions[symbol].moves(Trigger.REMOVED, now)
    forget(subscriptions)


def forget(subscriptions: Subscriptions) -> None:
    """Forget the symbols that have left."""
    for subscription in [s for s in subscriptions.values() if s.state is State.GONE]:
        del subscriptions[subscription.symbol]
