"""The shape of the code, as far as a machine can judge it: floors, sizes, contracts, versions."""

from __future__ import annotations

import ast
import re
import shutil
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pykraken_consumer
import pytest

import publisher
from publisher.wire import WIRE_VERSION
from tests.requirements import ROOT, require

SOURCES = sorted(
    [*(ROOT / "publisher").rglob("*.py"), *(ROOT / "consumers" / "python").rglob("*.py")]
)
FILE_MAX, FILE_MEDIAN, FUNCTION_MAX, FUNCTION_P90 = 400, 150, 60, 30


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name_of(path)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    require(program.exists(), "import-linter is not installed: pip install -e '.[test]'")
    return subprocess.run(
        [program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_imports_only_go_down() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("publisher/book/l2.py", "import time", "pure rooms"),
        ("publisher/book/l2.py", "import publisher.session", "floors"),
        ("publisher/bus/keys.py", "import pykraken_consumer", "Only commands"),
        ("consumers/python/pykraken_consumer/book.py", "import publisher", "stands alone"),
    ],
)
def test_an_import_that_goes_up_is_caught(
    file: str, line: str, broken: str, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "publisher", tmp_path / "publisher")
    package = tmp_path / "consumers" / "python" / "pykraken_consumer"
    shutil.copytree(ROOT / "consumers" / "python" / "pykraken_consumer", package)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    guilty = tmp_path / file
    guilty.write_text(
        guilty.read_text().replace("import annotations\n", f"import annotations\n{line}\n", 1)
    )
    program = Path(sys.executable).with_name("lint-imports")
    require(program.exists(), "import-linter is not installed: pip install -e '.[test]'")
    done = subprocess.run(
        [program, "--no-cache"],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{package.parent}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert re.search(rf"{broken}.*BROKEN", done.stdout), done.stdout


def test_no_file_is_long_and_most_are_short() -> None:
    lines = {name_of(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: count for name, count in lines.items() if count > FILE_MAX} == {}
    assert statistics.median(lines.values()) <= FILE_MEDIAN


def test_no_function_is_long_and_most_are_short() -> None:
    lengths = dict(found for path in SOURCES for found in functions(path))
    assert {name: count for name, count in lengths.items() if count > FUNCTION_MAX} == {}
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= FUNCTION_P90


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_each_module_opens_with_its_contract(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_what_is_public_is_documented(path: Path) -> None:
    silent = [
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_at_most_one_place_catches_every_error() -> None:
    # The one that is allowed hands the error over from a thread, where it would be lost.
    broad = [
        name_of(path)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert len(broad) <= 1, broad


def test_versions_agree() -> None:
    spec = (ROOT / "consumers" / "spec" / "WIRE.md").read_text()
    assert f"\nVersion {WIRE_VERSION}." in spec
    assert f"\n| {WIRE_VERSION} | 20" in spec.partition("History")[2]
    assert f"## {publisher.__version__}" in (ROOT / "CHANGELOG.md").read_text()
    own = ROOT / "consumers" / "python" / "pyproject.toml"
    if own.exists():
        project = tomllib.loads(own.read_text())["project"]
        version = project.get("version", pykraken_consumer.__version__)
        assert version == pykraken_consumer.__version__
