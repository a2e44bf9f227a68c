"""Who judges a replica driven by hand, and the server's side of the story that drives it."""

from __future__ import annotations

from collections.abc import Iterable

from pykraken_consumer._events import Event, Gap, Joined, Missed, Quarantined
from pykraken_consumer.replica import Replica
from pykraken_consumer.wire import EntryId, parse_id

from tests.consumer.packing import Story

Entry = tuple[bytes, bytes]
ANNOUNCEMENTS = (Joined, Gap, Missed, Quarantined)


class Judge:
    """Takes a replica's events and fails on a wrong book or on a loss that nobody announced."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.bodies: list[object] = []
        self._last: EntryId | None = None
        self._is_announced = True

    def take(self, events: Iterable[Event]) -> None:
        for event in events:
            body, book = event.body, event.book
            self.bodies.append(body)
            if book.is_valid:
                bids, asks = self.story.books[b"%d-%d" % (book.epoch, book.seq)]
                assert (book.levels("bid"), book.levels("ask")) == (bids, asks), body
            if isinstance(body, ANNOUNCEMENTS):
                self._is_announced = True
                self._last = body.cursor if isinstance(body, Joined) else self._last
            elif (entry_id := getattr(body, "entry_id", None)) is not None:
                follows = self._last is not None and self._last.is_followed_by(entry_id)
                assert follows or self._is_announced, f"{body} after {self._last}"
                self._last = entry_id
                # After a gap or a bad entry little is told until the book is there again.
                self._is_announced = self._is_announced and not book.is_valid

    def of(self, kind: type) -> list[object]:
        return [body for body in self.bodies if isinstance(body, kind)]


class Source:
    """The server's side of a story: all entries, and a `.snap` of chosen ones."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.snaps: list[Entry] = []

    def snap(self) -> None:
        self.snaps.append((self.story.entries[-1][0], self.story.snapshot()))

    def settle(self, replica: Replica, judge: Judge, now: float) -> None:
        """Answer what the replica wants until it has read all that there is."""
        for _ in range(100):
            if replica.wants == "join":
                entry_id, data = self.snaps[-1] if self.snaps else (None, None)
                known = None if entry_id is None else parse_id(entry_id)
                judge.take(replica.snapshot_read(known, data, now))
            position = replica.position
            if position is None:
                continue
            rest = [entry for entry in self.story.entries if parse_id(entry[0]) > position]
            if not rest and replica.wants == "entries":
                return
            judge.take(replica.received(rest, now))
        raise AssertionError(f"it never settles: wants {replica.wants} at {replica.cursor}")
