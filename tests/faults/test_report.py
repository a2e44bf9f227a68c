"""The report of the fault matrix says what there is, and every row is shown or explained."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import report
from tests.faults.rows import ROWS, UNSHOWN
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
    "count": 3, "observed": "a|b", "fault": "", "metric": "m",
}  # fmt: skip


def test_a_line_of_the_report() -> None:
    page = report.report([LINE])
    assert f"| X1 | {ROWS['X1']} | a/test_b test_c[1] | 3 | a\\|b | m |" in page


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
