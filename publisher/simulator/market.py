"""One symbol's market: a random process with real orders, matched as a venue matches them.

Each step places, reduces, cancels or trades; limit orders never cross, market orders eat from
the front of the queue. Integers only, one random generator of its own, the time as an argument:
the same seed and the same sequence of steps give the same book on every machine. It knows
nothing of connections, depths or text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal
from zlib import crc32

from publisher.simulator.history import History, live_through
from publisher.simulator.instruments import Instrument
from publisher.simulator.ladder import Ladder, Order
from publisher.simulator.trades import Sweep, TakerSide, Trade

System = Literal["online", "cancel_only", "maintenance", "post_only"]
"""The venue's states (protocol.md 3.1)."""

Regime = Literal["normal", "thin", "one_sided", "empty", "crossed"]
"""How the book is held: as it comes, or forced into a shape that clients must survive."""

FIRST_ORDER_NS = 1_704_067_200_000_000_000
"""The time of the oldest resting order: long before any that a client sees arrive."""

THIN_LEVELS = 6
"""Below ten a side, so that the checksum covers fewer levels than it could."""


@dataclass(slots=True)
class Change:
    """What one step touched: {key: total before} of each side (keys as in `ladder`), and the
    trades that it made."""

    bids: dict[int, int]
    asks: dict[int, int]
    trades: Sequence[Trade] = ()


