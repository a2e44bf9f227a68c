"""The commands beside `run` on each topology: `doctor` looks, `book` reads, `retire` removes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.scene import BTC, ETH, Scene, staged_on
from tests.requirements import ROOT
from tests.topology.cluster import cluster
from tests.topology.sentinels import sentinel_set


def pykraken(scene: Scene, *words: str, url: str = "") -> str:
    """Run a command against the scene's Redis, or by another URL; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "publisher", *words],
        cwd=scene.folder,
        env={
            "PATH": "/usr/bin:/bin",
            "PYKRAKEN_REDIS_URL": url or scene.redis.url,
            "PYKRAKEN_STATE_DIR": str(scene.folder / "state"),
            "PYKRAKEN_EXCHANGE": "sim",
            "PYKRAKEN_FEED": "f",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'consumers' / 'python'}",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("topology", ["sentinel", "cluster"])
def test_commands(tmp_path: Path, topology: str) -> None:
    made = sentinel_set if topology == "sentinel" else cluster
    with made(tmp_path / "redis") as group, staged_on(tmp_path, group) as scene:
        watcher = scene.watcher()
        publisher = scene.publisher(feed="f")
        watcher.wait_updates(60)
        said = pykraken(scene, "doctor", "--symbols", f"{BTC},{ETH}")
        assert "0 wrong" in said, said
        said = pykraken(scene, "book", BTC)
        assert "bids" in said or "price" in said, said
        publisher.kill()
        said = pykraken(scene, "retire", "--json", "--yes", "--watch", "3")
        assert said.count('"done":"removed"') == 3, said
        assert scene.client().exists(f"{{kraken.{BTC}}}:book.10") == 0
