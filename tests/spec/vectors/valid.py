"""All valid cases: each shows one fact of WIRE.md and says which clause states it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.spec.vectors import (
    valid_account,
    valid_books,
    valid_channels,
    valid_life,
    valid_market,
    valid_orders,
    valid_values,
)
from tests.spec.vectors.builders import ValidCase


def valid_cases() -> Iterator[ValidCase]:
    """Yield all valid cases."""
    yield from valid_values.entry_cases()
    yield from valid_values.number_cases()
    yield from valid_values.text_cases()
    yield from valid_values.map_cases()
    yield from valid_books.update_cases()
    yield from valid_books.snapshot_cases()
    yield from valid_books.kraken_cases()
    yield from valid_life.stream_life_cases()
    yield from valid_life.status_cases()
    yield from valid_channels.channel_cases()
    yield from valid_orders.orders_cases()
    yield from valid_orders.order_snapshot_cases()
    yield from valid_orders.top_cases()
    yield from valid_market.ticker_cases()
    yield from valid_market.trade_cases()
    yield from valid_market.candle_cases()
    yield from valid_market.instrument_cases()
    yield from valid_account.execution_cases()
    yield from valid_account.balance_cases()
