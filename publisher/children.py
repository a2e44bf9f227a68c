"""pykraken's own commands as child processes: the simulator, and the publisher of the demo.

They are guarded, so they end when we do. What they say goes where the caller wants it; the
simulator's ready line is read here. Only the simulator inherits an API key: it opens its account.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, NamedTuple

from publisher import guard
from publisher.credentials import without_key
from publisher.errors import ConfigurationError, InternalError, MissingExtra, PykrakenError

READY_TIMEOUT_S = 30.0
# `run` promises to be done in five seconds; a second more for the interpreter itself.
STOP_TIMEOUT_S = 6.0


class Addresses(NamedTuple):
    """Where a simulator listens: the first line of its stdout."""

    ws_url: str
    ws_l3_url: str
    ws_auth_url: str
    rest_url: str
    control_url: str


@contextlib.contextmanager
def pykraken(
    words: Sequence[str],
    *,
    log: IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `pykraken <words>` beside us; both its outputs go to `log` (None: to ours)."""
    process = guard.start(
        [sys.executable, "-m", "publisher", *words],
        stdout=log,
        stderr=log,
        environment={**without_key(os.environ), **(environment or {})},
    )
    try:
        yield process
    finally:
        guard.end(process, within_s=STOP_TIMEOUT_S)


def require_simulator() -> None:
    """Raise MissingExtra where the simulator's extra is not installed."""
    if importlib.util.find_spec("websockets") is None:
        raise MissingExtra("sim", "websockets", "the simulator")


@contextlib.contextmanager
def simulator(words: Sequence[str]) -> Iterator[Addresses]:
    """Run `pykraken simulate <words>` beside us, on free ports, and wait until it listens."""
    require_simulator()
    process = guard.start(
        [sys.executable, "-m", "publisher", "simulate", *words], stdout=subprocess.PIPE
    )
    try:
        yield _addresses(process)
    finally:
        guard.end(process, within_s=STOP_TIMEOUT_S)
        if process.stdout is not None:
            process.stdout.close()


def _addresses(process: subprocess.Popen[bytes]) -> Addresses:
    """Return what the ready line says; raise InternalError when none comes."""
    assert process.stdout is not None
    line = b""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not line.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
            raise InternalError(f"the simulator was not ready within {READY_TIMEOUT_S:g} s")
        part = os.read(process.stdout.fileno(), 4096)
        if not part:
            raise _early_end(process.wait())
        line += part
    ready = json.loads(line)
    return Addresses(**{name: ready[name] for name in Addresses._fields})


def _early_end(code: int) -> PykrakenError:
    if code == ConfigurationError.exit_code:
        allowed = "the simulator refused to start; its own line says why"
        return ConfigurationError("--exchange", "sim", allowed)
    return InternalError(f"the simulator ended with code {code} before it was ready")
