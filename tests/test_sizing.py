"""The arithmetic of sizes: monotone where the world is, and right at the measured points."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import sizing
from publisher.sizing import Wish, size

WISH = Wish(
    symbols=100, depth=10, rate=1000.0, retention_s=60.0, snapshot_interval_s=5.0,
    ring_bytes=16 * sizing.MIB, readers=2, standbys=1,
)  # fmt: skip


def test_a_measured_point_is_what_was_measured() -> None:
    for points in (sizing.PUBLISHER_CORES, sizing.REDIS_CORES):
        for rate, cores in points:
            assert sizing.cores(points, rate) == pytest.approx(cores)


def test_between_two_points_and_beyond_lies_a_line() -> None:
    points = ((100.0, 0.1), (200.0, 0.3), (300.0, 0.4))
    assert sizing.cores(points, 150) == pytest.approx(0.2)
    assert sizing.cores(points, 500) == pytest.approx(0.6)
    assert sizing.cores(points, 0) == pytest.approx(0.1)


@given(
    field=st.sampled_from(["symbols", "rate", "retention_s", "readers", "depth"]),
    factor=st.integers(2, 50),
    symbols=st.integers(1, 2000),
    rate=st.floats(1, 200_000),
)
def test_more_never_needs_less(field: str, factor: int, symbols: int, rate: float) -> None:
    wish = WISH._replace(symbols=symbols, rate=rate)
    less = size(wish)
    more = size(wish._replace(**{field: getattr(wish, field) * factor}))
    assert more.redis_mb >= less.redis_mb * 0.999
    assert more.redis_in_bytes_s >= less.redis_in_bytes_s * 0.999
    if field != "symbols":  # more of them may be shared by more feeds
        assert more.redis_cores >= less.redis_cores * 0.999
        assert more.feeds >= less.feeds


def test_nothing_is_busier_than_it_may_be() -> None:
    needed = size(WISH._replace(rate=200_000.0, symbols=1450, readers=20))
    assert needed.publisher_cores <= sizing.BUSY
    assert needed.feeds > 1
    assert needed.redis_cores / needed.redis_servers <= sizing.BUSY
    assert needed.redis_servers > 1


def test_one_feed_and_one_server_carry_every_pair_on_a_calm_day() -> None:
    needed = size(WISH._replace(symbols=1450, rate=sizing.usual_rate(1450)))
    assert (needed.feeds, needed.redis_servers) == (1, 1)


def test_the_ring_costs_no_more_than_its_limit() -> None:
    small, large = (size(WISH._replace(rate=rate)).publisher_mb for rate in (100.0, 15_000.0))
    assert large - small <= WISH.ring_bytes / sizing.MB


def test_a_limit_has_headroom_and_is_a_round_number() -> None:
    assert sizing.megabytes(60.0) == 128
    assert sizing.megabytes(100.0) == 192
