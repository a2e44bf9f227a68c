"""pip-audit's report, read with suspicion.

A service that cannot be asked looks like a clean answer: pip-audit calls every package "not found"
and exits with 0. So each package counts as audited only if the report does not say that it was
skipped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from packaging.utils import canonicalize_name


class Verdict(NamedTuple):
    """What is known of the packages."""

    vulnerable: list[str]
    """Each with its ids and the versions that mend it."""
    unasked: list[str]
    """Packages of which nobody could be asked."""
    audited: int


def judge(report: Mapping[str, Any] | None, wanted: Collection[str]) -> Verdict:
    """Judge a report; None: there is none. What is wanted and not in it was not asked."""
    rows = {canonicalize_name(row["name"]): row for row in (report or {}).get("dependencies", [])}
    vulnerable, unasked, audited = [], [], 0
    for name in sorted(wanted):
        row = rows.get(canonicalize_name(name))
        if row is None or row.get("skip_reason") or "vulns" not in row:
            unasked.append(name)
            continue
        audited += 1
        for fault in row["vulns"]:
            mends = ", ".join(fault.get("fix_versions", [])) or "no version"
            vulnerable.append(f"{name} {row['version']}: {fault['id']}, mended by {mends}")
    return Verdict(vulnerable, unasked, audited)


def told(verdict: Verdict, *, is_required: bool) -> tuple[int, str]:
    """Return the exit code and what to say: 1 for a vulnerability, and, where an audit is required,
    for a package that nobody could be asked about.
    """
    lines = [f"VULNERABLE {line}" for line in verdict.vulnerable]
    if verdict.unasked:
        count = len(verdict.unasked)
        lines += [
            f"NOT AUDITED: {count} of {count + verdict.audited} packages. The vulnerability service"
            " could not be asked from here:",
            f"  {' '.join(verdict.unasked)}",
            "  Run `make audit` where it can be reached (AUDIT_REQUIRED=1 makes this a failure).",
        ]
    lines.append(f"audited {verdict.audited}, vulnerable {len(verdict.vulnerable)}")
    is_bad = bool(verdict.vulnerable) or (is_required and bool(verdict.unasked))
    return int(is_bad), "\n".join(lines)
