"""The probes of the manifests, asked of a process as a kubelet asks them.

Paths, periods and thresholds are read from the rendered manifests, so that a rehearsal cannot
drift from what is handed out. What a manifest leaves out is Kubernetes' own default.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from urllib.error import URLError
from urllib.request import urlopen

from tests.deploy import charts

PROBE = re.compile(
    r"^ +(startup|liveness|readiness)Probe:\n"
    r" +httpGet: \{ path: (\S+), port: metrics \}\n"
    r"((?: +\w+: \d+\n)+)",
    re.M,
)
FIELDS = {
    "periodSeconds": "period_s", "timeoutSeconds": "timeout_s",
    "failureThreshold": "failures", "successThreshold": "successes",
}  # fmt: skip


@dataclass(frozen=True)
class Probe:
    """One probe. The defaults are Kubernetes'."""

    path: str
    period_s: float = 10
    timeout_s: float = 1
    failures: int = 3
    successes: int = 1


@dataclass(frozen=True)
class Terms:
    """What the manifests say of a pod's life."""

    startup: Probe
    liveness: Probe
    readiness: Probe
    min_ready_s: int
    grace_s: int


def terms() -> Terms:
    """Read them; a field that is not known here is a KeyError."""
    text = charts.BASE.read_text()
    probes = {
        kind: Probe(path, **{FIELDS[name]: int(n) for name, n in re.findall(r"(\w+): (\d+)", rest)})
        for kind, path, rest in PROBE.findall(text)
    }
    return Terms(
        **probes,
        min_ready_s=_number("minReadySeconds", text),
        grace_s=_number("terminationGracePeriodSeconds", text),
    )


def _number(name: str, text: str) -> int:
    (found,) = re.findall(rf"^ +{name}: (\d+)$", text, re.M)
    return int(found)


class Prober(threading.Thread):
    """Asks one probe at its period; its verdict changes at the probe's thresholds."""

    def __init__(self, port: int, probe: Probe, *, is_good: bool) -> None:
        super().__init__(daemon=True, name=f"probe {probe.path}")
        self.probe = probe
        self.is_good = is_good
        self.since = time.monotonic()
        """When the verdict was given."""
        self._url = f"http://127.0.0.1:{port}{probe.path}"
        self._over = threading.Event()
        self._streak = 0

    def run(self) -> None:
        while not self._over.wait(self.probe.period_s):
            self._streak = self._streak + 1 if self._answers() is not self.is_good else 0
            needed = self.probe.failures if self.is_good else self.probe.successes
            if self._streak == needed:
                self.is_good, self.since, self._streak = not self.is_good, time.monotonic(), 0

    def _answers(self) -> bool:
        try:
            with urlopen(self._url, timeout=self.probe.timeout_s) as answer:
                return bool(200 <= answer.status < 400)
        except (URLError, OSError):
            return False

    def end(self) -> None:
        """Ask no more."""
        self._over.set()


class Kubelet(threading.Thread):
    """Watches one container: until it has started only that is asked, then life and readiness."""

    def __init__(self, port: int, of: Terms) -> None:
        super().__init__(daemon=True, name="kubelet")
        self._startup = Prober(port, of.startup, is_good=False)
        self._liveness = Prober(port, of.liveness, is_good=True)
        self._readiness = Prober(port, of.readiness, is_good=False)
        self._of = of
        self._over = threading.Event()

    def run(self) -> None:
        self._startup.start()
        while not self._startup.is_good:
            if self._over.wait(0.1):
                return
        self._startup.end()
        for prober in (self._liveness, self._readiness):
            prober.start()

    @property
    def would_restart(self) -> bool:
        """Whether it would end the container by now, since a probe failed too often."""
        startup = self._startup
        allowed_s = startup.probe.period_s * startup.probe.failures
        is_late = not startup.is_good and time.monotonic() - startup.since > allowed_s
        return is_late or not self._liveness.is_good

    @property
    def is_ready(self) -> bool:
        """Whether the pod is ready."""
        return self._readiness.is_good

    @property
    def is_available(self) -> bool:
        """Whether it has been ready for as long as a rollout waits."""
        ready = self._readiness
        return ready.is_good and time.monotonic() - ready.since >= self._of.min_ready_s

    def end(self) -> None:
        """Ask no more."""
        self._over.set()
        for prober in (self._startup, self._liveness, self._readiness):
            prober.end()
