"""The simulator as a child: its addresses are read, and it ends with the block."""

from __future__ import annotations

import os
import urllib.error
import urllib.request

import pytest

from publisher import children
from publisher.errors import ConfigurationError
from tests.processes import descendants, environments


def test_a_simulator_runs_for_the_length_of_the_block() -> None:
    with children.simulator(["--symbols", "BTC/USD"]) as addresses:
        assert addresses.ws_url.startswith("ws://127.0.0.1:")
        with urllib.request.urlopen(f"{addresses.control_url}/status", timeout=5) as answer:
            assert answer.status == 200
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{addresses.control_url}/status", timeout=5)


def test_a_simulator_that_refuses_its_flags_is_a_bad_configuration() -> None:
    with pytest.raises(ConfigurationError), children.simulator(["--rate", "-1"]):
        pass


def test_only_the_simulator_inherits_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYKRAKEN_API_KEY", "canary")
    monkeypatch.setenv("PYKRAKEN_API_SECRET", "Y2FuYXJ5")
    before = descendants(os.getpid())
    with children.simulator(["--symbols", "BTC/USD"]):
        assert "PYKRAKEN_API_KEY=canary" in environments(descendants(os.getpid()) - before)
    with children.pykraken(["simulate", "--symbols", "BTC/USD"]):
        inherited = environments(descendants(os.getpid()) - before)
    assert "PYKRAKEN_STATE_DIR=" in inherited
    assert "PYKRAKEN_API" not in inherited
