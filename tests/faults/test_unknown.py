"""What Kraken may add any day: fields that nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.scene import BTC, Reset, Update, staged
from tests.matrix import MatrixRow


@pytest.mark.row("X12")
def test_fields_that_nobody_knows_are_told_once_and_change_nothing(
    tmp_path: Path, matrix_row: MatrixRow
) -> None:
    """Snapshots are looked through, of updates one in a thousand."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher()
        watcher.wait_updates(20)
        scene.fault("unknown_field", symbol=BTC, kind="snapshot")
        scene.fault("close", code=1001)
        watcher.wait(lambda: watcher.count(Reset, BTC) == 1, "the connection was lost")
        watcher.wait_updates(20)
        told = [line["detail"] for line in publisher.log("kraken.unknown")]
        assert told
        assert len(told) == len(set(told))
        assert all(detail.startswith("unknown field ") for detail in told), told
        assert watcher.count(Update, BTC) >= 40
        scene.judge(watcher)
        matrix_row.saw(f"{len(told)} fields told, each once; every message taken")
