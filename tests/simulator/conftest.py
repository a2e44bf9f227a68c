"""Fixtures: the simulator as a running program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulator.program import Program

RATE = 300
"""Messages a second: brisk enough that no test waits long for the next one."""


@pytest.fixture(scope="module")
def shared_program() -> Iterator[Program]:
    """One simulator for all tests of a module that need no flags of their own."""
    with Program("--rate", str(RATE)) as running:
        yield running


@pytest.fixture
def program(request: pytest.FixtureRequest) -> Iterator[Program]:
    """A running simulator: with the flags of an indirect parameter this test's own, else shared."""
    flags: tuple[str, ...] | None = getattr(request, "param", None)
    if flags is not None:
        with Program(*flags) as running:
            yield running
        return
    shared: Program = request.getfixturevalue("shared_program")
    yield shared
    shared.post("clear")
    shared.post("rate", rate=RATE)
