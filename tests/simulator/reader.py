"""A client that follows books with the naive model and notes what fails."""

from __future__ import annotations

import json

from tests.model import BookFrame, ModelBook, book_frames
from tests.simulator.program import Program, is_book


class Reader:
    """A subscribed client with one naive book per symbol."""

    def __init__(self, program: Program, *symbols: str, depth: int = 10) -> None:
        self.client = program.client()
        self.depth = depth
        self.books: dict[str, ModelBook] = {}
        self._looked_at = 0
        self.client.subscribe(*symbols, depth=depth)
        for _ in symbols:
            self.take("snapshot")

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.__exit__(None, None, None)

    def take(self, kind: str = "") -> tuple[BookFrame, bool]:
        """Return the next book frame and whether its checksum verified."""
        self.client.until(lambda frame: is_book(frame, kind))
        return self._follow()[-1]

    def _follow(self) -> list[tuple[BookFrame, bool]]:
        """Apply every book frame received since the last call, in order."""
        texts = self.client.texts[self._looked_at :]
        self._looked_at = len(self.client.texts)
        followed = []
        for frame in book_frames(text for text in map(_text, texts) if "channel" in text):
            book = self.books.setdefault(frame.symbol, ModelBook(self.depth))
            (book.snapshot if frame.kind == "snapshot" else book.update)(frame.bids, frame.asks)
            followed.append((frame, book.checksum() == frame.checksum))
        return followed

    def catch_up(self) -> list[bool]:
        """Return the verdicts on all that was sent before now: a pong comes behind it."""
        self.client.send("ping", req_id=424242)
        self.client.until(lambda frame: frame.get("req_id") == 424242)
        return [is_right for _, is_right in self._follow()]

    def verdicts(self, count: int) -> list[bool]:
        """Return whether each of the next frames verified."""
        return [self.take()[1] for _ in range(count)]


def _text(received: str | bytes) -> str:
    """Return a frame's JSON text; an empty object for what is no JSON."""
    try:
        json.loads(received)
    except ValueError:
        return "{}"
    return received if isinstance(received, str) else received.decode()
