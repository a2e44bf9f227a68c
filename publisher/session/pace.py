"""The pace of requests to Kraken: how many, how large, and their ids. Pure.

Kraken publishes no number for its market data; going over it answers `Exceeded msg rate` and leaves
holes (protocol.md 1.1, fault X27). A first request names many symbols; a symbol that has failed
asks alone, so that its error cannot be taken for another's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from publisher.session.subscription import Subscription

REQUESTS_PER_S = 15.0
"""Known to pass; the 16th to 25th request in a second has been seen to vanish (fault X27)."""
BURST = 10.0
SYMBOLS_PER_REQUEST = 50


class Pace:
    """A token bucket of requests, and the counter of their ids."""

    def __init__(self) -> None:
        self._tokens = BURST
        self._filled = 0.0
        self._req_id = 0

    def restart(self) -> None:
        """Begin with a full bucket: the connection is new."""
        self._tokens = BURST

    def next_req_id(self) -> int:
        """Return an id that no earlier request had."""
        self._req_id += 1
        return self._req_id

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
