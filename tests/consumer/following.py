"""What tests of both clients share: a written story, and events taken up to a point."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pykraken_consumer import Event

from tests.consumer.packing import STREAM, Story, Writer, checksum
from tests.servers import RedisServer


def until(events: Iterator[Event], is_last: Callable[[Event], bool]) -> list[Event]:
    """Take events up to the first that `is_last`, judging every valid book on the way."""
    taken = []
    for event in events:
        if event.book.is_valid:
            bids, asks = event.book.levels("bid"), event.book.levels("ask")
            assert event.book.checksum() == checksum([*bids], [*asks])
        taken.append(event)
        if is_last(event):
            return taken
    raise AssertionError("the iterator ended")


def at(story: Story) -> Callable[[Event], bool]:
    """True for the event that brings the book to the story's end."""
    return lambda event: event.book.is_valid and event.book.seq == story.seq


def written(server: RedisServer, story: Story, stream: str = STREAM) -> Writer:
    writer = Writer(server.client(), stream)
    writer.entries(story)
    writer.snapshot(story)
    return writer
