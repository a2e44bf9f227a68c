"""Processes of a measurement: where they run, what they say, what they cost.

With two cores or more, whoever is measured has core 1 alone and everybody else shares core 0;
otherwise, and where the system cannot pin, nothing is pinned. CPU time and peak memory come from
/proc; where there is none they are 0.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from tests.requirements import ROOT

Place = Literal["measured", "others", "anywhere"]
DEADLINE_S = 60.0
END_S = 10.0
CORES = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_setaffinity") else ()
"""The cores that this process was given at its start."""


def can_pin() -> bool:
    """Tell whether processes can be given cores of their own."""
    return len(CORES) >= 2


def pin(pid: int, place: Place) -> None:
    """Give a process (0: this one) its core, if cores can be given."""
    if can_pin():
        mine = {"measured": {CORES[1]}, "others": {CORES[0]}, "anywhere": set(CORES)}
        os.sched_setaffinity(pid, mine[place])


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process' first thread has used."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    return 0.0


def process_cpu_s(pid: int) -> float:
    """Return the CPU seconds that all threads of a process have used, those that ended included."""
    with contextlib.suppress(OSError):
        return time.clock_gettime(~pid << 3 | 2)  # Linux' clock_getcpuclockid(3) says no more
    return 0.0


def peak_mb(pid: int) -> float:
    """Return the most memory that a process has held, in MB (10^6 bytes)."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


class Child:
    """A Python process, a module's or a script's, that prints JSON lines; ended with the block."""

    def __init__(
        self,
        program: str | Path,
        *words: object,
        place: Place = "anywhere",
        environment: dict[str, str] | None = None,
        folder: Path | None = None,
        python: Path | None = None,
    ) -> None:
        start = [str(program)] if isinstance(program, Path) else ["-m", program]
        self._name = str(program)
        self._command = [str(python or sys.executable), *start, *map(str, words)]
        self._place: Place = place
        paths = [str(ROOT), str(ROOT / "consumers" / "python")]
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYKRAKEN_")}
        ours = {} if python else {"PYTHONPATH": os.pathsep.join(paths)}
        self._environment = inherited | ours | (environment or {})
        self._folder = folder or ROOT
        self._unread = b""

    @property
    def pid(self) -> int:
        """The process' id."""
        return self.process.pid

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment,
            cwd=self._folder,
            bufsize=0,
        )
        pin(self.pid, self._place)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def tell(self, line: str) -> None:
        """Write a line to the process."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")

    def says(self, key: str) -> dict[str, Any]:
        """Return the next JSON line that has `key`; raise TimeoutError or RuntimeError."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            while b"\n" in self._unread:
                line, _, self._unread = self._unread.partition(b"\n")
                said: dict[str, Any] = json.loads(line)
                if key in said:
                    return said
            self._unread += self._read(key, deadline)

    def _read(self, key: str, deadline: float) -> bytes:
        assert self.process.stdout is not None
        if not select.select([self.process.stdout], [], [], deadline - time.monotonic())[0]:
            raise TimeoutError(f"{self._name}: no {key!r} within {DEADLINE_S} s")
        data = self.process.stdout.read(65536)
        if not data:
            raise RuntimeError(f"{self._name}: ended before it said {key!r}")
        return data
