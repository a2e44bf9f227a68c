"""`make deploy-check`: everything of deploy/ through the tools that operators trust.

Each check is said with its result. One whose tool is missing is said loudly, and fails where
PYKRAKEN_REQUIRE_ALL=1. `render` writes the plain manifests anew instead.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.deploy import charts
from tests.deploy.tools import find
from tests.requirements import ROOT

DEPLOY = ROOT / "deploy"
KUBERNETES = ("1.31.0", "1.32.0", "1.33.0", "1.34.0", "1.35.0", "1.36.0", "1.37.0")
"""The versions that somebody supports today, and a few more."""
OFFLINE = ("--env-file", "deploy/compose/offline.env", "--profile", "offline")
MACHINES = ("x86_64", "aarch64")
"""linux/amd64 and linux/arm64, as wheels name them."""
GLIBC = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")
"""Wheels for glibc 2.28 or older: that of every base since Debian 10."""
Check = Callable[[], None]


class Missing(Exception):
    """A tool that is not there."""


def tool(name: str) -> str:
    """Return the path of a program; raise Missing."""
    found = find(name)
    if found is None:
        raise Missing(name)
    return found


def run(*words: str, text: str | None = None, cwd: Path = ROOT) -> str:
    """Run a program that must succeed and say no warning; return its output."""
    done = subprocess.run(words, input=text, cwd=cwd, capture_output=True, text=True, timeout=600)
    said = done.stdout + done.stderr
    if done.returncode:
        raise AssertionError(f"{' '.join(words[:6])}: code {done.returncode}\n{said[-6000:]}")
    return said


def dockerfile() -> None:
    """Lint the Dockerfile."""
    run(tool("hadolint"), "deploy/Dockerfile")


def compose() -> None:
    """Have Compose read its file, with every profile and without the folder of secrets."""
    for words in ((), OFFLINE, ("--profile", "monitoring")):
        file = ("--file", "deploy/compose/compose.yaml")
        run(tool("docker-compose"), *file, *words, "config", "--quiet")


def chart_lint() -> None:
    """Lint the chart with each file of values."""
    for values in charts.VALUES:
        run(tool("helm"), "lint", "--strict", str(charts.CHART), "--values", str(values))


def chart_schema() -> None:
    """Hold what the chart renders against Kubernetes' own schemas, version by version."""
    helm, judge = tool("helm"), tool("kubernetes-validate")
    for values in charts.VALUES:
        for version in KUBERNETES:
            text = charts.without_operators(charts.render(helm, values, version))
            said = run(judge, "--strict", "-k", version, "-", text=text)
            assert "WARN" not in said, said


def chart_refusals() -> None:
    """See the chart refuse what cannot work, in words that name the mend."""
    helm = tool("helm")
    for words, sets in charts.REFUSED:
        said = charts.refusal(helm, sets)
        assert words in said, f"{sets}: not refused with {words!r} but {said!r}"


def plain_manifests() -> None:
    """Compare the plain manifests with the chart, and build base and overlay."""
    assert charts.BASE.read_text() == charts.plain(tool("helm")), "make deploy-render was not run"
    for folder in ("base", "overlays/example"):
        text = run(tool("kubectl"), "kustomize", str(charts.PLAIN / folder))
        run(tool("kubernetes-validate"), "--strict", "-", text=text)


def policies() -> None:
    """Ask checkov of the image and of everything that the chart renders."""
    checkov, config = tool("checkov"), str(DEPLOY / "checkov.yaml")
    words = ("--config-file", config, "--framework")
    run(checkov, *words, "dockerfile", "--file", "deploy/Dockerfile")
    with tempfile.TemporaryDirectory(prefix="pykraken-policies-") as folder:
        for values in charts.VALUES:
            rendered = charts.render(tool("helm"), values)
            (Path(folder) / values.name).write_text(rendered)
        run(checkov, *words, "kubernetes", "--directory", folder)


