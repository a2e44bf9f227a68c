"""Canary secrets in all tests: given to every program that a test starts, searched for in all that
anybody may read of them.

A plugin (conftest.py registers it). Programs of ours get a key and a secret that they do not need,
where the test gives them none; tokens are those that the simulator and `PrivateRest` issue. Looked
through are: arguments (of each process started, and of its descendants whenever it is signalled or
waited for), what programs print, what tests capture, reports with their tracebacks, what a Redis
server holds when it ends, answers of the health endpoint, and every file of a test's own folder but
key files and `.env`. One occurrence fails the test. Nothing here repeats what it found.
"""

from __future__ import annotations

import base64
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from publisher.simulator.tokens import Tokens
from tests.private_rest import KEY, SECRET, TOKEN
from tests.processes import arguments, descendants
from tests.simulator import signed

CANARIES = {
    "key": KEY,
    "secret": SECRET,
    "decoded secret": base64.b64decode(SECRET).rstrip(b".").decode(),
    "token": TOKEN,
    "the simulator's secret": signed.SECRET,
    **{f"token {number} of the simulator": token for number, token in enumerate(
        map(Tokens(1).issue, [0] * 40), 1
    )},
}  # fmt: skip
"""What must stand nowhere, by what it is."""
BYTES = {name: canary.encode() for name, canary in CANARIES.items()}
OURS = ("publisher", "publisher.simulator", "pykraken")
BARE = "KEYLESS_TEST"
"""A variable that keeps a program without a key, for the one test of what holds without."""
ALONE = ("doctor",)
"""It would ask Kraken about a key that it is given."""
FAULT_BYTES = 4
"""A key file holds nothing else but what a test spoils it with."""


class Seen:
    """What was looked at, and what was found there."""

    def __init__(self) -> None:
        self.places: Counter[str] = Counter()
        self._leaks: list[str] = []

    def look(self, kind: str, text: str | bytes, where: str = "") -> None:
        """Look through a text."""
        self.places[kind] += 1
        raw = text.encode(errors="replace") if isinstance(text, str) else text
        found = [name for name, canary in BYTES.items() if canary in raw]
        for canary in CANARIES.values():
            where = where.replace(canary, "***")
        self._leaks += [f"{name} in {kind} {where}".rstrip() for name in found]

    def take(self) -> list[str]:
        """Return what was found since the last call."""
        leaks, self._leaks = self._leaks, []
        return leaks


SEEN = Seen()


def look_through(answers: object, where: str) -> None:
    """Look through what a Redis server answered, however nested."""
    if isinstance(answers, bytes):
        SEEN.look("keys and entries", answers, where)
    elif isinstance(answers, list):
        flat: list[bytes] = []
        rest = answers
        while rest:
            flat += [part for part in rest if isinstance(part, bytes)]
            rest = [inner for part in rest if isinstance(part, list) for inner in part]
        SEEN.look("keys and entries", b"\n".join(flat), where)


def hold(environment: Mapping[str, str], words: list[str]) -> dict[str, str]:
    """Return a program's environment, with canaries if it is ours and has no key of its own."""
    names = {Path(word).name for word in words}
    is_ours = bool(names.intersection(OURS)) and not names.intersection(ALONE)
    if not is_ours or any(name.startswith(("PYKRAKEN_API_", BARE)) for name in environment):
        return dict(environment)
    # The simulator takes them for its account's, and would refuse the sample ones of its tests.
    if "publisher.simulator" in names or "simulate" in names or "demo" in names:
        return dict(environment)
    return {**environment, "PYKRAKEN_API_KEY": KEY, "PYKRAKEN_API_SECRET": SECRET}


def _words(args: Any) -> list[str]:
    return [str(args)] if isinstance(args, str | bytes | Path) else [str(word) for word in args]


@pytest.fixture(scope="session", autouse=True)
def _programs_watched() -> Iterator[None]:
    """Watch what tests start, stop and capture."""
    start, signal, wait = (
        subprocess.Popen.__init__, subprocess.Popen.send_signal, subprocess.Popen.wait
    )  # fmt: skip
    communicate, readouterr = subprocess.Popen.communicate, pytest.CaptureFixture.readouterr

    def started(self: Any, args: Any, *rest: Any, **more: Any) -> None:
        words = _words(args)
        SEEN.look("arguments", "\0".join(words), words[0])
        given = more.get("env")
        more["env"] = hold(os.environ if given is None else given, words)
        start(self, args, *rest, **more)

    def looked(self: Any) -> None:
        if self.returncode is None:
            pids = descendants(self.pid) | {self.pid}
            SEEN.look("arguments of descendants", arguments(pids))

    def signalled(self: Any, *rest: Any) -> None:
        looked(self)
        signal(self, *rest)

    def waited(self: Any, *rest: Any, **more: Any) -> Any:
        looked(self)
        return wait(self, *rest, **more)

    def communicated(self: Any, *rest: Any, **more: Any) -> Any:
        looked(self)
        told = communicate(self, *rest, **more)
        for text in told:
            SEEN.look("output", text or "", _words(self.args)[0])
        return told

    def captured(self: Any) -> Any:
        told = readouterr(self)
        SEEN.look("captured output", f"{told.out}\n{told.err}")
        return told

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", started)
        patch.setattr(subprocess.Popen, "send_signal", signalled)
        patch.setattr(subprocess.Popen, "wait", waited)
        patch.setattr(subprocess.Popen, "communicate", communicated)
        patch.setattr(pytest.CaptureFixture, "readouterr", captured)
        yield


@pytest.fixture(autouse=True)
def _no_canary_anywhere(tmp_path: Path) -> Iterator[None]:
    """Fail the test if a canary stands in anything that it left or showed."""
    SEEN.take()
    yield
    for path in tmp_path.rglob("*"):
        if path.is_file() and not path.is_symlink():
            _look_at_file(path)
    if leaks := SEEN.take():
        pytest.fail("canaries leaked: " + "; ".join(sorted(set(leaks))), pytrace=False)


def _look_at_file(path: Path) -> None:
    SEEN.look("file names", path.name)
    content = path.read_bytes()
    bare = content
    for canary in sorted(BYTES.values(), key=len, reverse=True):
        bare = bare.replace(canary, b"")
    is_key_file = len(bare.strip()) <= FAULT_BYTES
    if not is_key_file and path.name != ".env" and path.suffix != ".py":  # our source, copied
        SEEN.look("files", content, path.name)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Look through what a report shows: tracebacks, and what was printed and logged."""
    outcome: Any = yield
    report = outcome.get_result()
    sections = report.sections
    if item.get_closest_marker("logs_canaries"):
        sections = [(name, text) for name, text in sections if not name.startswith("Captured log")]
    SEEN.look("reports", "\n".join([report.longreprtext, *(text for _, text in sections)]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was looked at, where one process ran all tests."""
    if SEEN.places:
        told = ", ".join(f"{number} {kind}" for kind, number in sorted(SEEN.places.items()))
        terminalreporter.write_line(f"canaries looked for in {told}")
