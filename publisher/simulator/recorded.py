"""A channel that a capture feeds: it acknowledges and refuses, and leaves the data to the player.

Pure.
"""

from __future__ import annotations

from collections.abc import Collection

from publisher.simulator import requests
from publisher.simulator.channels import Host, Option, Publication
from publisher.simulator.market import Change, Market
from publisher.simulator.requests import Request


class Recorded:
    """One channel of a capture; `depth` is the only one that it offers, 0 where it has none."""

    has_symbols = True

    def __init__(self, name: str, depth: int, host: Host) -> None:
        self.name = name
        self.host: Host = host
        self.option_name = "depth" if depth else ""
        self._depth = depth

    @property
    def symbols(self) -> Collection[str]:
        """Return none: no market moves."""
        return ()

    def option(self, request: Request) -> Option | None:
        """Return the depth asked for, 0 where there is none."""
        return requests.integer(request, "depth", 10) if self._depth else 0

    def objection(self, number: int, request: Request, held: Option | None) -> str | None:
        """Refuse other depths than the recorded one, and a second subscription."""
        if self._depth:
            return requests.depth_objection(request, (self._depth,), held)
        return requests.ALREADY_SUBSCRIBED if held is not None else None

    def result(self, request: Request, symbol: str, option: Option) -> dict[str, object]:
        """Return channel, depth, snapshot and symbol, as far as the channel has them."""
        result: dict[str, object] = {"channel": self.name, "symbol": symbol}
        is_subscribe = request.method == "subscribe"
        if not is_subscribe and self.name != "book":
            return result
        if self._depth:
            result["depth"] = option
        given = request.param("snapshot", self.name != "trade")
        return result | {"snapshot": not is_subscribe or bool(given)}

    def wants_snapshot(self, request: Request) -> bool:
        """Return false: the capture holds its own."""
        return False

    def watch(self, number: int, symbol: str, option: Option, request: Request) -> None:
        """Do nothing: the player looks at the subscriptions."""

    def unwatch(self, number: int, symbol: str, option: Option) -> None:
        """Do nothing."""

    def snapshot(self, number: int, symbol: str, option: Option, now_ns: int) -> str:
        """Raise LookupError: only the player knows the state of a capture."""
        raise LookupError(f"channel {self.name} is played from a capture")

    def publish(self, market: Market, change: Change, now_ns: int) -> list[Publication]:
        """Return nothing."""
        return []

    def reopen(self, symbol: str) -> None:
        """Do nothing."""
