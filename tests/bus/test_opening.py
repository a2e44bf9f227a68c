"""The entries that open an epoch: which number it has, what they name, what goes to `.snap` alone.

Numbers are reckoned by hand from WIRE.md 3.1, 4.3, 4.4 and 4.9.
"""

from __future__ import annotations

import msgpack
import pytest

from publisher import wire
from publisher.bus import opening
from publisher.bus.keys import status_keys, stream_keys
from publisher.bus.ring import Ring, RingBudget
from publisher.bus.stream import Stream
from tests.bus.desk import MS, A, plan, snapshot

SPREAD = 1024
"""How many residues the writers of a feed are spread over."""


def stream(last_id: str = "0-0", *, symbol: str = A, epoch: int = 0) -> Stream:
    """Return a stream found with this last id, whose latest own epoch is `epoch`."""
    keys = stream_keys("t", symbol, "book.10") if symbol else status_keys("t", "f")
    fresh = Stream(symbol, keys, Ring(RingBudget(1 << 20), 60.0))
    fresh.inspect("start")
    fresh.epoch = epoch
    fresh.inspected_as(last_id)
    return fresh


# Epochs


@pytest.mark.parametrize("writer", [0, 1, 513, 1023, 1 << 40, (1 << 64) - 1])
@pytest.mark.parametrize(
    ("last_id", "own", "least"),
    [
        ("0-0", 0, MS),
        (f"{MS - 1}-900", MS - 5, MS),
        (f"{MS}-3", 0, MS + 71),
        (f"{MS + 70}-3", 0, MS + 71),
        (f"{MS + 5000}-3", 0, MS + 5001),
        (f"{MS - 9}-3", MS + 6000, MS + 6001),
    ],
    ids=["new", "older", "same, the clock counts", "as the clock", "ahead", "own ahead"],
)
def test_an_epoch_is_the_least_above_all_seen_in_the_writers_residue(
    last_id: str, own: int, least: int, writer: int
) -> None:
    """The leader's number where nothing is above it; else above the stream, our own, the clock."""
    found = opening.next_epoch(stream(last_id, epoch=own), MS, MS + 70, writer)
    fitting = [
        number for number in range(least, least + SPREAD) if number % SPREAD == writer % SPREAD
    ]
    assert [found] == fitting


def test_a_stream_that_comes_back_begins_above_what_it_was_before() -> None:
    """Even when a failover has taken its former life back: readers may still hold entries of it."""
    fresh = stream()
    fresh.past = MS
    assert opening.next_epoch(fresh, MS, MS - 70, 0) == MS + SPREAD
    assert opening.next_epoch(fresh, MS + 1, MS - 70, 0) == MS + SPREAD


def test_two_writers_that_reckon_from_the_same_never_meet() -> None:
    taken = {opening.next_epoch(stream(), MS, MS, writer) for writer in range(SPREAD)}
    assert len(taken) == SPREAD


# The epoch event


def test_a_first_epoch_names_nothing_before_it() -> None:
    event = opening.epoch_event(stream(), snapshot(A), "f", 77)
    told = msgpack.unpackb(wire.encode(event, 5))
    assert told == {
        "t": "epoch", "te": 0, "tr": 0, "tp": 5, "f": 0, "v": 1, "why": "start", "fd": "f", "w": 77,
        "ch": "book", "y": A, "d": 10, "pp": 1, "qp": 8,
    }  # fmt: skip


def test_an_epoch_names_the_streams_last_entry() -> None:
    told = msgpack.unpackb(
        wire.encode(opening.epoch_event(stream("70-12"), snapshot(A), "f", 1), 5)
    )
    assert (told["pe"], told["ps"]) == (70, 12)
    assert "mf" not in told
    assert "ml" not in told


def test_an_epoch_after_an_overrun_names_what_nobody_has_read() -> None:
    """Seqs 2 to 4 were never confirmed, yet 2 arrived: 3 and 4 are missed."""
    lost = stream()
    lost.begin(70, [b"epoch", b"snapshot"], 0.0)
    lost.fresh += [b"a", b"b", b"c"]
    lost.settle(0.0)
    lost.overrun()
    lost.inspected_as("70-2")
    event = opening.epoch_event(lost, snapshot(A), "f", 1)
    assert (event.reason, event.prev_epoch, event.prev_seq) == ("overrun", 70, 2)
    assert (event.missed_first, event.missed_last) == (3, 4)


def test_a_status_streams_epoch_says_nothing_of_a_book() -> None:
    told = msgpack.unpackb(wire.encode(opening.epoch_event(stream(symbol=""), None, "f", 1), 5))
    assert told.keys() == {"t", "te", "tr", "tp", "f", "v", "why", "fd", "w"}


# Snapshots and the catalogue


def of_bytes(size: int) -> wire.Snapshot:
    """Return a snapshot whose encoding has just so many bytes: a long symbol fills it up."""
    bare = len(wire.encode(snapshot("x" * 1000), 5))
    return snapshot("x" * (1000 + size - bare))


def test_a_snapshot_of_sixteen_kibibytes_stands_in_the_stream_itself() -> None:
    event = of_bytes(16 * 1024)
    entry = opening.with_body(event, 5)
    assert entry.payload == entry.body == wire.encode(event, 5)
    assert len(entry.payload) == 16 * 1024


def test_a_longer_one_is_a_pointer_to_its_body() -> None:
    event = of_bytes(16 * 1024 + 1)
    entry = opening.with_body(event, 5)
    assert entry.body == wire.encode(event, 5)
    pointer = msgpack.unpackb(entry.payload)
    whole = msgpack.unpackb(entry.body)
    assert pointer.pop("ptr") == 1
    assert pointer == {key: value for key, value in whole.items() if key not in "ba"}


def test_the_catalogue_says_what_a_reader_needs_to_choose() -> None:
    opened = stream(epoch=MS)
    name, row = opening.row_of(opened, snapshot(A), plan(line="b"))
    assert name == opened.keys.stream
    assert msgpack.unpackb(row) == {
        "v": 1, "fd": "f", "ch": "book", "y": A, "d": 10, "pp": 1, "qp": 8, "l": "b", "ep": MS,
    }  # fmt: skip
