"""The invalid cases: each breaks one rule of WIRE.md and says which error of §8 follows."""

from __future__ import annotations

from collections.abc import Iterator

from tests.spec.vectors import (
    invalid_channels,
    invalid_rows,
    invalid_schema,
    invalid_shape,
    invalid_values,
)
from tests.spec.vectors.builders import InvalidCase


def invalid_cases() -> Iterator[InvalidCase]:
    """Yield all invalid cases."""
    yield from invalid_shape.size_cases()
    yield from invalid_shape.form_cases()
    yield from invalid_shape.limit_cases()
    yield from invalid_schema.missing_cases()
    yield from invalid_schema.type_cases()
    yield from invalid_schema.place_cases()
    yield from invalid_values.version_cases()
    yield from invalid_values.number_cases()
    yield from invalid_values.range_cases()
    yield from invalid_values.order_cases()
    yield from invalid_channels.channel_cases()
    yield from invalid_rows.row_cases()
    yield from invalid_rows.decimal_cases()
    yield from invalid_rows.header_cases()
    yield from invalid_rows.orders_cases()
    yield from invalid_rows.trades_cases()
