"""Every query of alerts, their tests and the dashboard asks for what a publisher exports: metric,
label and value of a label, as the code has them. A word of these that is wrong makes no error in
Prometheus, only an alert that never fires.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from publisher.daemon import Daemon
from publisher.health.metrics import Metrics
from publisher.settings import Settings
from publisher.state import StateFolder
from tests.deploy.charts import CHART
from tests.requirements import ROOT

RULES = CHART / "files" / "pykraken.rules.yml"
DASHBOARD = CHART / "files" / "dashboard.json"
CASES = ROOT / "deploy" / "monitoring" / "alerts.test.yml"
OTHERS = ("process_resident_memory_bytes", "process_cpu_seconds_total", "up")
"""Metrics of prometheus-client and of Prometheus itself."""
SCRAPED = {"job", "instance"}
"""Labels that Prometheus gives to whatever it scrapes."""
SELECTOR = re.compile(r"\b(pykraken_\w+|process_\w+|up\b(?=\{))(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
GROUPING = re.compile(r"\b(by|on|group_left|without|ignoring)\s*\(([^)]*)\)")
STRING = r'("(?:[^"\\]|\\.)*")'
Exported = dict[str, dict[str, set[str]]]
"""The values of each label of each series."""


class Query(NamedTuple):
    """A query, and what is written with the labels of its result."""

    expression: str
    told: str = ""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """What a publisher that has not begun exports: each value that the code knows, at 0."""
    found: Exported = {name: {} for name in OTHERS}
    settings = Settings(symbols=("BTC/USD",), feed="f")
    state = StateFolder(tmp_path_factory.mktemp("state"))
    with contextlib.closing(Daemon(settings, "redis://127.0.0.1:1", state)) as daemon:
        for family in Metrics(daemon.vitals()).collect():
            for sample in family.samples:
                labels = found.setdefault(sample.name, defaultdict(set))
                for name, value in sample.labels.items():
                    labels[name].add(value)
    return found


def of_rules() -> Iterator[Query]:
    """Yield each alert's expression with its summary."""
    pattern = rf"expr: {STRING}\n(?:.*\n)*?.*summary: {STRING}\n"
    for expression, summary in re.findall(pattern, RULES.read_text()):
        yield Query(json.loads(expression), json.loads(summary))


def of_cases() -> Iterator[Query]:
    """Yield the series that the tests of alerts make up."""
    for series in re.findall(rf"series: {STRING}", CASES.read_text()):
        yield Query(json.loads(series))


def of_dashboard() -> Iterator[Query]:
    """Yield every query of the dashboard, its variables' and annotations' among them."""

    def walk(node: Any) -> Iterator[Query]:
        if isinstance(node, dict):
            for key in node.keys() & {"expr", "query", "definition"}:
                if isinstance(node[key], str):
                    yield Query(node[key], node.get("legendFormat", ""))
            node = list(node.values())
        if isinstance(node, list):
            for value in node:
                yield from walk(value)

    yield from walk(json.loads(DASHBOARD.read_text()))


def faults(query: Query, exported: Exported) -> Iterator[str]:
    """Yield what a query names that is not there."""
    known = set(SCRAPED)
    for metric, body in SELECTOR.findall(query.expression):
        if metric not in exported:
            yield f"no metric {metric}"
            continue
        known |= exported[metric].keys()
        assert not MATCHER.sub("", body).strip(", "), f"not understood: {body}"
        for label, how, value in MATCHER.findall(body):
            yield from faults_of(metric, exported[metric], label, value.split("|"), how)
    groups = [(word, set(re.findall(r"\w+", names)))
              for word, names in GROUPING.findall(query.expression)]  # fmt: skip
    for word, names in groups:
        yield from (f"{word} ({name})" for name in sorted(names - known))
    if values := re.search(r"^label_values\(.*, (\w+)\)$", query.expression):
        yield from (f"label_values {name}" for name in {values[1]} - known)
    kept = set().union(*(names for word, names in groups if word == "by")) or known
    told = set(re.findall(r"\{\{ *(?:\$labels\.)?(\w+) *\}\}", query.told))
    yield from (f"told: {name}" for name in sorted(told - kept))


def faults_of(
    metric: str, labels: dict[str, set[str]], label: str, values: list[str], how: str
) -> Iterator[str]:
    """Yield what is wrong with one matcher. Values are judged where the code bounds them: not an
    address, what an `_info` tells, a bucket's bound, or a variable of the dashboard.
    """
    if label in SCRAPED:
        return
    if label not in labels:
        yield f"{metric} has no label {label}"
    elif not metric.endswith("_info") and label != "le" and not values[0].startswith("$"):
        for value in sorted(set(values) - labels[label]):
            yield f"{metric}: no {label}{how}{value}, only {sorted(labels[label])}"


@pytest.mark.parametrize(
    ("path", "queries", "least"),
    [(RULES, of_rules, 30), (CASES, of_cases, 60), (DASHBOARD, of_dashboard, 25)],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_every_query_asks_for_what_is_exported(
    path: Path, queries: Any, least: int, exported: Exported
) -> None:
    asked = list(queries())
    assert len(asked) > least
    if path is RULES:
        assert len(asked) == path.read_text().count("- alert: ")
    wrong = {query.expression: list(faults(query, exported)) for query in asked}
    assert {expression: found for expression, found in wrong.items() if found} == {}


@pytest.mark.parametrize(
    ("expression", "told", "fault"),
    [
        ("pykraken_book_failure_total > 5", "", "no metric pykraken_book_failure_total"),
        ('pykraken_appends_total{outcome="ok"}', "", "has no label outcome"),
        ('pykraken_appends_total{result="fence"}', "", "no result=fence, only"),
        ('pykraken_book_failures_total{reason=~"checksum|sequense"}', "", "no reason=~sequense"),
        ("sum by (instance, kind) (pykraken_gaps_total)", "", "by (kind)"),
        ("pykraken_ready * on (jab) group_left (feed) pykraken_feed_info", "", "on (jab)"),
        ("label_values(pykraken_feed_info, fed)", "", "label_values fed"),
        ("pykraken_gaps_total", "{{ $labels.reason }}", "told: reason"),
        ("sum by (job) (pykraken_ready)", "{{instance}}", "told: instance"),
    ],
)
def test_a_wrong_word_is_found(expression: str, told: str, fault: str, exported: Exported) -> None:
    (found,) = faults(Query(expression, told), exported)
    assert fault in found
