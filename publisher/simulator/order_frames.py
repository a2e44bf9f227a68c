"""The text of the level3 messages: every order with its own padded numbers and nanoseconds.

protocol.md 2.2 and 6.1. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from publisher.simulator.frames import decimal, nanosecond_timestamp
from publisher.simulator.ids import venue_id
from publisher.simulator.ladder import Ladder
from publisher.simulator.market import Market
from publisher.simulator.queues import OrderEvent


def snapshot(market: Market, depth: int, seed: int, now_ns: int) -> str:
    """Return every order of the best `depth` levels, best level first, in queue order."""
    item = market.instrument
    return (
        f'{{"channel":"level3","type":"snapshot","data":[{{"symbol":"{item.symbol}",'
        f'"checksum":{checksum(market)},"timestamp":"{nanosecond_timestamp(now_ns)}",'
        f'"bids":[{_resting(market, market.bids, depth, seed)}],'
        f'"asks":[{_resting(market, market.asks, depth, seed)}]}}]}}'
    )


def update(
    market: Market,
    *,
    bids: Iterable[OrderEvent],
    asks: Iterable[OrderEvent],
    seed: int,
    now_ns: int,
) -> str:
    """Return the events of one move; deletes carry the time of the message."""
    item = market.instrument
    return (
        f'{{"channel":"level3","type":"update","data":[{{"checksum":{checksum(market)},'
        f'"symbol":"{item.symbol}","timestamp":"{nanosecond_timestamp(now_ns)}",'
        f'"bids":[{_events(market, bids, seed, now_ns)}],'
        f'"asks":[{_events(market, asks, seed, now_ns)}]}}]}}'
    )


def checksum(market: Market) -> int:
    """Return the CRC-32 of every order of the best ten levels, asks first (6.3)."""
    return crc32((market.asks.queue_text() + market.bids.queue_text()).encode("ascii"))


def order_name(symbol: str, order: int, seed: int) -> str:
    """Return the order's id on the wire."""
    return venue_id("O", f"{seed}/{symbol}/{order}")


def _resting(market: Market, ladder: Ladder, depth: int, seed: int) -> str:
    return ",".join([
        f"{{{_order(market, order.order_id, abs(key), order.qty, seed)},"
        f'"timestamp":"{nanosecond_timestamp(order.ts_ns)}"}}'
        for key in ladder.keys[:depth]
        for order in ladder.queues[key].values()
    ])  # fmt: skip


def _events(market: Market, events: Iterable[OrderEvent], seed: int, now_ns: int) -> str:
    return ",".join([
        f'{{"event":"{event.kind}",{_order(market, event.order, event.price, event.qty, seed)},'
        f'"timestamp":"{nanosecond_timestamp(now_ns if event.ts_ns is None else event.ts_ns)}"}}'
        for event in events
    ])  # fmt: skip


def _order(market: Market, order: int, price: int, qty: int, seed: int) -> str:
    item = market.instrument
    return (
        f'"order_id":"{order_name(item.symbol, order, seed)}",'
        f'"limit_price":{decimal(price, item.price_precision)},'
        f'"order_qty":{decimal(qty, item.qty_precision)}'
    )