class Market:
    """The full book of one instrument and the process that moves it.

    With `opened_ns`, when the venue opened (Unix time), it has a past of trades before that.
    """

    def __init__(self, instrument: Instrument, seed: int, opened_ns: int = 0) -> None:
        self.instrument = instrument
        self.bids = Ladder("bid")
        self.asks = Ladder("ask")
        self.regime: Regime = "normal"
        self.steps = 0
        self.history = History(instrument)
        self._trades: list[Trade] = []
        self._random = Random(f"{seed}/{instrument.symbol}")
        self._queue_random = Random(f"{seed}/{instrument.symbol}/queues")
        self._last_ns = FIRST_ORDER_NS
        self._next_order = 1
        self._populate()
        self.bids.drain()
        self.asks.drain()
        if opened_ns:
            live_through(self.history, instrument, seed, opened_ns)

    def checksum(self) -> int:
        """Return Kraken's CRC-32 of the best ten asks, then the best ten bids (protocol.md 5.3)."""
        return crc32((self.asks.top_text() + self.bids.top_text()).encode("ascii"))

    def step(self, now_ns: int, system: System = "online") -> Change:
        """Move the market once, as far as the venue's state allows, and return what it touched."""
        self.steps += 1
        if system != "maintenance":
            draw = self._random.getrandbits(8)
            if system == "cancel_only":
                self._cancel(self._a_side())
            elif draw < 12 and system == "online" and self.regime != "crossed":
                self.trade(now_ns)
            elif draw < 26:
                self._requote(now_ns)
            else:
                self._drift(self._a_side(), now_ns)
        return self.drain()

    def drain(self) -> Change:
        """Return what was touched since the last call."""
        trades, self._trades = self._trades, []
        return Change(self.bids.drain(), self.asks.drain(), trades)

    def _a_side(self) -> Ladder:
        return self.bids if self._random.getrandbits(1) else self.asks

    def _opposite(self, ladder: Ladder) -> Ladder:
        return self.asks if ladder is self.bids else self.bids

    def _wanted(self, ladder: Ladder) -> int:
        if self.regime == "empty" or (self.regime == "one_sided" and ladder is self.bids):
            return 0
        levels = self.instrument.levels
        return min(levels, THIN_LEVELS) if self.regime == "thin" else levels

    def _floor(self) -> int:
        """Return how many levels a side always keeps: a thin market may lose its last one."""
        return 0 if self.instrument.levels < 10 or self.regime != "normal" else 3

    def _populate(self) -> None:
        tick = self.instrument.tick_size
        draw = self._random.getrandbits
        for ladder in (self.bids, self.asks):
            key = ladder.sign * (self.instrument.reference // tick) + 1
            for _ in range(self.instrument.levels):
                for _ in range(1 + (draw(2) & draw(2))):
                    self.rest(ladder, key * tick, now_ns=0)
                key += 1 + (draw(3) & draw(3)) * self.instrument.gap // 2
                if ladder.sign < 0 and key >= 0:
                    break

    def rest(self, ladder: Ladder, key: int, now_ns: int) -> None:
        """Put a drawn quantity at `key`, crossing or not: usually as a new order, at times by
        raising a resting one, which so loses its place (protocol.md 6.2)."""
        # No two orders share a time: it alone tells the place in the queue.
        self._last_ns = max(now_ns, self._last_ns + 1)
        qty = self._size()
        if key in ladder.queues and self._queue_random.getrandbits(4) == 0:
            raised = ladder.first_order(key)
            ladder.reduce(key, raised.order_id, raised.qty)
            ladder.place(key, Order(raised.order_id, raised.qty + qty, self._last_ns))
            return
        ladder.place(key, Order(self._next_order, qty, self._last_ns))
        self._next_order += 1

    def _size(self) -> int:
        """Return an order's qty: mostly near the typical one, at times far above it or a round
        number."""
        draw = self._random.getrandbits
        qty = self.instrument.typical_qty * (1 + draw(20)) >> (17 + (draw(2) | draw(2)))
        if draw(7) == 0:
            qty *= 150
        elif draw(3) == 0:
            step = 10 ** max(0, len(str(qty)) - 2)
            qty -= qty % step
        return qty or 1

    def _drift(self, ladder: Ladder, now_ns: int) -> None:
        """Place or cancel, leaning towards the usual number of levels."""
        wanted, have = self._wanted(ladder), len(ladder.keys)
        bar = 128 if wanted * 9 <= have * 10 <= wanted * 11 else (230 if have < wanted else 30)
        if self._random.getrandbits(8) < bar and wanted:
            self._place(ladder, now_ns)
        else:
            self._cancel(ladder)

    def _place(self, ladder: Ladder, now_ns: int) -> None:
        tick = self.instrument.tick_size
        other = self._opposite(ladder)
        draw = self._random.getrandbits
        ceiling = -other.keys[0] if other.keys else None  # this side's keys stay above it
        if ladder.keys:
            best = ladder.keys[0]
            room = 1000 if ceiling is None else (best - ceiling) // tick - 1
            if room > 0 and draw(3) == 0:
                key = best - tick * (1 + draw(16) % room)
            else:
                key = best + tick * self._offset(len(ladder.keys))
        elif ceiling is not None:
            key = ceiling + tick * (1 + draw(4))
        else:
            key = tick * (ladder.sign * (self.instrument.reference // tick) + 1)
        if ladder.sign < 0 and key >= 0:
            return
        self.rest(ladder, key, now_ns)

    def _offset(self, levels: int) -> int:
        """Return ticks behind the best: mostly within ten levels, at times anywhere in the book."""
        draw = self._random.getrandbits
        if draw(3):
            return (draw(4) & draw(4)) * self.instrument.gap
        return draw(20) % (1 + levels * 2 * self.instrument.gap)

    def _cancel(self, ladder: Ladder) -> None:
        have = len(ladder.keys)
        if have <= self._floor():
            return
        draw = self._random.getrandbits
        index = (draw(4) & draw(4)) if draw(3) else draw(16)
        index %= have
        if self.regime == "crossed" and index == 0:
            return  # what crosses stays until the regime ends
        key = ladder.keys[index]
        order = ladder.first_order(key)
        if draw(2) == 0 and order.qty > 1:
            ladder.reduce(key, order.order_id, order.qty >> 1)
        elif draw(2) == 0:
            ladder.remove_level(key)
        else:
            ladder.reduce(key, order.order_id, order.qty)

    def trade(self, now_ns: int) -> None:
        """Let an order eat from the front; the side is drawn so that the price returns to its
        reference."""
        far = self.bids if self._dear() else self.asks
        ladder = far if self._random.getrandbits(2) else self._opposite(far)
        remaining = self._size()
        if self.instrument.levels < 10 and self._random.getrandbits(2) == 0:
            remaining = sum(ladder.totals.values())  # a thin market now and then loses a whole side
        # Captures: most takers are marketable limit orders.
        is_market = self.steps & 3 == 0 and self.instrument.status != "limit_only"
        side: TakerSide = "sell" if ladder is self.bids else "buy"
        sweep = Sweep(side, "market" if is_market else "limit")
        while remaining > 0 and len(ladder.keys) > self._floor():
            key = ladder.keys[0]
            order = ladder.first_order(key)
            eaten = min(remaining, order.qty)
            ladder.reduce(key, order.order_id, eaten)
            sweep.fills.append((abs(key), eaten))
            remaining -= eaten
        self._trades += self.history.record(sweep, now_ns)

    def _dear(self) -> bool:
        reference = self.instrument.reference
        if self.bids.keys:
            return -self.bids.keys[0] >= reference
        return bool(self.asks.keys) and self.asks.keys[0] > reference

    def _requote(self, now_ns: int) -> None:
        """Move several levels of both sides at once, as a market maker does."""
        for _ in range(2 + self._random.getrandbits(2)):
            self._drift(self._a_side(), now_ns)
