"""What the Helm chart renders, with which values, and the manifests kept for those without Helm."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.requirements import ROOT

CHART = ROOT / "deploy" / "helm" / "pykraken"
VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
PLAIN = ROOT / "deploy" / "kubernetes"
BASE = PLAIN / "base" / "pykraken.yaml"
HELMS_OWN = re.compile(
    r"^ *(helm\.sh/chart|app\.kubernetes\.io/managed-by): .*\n|^# Source: .*\n", re.M
)
HEAD = """\
# Rendered from the Helm chart with ../values.yaml by `make deploy-render`; deploy-check compares.
"""
OPERATORS = re.compile(
    r"^---\n(?:(?!---\n).*\n)*?apiVersion: monitoring\.coreos\.com/(?:(?!---\n).*\n)*", re.M
)

REFUSED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a password has no place in values", ("redis.url=redis://publisher:secret@redis:6379/0",)),
    ("where to publish", ("redis.url=",)),
    ("name the Secret with the password", ("redis.url=redis://publisher@redis:6379/0",)),
    ("exclude one another", ("redis.bundled.enabled=true", "redis.bundled.usersSecret=users")),
    ("name 2 Secrets in apiKeySecrets", ("feeds[0].name=f", "feeds[0].channel=executions")),
    ("is another pod's already", (
        "feeds[0].name=f", "feeds[0].channel=executions", "feeds[0].apiKeySecrets={a,b}",
        "feeds[1].name=g", "feeds[1].channel=balances", "feeds[1].apiKeySecrets={b,c}",
    )),
    ("needs symbols", ("feeds[0].name=f", "feeds[0].channel=ticker")),
    ("takes no symbols", (
        "feeds[0].name=f", "feeds[0].channel=instrument", "feeds[0].symbols={BTC/USD}",
    )),
    ("all stands alone", ("feeds[0].name=f", "feeds[0].symbols={all,BTC/USD}")),
    ("level3 has the depths", (
        "feeds[0].name=f", "feeds[0].channel=level3", "feeds[0].symbols={BTC/USD}",
        "feeds[0].depth=25",
    )),
    ("two workloads would be called", (
        "feeds[0].name=f", "feeds[0].symbols={BTC/USD}",
        "feeds[1].name=f", "feeds[1].symbols={ETH/USD}",
    )),
    ("depth", ("feeds[0].name=f", "feeds[0].symbols={BTC/USD}", "feeds[0].depth=11")),
    ("dept", ("feeds[0].name=f", "feeds[0].symbols={BTC/USD}", "feeds[0].dept=10")),
    ("PYKRAKEN_API_SECRET", ("defaults.settings.PYKRAKEN_API_SECRET=c2VjcmV0",)),
    ("PYKRAKEN_NOPE", ("defaults.settings.PYKRAKEN_NOPE=1",)),
    ("PYKRAKEN_CHANNEL", (
        "feeds[0].name=f", "feeds[0].symbols={BTC/USD}",
        "feeds[0].settings.PYKRAKEN_CHANNEL=executions",
    )),
    ("no monitor gets through", ("podMonitor.enabled=true",)),
    ("cpu", ("defaults.resources.limits.cpu=1",)),
    ("digest", ("image.digest=latest",)),
)  # fmt: skip
"""Values that must be refused, and what the message must say."""


def render(helm: str, values: Path, version: str = "") -> str:
    """Return what the chart makes of a file of values. Raise CalledProcessError."""
    words = [helm, "template", "pykraken", str(CHART), "--namespace", "market-data"]
    words += ["--kube-version", version] if version else []
    return subprocess.run(
        [*words, "--values", str(values)], check=True, capture_output=True, text=True
    ).stdout


def plain(helm: str) -> str:
    """Return the manifests for those without Helm."""
    text = HELMS_OWN.sub("", render(helm, PLAIN / "values.yaml"))
    return HEAD + text.replace("  namespace: market-data\n", "")


def without_operators(text: str) -> str:
    """Return manifests without the Prometheus operator's, whose schemas are not Kubernetes'."""
    return OPERATORS.sub("", text)


def refusal(helm: str, sets: tuple[str, ...]) -> str:
    """Return what helm says of values that it must refuse; empty if it takes them."""
    words = [helm, "template", "pykraken", str(CHART)]
    for one in ("redis.url=redis://redis:6379/0", *sets):
        words += ["--set", one]
    done = subprocess.run(words, capture_output=True, text=True)
    return done.stderr if done.returncode else ""
