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

from publisher.simulator.assets import of_pairs
from publisher.simulator.instruments import Instrument
from publisher.simulator.market import Change, Market, System
from publisher.simulator.phases import phase


class Engine:
    """The venue's markets by symbol; `active` ones (somebody watches them) take turns by weight."""

    def __init__(
        self,
        instruments: Iterable[Instrument],
        seed: int,
        *,
        opened_ns: int = 0,
        clock_speed: float = 1.0,
    ) -> None:
        self.seed = seed
        self.opened_ns = opened_ns
        """Unix time at which the venue opened: its markets have a past before it; 0: none."""
        self.clock_speed = clock_speed
        self.system: System = "online"
        self.maintenance: list[object] = []
        self.emergency: list[object] = []
        self.clock_offset_ns = 0
        """How far the stamps of messages are off (fault X25); the matching clock and the timers
        are not."""
        self.instruments = {instrument.symbol: instrument for instrument in instruments}
        self.listed = MappingProxyType(dict(self.instruments))
        self.assets = of_pairs(self.instruments.values())
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
            market = Market(self.instruments[symbol], self.seed, self.opened_ns)
            self._markets[symbol] = market
        return market

    def matching_ns(self, now_ns: int) -> int:
        """Return the time of orders and trades: it runs `clock_speed` times as fast since the
        opening."""
        if self.clock_speed == 1:
            return now_ns
        return self.opened_ns + int((now_ns - self.opened_ns) * self.clock_speed)

    def stamped(self, now_ns: int) -> int:
        """Return the time that the venue writes on its messages."""
        return self.matching_ns(now_ns) + self.clock_offset_ns

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
        allowed = phase(self.system, market.instrument.status)
        return market, market.step(self.matching_ns(now_ns), allowed)
