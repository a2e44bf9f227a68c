"""`tail` of every language on the same streams: the same lines, byte for byte."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.consumer.test_vectors import STREAMS
from tests.languages.entries import Entry
from tests.languages.languages import LANGUAGES, Language
from tests.requirements import ROOT
from tests.servers import RedisServer, server_binary
from tests.spec.vectors.files import data_of, load

DEADLINE_S = 60.0
AT_ONCE = 4
"""Processes, most of whose time is their start."""
PLACES = {**STREAMS, "status": "{kraken.feed.book.10.BTC/USD}:status"}
"""A stream of each channel; its snapshots lie beside it."""


def expected() -> Iterator[tuple[Entry, str]]:
    """Yield each vector's entry and its canonical line."""
    for body in load("valid") + load("invalid"):
        yield Entry(body["stream"], body["id"], data_of(body)), body["canonical"]


def key_of(place: str) -> str:
    channel, _, snap = place.partition(".")
    return PLACES[channel] + (f".{snap}" if snap else "")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """A server that holds all vectors, each in its stream under an id of its own; the URL, and
    the lines due of each stream.
    """
    due: dict[str, list[str]] = defaultdict(list)
    folder = tmp_path_factory.mktemp("redis")
    with RedisServer(server_binary("redis"), folder) as server, server.client() as client:
        for entry, line in expected():
            key = key_of(entry.place)
            entry_id = f"7-{len(due[key])}" if due[key] else "7-1"
            if not due[key]:
                due[key].append("")
            client.xadd(key, {"d": entry.data, "x": b"ignored"}, id=entry_id)
            due[key].append(line.replace(f'"id":"{entry.id}"', f'"id":"{entry_id}"', 1))
        for key in due:
            client.xadd(key, {"other": b"no d"}, id=f"8-{len(due[key])}")
            due[key].append(f'{{"id":"8-{len(due[key])}","error":"SCHEMA"}}')
        yield server.url, {key: lines[1:] for key, lines in due.items()}


def tailed(language: Language, *words: object) -> str:
    done = subprocess.run(
        language.tail(*words), cwd=ROOT, capture_output=True, check=False, timeout=DEADLINE_S
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_every_vector_reads_the_same(
    language: Language, filled: tuple[str, dict[str, list[str]]]
) -> None:
    language.require()
    url, due = filled

    def whole(key: str) -> list[str]:
        count = len(due[key])
        said = tailed(language, key, "--url", url, "--from", "oldest", "--count", count)
        return said.split("\n")

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for key, said in zip(due, threads.map(whole, due), strict=True):
            assert said == [*due[key], ""], key


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_from_an_id(language: Language, filled: tuple[str, dict[str, list[str]]]) -> None:
    language.require()
    url, due = filled
    key = PLACES["book"]
    said = tailed(language, key, "--url", url, "--from", "7-3", "--count", 2)
    assert said.split("\n") == [*due[key][3:5], ""]


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_a_server_that_refuses(language: Language, tmp_path: Path) -> None:
    language.require()
    options = ("--requirepass", "right")
    with RedisServer(server_binary("redis"), tmp_path) as server:
        with server.client() as client:
            client.config_set("requirepass", options[1])
        done = subprocess.run(
            language.tail(PLACES["book"], "--url", server.url, "--count", 1),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
        )
        assert done.returncode == 3, (done.stdout, done.stderr)
        assert done.stderr.strip(), "a refusal says what to do"
        with server.client() as client:
            client.auth("right")
            client.config_set("requirepass", "")
