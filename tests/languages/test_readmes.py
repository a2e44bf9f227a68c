"""Each library's README names all that a URL and `follow` may be told."""

from __future__ import annotations

import re

import pytest
from pykraken_consumer._url import QUERIES

from tests.languages.languages import ALL, Language
from tests.requirements import ROOT

CONFORMANCE = ROOT / "consumers" / "spec" / "CONFORMANCE.md"


def words() -> list[str]:
    """Return the options of `follow`, which are those of every library's client."""
    (usage,) = re.findall(r"^## `follow (.*)`$", CONFORMANCE.read_text(), re.MULTILINE)
    return re.findall(r"--(\w+)", usage)


@pytest.mark.parametrize("language", ALL, ids=lambda each: each.name)
def test_every_option_is_named(language: Language) -> None:
    page = (language.folder / "README.md").read_text()
    (table,) = re.findall(r"^\| behind a `\?` .*?\n\n", page, re.MULTILINE | re.DOTALL)
    rows = [row.split("|")[1] for row in table.splitlines() if row]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(QUERIES)
    prose = re.sub("```.*?```", "", page, flags=re.DOTALL)
    named = {
        part.lower()
        for code in re.findall("`([^`]+)`", prose)
        for part in re.findall("[A-Za-z]+", code)
    }
    assert set(words()) <= named
    assert len(words()) == 9
