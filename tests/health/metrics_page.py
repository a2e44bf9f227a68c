"""deploy/METRICS.md as data: what is said to be exported."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.requirements import ROOT

PAGE = ROOT / "deploy" / "METRICS.md"


class Told(NamedTuple):
    """One line of the page's tables."""

    kind: str
    labels: frozenset[str]
    meaning: str
    rows: tuple[str, ...]


def told() -> dict[str, Told]:
    """Return what the page says of each metric, by its name."""
    found: dict[str, Told] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0].startswith("`pykraken_"):
            name, kind, labels, meaning, rows = cells
            named = frozenset(re.findall(r"`(\w+)`", labels))
            assert name not in found, f"{name} twice"
            found[name.strip("`")] = Told(kind, named, meaning, tuple(re.findall(r"\w+", rows)))
    return found
