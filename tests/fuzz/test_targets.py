"""Seeds and findings through the fuzz targets, without atheris: what was found stays mended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz import seeds
from tests.fuzz.targets import TARGETS, planted

FINDINGS = sorted((Path(__file__).parent / "findings").iterdir())


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda path: path.name)
def test_what_was_found_once_breaks_nothing_now(finding: Path) -> None:
    target, _ = TARGETS[finding.name.partition("-")[0]]
    target(finding.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_no_seed_breaks_a_rule(name: str, tmp_path: Path) -> None:
    assert seeds.write(name, tmp_path) == len(list(tmp_path.iterdir())) > 0
    for seed in tmp_path.iterdir():
        TARGETS[name][0](seed.read_bytes())


def test_every_target_has_a_share_and_the_shares_are_a_whole() -> None:
    assert sum(share for _, share in TARGETS.values()) == pytest.approx(1)
    assert seeds.SEEDS.keys() == TARGETS.keys() | {"planted"}


def test_the_planted_fault_is_one() -> None:
    with pytest.raises(AssertionError, match="planted"):
        planted(b"FUZZ")


SPOILED: dict[str, tuple[str, Callable[..., object], bytes]] = {
    "frames": ("targets.FrameReader", lambda limit: _Deaf(), b"\0\0" + b"\x81\x01a" * 20),
    "kraken": ("targets.messages.decode_other", lambda *_: 1 / 0, b"\0{}"),
    "wire": ("wires.decode", lambda *_: 1 / 0, b"\0\x80"),
    "numbers": ("targets.scaled", lambda *_: 7, b"\x001"),
    "pages": ("targets.trade.decode_page", lambda _: 1 / 0, b"{}"),
    "session": ("sessions.Session.received", lambda *_: 1 / 0, b"\0{}"),
    "replica": ("replicas.Replica.received", lambda *_: 1 / 0, b"\0\x04\x64\0\0"),
}


class _Deaf:
    controls: tuple[object, ...] = ()

    def __init__(self) -> None:
        self.is_inside_message = False
        self._reads = 0

    def feed(self, data: bytes) -> list[bytes]:
        self._reads += 1
        return [data] if self._reads == 1 else []


@pytest.mark.parametrize("name", TARGETS)
def test_each_target_sees_a_fault(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that lets everything pass would be a silence without meaning."""
    place, fault, data = SPOILED[name]
    TARGETS[name][0](data)
    monkeypatch.setattr(f"tests.fuzz.{place}", fault)
    with pytest.raises((AssertionError, ZeroDivisionError)):
        TARGETS[name][0](data)
