"""The consumer libraries, and how each is built, tested and spoken to.

    python -m tests.languages.languages [--build] [NAME...]

runs each library's own checks and tests, building it first (`--build`: builds alone). A library
whose toolchain is missing or too old is passed over with a loud line; with PYKRAKEN_REQUIRE_ALL=1
that is a failure.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.requirements import ROOT, require


class Tool(NamedTuple):
    """A program that building and testing needs, of this version or later."""

    name: str
    ask: str = "--version"
    least: tuple[int, ...] = ()

    @property
    def lacks(self) -> str:
        """What is wrong with it on this machine, in words; nothing when it will do."""
        if shutil.which(self.name) is None:
            return f"{self.name} is missing"
        if not self.least:
            return ""
        told = subprocess.run([self.name, self.ask], capture_output=True, text=True, check=False)
        found = re.search(r"\d+(\.\d+)*", told.stdout + told.stderr)
        version = tuple(map(int, found.group().split("."))) if found else ()
        if version >= self.least:
            return ""
        least = ".".join(map(str, self.least))
        return f"{self.name} {found.group() if found else '?'} is older than {least}"


@dataclass(frozen=True)
class Language:
    """A library in `consumers/<name>`. Programs lie there as `conformance` and `tail`."""

    name: str
    tools: tuple[Tool, ...] = ()
    build: tuple[tuple[str, ...], ...] = ()
    test: tuple[tuple[str, ...], ...] = ()
    example: tuple[str, ...] = ()
    """The command of its example, in its folder; symbols come behind it."""

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return ROOT / "consumers" / self.name

    @property
    def built(self) -> Path:
        """What is there once it is built."""
        return self.folder / "build" / ".built"

    def missing(self) -> list[str]:
        """Return what this machine lacks, in words."""
        return [tool.lacks for tool in self.tools if tool.lacks]

    def conformance(self, *words: object) -> list[str]:
        """Return a command of the conformance program."""
        program = [str(self.folder / "conformance")]
        if self.name == "python":
            program = [sys.executable, "-m", "tests.languages.python_program"]
        return [*program, *map(str, words)]

    def tail(self, *words: object) -> list[str]:
        """Return a command of the library's `tail`."""
        program = [str(self.folder / "tail")]
        if self.name == "python":
            program = [sys.executable, "-m", "pykraken_consumer.tail"]
        return [*program, *map(str, words)]

    @property
    def is_here(self) -> bool:
        """Whether it can be run."""
        return self.name == "python" or self.built.exists()

    def require(self) -> None:
        """Skip the test loudly when the library is not built here."""
        why = ", ".join(self.missing()) or "not built yet"
        require(self.is_here, f"consumers/{self.name}: {why}: make test-{self.name}")


PYTHON = Language("python", example=(sys.executable, "examples/top.py"))
TYPESCRIPT = Language(
    "typescript",
    (Tool("node", least=(20,)), Tool("npm")),
    (
        ("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"),
        ("npm", "run", "--silent", "build"),
    ),
    (("npm", "test", "--silent"),),
    ("node", "build/examples/top.js"),
)
GO = Language(
    "go",
    (Tool("go", "version", (1, 21)),),  # from there on it fetches what go.mod names
    (("go", "build", "-o", "build/", "./internal/conformance", "./cmd/tail", "./examples/top"),),
    (("go", "vet", "./..."), ("go", "test", "./...")),
    ("build/top",),
)
RUST = Language(
    "rust",
    (Tool("cargo", least=(1, 88)),),
    (("cargo", "build", "--release", "--quiet", "--bins", "--examples"),),
    (
        ("cargo", "clippy", "--release", "--quiet", "--all-targets", "--", "-D", "warnings"),
        ("cargo", "test", "--release", "--quiet"),
    ),
    ("target/release/examples/top",),
)
JAVA = Language(
    "java",
    (Tool("javac", least=(17,)), Tool("mvn")),
    (("mvn", "-q", "-B", "package", "-DskipTests"),),
    (("mvn", "-q", "-B", "test"),),
    ("java", "-cp", "target/classes:target/lib/*", "examples/Ladder.java"),
)
ALL = (PYTHON, TYPESCRIPT, GO, RUST, JAVA)
CHOSEN = os.environ.get("PYKRAKEN_LANGUAGES", "").split()
LANGUAGES = tuple(each for each in ALL if each is PYTHON or each.name in CHOSEN or not CHOSEN)
"""Of which tests are: all, or those that the environment names, and Python to compare with."""
OTHERS = LANGUAGES[1:]


def here() -> tuple[Language, ...]:
    """Return the libraries that can be run, for tests of all at once; with
    PYKRAKEN_REQUIRE_ALL=1 that is all or a failure.
    """
    if os.environ.get("PYKRAKEN_REQUIRE_ALL") == "1":
        for language in OTHERS:
            language.require()
    return tuple(language for language in LANGUAGES if language.is_here)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and test what is named, or all; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.languages.languages")
    parser.add_argument("--build", action="store_true", help="build alone, no tests")
    parser.add_argument("names", nargs="*", metavar="NAME", help="typescript, go, rust, java")
    options = parser.parse_args(arguments)
    wanted = [each for each in ALL[1:] if each.name in options.names or not options.names]
    if unknown := set(options.names) - {each.name for each in ALL[1:]}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    failed = [each.name for each in wanted if not _run(each, tests=not options.build)]
    if failed:
        print(f"FAILED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(language: Language, *, tests: bool) -> bool:
    if missing := language.missing():
        print(f"SKIPPED: consumers/{language.name}: {', '.join(missing)}", flush=True)
        return os.environ.get("PYKRAKEN_REQUIRE_ALL") != "1"
    language.built.unlink(missing_ok=True)
    for command in (*language.build, *(language.test if tests else ())):
        print(f"-- {language.name}: {' '.join(command)}", flush=True)
        began = time.monotonic()
        done = subprocess.run(command, cwd=language.folder, check=False)
        print(f"-- {language.name}: {time.monotonic() - began:.0f} s", flush=True)
        if done.returncode:
            return False
        if command == language.build[-1]:
            language.built.parent.mkdir(exist_ok=True)
            language.built.touch()
    return True


if __name__ == "__main__":
    sys.exit(main())
