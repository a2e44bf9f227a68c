"""All vectors in all languages: none passed over, all as the vectors say."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.languages.languages import LANGUAGES, Language
from tests.requirements import ROOT

VECTORS = ROOT / "consumers" / "spec" / "vectors"
DEADLINE_S = 120.0
SPOILT = (
    ("valid", "bye", "canonical", "{}"),
    ("invalid", "size-one-byte-over", "code", "RANGE"),
    ("stories", "bad-entry-range", "expect", []),
    ("lines", "lines-both-lost", "expect", []),
    ("catalogue", "bbo", "value", {}),
    ("choices", "one-stream", "chosen", "{kraken.BTC/USD}:book.11"),
)
"""One of each folder, and what is written into it that is not so."""


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_every_vector(language: Language) -> None:
    language.require()
    done = subprocess.run(
        language.conformance("vectors", VECTORS),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line for line in said if not line["ok"]] == [], done.stderr
    assert done.returncode == 0, done.stderr
    there = {f"{path.parent.name}/{path.stem}" for path in VECTORS.glob("*/*.json")}
    assert len(said) == len(there)
    assert {line["vector"] for line in said} == there


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_a_vector_that_is_wrong_is_told(language: Language, tmp_path: Path) -> None:
    """The judge can say no: a digit changed in each folder, and a folder that nobody knows."""
    language.require()
    spoilt = set()
    for folder, name, key, wrong in SPOILT:
        body = json.loads((VECTORS / folder / f"{name}.json").read_text())
        assert body[key] != wrong
        body[key] = wrong
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.json").write_text(json.dumps(body))
        spoilt.add(f"{folder}/{name}")
    (tmp_path / "unheard-of").mkdir()
    (tmp_path / "unheard-of" / "one.json").write_text("{}")
    done = subprocess.run(
        language.conformance("vectors", tmp_path),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
    )
    said = {line["vector"]: line["ok"] for line in map(json.loads, done.stdout.splitlines())}
    assert said == dict.fromkeys({*spoilt, "unheard-of/"}, False), done.stderr
    assert done.returncode == 1
