"""A publisher whose inside can be made to fail (injected.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import pytest

from tests.endtoend.program import Publisher
from tests.faults.scene import Scene
from tests.polling import wait_until


class Fragile(Publisher):
    """`inject` hands a fault to the running process, and waits until it took it."""

    module = "tests.faults.injected"

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
        super().__init__(folder, **settings)
        self.door = folder / "door"
        monkeypatch.setenv("INJECT", str(self.door))

    def inject(self, fault: str) -> Self:
        """Let something go wrong inside."""
        fresh = self.door.with_suffix(".new")
        fresh.write_text(fault)
        fresh.rename(self.door)
        wait_until(lambda: not self.door.exists(), 10, f"{fault} was taken")
        return self


def fragile(scene: Scene, monkeypatch: pytest.MonkeyPatch, **settings: object) -> Fragile:
    """Return a running one, with the settings of the scene's own publishers."""
    given = scene.publisher("fragile", start=False, **settings).settings
    program = Fragile(scene.folder / "fragile", monkeypatch, **given)
    return scene.stack.enter_context(program)
