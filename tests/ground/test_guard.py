"""Guarded children: they end when told, with their code, and with us in any case."""

from __future__ import annotations

import subprocess
import sys
import time

from publisher import guard

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(1, flush=True)
time.sleep(600)
"""
POLITE = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print(1, flush=True)
time.sleep(600)
"""


def started(code: str) -> subprocess.Popen[bytes]:
    process = guard.start([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"1\n"
    return process


def test_the_code_of_the_child_is_the_code_of_the_process() -> None:
    process = guard.start([sys.executable, "-c", "raise SystemExit(5)"])
    assert process.wait(30) == 5
    guard.end(process, within_s=5)


def test_a_child_is_asked_to_end_and_may_finish() -> None:
    with started(POLITE) as process:
        guard.end(process, within_s=10)
        assert process.returncode == 7


def test_a_child_that_will_not_end_is_killed() -> None:
    began = time.monotonic()
    with started(STUBBORN) as process:
        guard.end(process, within_s=0.2)
        assert process.returncode not in (0, 7)
    assert time.monotonic() - began < 10
