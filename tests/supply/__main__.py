"""`python -m tests.supply sbom|audit`, with the tools of .venv-supply.

Both look at a fresh environment with what a user installs, made in build/supply: neither the tools
nor what a developer has installed beside is judged.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from tests.supply import audit, sbom
from tests.supply.wanted import RUNTIME_EXTRAS, closure, requirements

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = ROOT / "build" / "supply"
BILL = ROOT / "build" / "sbom.json"
SERVICE_TIMEOUT_S = "15"


def environment() -> tuple[Path, dict[str, str]]:
    """Make the environment; return its Python and everything that must be in it."""
    venv.EnvBuilder(clear=True, with_pip=False).create(ENVIRONMENT)
    python = ENVIRONMENT / "bin" / "python"
    what = f"{ROOT}[{','.join(RUNTIME_EXTRAS)}]"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "--python", str(python), "install", what], check=True)
    subprocess.run([*pip, "--python", str(python), "check"], check=True)
    asked = requirements(ROOT / "pyproject.toml")
    return python, closure(asked, [str(site(python))])


def site(python: Path) -> Path:
    """Return the folder of an environment's packages."""
    (folder,) = (python.parent.parent / "lib").glob("python*/site-packages")
    return folder


def tool(name: str) -> str:
    """Return a program beside this Python."""
    return str(Path(sys.executable).with_name(name))


def make_bill() -> int:
    """Write build/sbom.json and compare it with what is installed."""
    python, wanted = environment()
    subprocess.run(
        [
            *(tool("cyclonedx-py"), "environment", "--output-reproducible", "--of", "JSON"),
            *("--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application"),
            *("-o", str(BILL), str(python)),
        ],
        check=True,
    )
    bill: dict[str, Any] = json.loads(BILL.read_text())
    if faults := sbom.faults(bill, wanted):
        print("the bill of materials is wrong:", *faults, sep="\n  ")
        return 1
    print(f"{BILL.relative_to(ROOT)}: {len(wanted)} packages, each with its version")
    return 0


def ask() -> int:
    """Ask pip-audit, and say what it could not ask."""
    python, wanted = environment()
    done = subprocess.run(
        [
            *(tool("pip-audit"), "--path", str(site(python)), "--format", "json"),
            *("--timeout", SERVICE_TIMEOUT_S, "--progress-spinner", "off"),
        ],
        capture_output=True,
        text=True,
    )
    try:
        report = json.loads(done.stdout)
    except ValueError:
        report = None
        print(done.stderr.strip()[-600:])
    is_required = os.environ.get("AUDIT_REQUIRED", "") not in ("", "0")
    code, words = audit.told(audit.judge(report, wanted), is_required=is_required)
    print(words)
    return code


if __name__ == "__main__":
    sys.exit({"sbom": make_bill, "audit": ask}[sys.argv[1]]())
