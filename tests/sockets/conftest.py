"""Fixtures: a simulator for tests that need no log of it, and logs as a fresh program has them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from tests.simulator.program import Program
from tests.sockets.stage import RATE


@pytest.fixture(scope="module")
def shared_simulator() -> Iterator[Program]:
    """One simulator for all tests of a module."""
    with Program("--rate", str(RATE)) as running:
        yield running


@pytest.fixture
def simulator(shared_simulator: Program) -> Iterator[Program]:
    """It, without faults after the test."""
    yield shared_simulator
    shared_simulator.post("clear")


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    before = structlog.get_config() if structlog.is_configured() else None
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
    if before is not None:
        structlog.configure(**before)
