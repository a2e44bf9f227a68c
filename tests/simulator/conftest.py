"""Fixtures: the simulator as a running program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulator.program import Program


@pytest.fixture
def program(request: pytest.FixtureRequest) -> Iterator[Program]:
    """A running simulator, with the flags of an indirect parameter or a brisk default."""
    flags: tuple[str, ...] = getattr(request, "param", ("--rate", "300"))
    with Program(*flags) as running:
        yield running
