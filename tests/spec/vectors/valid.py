"""All valid cases: each shows one fact of WIRE.md and says which clause states it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.spec.vectors import valid_books, valid_life, valid_values
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
