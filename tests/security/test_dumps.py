"""A process that holds a secret leaves no core dump; one that holds none may."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import canaries
from tests.endtoend.program import Publisher
from tests.polling import wait_until
from tests.private_rest import KEY, SECRET
from tests.processes import PROC
from tests.requirements import require
from tests.servers import RedisServer
from tests.simulator.program import Program

CORE = "Max core file size"

PROBE = """
import ctypes, resource
{before}
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE)[0])
"""
"""Prints PR_GET_DUMPABLE and the limit."""


def limit_of(pid: int) -> str:
    (line,) = [
        line
        for line in (PROC / str(pid) / "limits").read_text().splitlines()
        if line.startswith(CORE)
    ]
    return line.removeprefix(CORE).split()[0]


@pytest.fixture
def large_cores() -> None:
    """Let what this test starts dump, where the machine lets us."""
    require(sys.platform == "linux", "prctl and /proc are Linux'")
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    require(hard != 0, "this machine forbids core dumps to all: nothing could be seen")


@pytest.mark.usefixtures("large_cores")
@pytest.mark.parametrize(
    ("before", "told"), [("", "1"), ("from publisher import dumps; dumps.forbid()", "0 0")]
)
def test_the_mark_is_set(before: str, told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(before=before)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(told)


@pytest.mark.usefixtures("large_cores")
@pytest.mark.parametrize("secret", ["none", "key", "password"])
def test_a_publisher_with_a_secret_dumps_nothing(
    secret: str, tmp_path: Path, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    with Program("--rate", "20") as exchange:
        addresses = {name: exchange.addresses[name] for name in ("ws_url", "rest_url")}
        given: dict[str, object] = {"redis_url": redis_server.url, "symbols": "BTC/USD"}
        if secret == "key":
            given |= {"api_key": KEY, "api_secret": SECRET}
        if secret == "password":
            with redis_server.client() as admin:
                admin.execute_command("ACL", "SETUSER", "one", "on", ">pw", "~*", "+@all")
            given["redis_url"] = f"redis://one:pw@127.0.0.1:{redis_server.port}/0"
        if secret == "none":
            monkeypatch.setenv(canaries.BARE, "1")
        program = Publisher(tmp_path, **addresses, **given)
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        try:
            program.start()
        finally:
            resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
        process = program.process
        assert process is not None
        try:
            program.wait_for("lease.claimed")
            assert (limit_of(process.pid) == "0") == (secret != "none")
            process.send_signal(signal.SIGABRT)
            status = wait_until(lambda: _ended(process.pid), 20, "it ended")
        except BaseException:
            process.kill()
            process.wait()
            raise
        process.returncode = -signal.SIGABRT  # it was waited for here, where the kernel tells more
        for dump in tmp_path.glob("core*"):
            dump.unlink()
        assert os.WTERMSIG(status) == signal.SIGABRT
        assert os.WCOREDUMP(status) == (secret == "none")


def _ended(pid: int) -> int:
    """Return how a child ended, as the kernel says it; 0 while it runs."""
    _, status = os.waitpid(pid, os.WNOHANG)
    return status
