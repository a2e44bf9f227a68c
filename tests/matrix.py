"""The fault matrix's side of the tests: which row a test shows, and what was seen, into a file.

A test says `@pytest.mark.row("R6")`. With `pytest --matrix FILE` the results of all such tests are
written there as JSON, a list of

    {"rows": ["R6"], "test": "tests/...::test_...", "outcome": "passed", "fault": "...",
     "count": 1, "observed": "...", "metric": "...", "moved": ["pykraken_..."]}

`moved` are the metrics of publishers that moved meanwhile (moved.py), `metric` those that a test
without a publisher names itself. The fault is the first sentence of the test's docstring unless the
fixture `matrix_row` says more. Works under pytest-xdist: what a worker saw travels with its
reports.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.moved import Recorder, Recording

PROPERTY = "matrix"


class MatrixRow:
    """What one test injected and saw."""

    def __init__(self, rows: list[str], fault: str) -> None:
        self.seen: dict[str, Any] = {
            "rows": rows, "fault": fault, "count": 1, "observed": "", "metric": "", "moved": [],
        }  # fmt: skip

    def saw(
        self, observed: str = "", *, count: int = 1, fault: str | None = None, metric: str = ""
    ) -> None:
        """Write down what was observed, if more than the docstring says, after how many injections
        of each fault, and which metric moved.
        """
        self.seen |= {"observed": observed, "count": count, "metric": metric}
        if fault is not None:
            self.seen["fault"] = fault


def _rows(item: pytest.Item) -> list[str]:
    return [str(row) for mark in item.iter_markers("row") for row in mark.args]


def _first_sentence(item: pytest.Item) -> str:
    text = " ".join((getattr(getattr(item, "function", None), "__doc__", "") or "").split())
    return text.split(". ", 1)[0].rstrip(".") or item.name


@pytest.fixture
def matrix_row(request: pytest.FixtureRequest) -> MatrixRow:
    """Where a test with the mark `row` says what it saw."""
    noted = dict(request.node.user_properties).get(PROPERTY)
    assert noted is not None, "the test needs the mark: @pytest.mark.row('R6')"
    row = MatrixRow([], "")
    row.seen = noted
    return row


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give each marked test its line, whether it says more or not."""
    if rows := _rows(item):
        item.user_properties.append((PROPERTY, MatrixRow(rows, _first_sentence(item)).seen))
        Recording.current = Recorder()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Write down which metrics moved, before the test's report is made of it."""
    noted = dict(item.user_properties).get(PROPERTY)
    if call.when == "call" and noted is not None and Recording.current is not None:
        noted["moved"] = Recording.current.end()
    if call.when == "teardown":
        Recording.current = None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--matrix`."""
    parser.addoption("--matrix", metavar="FILE", help="write what the fault matrix's tests saw")


class _Collector:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        noted = dict(report.user_properties).get(PROPERTY)
        if noted is None or (report.when != "call" and report.passed):
            return
        self._lines[report.nodeid] = {"test": report.nodeid, "outcome": report.outcome, **noted}

    def pytest_sessionfinish(self) -> None:
        lines = [self._lines[name] for name in sorted(self._lines)]
        self._path.write_text(json.dumps(lines, indent=1, ensure_ascii=False) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    """Collect in the process that speaks to the terminal; workers only report."""
    path = config.getoption("--matrix")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Collector(Path(path)), "matrix-collector")
