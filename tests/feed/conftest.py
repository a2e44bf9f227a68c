"""Certificates that the tests of this folder share, made once for each of its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.feed.certificates import Identity, authority


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where certificates go."""
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def ca(folder: Path) -> Identity:
    """An authority that the tests trust."""
    return authority(folder)
