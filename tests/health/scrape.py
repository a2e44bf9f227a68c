"""A plain HTTP client of the health endpoint."""

from __future__ import annotations

import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from tests.canaries import SEEN

Samples = dict[tuple[str, ...], float]
"""Values by name and label values, in the labels' alphabetical order."""


def get(url: str) -> tuple[int, str]:
    """Return status and text."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            status, text = error.code, error.read().decode()
    SEEN.look("answers of the health endpoint", text, url)
    return status, text


def scrape(url: str) -> Samples:
    """Return the samples of `/metrics`, read by Prometheus' own parser."""
    status, text = get(f"{url}/metrics")
    assert status == 200, text
    return samples_of(text)


def samples_of(text: str) -> Samples:
    """Return the samples of a text in Prometheus' format."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
