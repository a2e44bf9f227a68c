"""All markets of the venue, made when first needed, and the order in which they move.

Each market has a generator of its own, so a symbol's book depends on the seed and its own number
of steps only, whoever else is subscribed. Pure: the time is an argument.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from random import Random
from types import MappingProxyType

from publisher.simulator.instruments import Instrument
from publisher.simulator.market import Change, Market, System


class Engine:
    """The venue's markets by symbol; `active` ones (somebody watches them) take turns by weight."""

    def __init__(self, instruments: Iterable[Instrument], seed: int) -> None:
        self.seed = seed
        self.system: System = "online"
        self.clock_offset_ns = 0
        """How far the venue's timestamps are off (fault X25); its timers are not."""
        self.instruments = {instrument.symbol: instrument for instrument in instruments}
        self.listed = MappingProxyType(dict(self.instruments))
        self._markets: dict[str, Market] = {}
        self._turns = Random(f"{seed}/turns")
        self._watched: frozenset[str] = frozenset()
        self._active: list[Market] = []
        self._weights: list[int] = []

    def market(self, symbol: str) -> Market:
        """Return the symbol's market, made on first use. Raises KeyError for a symbol that is not
        listed."""
        market = self._markets.get(symbol)
        if market is None:
            market = self._markets[symbol] = Market(self.instruments[symbol], self.seed)
        return market

    def stamped(self, now_ns: int) -> int:
        """Return the time that the venue's own clock shows."""
        return now_ns + self.clock_offset_ns

    def relist(self, instrument: Instrument) -> None:
        """List a symbol under a changed instrument; one that is delisted does not move any more."""
        self.instruments[instrument.symbol] = instrument
        self.activate(self._watched)

    def altered(self) -> list[str]:
        """Return the symbols whose instruments are not as they were at the start."""
        return [symbol for symbol, was in self.listed.items() if self.instruments[symbol] != was]

    def disturbed(self) -> list[str]:
        """Return the symbols whose markets are held in another regime than the normal one."""
        return [symbol for symbol, market in self._markets.items() if market.regime != "normal"]

    def activate(self, symbols: Iterable[str]) -> None:
        """Let exactly these symbols move from now on, as far as they are still listed."""
        self._watched = frozenset(symbols)
        listed = (symbol for symbol in sorted(self._watched) if self._is_listed(symbol))
        self._active = [self.market(symbol) for symbol in listed]
        self._weights = list(accumulate(market.instrument.weight for market in self._active))

    def _is_listed(self, symbol: str) -> bool:
        return self.instruments[symbol].status != "delisted"

    def step(self, now_ns: int) -> tuple[Market, Change] | None:
        """Move one active market, drawn by weight; None when no market is active."""
        if not self._active:
            return None
        draw = self._turns.getrandbits(32) % self._weights[-1]
        market = self._active[bisect_right(self._weights, draw)]
        return market, market.step(now_ns, self.system)
