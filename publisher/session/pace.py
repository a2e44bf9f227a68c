"""The pace of requests to Kraken: how many, how large, and their ids. Pure.

Kraken publishes no number for its market data; going over it answers `Exceeded msg rate` and leaves
holes (protocol.md 1.1, fault X27). A first request names many symbols; a symbol that has failed
asks alone, so that its error cannot be taken for another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf

from publisher.kraken import requests
from publisher.kraken.requests import Topic
from publisher.session.subscription import State, Subscription, Trigger

REQUESTS_PER_S = 15.0
"""Known to pass; the 16th to 25th request in a second has been seen to vanish (fault X27)."""
BURST = 10.0
SYMBOLS_PER_REQUEST = 50


class Pace:
    """A token bucket of requests, one of subscribed symbols where that has a limit, and the counter
    of requests' ids.
    """

    def __init__(self, symbols_per_s: float = inf) -> None:
        self._symbols_per_s = symbols_per_s
        self._symbols = symbols_per_s
        self._tokens = BURST
        self._filled = 0.0
        self._counted = 0.0
        self._req_id = 0

    def restart(self) -> None:
        """Begin with a full bucket: the connection is new."""
        self._tokens = BURST

    def next_req_id(self) -> int:
        """Return an id that no earlier request had."""
        self._req_id += 1
        return self._req_id

    def requests(
        self, subscriptions: Iterable[Subscription], topic: Topic, now: float
    ) -> Iterator[bytes]:
        """Yield the requests to send now: unsubscribe what is unwanted, subscribe what is due."""
        leaving: list[Subscription] = []
        joining: list[Subscription] = []
        for subscription in subscriptions:
            if subscription.is_unwanted and not subscription.req_id:
                leaving.append(subscription)
            elif subscription.state is State.QUEUED and subscription.due <= now:
                joining.append(subscription)
        for batch in self.batches(leaving, now):
            symbols, req_id = self._asked(batch, now)
            yield requests.ask("unsubscribe", topic, symbols, req_id)
        for batch in self.batches(self._affordable(joining, now), now):
            self._symbols -= len(batch)
            symbols, req_id = self._asked(batch, now)
            yield requests.ask("subscribe", topic, symbols, req_id)

    def _asked(self, batch: Sequence[Subscription], now: float) -> tuple[list[str], int]:
        req_id = self.next_req_id()
        for subscription in batch:
            subscription.moves(Trigger.SENT, now)
            subscription.req_id = req_id
        return [subscription.symbol for subscription in batch if subscription.symbol], req_id

    def _affordable(self, joining: list[Subscription], now: float) -> list[Subscription]:
        """Return those that may be subscribed now, where symbols count too (protocol.md 1.1)."""
        if self._symbols_per_s == inf:
            return joining
        earned = self._symbols + (now - self._counted) * self._symbols_per_s
        self._symbols, self._counted = min(self._symbols_per_s, earned), now
        return joining[: int(self._symbols)]

    def batches(self, due: Sequence[Subscription], now: float) -> Iterator[Sequence[Subscription]]:
        """Yield groups of subscriptions to ask for now, as many as the bucket allows."""
        self._tokens = min(BURST, self._tokens + (now - self._filled) * REQUESTS_PER_S)
        self._filled = now
        fresh = [subscription for subscription in due if not subscription.failures]
        groups: list[Sequence[Subscription]] = [
            fresh[i : i + SYMBOLS_PER_REQUEST] for i in range(0, len(fresh), SYMBOLS_PER_REQUEST)
        ]
        groups += [[subscription] for subscription in due if subscription.failures]
        for group in groups:
            if self._tokens < 1:
                return
            self._tokens -= 1
            yield group
