"""The same bytes to every decoder: the same events, the same codes, byte for byte.

Python's decoder is itself judged against a strict reading of the page (tests/fuzz/wires.py).
"""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path
from typing import IO, Any

import pytest

from tests.languages.corpus import mutated, vectors
from tests.languages.entries import packed
from tests.languages.languages import LANGUAGES, OTHERS, PYTHON, Language
from tests.requirements import ROOT
from tests.spec.vectors.files import data_of, load

DEADLINE_S = 300.0
MUTATIONS = 30_000
SEED = 20_261_129


def decoded(language: Language, entries: Path, *words: str) -> bytes:
    """Return what a language's `decode` prints of a file of entries."""
    with entries.open("rb") as file:
        return run(language.conformance("decode", *words), file)


def run(command: list[str], stdin: IO[bytes]) -> bytes:
    done = subprocess.run(
        command, cwd=ROOT, stdin=stdin, capture_output=True, check=False, timeout=DEADLINE_S
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of all vectors and many mutations."""
    path = tmp_path_factory.mktemp("corpus") / "entries"
    entries = itertools.chain(vectors(), mutated(MUTATIONS, SEED))
    path.write_bytes(b"".join(packed(entries)))
    return path


@pytest.fixture(scope="module")
def judged(corpus: Path) -> list[bytes]:
    """What Python makes of it."""
    return decoded(PYTHON, corpus).split(b"\n")[:-1]


@pytest.mark.parametrize("language", OTHERS, ids=lambda each: each.name)
def test_all_decode_alike(language: Language, corpus: Path, judged: list[bytes]) -> None:
    language.require()
    said = decoded(language, corpus).split(b"\n")[:-1]
    entries = itertools.chain(vectors(), mutated(MUTATIONS, SEED))
    for entry, ours, theirs in zip(entries, judged, said, strict=False):
        assert theirs == ours, f"{entry.place} {entry.id} {entry.data.hex()[:2000]}"
    assert len(said) == len(judged)


def test_the_corpus_reaches_every_code(judged: list[bytes]) -> None:
    """A corpus of one kind would make them alike too easily."""
    codes = {json.loads(line).get("error", "") for line in judged}
    assert codes == {"", "SIZE", "MSGPACK", "SCHEMA", "RANGE", "ORDER", "VERSION"}
    events = sum(b'"error"' not in line for line in judged)
    assert events > 2_000


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_the_digest_is_of_the_lines(language: Language, tmp_path: Path) -> None:
    language.require()
    path = tmp_path / "entries"
    path.write_bytes(b"".join(packed(vectors())))
    lines = [body["canonical"] for body in expected()]
    said: dict[str, Any] = json.loads(decoded(language, path, "--digest"))
    assert said["entries"] == len(lines)
    assert said["events"] == sum('"error"' not in line for line in lines)
    assert sum(said["codes"].values()) == said["entries"] - said["events"]
    assert decoded(language, path).decode() == "".join(f"{line}\n" for line in lines)


def expected() -> list[dict[str, Any]]:
    """Return the vector of each entry of `vectors()`."""
    return [
        body
        for body in load("valid") + load("invalid")
        for _ in [data_of(body), *body.get("alternatives", ())]
    ]
