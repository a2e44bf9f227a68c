"""Writes REPORT.md from what the tests of the fault matrix saw.

    python -m tests.faults.report MATRIX.json     (`make matrix` runs the tests first)

A row without a passed test, or with a failed one, or with a metric that moved in none of its tests,
ends the program with code 1: a report of it would say what nobody saw.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.faults.rows import METRICS, ROWS, UNSHOWN, WITHOUT_METRIC
from tests.moved import has_moved

REPORT = Path(__file__).with_name("REPORT.md")
HEAD = """# The fault matrix, as the tests saw it

Made by `make matrix`, never by hand; a test compares its rows and tests with those there are.
`n` is how often the fault was injected in that test. Where a test said nothing of its own, the
fifth column is what it holds, in the words of its docstring: it passed. The last column names the
row's metrics (rows.py) that moved in the publishers of that test, or by the words of a test that
has no publisher; deploy/METRICS.md says what each means.

| row | fault | test | n | observed, or held | metric |
|---|---|---|---|---|---|
"""

Line = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Write the report; return the exit code."""
    (path,) = arguments
    lines: list[Line] = json.loads(Path(path).read_text())
    if found := problems(lines):
        print(*found, sep="\n", file=sys.stderr)
        return 1
    REPORT.write_text(report(lines))
    print(f"{len(lines)} tests of {len(ROWS)} rows: {REPORT.name}")
    return 0


def report(lines: list[Line]) -> str:
    """Return the page: one line for each row and test."""
    by_row: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        for row in line["rows"]:
            by_row[row].append(line)
    rows = [
        "| " + " | ".join(map(_cell, _columns(row, line))) + " |"
        for row in ROWS
        for line in by_row[row]
    ]
    rows += [f"| {row} | {ROWS[row]} | none: {why} | | | |" for row, why in UNSHOWN.items()]
    return HEAD + "\n".join(rows) + "\n"


def _columns(row: str, line: Line) -> tuple[object, ...]:
    name = line["test"].removeprefix("tests/").replace(".py::", " ")
    moved = ", ".join(f"`{metric}`" for metric in METRICS.get(row, ()) if _moved(metric, line))
    told = moved or ("none: " + WITHOUT_METRIC[row] if row in WITHOUT_METRIC else "")
    return row, ROWS[row], name, line["count"], line["observed"] or line["fault"], told


def _moved(metric: str, line: Line) -> bool:
    """Tell whether one of a row's metrics moved in a test, by its publishers or its own words."""
    name = metric if metric.startswith("process_") else f"pykraken_{metric}"
    return has_moved(name, line["moved"]) or metric in line["metric"].split(", ")


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def problems(lines: list[Line]) -> list[str]:
    """Return what a report would say that nobody saw."""
    shown = {row for line in lines if line["outcome"] == "passed" for row in line["rows"]}
    return [
        *(f"{line['test']}: {line['outcome']}" for line in lines if line["outcome"] != "passed"),
        *(f"{row}: no test" for row in ROWS if row not in shown and row not in UNSHOWN),
        *(f"{row}: unknown" for row in sorted(shown - ROWS.keys())),
        *(
            f"{row}: {metric} moved in none of its tests"
            for row, metrics in METRICS.items()
            for metric in metrics
            if not any(row in line["rows"] and _moved(metric, line) for line in lines)
        ),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
