"""The publisher as a program of its own: started, watched through its log, ended in any way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.moved import Recording, Watch
from tests.polling import wait_until
from tests.requirements import ROOT
from tests.servers import free_port

DEADLINE_S = 15.0


class Publisher:
    """`python -m publisher run` with these settings (names without PYKRAKEN_), until the block
    ends. `folder` takes its log and its state.
    """

    module = "publisher"
    """What is run, with `run` behind it."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.settings = settings
        self._number = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._watch: Watch | None = None
        self.writes_to: int | None = None
        """The descriptor that its output goes to instead of the log."""

    @property
    def log_path(self) -> Path:
        """Where the log of the present process goes."""
        return self.folder / f"publisher-{self._number}.log"

    def start(self) -> Self:
        """Start the process; return at once."""
        self._number += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYKRAKEN_")}
        recorder, settings = Recording.current, self.settings
        if recorder is not None:
            settings = {"metrics_port": free_port()} | settings
        given = {f"PYKRAKEN_{k.upper()}": str(v) for k, v in settings.items()}
        fixed = {
            "PYKRAKEN_STATE_DIR": str(self.folder / "state"),
            "PYKRAKEN_LOG_FORMAT": "json",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "consumers" / "python")]),
        }
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module, "run"],
                cwd=self.folder,  # no .env of the developer's
                env=inherited | fixed | given,
                stdin=subprocess.DEVNULL,
                stdout=log if self.writes_to is None else self.writes_to,
                stderr=log if self.writes_to is None else self.writes_to,
            )
        if recorder is not None:
            process = self.process
            self._watch = recorder.watch(
                int(str(settings["metrics_port"])), lambda: process.poll() is None
            )
        return self

    def log(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return the log's lines so far, all or those of one event."""
        lines: list[dict[str, Any]] = []
        for line in self.log_path.read_text(errors="replace").splitlines():
            if line.startswith("{") and line.endswith("}"):
                lines.append(json.loads(line))
        return [line for line in lines if event in (None, line.get("event"))]

    def wait_for(self, event: str, *, count: int = 1, timeout_s: float = DEADLINE_S) -> None:
        """Wait until the log has `count` lines of an event."""
        try:
            wait_until(lambda: len(self.log(event)) >= count, timeout_s, f"log line {event}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log_path.read_text()[-4000:]}") from None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.signal(signal.SIGKILL)
        self.wait()

    def terminate(self, timeout_s: float = DEADLINE_S) -> int:
        """End it with SIGTERM; return its exit code."""
        self._look()
        self.signal(signal.SIGTERM)
        return self.wait(timeout_s)

    def wait(self, timeout_s: float = DEADLINE_S) -> int:
        """Return its exit code, once it ended."""
        assert self.process is not None
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running:\n{self.log_path.read_text()[-4000:]}") from None

    def _look(self) -> None:
        """Read its metrics for the last time, if somebody watches them."""
        if self._watch is not None:
            self._watch.end()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self._look()
            self.process.terminate()
            try:
                self.process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if error is not None:
            print(f"--- {self.log_path}\n{self.log_path.read_text()[-6000:]}")
