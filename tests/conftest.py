"""Fixtures that every folder of tests may use, and a loud closing line for what did not run."""

from __future__ import annotations

import logging
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests import canaries
from tests.polling import wait_until
from tests.requirements import captures_folder, require
from tests.servers import Kind, RedisServer, server_binary

pytest_plugins = ["tests.matrix"]

TEST_VARIABLES = ("PYKRAKEN_CAPTURES", "PYKRAKEN_REQUIRE_ALL")

__all__ = ["RedisServer", "require", "wait_until"]


def pytest_configure(config: pytest.Config) -> None:
    """Look for canaries everywhere. Hear signals even if started in the background: an ignored one
    stays ignored in every child, and the programs under test are stopped by signals.
    """
    config.pluginmanager.register(canaries, "canaries")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _own_process() -> Iterator[None]:
    """Leave no command's logs or signals to the tests that come after in the same process."""
    handlers, level = logging.root.handlers[:], logging.root.level
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    for number, before in signals.items():
        signal.signal(number, before)


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings, .env and state folder out of the tests."""
    for name in os.environ:
        if name.startswith("PYKRAKEN_") and name not in TEST_VARIABLES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYKRAKEN_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def captures() -> Path:
    """The folder of recorded Kraken frames."""
    return captures_folder()


@pytest.fixture
def redis_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedisServer]:
    """A running server of this test alone: Valkey, or the kind given by an indirect parameter."""
    kind: Kind = getattr(request, "param", "valkey")
    with RedisServer(server_binary(kind), tmp_path / f"server-{kind}") as server:
        yield server


@pytest.fixture(params=["redis", "valkey"])
def each_redis_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedisServer]:
    """A running server of this test alone; the test runs once on Redis and once on Valkey."""
    with RedisServer(server_binary(request.param), tmp_path / "server") as server:
        yield server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say last and loudly what was skipped and why: a skipped test proves nothing."""
    reasons = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    if not reasons:
        return
    terminalreporter.section(f"NOT RUN: {reasons.total()} tests skipped", red=True, bold=True)
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} x {reason}")
    terminalreporter.write_line("PYKRAKEN_REQUIRE_ALL=1 turns each of these into a failure.")
