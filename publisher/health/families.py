"""Metrics in Prometheus' words: a name after `pykraken_`, a sentence, a value or several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)

from publisher.histogram import Histogram


def gauge(name: str, text: str, value: float) -> Metric:
    """Return a value that rises and falls."""
    return GaugeMetricFamily(f"pykraken_{name}", text, value=value)


def gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    """Return such a value for each value of a label."""
    family = GaugeMetricFamily(f"pykraken_{name}", text, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def counter(name: str, text: str, value: float) -> Metric:
    """Return a value that only grows; `_total` is added to its name."""
    return CounterMetricFamily(f"pykraken_{name}", text, value=value)


def counters(
    name: str, text: str, label: str, counts: Mapping[str, float], known: Iterable[str] = ()
) -> Metric:
    """Return such a value for each value of a label, 0 for those `known` that did not occur."""
    family = CounterMetricFamily(f"pykraken_{name}", text, labels=[label])
    for value, count in {**dict.fromkeys(known, 0), **counts}.items():
        family.add_metric([value], count)
    return family


def info(name: str, text: str, **labels: str) -> Metric:
    """Return a metric that is 1 and tells by its labels; `_info` is added to its name."""
    return InfoMetricFamily(f"pykraken_{name}", text, value=labels)


def summary(name: str, text: str, count: int, total: float) -> Metric:
    """Return how often something was measured, and the sum."""
    return SummaryMetricFamily(f"pykraken_{name}", text, count_value=count, sum_value=total)


def histogram(name: str, text: str, measured: Histogram) -> Metric:
    """Return one histogram, in seconds."""
    buckets = _buckets(measured)
    return HistogramMetricFamily(
        f"pykraken_{name}", text, buckets=buckets, sum_value=measured.sum_ns / 1e9
    )


def histograms(name: str, text: str, label: str, measured: Mapping[str, Histogram]) -> Metric:
    """Return one for each value of a label."""
    family = HistogramMetricFamily(f"pykraken_{name}", text, labels=[label])
    for value, each in measured.items():
        family.add_metric([value], _buckets(each), each.sum_ns / 1e9)
    return family


def _buckets(measured: Histogram) -> list[tuple[str, float]]:
    return [
        ("+Inf" if bound == float("inf") else str(bound), float(below))
        for bound, below in measured.buckets()
    ]
