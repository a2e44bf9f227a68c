"""A CycloneDX bill of materials: what it lists, and what it forgot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packaging.utils import canonicalize_name


def listed(bill: Mapping[str, Any]) -> dict[str, str]:
    """Return name and version of each component."""
    return {
        canonicalize_name(component["name"]): str(component.get("version", ""))
        for component in bill.get("components", [])
    }


def faults(bill: Mapping[str, Any], wanted: Mapping[str, str]) -> list[str]:
    """Return what is missing, of another version, or without an address that names it for good."""
    found = listed(bill)
    told = [
        f"{name} {version} is missing"
        if name not in found
        else f"{name} {version} is {found[name]}"
        for name, version in sorted(wanted.items())
        if found.get(name) != version
    ]
    unnamed = [c["name"] for c in bill.get("components", []) if not c.get("purl")]
    return [*told, *(f"{name} has no purl" for name in unnamed)]
