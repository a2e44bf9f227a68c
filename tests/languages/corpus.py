"""Entries for every decoder: the vectors, and mutations of them by a seed.

    python -m tests.languages.corpus COUNT [--seed N] > FILE

Mutations are those that hostile or broken writers make: bits flipped, bytes cut, doubled, put in
from elsewhere, integers widened or made extreme, lengths that lie.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator

from tests.languages.entries import Entry, packed
from tests.spec.vectors.files import data_of, load

LONGEST = 4096
"""Longer seeds are taken as they are and not mutated."""
EXTREMES = (
    b"\xcf" + b"\xff" * 8,
    b"\xcf\x80" + bytes(7),
    b"\xd3\x80" + bytes(7),
    b"\xd3" + b"\xff" * 8,
    b"\xcb" + bytes(8),
    b"\xca" + bytes(4),
    b"\xdd\xff\xff\xff\xff",
    b"\xdd\x00\x03\x0d\x41",
    b"\xdf\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\xc9\xff\xff\xff\xff\x01",
    b"\xd4\x01\x00",
    b"\xc0",
    b"\xc1",
    b"\xc2",
    b"\xc3",
    b"\x80",
    b"\x90",
    b"\xa0",
    b"\xa1\xff",
    b"\xc4\x01a",
    b"\x00",
    b"\xff",
    b"\xb418446744073709551616",
    b"\xb418446744073709551615",
    b"\xa101",
)
"""msgpack values that readers trip over."""


def vectors() -> Iterator[Entry]:
    """Yield each valid and invalid vector's entry, alternatives too."""
    for body in load("valid") + load("invalid"):
        yield Entry(body["stream"], body["id"], data_of(body))
        for alternative in body.get("alternatives", ()):
            yield Entry(body["stream"], body["id"], bytes.fromhex(alternative))


def mutated(count: int, seed: int) -> Iterator[Entry]:
    """Yield so many mutations, the same for the same seed."""
    draw = random.Random(seed)
    seeds = [entry for entry in vectors() if len(entry.data) <= LONGEST]
    places = sorted({entry.place for entry in seeds})
    for _ in range(count):
        entry = draw.choice(seeds)
        data = bytearray(entry.data)
        for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
            _mutate(data, draw, seeds)
        place = entry.place if draw.random() < 0.9 else draw.choice(places)
        yield Entry(place, entry.id, bytes(data))


def _mutate(data: bytearray, draw: random.Random, seeds: list[Entry]) -> None:
    at = draw.randrange(len(data) + 1)
    match draw.randrange(8):
        case 0 if at < len(data):
            data[at] ^= 1 << draw.randrange(8)
        case 1 if at < len(data):
            data[at] = draw.randrange(256)
        case 2:
            del data[at : at + draw.randrange(1, 9)]
        case 3:
            data[at:at] = data[at : at + draw.randrange(1, 33)]
        case 4:
            other = draw.choice(seeds).data
            begin = draw.randrange(len(other) + 1)
            data[at:at] = other[begin : begin + draw.randrange(1, 33)]
        case 5:
            del data[at:]
        case 6:
            data[at : at + draw.randrange(10)] = draw.choice(EXTREMES)
        case _:
            data[at:at] = draw.choice(EXTREMES)


def main() -> None:
    """Write the vectors and `COUNT` mutations to stdout."""
    parser = argparse.ArgumentParser(prog="python -m tests.languages.corpus")
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for entries in (vectors(), mutated(options.count, options.seed)):
        for data in packed(entries):
            sys.stdout.buffer.write(data)


if __name__ == "__main__":
    main()
