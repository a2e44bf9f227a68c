"""The channel `instrument`: which pairs and assets the venue lists (protocol.md 4.5). Pure."""

from __future__ import annotations

from collections.abc import Collection

from publisher.simulator import frames, requests
from publisher.simulator.channels import Host, Option, Publication
from publisher.simulator.engine import Engine
from publisher.simulator.market import Change, Market
from publisher.simulator.requests import Request
from publisher.simulator.watchers import Watchers


class Listing:
    """Every listed instrument; one subscription a connection, without a symbol."""

    name = "instrument"
    host: Host = "public"
    option_name = ""
    has_symbols = False

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._watchers = Watchers()

    @property
    def symbols(self) -> Collection[str]:
        """Return none: a listing makes no market move."""
        return ()

    def option(self, request: Request) -> Option | None:
        """Return 0: there is nothing to choose."""
        return 0

    def objection(self, number: int, request: Request, held: Option | None) -> str | None:
        """Refuse a second subscription."""
        return requests.ALREADY_SUBSCRIBED if held is not None else None

    def result(self, request: Request, symbol: str, option: Option) -> dict[str, object]:
        """Return channel, snapshot and the warning that Kraken gives."""
        if request.method == "unsubscribe":
            return {"channel": self.name}
        warnings = [frames.TICK_SIZE_WARNING]
        snapshot = self.wants_snapshot(request)
        return {"channel": self.name, "snapshot": snapshot, "warnings": warnings}

    def wants_snapshot(self, request: Request) -> bool:
        """Return the parameter `snapshot`, true by default."""
        return bool(request.param("snapshot", True))

    def watch(self, number: int, symbol: str, option: Option, request: Request) -> None:
        """Let connection `number` hear of changes."""
        self._watchers.add(number, symbol, option)

    def unwatch(self, number: int, symbol: str, option: Option) -> None:
        """Let it hear of them no longer."""
        self._watchers.remove(number, symbol, option)

    def snapshot(self, number: int, symbol: str, option: Option, now_ns: int) -> str:
        """Return all assets and pairs in one message."""
        return frames.instruments("snapshot", list(self._engine.instruments.values()))

    def publish(self, market: Market, change: Change, now_ns: int) -> list[Publication]:
        """Return nothing: a move of a market changes no listing."""
        return []

    def reopen(self, symbol: str) -> None:
        """Change nothing: a listing is told by `changed`."""

    def changed(self, symbol: str) -> list[Publication]:
        """Return the message that tells of a changed pair (4.5)."""
        text = frames.instruments("update", [self._engine.instruments[symbol]])
        return [Publication(self.name, symbol, 0, text, self._watchers.of("", 0))]