def alerts() -> None:
    """Check the rules and run their tests."""
    run(tool("promtool"), "check", "rules", str(charts.CHART / "files/pykraken.rules.yml"))
    run(tool("promtool"), "test", "rules", "deploy/monitoring/alerts.test.yml")


def prometheus() -> None:
    """Check the configuration of Prometheus that Compose mounts."""
    run(tool("promtool"), "check", "config", "--syntax-only", "deploy/compose/prometheus.yml")


def unit() -> None:
    """Have systemd read the unit and judge how closed it is."""
    analyze = tool("systemd-analyze")
    with tempfile.TemporaryDirectory(prefix="pykraken-unit-") as folder:
        copy = Path(folder) / "pykraken@test.service"
        text = (DEPLOY / "systemd/pykraken@.service").read_text()
        copy.write_text(text.replace("/opt/pykraken/bin/pykraken", "/bin/true"))
        run(analyze, "verify", "--man=no", str(copy))
        run(analyze, "security", "--offline=true", "--threshold=20", str(copy))


def style() -> None:
    """Lint the YAML that is no template."""
    files = [
        str(path)
        for path in sorted(DEPLOY.rglob("*.y*ml"))
        if "templates" not in path.parts and path != charts.BASE
    ]
    rules = "{extends: relaxed, rules: {line-length: disable, braces: disable, commas: disable}}"
    run(tool("yamllint"), "--strict", "-d", rules, *files)


def uv_resolves() -> None:
    """Have uv resolve the project, as `uv run pykraken` does before anything else."""
    run(tool("uv"), "lock", "--dry-run", "--quiet")


def pythons() -> list[str]:
    """Return the versions of Python that the project supports, the image's among them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = "\n".join(project["classifiers"])
    supported = re.findall(r"^Programming Language :: Python :: (3\.\d+)$", text, re.M)
    (ours,) = re.findall(r"^ARG BASE=python:(3\.\d+)-", (DEPLOY / "Dockerfile").read_text(), re.M)
    assert ours in supported, f"the image has Python {ours}, which pyproject.toml does not name"
    return supported


def locked_wheels() -> None:
    """Fetch every locked package for each Python and machine, by its hash, as the image does."""
    locks = [f"--requirement={path}" for path in sorted((DEPLOY / "requirements").glob("*.lock"))]
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
    how = ("--no-deps", "--require-hashes", "--only-binary=:all:", "--implementation=cp")
    for python in pythons():
        for machine in MACHINES:
            where = [f"--platform={glibc}_{machine}" for glibc in GLIBC]
            with tempfile.TemporaryDirectory(prefix="pykraken-wheels-") as folder:
                target = (f"--python-version={python}", f"--dest={folder}")
                run(*pip, *how, *where, *target, *locks)


CHECKS: tuple[Check, ...] = (
    uv_resolves, locked_wheels, dockerfile, compose, chart_lint, chart_schema, chart_refusals,
    plain_manifests, policies, alerts, prometheus, unit, style,
)  # fmt: skip


def outcomes() -> Iterator[str]:
    """Run every check; yield the faults."""
    for check in CHECKS:
        try:
            check()
        except Missing as missing:
            print(f"NOT RUN: {check.__name__}: {missing} is not to be had here", flush=True)
            if os.environ.get("PYKRAKEN_REQUIRE_ALL") == "1":
                yield f"{check.__name__}: PYKRAKEN_REQUIRE_ALL=1, yet {missing} is missing"
        except (AssertionError, subprocess.SubprocessError) as error:
            print(f"WRONG: {check.__name__}", flush=True)
            yield f"{check.__name__}: {error}"
        else:
            print(f"ok: {check.__name__}: {(check.__doc__ or '').splitlines()[0]}", flush=True)


def main() -> int:
    """Check, or render."""
    if sys.argv[1:] == ["render"]:
        charts.BASE.write_text(charts.plain(tool("helm")))
        return 0
    faults = list(outcomes())
    print(*faults, sep="\n")
    print("not run here, for want of it: a Kubernetes API server, Grafana, a container engine")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
