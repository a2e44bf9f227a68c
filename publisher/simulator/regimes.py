"""Forcing a market into a shape that clients must survive, and out of it again.

Thin, one-sided, empty and crossed books (faults X18 and X20), and a change of precision (X22).
The book itself takes the shape, so every checksum stays right. Pure.
"""

from __future__ import annotations

from dataclasses import replace

from publisher.simulator.instruments import Instrument
from publisher.simulator.ladder import Ladder, Order
from publisher.simulator.market import THIN_LEVELS, Change, Market, Regime
from publisher.simulator.trades import shifted


def hold(market: Market, regime: Regime, now_ns: int) -> Change:
    """Bring the market into `regime`, where its steps then keep it, and return what was touched."""
    market.regime = regime
    _uncross(market)
    match regime:
        case "thin":
            _cut(market.bids, THIN_LEVELS)
            _cut(market.asks, THIN_LEVELS)
        case "one_sided":
            _cut(market.bids, 0)
        case "empty":
            _cut(market.bids, 0)
            _cut(market.asks, 0)
        case "crossed":
            _cross(market, now_ns)
        case "normal":
            pass
    return market.drain()


def _cut(ladder: Ladder, count: int) -> None:
    for key in ladder.keys[count:]:
        ladder.remove_level(key)


def _cross(market: Market, now_ns: int) -> None:
    """Rest a bid two ticks above the best offer, as if it had not been matched."""
    if market.asks.keys:
        best_offer = market.asks.keys[0]
        market.rest(market.bids, -(best_offer + 2 * market.instrument.tick_size), now_ns)


def _uncross(market: Market) -> None:
    bids, asks = market.bids, market.asks
    while bids.keys and asks.keys and -bids.keys[0] >= asks.keys[0]:
        bids.remove_level(bids.keys[0])


def with_precision(instrument: Instrument, price_precision: int, qty_precision: int) -> Instrument:
    """Return the instrument in other precisions; its market's habits keep their real size."""
    price_shift = price_precision - instrument.price_precision
    qty_shift = qty_precision - instrument.qty_precision
    return replace(
        instrument,
        price_precision=price_precision,
        qty_precision=qty_precision,
        reference=max(1, shifted(instrument.reference, price_shift)),
        typical_qty=max(1, shifted(instrument.typical_qty, qty_shift)),
        gap=max(1, shifted(instrument.gap, price_shift)),
    )


def restate(market: Market, instrument: Instrument) -> None:
    """Rewrite every resting order in the new instrument's precisions.

    With fewer decimals bids round down and asks up, so that nothing crosses, and levels that
    fall together join.
    """
    price_shift = instrument.price_precision - market.instrument.price_precision
    qty_shift = instrument.qty_precision - market.instrument.qty_precision
    market.instrument = instrument
    market.bids = _restated(market.bids, price_shift, qty_shift)
    market.asks = _restated(market.asks, price_shift, qty_shift)
    market.history.restate(price_shift, qty_shift)
    market.drain()


def _restated(old: Ladder, price_shift: int, qty_shift: int) -> Ladder:
    new = Ladder("ask" if old.sign > 0 else "bid")
    for key, order in sorted(old.orders(), key=lambda resting: resting[1].ts_ns):
        # Keys of bids are negative: rounding a key up is rounding a bid down and an ask up.
        moved = key * 10**price_shift if price_shift >= 0 else -(-key // 10**-price_shift)
        if moved:
            qty = max(1, shifted(order.qty, qty_shift))
            new.place(moved, Order(order.order_id, qty, order.ts_ns))
    return new
