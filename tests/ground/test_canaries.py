"""The watch over canaries can fail: each way of leaking one fails the test that leaks it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.canaries import CANARIES
from tests.requirements import ROOT

LEAKS = """
import http.server, logging, os, subprocess, sys, threading
import pytest
from tests.endtoend.program import Publisher
from tests.health.scrape import get
from tests.polling import wait_until
from tests.private_rest import KEY, SECRET, TOKEN
from tests.processes import arguments, descendants, environments
from tests.servers import RedisServer, server_binary
from tests.simulator.program import Program
from tests.simulator.signed import token

PYTHON = [sys.executable, "-c"]

def test_argument():
    subprocess.run([*PYTHON, "", KEY], check=True)

def test_argument_of_a_grandchild():
    code = "subprocess.run([sys.executable, '-c', 'input()', os.environ['S']])"
    child = subprocess.Popen(
        [*PYTHON, "import os, subprocess, sys; " + code],
        env={**os.environ, "S": SECRET}, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: SECRET in arguments(descendants(child.pid)), 10, "it runs")
    child.communicate(b"")

def test_output():
    subprocess.run([*PYTHON, "import os; print(os.environ['S'])"], env={**os.environ, "S": SECRET},
                   check=True, capture_output=True, text=True)

def test_captured(capsys):
    print(TOKEN + "7")
    capsys.readouterr()

def test_printed():
    print(SECRET)

def test_logged():
    logging.getLogger("x").warning("%s", KEY)

def test_traceback():
    with pytest.raises(ValueError):
        raise ValueError(KEY)
    assert KEY == "another"

def test_file(tmp_path):
    (tmp_path / "publisher.log").write_text("reason=" + SECRET)

def test_stream(tmp_path):
    with RedisServer(server_binary("redis"), tmp_path / "s") as server, server.client() as client:
        client.xadd("stream", {"d": b"\\x81" + TOKEN.encode()})

def test_hash(tmp_path):
    with RedisServer(server_binary("redis"), tmp_path / "s") as server, server.client() as client:
        client.hset("h", "f", KEY)

def test_key_name(tmp_path):
    with RedisServer(server_binary("redis"), tmp_path / "s") as server, server.client() as client:
        client.set(SECRET, "x")

def test_token_of_the_simulator(tmp_path):
    with Program("--rate", "1") as program:
        (tmp_path / "x.log").write_text("token " + token(program) + " was given")

def test_health_answer():
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200); self.end_headers(); self.wfile.write(KEY.encode())
        def log_message(self, *_): pass
    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.handle_request); thread.start()
        get(f"http://127.0.0.1:{server.server_port}"); thread.join()

def test_programs_hold_them(tmp_path):
    where = {"ws_url": "ws://127.0.0.1:1/v2", "redis_url": "redis://127.0.0.1:1/0"}
    with Publisher(tmp_path / "p", symbols="BTC/USD", **where) as publisher:
        publisher.wait_for("daemon.started")
        held = environments({publisher.process.pid})
    assert KEY in held and SECRET in held, "the program has no canaries"

def test_a_key_file_is_none(tmp_path):
    (tmp_path / "key").write_text(KEY + "\\n" + SECRET)
"""

INNOCENT = ("test_programs_hold_them", "test_a_key_file_is_none")


def test_each_leak_fails_its_test_and_is_not_repeated() -> None:
    names = re.findall(r"^def (test_\w+)", LEAKS, re.MULTILINE)
    with tempfile.TemporaryDirectory() as elsewhere:  # not in this test's own folder
        (Path(elsewhere) / "test_leaks.py").write_text(LEAKS.replace("\\\\", "\\"))
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:valkey", "-p", "tests.canaries"),
                *("-p", "no:cacheprovider", "--rootdir", elsewhere, "--tb=no", "-rE"),
                *("--basetemp", f"{elsewhere}/tmp", "--show-capture=no", elsewhere),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "COLUMNS": "300",
                "PYTHONPATH": f"{ROOT}:{ROOT / 'consumers' / 'python'}",
            },
            capture_output=True,
            text=True,
        )
    failed = [name for name in names if re.search(rf"ERROR .*::{name} - .*canar", done.stdout)]
    assert failed == [name for name in names if name not in INNOCENT], done.stdout[-6000:]
    assert len(failed) == 13


def test_there_are_canaries_of_each_kind_and_none_holds_another_by_chance() -> None:
    assert {"key", "secret", "decoded secret", "token", "token 1 of the simulator"} <= set(CANARIES)
    assert all(len(canary) >= 12 for canary in CANARIES.values())
