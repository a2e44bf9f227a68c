"""The names of entries (WIRE §3.1)."""

from __future__ import annotations

from typing import NamedTuple


class EntryId(NamedTuple):
    """An entry's id, totally ordered (WIRE §3.1). Prints as Redis writes it."""

    epoch: int
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"

    def is_followed_by(self, other: EntryId) -> bool:
        """True when nothing can lie between: the next seq, or the first of a later epoch."""
        if other.epoch == self.epoch:
            return other.seq == self.seq + 1
        return other.epoch > self.epoch and other.seq == 0


def parse_id(text: str | bytes) -> EntryId:
    """Return the id that Redis wrote as `<epoch>-<seq>`."""
    epoch, _, seq = (text.decode() if isinstance(text, bytes) else text).partition("-")
    return EntryId(int(epoch), int(seq))
