"""What pyproject.toml leads to, read from the metadata of an environment's packages: the second
opinion that bills of materials are compared with.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

RUNTIME_EXTRAS = ("embedded", "sim")
"""What a user may install to run it; the others are tools."""


def requirements(pyproject: Path, extras: tuple[str, ...] = RUNTIME_EXTRAS) -> list[Requirement]:
    """Return what the project asks for, with some of its extras."""
    project = tomllib.loads(pyproject.read_text())["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def closure(asked: list[Requirement], site: list[str]) -> dict[str, str]:
    """Return name and version of everything that the requirements lead to in the folders `site`.

    Raises LookupError for what is wanted and not installed there.
    """
    installed = {canonicalize_name(found.name): found for found in distributions(path=site)}
    versions: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    queue = [(requirement, "") for requirement in asked]
    while queue:
        requirement, extra = queue.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        if name not in installed:
            raise LookupError(f"{requirement} is wanted and not installed")
        versions[name] = installed[name].version
        for inner in ("", *requirement.extras):
            if (name, inner) not in seen:
                seen.add((name, inner))
                queue += [(Requirement(line), inner) for line in _lines(installed[name])]
    return versions


def _lines(distribution: Distribution) -> list[str]:
    return distribution.requires or []
