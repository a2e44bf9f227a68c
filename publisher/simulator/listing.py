"""The channel `instrument`: which pairs and assets the venue lists (protocol.md 4.5). Pure."""

from __future__ import annotations

from collections.abc import Collection

from publisher.simulator import listing_frames, requests
from publisher.simulator.assets import is_tokenized
from publisher.simulator.channels import Host, Option, Publication
from publisher.simulator.engine import Engine
from publisher.simulator.market import Change, Market
from publisher.simulator.requests import Request
from publisher.simulator.watchers import Watchers

VENUES = ("international", "bitnomial-exchange")

TOKENIZED = "international, tokenized"
"""The option of those that also asked for tokenised assets."""


class Listing:
    """Every listed instrument; one subscription a connection, without a symbol.

    The option is the execution venue, of which only the international one lists anything.
    """

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
        """Return the execution venue asked for, and whether tokenised assets are wanted."""
        venue = request.param("execution_venue", VENUES[0])
        if venue == VENUES[0] and request.param("include_tokenized_assets", False) is True:
            return TOKENIZED
        return venue if isinstance(venue, str) else None

    def objection(self, number: int, request: Request, held: Option | None) -> str | None:
        """Refuse an unknown venue, and a second subscription."""
        if self.option(request) not in (*VENUES, TOKENIZED):
            return requests.VENUE_INVALID
        return requests.ALREADY_SUBSCRIBED if held is not None else None

    def result(self, request: Request, symbol: str, option: Option) -> dict[str, object]:
        """Return channel, snapshot and the warning that Kraken gives."""
        if request.method == "unsubscribe":
            return {"channel": self.name}
        warnings = [listing_frames.TICK_SIZE_WARNING]
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
        engine = self._engine
        assets = [each for each in engine.assets.values() if _is_for(option, each.name)]
        pairs = [each for each in engine.instruments.values() if _is_for(option, each.base)]
        return listing_frames.instruments("snapshot", assets, pairs)

    def publish(self, market: Market, change: Change, now_ns: int) -> list[Publication]:
        """Return nothing: a move of a market changes no listing."""
        return []

    def reopen(self, symbol: str) -> None:
        """Change nothing: what changed in it is told at once."""

    def pair_changed(self, symbol: str) -> list[Publication]:
        """Return the messages that tell of a changed pair, and of nothing else (4.5)."""
        pair = self._engine.instruments[symbol]
        text = listing_frames.instruments("update", [], [pair])
        return self._told(text, pair.base, symbol)

    def asset_changed(self, name: str) -> list[Publication]:
        """Return the messages that tell of a changed asset, and of nothing else."""
        text = listing_frames.instruments("update", [self._engine.assets[name]], [])
        return self._told(text, name, "")

    def _told(self, text: str, base: str, symbol: str) -> list[Publication]:
        return [
            Publication(self.name, symbol, option, text, self._watchers.of("", option))
            for option in self._watchers.options("")
            if _is_for(option, base)
        ]


def _is_for(option: Option, asset: str) -> bool:
    return option == TOKENIZED or (option == VENUES[0] and not is_tokenized(asset))
