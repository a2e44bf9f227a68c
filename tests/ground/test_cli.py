"""The command line as a process: help, one-line errors and exit codes."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from publisher import cli
from publisher.cli import COMMANDS
from tests.requirements import ROOT


def pykraken(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "publisher", *words],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env={**os.environ, **variables},
        check=False,
    )


def test_help_names_every_command_and_exit_code(tmp_path: Path) -> None:
    done = pykraken(folder=tmp_path)
    assert done.returncode == 0
    for name in COMMANDS:
        assert f"\n    {name} " in done.stdout
    assert "2 bad configuration" in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(name: str, tmp_path: Path) -> None:
    done = pykraken(name, "--help", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"usage: pykraken {name}" in done.stdout


def test_help_of_run_gives_each_setting_with_its_reason(tmp_path: Path) -> None:
    said = " ".join(pykraken("run", "--help", folder=tmp_path).stdout.split())
    assert "--depth VALUE PYKRAKEN_DEPTH. Levels a side. Default: 10, which" in said
    assert "--redis-url VALUE PYKRAKEN_REDIS_URL." in said


def test_bad_settings_are_a_line_each_and_exit_code_2(tmp_path: Path) -> None:
    done = pykraken("run", "BTCUSD", "--depth", "11", folder=tmp_path, PYKRAKEN_LEASE_S="x")
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0].startswith("pykraken run: PYKRAKEN_SYMBOLS='BTCUSD': ")
    assert lines[1].startswith("PYKRAKEN_DEPTH='11': must be one of 10, 25")
    assert lines[2].startswith("PYKRAKEN_LEASE_S='x': ")
    assert "Traceback" not in done.stderr


# Nothing listens there: no test asks the true exchange.
AWAY = ("--redis-url", "redis://127.0.0.1:1", "--rest-url", "http://127.0.0.1:1")


def test_a_process_without_stderr_works_as_well(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "publisher", "doctor", *AWAY]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *words],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 3
    assert "wrong" in done.stdout.splitlines()[-1]


def test_a_misspelt_variable_is_pointed_out(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PYKRAKEN_DEPHT=25\n")
    done = pykraken("doctor", *AWAY, folder=tmp_path)
    assert '"name": "PYKRAKEN_DEPHT", "did_you_mean": "PYKRAKEN_DEPTH"' in done.stderr


def test_a_password_among_the_arguments_is_warned_of_and_not_shown(tmp_path: Path) -> None:
    words = [*AWAY, "--redis-url", "redis://:s3cret@127.0.0.1:1"]
    done = pykraken("doctor", *words, folder=tmp_path)
    assert '"event": "settings.password_in_arguments"' in done.stderr
    assert "s3cret" not in done.stderr + done.stdout


@pytest.mark.parametrize("words", [("watch", "BTC/USD"), ("tail", "BTC/USD"), ("book", "BTC/USD")])
def test_without_a_server_the_mend_is_named(words: tuple[str, ...], tmp_path: Path) -> None:
    done = pykraken(*words, folder=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "PYKRAKEN_REDIS_URL" in line
    assert "pykraken demo" in line


def test_a_simulator_that_cannot_start_is_told_with_its_reason(tmp_path: Path) -> None:
    done = pykraken("run", "--exchange", "sim", "--sim-args", "--rate -5", folder=tmp_path)
    assert done.returncode == 2
    assert "--rate=-5" in done.stderr
    assert "its own line says why" in done.stderr


class Broken:
    """A command that fails in a way that nobody foresaw."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """It has none."""

    def run(self, arguments: argparse.Namespace) -> int:
        raise KeyError("redis://user:s3cret@host")


def test_an_error_that_nobody_foresaw_is_code_70_with_a_traceback_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cli.COMMANDS, "doctor", cli.Entry("broken", Broken))  # type: ignore[arg-type]
    assert cli.main(["doctor"]) == 70
    said = capsys.readouterr().err
    assert "raise KeyError" in said
    assert said.splitlines()[-1].startswith("pykraken doctor: an error of pykraken itself")
    assert "s3cret" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_the_imports_is_kept_and_then_obeyed(number: signal.Signals) -> None:
    before = {kind: signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)}
    loaded: list[str] = []

    def load() -> None:
        with cli._signals_held():
            signal.raise_signal(number)
            loaded.append("the rest")

    try:
        with pytest.raises(KeyboardInterrupt):
            load()
        assert loaded == ["the rest"]
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


LEFT = """
import atexit, sys, threading, time
from publisher import cli
cli.main = lambda: 3
atexit.register(print, "the interpreter ended", flush=True)
if sys.argv[1:] == ["thread"]:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
sys.stdout.write("said")
cli.program()
"""


@pytest.mark.parametrize(
    ("words", "said"), [((), "saidthe interpreter ended\n"), (("thread",), "said")]
)
def test_a_thread_that_still_runs_is_not_taken_through_the_interpreter_s_end(
    words: tuple[str, ...], said: str
) -> None:
    """Inside OpenSSL it would end the process with SIGSEGV instead of its code."""
    command = [sys.executable, "-c", LEFT, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (3, said, "")
