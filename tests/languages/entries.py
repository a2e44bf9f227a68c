"""Entries in a file, as consumers/spec/CONFORMANCE.md lays them out for `decode` and `rebuild`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple


class Entry(NamedTuple):
    """Where the entry lies, its id, and its field `d`."""

    place: str
    id: str
    data: bytes


def packed(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Return the bytes of each entry."""
    for place, entry_id, data in entries:
        yield b"".join(
            (
                len(place).to_bytes(1, "big"),
                place.encode(),
                len(entry_id).to_bytes(1, "big"),
                entry_id.encode(),
                len(data).to_bytes(4, "big"),
                data,
            )
        )


def read_entries(file: IO[bytes]) -> Iterator[Entry]:
    """Give the entries of a file one after the other. Raise EOFError where one is cut."""
    while length := file.read(1):
        place = _exactly(file, length[0]).decode()
        entry_id = _exactly(file, _exactly(file, 1)[0]).decode()
        yield Entry(place, entry_id, _exactly(file, int.from_bytes(_exactly(file, 4), "big")))


def _exactly(file: IO[bytes], count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise EOFError(f"an entry is cut: {count} bytes were due")
    return data
