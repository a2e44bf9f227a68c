"""Durations by powers of two: nothing is lost, and each lies below its bound."""

from __future__ import annotations

from itertools import pairwise

import pytest

from publisher.histogram import HIGHEST, LOWEST, Histogram


def test_an_empty_one_has_every_bound() -> None:
    bounds = [bound for bound, below in Histogram().buckets() if below == 0]
    assert len(bounds) == HIGHEST - LOWEST + 2
    assert bounds[0] == 16384 / 1e9
    assert bounds[-1] == float("inf")
    assert all(b == 2 * a for a, b in pairwise(bounds[:-1]))


@pytest.mark.parametrize("ns", [0, 1, 16383, 16384, 16385, 10**6, (1 << 34) - 1, 1 << 34, 10**12])
def test_one_lies_below_the_first_bound_above_it(ns: int) -> None:
    histogram = Histogram()
    histogram.observe(ns)
    for bound, below in histogram.buckets():
        assert below == (ns / 1e9 < bound)
    assert (histogram.count, histogram.sum_ns) == (1, ns)


def test_a_negative_one_counts_as_none() -> None:
    histogram = Histogram()
    histogram.observe(-5)
    assert histogram.buckets()[0][1] == 1
    assert histogram.sum_ns == 0


def test_many_add_up() -> None:
    histogram = Histogram()
    for ns in range(0, 10**7, 9973):
        histogram.observe(ns)
    counts = [below for _, below in histogram.buckets()]
    assert counts == sorted(counts)
    assert counts[-1] == histogram.count == len(range(0, 10**7, 9973))
