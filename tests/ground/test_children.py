"""The simulator as a child: its addresses are read, and it ends with the block."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from publisher import children
from publisher.errors import ConfigurationError
from tests.processes import descendants, environments
from tests.requirements import ROOT


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


WITHOUT_WEBSOCKETS = """
import sys
sys.modules["websockets"] = None
from publisher.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("words", [["demo"], ["run", "--exchange", "sim"]])
def test_without_its_extra_the_error_names_it_and_nothing_is_started(
    words: list[str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_WEBSOCKETS, *words, "--state-dir", str(tmp_path / "state")],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"pykraken {words[0]}: the simulator needs the package websockets: "
        "install it with: pip install 'pykraken[sim]'\n"
    )


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
