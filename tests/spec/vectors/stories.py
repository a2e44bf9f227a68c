"""All stories: what a consumer of one stream is handed, and what it must tell and hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors import (
    story_account,
    story_books,
    story_channels,
    story_epochs,
    story_faults,
    story_market,
    story_orders,
)


def stories() -> Iterator[dict[str, Any]]:
    """Yield all stories."""
    yield from story_books.join_stories()
    yield from story_books.book_stories()
    yield from story_books.reset_stories()
    yield from story_epochs.epoch_stories()
    yield from story_epochs.silence_stories()
    yield from story_faults.gap_stories()
    yield from story_faults.bad_entry_stories()
    yield from story_faults.pointer_stories()
    yield from story_faults.bad_snapshot_stories()
    yield from story_channels.channel_stories()
    yield from story_orders.queue_stories()
    yield from story_orders.depth_stories()
    yield from story_orders.fault_stories()
    yield from story_market.last_stories()
    yield from story_market.trade_stories()
    yield from story_account.named_stories()
    yield from story_account.bad_text_stories()
