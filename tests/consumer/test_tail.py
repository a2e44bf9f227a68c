"""The `tail` command against a real server; its lines themselves are in test_vectors.py."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pykraken_consumer.tail import main

from tests.consumer.packing import EPOCH, STREAM, Story, Writer, pack
from tests.requirements import ROOT
from tests.servers import RedisServer


def _lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def _written(server: RedisServer) -> Story:
    story = Story().grow(3)
    story.append(b"\xc1")
    story.append(pack("bye", n="gute Nacht, 月"))
    writer = Writer(server.client())
    writer.entries(story)
    server.client().xadd(f"{STREAM}.snap", {"d": Story().snapshot()}, id=f"{EPOCH}-1")
    return story


def test_from_the_oldest(redis_server: RedisServer, capsys: pytest.CaptureFixture[str]) -> None:
    story = _written(redis_server)
    url = ["--url", redis_server.url]
    assert main([STREAM, "--from", "oldest", "--count", str(len(story.entries)), *url]) == 0
    lines = _lines(capsys.readouterr().out)
    assert [line["id"] for line in lines] == [entry_id.decode() for entry_id, _ in story.entries]
    assert [line.get("type") for line in lines[:3]] == ["epoch", "snapshot", "update"]
    assert lines[-2] == {"id": f"{EPOCH}-5", "error": "MSGPACK"}
    assert lines[-1]["note"] == "gute Nacht, 月"


def test_from_the_snapshot(redis_server: RedisServer, capsys: pytest.CaptureFixture[str]) -> None:
    _written(redis_server)
    assert main([STREAM, "--from", "snapshot", "--count", "2", "--url", redis_server.url]) == 0
    lines = _lines(capsys.readouterr().out)
    assert [(line["id"], line["type"]) for line in lines] == [
        (f"{EPOCH}-1", "snapshot"),
        (f"{EPOCH}-2", "update"),
    ]


def test_a_hole_goes_to_stderr(
    redis_server: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    _written(redis_server)
    redis_server.client().xdel(STREAM, f"{EPOCH}-3")
    start = ["--from", f"{EPOCH}-1", "--count", "2"]
    assert main([STREAM, *start, "--url", redis_server.url]) == 0
    captured = capsys.readouterr()
    assert [line["id"] for line in _lines(captured.out)] == [f"{EPOCH}-2", f"{EPOCH}-4"]
    assert "Gap" in captured.err


def test_what_is_refused(redis_server: RedisServer, capsys: pytest.CaptureFixture[str]) -> None:
    redis_server.client().set("text", "x")
    assert main(["text", "--url", redis_server.url]) == 3
    assert "WRONGTYPE" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([STREAM, "--from", "yesterday", "--url", redis_server.url])


def test_from_now_until_ctrl_c(redis_server: RedisServer, tmp_path: Path) -> None:
    story = _written(redis_server)
    path = os.pathsep.join([str(ROOT / "consumers" / "python"), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-m", "pykraken_consumer.tail", STREAM, "--url", redis_server.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    client = redis_server.client()
    # "Now" begins when the command first reads: write until something comes out.
    while not [row for row in client.client_list() if row["cmd"] == "xread"]:
        assert process.poll() is None
    client.xadd(STREAM, {"d": pack("bye")}, id=f"{EPOCH}-{story.seq + 1}")
    assert json.loads(process.stdout.readline())["id"] == f"{EPOCH}-{story.seq + 1}"
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    assert process.stderr.read() == "", "not even a warning of how it is started"
    process.stdout.close()
    process.stderr.close()
