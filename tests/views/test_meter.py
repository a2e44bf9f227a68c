"""Rates and latencies, from times handed in."""

from __future__ import annotations

import pytest

from publisher.views.meter import Hop, Meter, Stamps

SECOND = 1_000_000_000
MS = 1_000_000


def observe(meter: Meter, at: int, event: int = 0, recv: int = 0, pub: int = 0) -> None:
    meter.observe(Stamps(event, recv, pub, at))


def test_nothing_seen_is_no_rate_and_no_latency() -> None:
    meter = Meter()
    assert meter.per_second(SECOND) == 0
    assert meter.hops(SECOND) == []


def test_the_rate_is_over_three_seconds_or_since_the_first_event() -> None:
    meter = Meter()
    for tick in range(100):
        observe(meter, 10 * SECOND + tick * 10 * MS)
    assert meter.per_second(11 * SECOND) == pytest.approx(100)
    assert meter.per_second(13 * SECOND) == pytest.approx(100 / 3)
    assert meter.per_second(20 * SECOND) == 0


def test_a_burst_beyond_the_bound_keeps_its_rate() -> None:
    meter = Meter()
    for tick in range(10_000):
        observe(meter, 10 * SECOND + tick * MS // 10)
    assert meter.per_second(11 * SECOND) == pytest.approx(10_000, rel=0.01)


def test_each_hop_has_its_median_and_its_worst_of_a_hundred() -> None:
    meter = Meter()
    for tick in range(1, 102):
        observe(meter, 9 * MS + tick, event=MS, recv=3 * MS, pub=3 * MS + tick * 1000)
    assert meter.hops(10 * MS) == [
        Hop("event→recv", 2 * MS, 2 * MS),
        Hop("recv→pub", 51_000, 100_000),
        Hop("pub→here", 6 * MS - 51_000 + 51, 6 * MS - 2_000 + 2),
    ]


def test_without_a_venue_stamp_that_hop_is_left_out() -> None:
    meter = Meter()
    observe(meter, 3, recv=1, pub=2)
    assert [hop.name for hop in meter.hops(4)] == ["recv→pub", "pub→here"]
