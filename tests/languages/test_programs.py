"""What lies beside the libraries: each example runs, and each `tail` stops when it is told."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.scene import BTC, Scene, staged, stream_of
from tests.languages.languages import LANGUAGES, Language
from tests.polling import wait_until

LINES_MOST = 30
DEADLINE_S = 30.0
PRICE = re.compile(r"6\d{4}\.\d")
"""Of BTC/USD at the simulator."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with staged(tmp_path_factory.mktemp("scene")) as scene:
        scene.publisher()
        scene.watcher().wait_updates(20)
        yield scene


@contextmanager
def running(
    command: list[str], folder: Path, out: Path, url: str
) -> Iterator[subprocess.Popen[bytes]]:
    with out.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=folder, stdout=file, env=os.environ | {"PYKRAKEN_REDIS_URL": url}
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_the_example_shows_the_top_of_a_live_book(
    language: Language, scene: Scene, tmp_path: Path
) -> None:
    language.require()
    out = tmp_path / "out"
    url = scene.redis.url
    words = [*language.example, BTC] + [url] * (language.name == "typescript")
    with running(words, language.folder, out, url) as process:
        wait_until(lambda: out.read_text().count("\n") >= 5, DEADLINE_S, "five lines")
        assert process.poll() is None
    assert all(len(PRICE.findall(line)) >= 2 for line in out.read_text().splitlines()[:5])


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_the_example_has_thirty_lines_at_most(language: Language) -> None:
    (path,) = (
        path
        for path in (language.folder / "examples").glob("**/*")
        if path.suffix in (".py", ".ts", ".go", ".rs", ".java") and "conformance" not in path.parts
    )
    assert len(path.read_text().splitlines()) <= LINES_MOST


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_tail_stops_when_told_behind_a_whole_line(
    language: Language, number: signal.Signals, scene: Scene, tmp_path: Path
) -> None:
    language.require()
    out = tmp_path / "out"
    with running(language.tail(stream_of(BTC)), tmp_path, out, scene.redis.url) as process:
        wait_until(lambda: out.read_text().count("\n") >= 5, DEADLINE_S, "five lines")
        process.send_signal(number)
        assert process.wait(5) == 0
    text = out.read_text()
    assert text.endswith("\n")
    assert all(json.loads(line)["id"] for line in text.splitlines())
