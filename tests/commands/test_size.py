"""`pykraken size` as a person and as a program asks it."""

from __future__ import annotations

import json

import pytest

from publisher import cli


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.chdir(str(tmp_path))
    for name in ("PYKRAKEN_DEPTH", "PYKRAKEN_RETENTION_S"):
        monkeypatch.delenv(name, raising=False)


def test_a_person_reads_what_to_write_into_values(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["size", "--symbols", "400", "--rate", "4000", "--depth", "100"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("400 symbols, depth 100, 4,000 messages a second, 2 readers")
    for word in ("feeds", "no limit of CPU", "maxmemory", "MB/s in", "deploy/CAPACITY.md"):
        assert word in said


def test_a_program_gets_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["size", "--rate", "100000", "--readers", "9", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["for"]["symbols"] == 1450
    assert answer["needs"]["feeds"] > 1
    assert answer["needs"]["redis_servers"] > 1


def test_the_settings_count(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[float] = []
    for retention in ("60", "3600"):
        monkeypatch.setenv("PYKRAKEN_RETENTION_S", retention)
        assert cli.main(["size", "--json"]) == 0
        held.append(json.loads(capsys.readouterr().out)["needs"]["redis_mb"])
    assert held[1] > 20 * held[0]


@pytest.mark.parametrize("words", [("--symbols", "0"), ("--rate", "nan"), ("--readers", "-1")])
def test_what_cannot_be_is_refused(
    words: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["size", *words]) == 2
    assert words[0] in capsys.readouterr().err
