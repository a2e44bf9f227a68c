"""What a test needs from its machine: where it is missing, the test is skipped loudly or fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def require(condition: object, reason: str) -> None:
    """Skip the test when `condition` is false; fail it when PYKRAKEN_REQUIRE_ALL=1."""
    if condition:
        return
    if os.environ.get("PYKRAKEN_REQUIRE_ALL") == "1":
        pytest.fail(f"PYKRAKEN_REQUIRE_ALL=1, yet {reason}")
    pytest.skip(reason)


def captures_folder() -> Path:
    """Return the folder of recorded Kraken frames: PYKRAKEN_CAPTURES, or beside the repository."""
    folder = Path(os.environ.get("PYKRAKEN_CAPTURES") or ROOT.parent / "shared" / "captures")
    require(folder.is_dir(), f"no captures at {folder}: set PYKRAKEN_CAPTURES to their folder")
    return folder
