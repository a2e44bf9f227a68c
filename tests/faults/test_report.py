"""The report of the fault matrix says what there is, and every row is shown or explained."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import report
from tests.faults.rows import METRICS, ROWS, UNSHOWN, WITHOUT_METRIC
from tests.health import metrics_page
from tests.moved import Watch, has_moved
from tests.requirements import ROOT


def marked() -> Iterator[tuple[str, str]]:
    """Yield (row, test) for each mark in the tests' source."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                name = f"{path.relative_to(ROOT / 'tests').with_suffix('')} {node.name}"
                for mark in node.decorator_list:
                    for row in rows_of(mark):
                        yield row, name


def rows_of(mark: ast.expr) -> list[str]:
    """Return the ids of `pytest.mark.row(...)`, also of one inside a parameter's marks."""
    return [
        str(argument.value)
        for call in ast.walk(mark)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "row"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    ]


def reported() -> set[tuple[str, str]]:
    """Return (row, test) as the page has them, without parameters."""
    found: set[tuple[str, str]] = set()
    for line in report.REPORT.read_text(encoding="utf-8").splitlines():
        match = re.match(r"\| ([XRPC]\d+) \| [^|]* \| ([^|]*?) \|", line)
        if match is not None and not match[2].startswith("none: "):
            found.add((match[1], match[2].split("[")[0]))
    return found


def test_every_row_is_shown_or_explained() -> None:
    shown = {row for row, _ in marked()}
    assert shown <= ROWS.keys(), "a mark names a row that there is not"
    assert ROWS.keys() - shown == UNSHOWN.keys()


def test_the_report_is_of_these_tests() -> None:
    assert reported() == set(marked()), "stale: run `make matrix` and commit the report"


LINE = {
    "rows": ["X1"], "test": "tests/a/test_b.py::test_c[1]", "outcome": "passed",
    "count": 3, "observed": "a|b", "fault": "", "metric": "",
    "moved": ['pykraken_feed_disconnects_total{reason="lost"}', "pykraken_books_live"],
}  # fmt: skip


def test_a_line_of_the_report() -> None:
    page = report.report([LINE])
    told = '`feed_disconnects_total{reason="lost"}`'
    assert f"| X1 | {ROWS['X1']} | a/test_b test_c[1] | 3 | a\\|b | {told} |" in page


def test_a_row_without_a_metric_says_why() -> None:
    page = report.report([LINE | {"rows": ["R9"]}])
    assert f"| a\\|b | none: {WITHOUT_METRIC['R9']} |" in page


def test_every_row_has_metrics_or_a_reason() -> None:
    assert METRICS.keys() | WITHOUT_METRIC.keys() == ROWS.keys()
    assert not METRICS.keys() & WITHOUT_METRIC.keys()


def test_the_page_of_metrics_names_the_rows_that_move_each() -> None:
    moved = {
        (row, metric.partition("{")[0])
        for row, metrics in METRICS.items()
        for metric in metrics
        if not metric.startswith("process_")
    }
    endings = ("", "_count", "_sum")
    told: set[tuple[str, str]] = set()
    for name, line in metrics_page.told().items():
        names = [name.removeprefix("pykraken_") + ending for ending in endings]
        shown = {(row, own) for row, own in moved if own in names}
        assert {row for row, _ in shown} == set(line.rows), name
        told |= shown
    assert told == moved, "rows.py names a metric that there is not"


def test_a_metric_that_never_moves_is_a_problem() -> None:
    lines = [LINE | {"rows": [row], "metric": ", ".join(METRICS.get(row, ()))} for row in ROWS]
    assert report.problems(lines) == []
    silent = [
        line | {"metric": "", "moved": []} if line["rows"] == ["R4"] else line for line in lines
    ]
    assert report.problems(silent) == [f"R4: {m} moved in none of its tests" for m in METRICS["R4"]]


def test_what_moved_is_what_counted_or_changed() -> None:
    watch = Watch(0, lambda: True)
    watch.take('# HELP a b\npykraken_a_total{x="1"} 1.0\npykraken_g 5.0\npykraken_b_total 0.0\n')
    assert watch.moved == {'pykraken_a_total{x="1"}'}
    watch.take("pykraken_g 6.0\npykraken_b_total 0.0\nother_total 3.0\n")
    assert watch.moved == {'pykraken_a_total{x="1"}', "pykraken_g"}
    assert has_moved("pykraken_a_total", watch.moved)
    assert has_moved('pykraken_a_total{x="1"}', watch.moved)
    assert not has_moved('pykraken_a_total{x="2"}', watch.moved)
    assert not has_moved("pykraken_a", watch.moved)


@pytest.mark.parametrize("change", [{"outcome": "failed"}, {"rows": ["X99"]}, {}])
def test_what_was_not_seen_is_not_reported(
    change: dict[str, object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A failed test, an unknown row, rows without a test."""
    path = tmp_path / "matrix.json"
    path.write_text(json.dumps([LINE | change]))
    monkeypatch.setattr(report, "REPORT", path.with_name("REPORT.md"))
    assert report.main([str(path)]) == 1
    assert not path.with_name("REPORT.md").exists()
