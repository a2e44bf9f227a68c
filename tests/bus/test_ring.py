"""The ring: consecutive seqs, bounded in seconds and, over all rings together, in bytes."""

from __future__ import annotations

from publisher.bus.ring import OVERHEAD_BYTES, Entry, Ring, RingBudget

PLENTY = 1 << 30


def filled(ring: Ring, count: int, now: float = 0.0, size: int = 10) -> None:
    for number in range(count):
        ring.extend([b"%0*d" % (size, number)], now)


def test_entries_have_consecutive_seqs() -> None:
    ring = Ring(RingBudget(PLENTY), 60)
    ring.restart(5)
    ring.extend([b"a", b"b"], 0.0)
    ring.extend([b"c"], 1.0)
    assert (ring.first, ring.end) == (5, 8)
    assert ring.slice(5, 8) == [b"a", b"b", b"c"]
    assert ring.slice(7, 8) == [b"c"]
    assert ring.slice(5, 6) == [b"a"]
    assert ring.slice(6, 6) == []


def test_every_slice_is_what_a_list_would_give() -> None:
    ring = Ring(RingBudget(PLENTY), 60)
    everything: list[bytes | Entry] = [b"%d" % number for number in range(12)]
    ring.restart(100)
    ring.extend(list(everything), 0.0)
    for start in range(13):
        for stop in range(start, 13):
            assert ring.slice(100 + start, 100 + stop) == everything[start:stop]


def test_old_entries_go_by_time() -> None:
    ring = Ring(RingBudget(PLENTY), 10)
    for second in range(30):
        filled(ring, 5, float(second))
    assert 10 <= ring.cover_s(29.0) <= 11
    assert ring.end == 150
    assert 150 - 12 * 5 <= ring.first <= 150 - 10 * 5


def test_what_is_too_much_goes_from_the_oldest() -> None:
    budget = RingBudget(10 * (10 + OVERHEAD_BYTES))
    ring = Ring(budget, 60)
    filled(ring, 25)
    assert (ring.first, ring.end) == (15, 25)
    assert budget.used <= budget.limit


def test_who_adds_pays() -> None:
    budget = RingBudget(20 * (10 + OVERHEAD_BYTES))
    quiet, busy = Ring(budget, 60), Ring(budget, 60)
    filled(quiet, 5)
    filled(busy, 100)
    assert (quiet.first, quiet.end) == (0, 5)
    assert busy.end - busy.first == 15


def test_the_newest_entry_always_stays() -> None:
    ring = Ring(RingBudget(10), 60)
    filled(ring, 3, size=1000)
    assert (ring.first, ring.end) == (2, 3)


def test_snapshots_count_with_their_bodies_and_all_is_given_back() -> None:
    budget = RingBudget(PLENTY)
    ring = Ring(budget, 60)
    ring.extend([Entry(b"p" * 10, b"b" * 1000), b"x"], 0.0)
    assert budget.used >= 1011
    ring.restart(0)
    assert budget.used == 0
    assert (ring.first, ring.end, ring.cover_s(5.0)) == (0, 0, 0.0)


def test_the_cover_is_of_what_is_still_there() -> None:
    """Bytes may give out before seconds do: then the ring reaches back less far than it began."""
    ring = Ring(RingBudget(20 * (10 + OVERHEAD_BYTES)), 60)
    for second in range(30):
        filled(ring, 5, float(second))
    assert (ring.first, ring.end) == (130, 150)
    assert ring.cover_s(29.5) == 29.5 - 26
    filled(ring, 40, 29.6)
    assert ring.cover_s(29.7) <= 0.25


def test_seconds_drop_nothing_that_bytes_have_dropped_already() -> None:
    """Seqs must never go backwards: once they did, and wrong bytes landed under right ids."""
    ring = Ring(RingBudget(20 * (10 + OVERHEAD_BYTES)), 1.0)
    expected = 0
    for step in range(60):
        filled(ring, 5, step * 0.3)
        expected += 5
        assert ring.end == expected
        assert ring.first >= expected - 20
        newest = ring.slice(ring.end - 1, ring.end)
        assert newest == [b"%010d" % 4]
