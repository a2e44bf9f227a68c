"""A language's `follow` as a process: what it was told, and what it holds at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.languages.languages import Language
from tests.polling import wait_until
from tests.requirements import ROOT

DEADLINE_S = 90.0
STOP_S = 5.0
"""Within which a follower ends, by CONFORMANCE.md."""
Line = dict[str, Any]


class Follower:
    """`conformance follow ...` until `end`. Each line of its output is kept as it was printed."""

    def __init__(self, language: Language, folder: Path, *words: object) -> None:
        self.language = language
        self.words = words
        self.out = folder / f"{language.name}.ndjson"
        self.errors = folder / f"{language.name}.stderr"
        self.finals: dict[str, Line] = {}
        self._told: list[tuple[str, str]] = []
        self._read = 0

    def __enter__(self) -> Self:
        self.out.parent.mkdir(parents=True, exist_ok=True)
        with self.out.open("wb") as out, self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                self.language.conformance("follow", *self.words),
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=errors,
                start_new_session=True,  # so that a wrapper and what it runs stop together
            )
        return self

    def lines(self) -> list[tuple[str, str]]:
        """Return what was told so far: the stream, and the event's very text."""
        with self.out.open("rb") as out:
            out.seek(self._read)
            new = out.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for text in whole.decode().split("\n")[:-1]:
            line = json.loads(text)
            if "event" in line:
                at = text.index(',"event":') + len(',"event":')
                self._told.append((line["stream"], text[at:-1]))
        return self._told

    def of(self, stream: str) -> list[str]:
        """Return the events of one stream."""
        return [event for name, event in self.lines() if name == stream]

    def count(self, part: str, stream: str = "") -> int:
        """Return how many events hold this text."""
        return sum(part in event for name, event in self.lines() if stream in ("", name))

    def wait(self, part: str, count: int = 1, streams: Sequence[str] = ("",)) -> None:
        """Wait until each of the streams told so many events that hold this text."""
        for stream in streams:
            what = f"{self.language.name}: {count} of {part} in {stream or 'any stream'}"
            try:
                wait_until(
                    lambda stream=stream: self._is_up() and self.count(part, stream) >= count,
                    DEADLINE_S,
                    what,
                )
            except AssertionError as error:
                raise AssertionError(f"{error}\n{self.said()}") from None

    def pause(self) -> None:
        """Stand still, as a program whose machine sleeps."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on."""
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """Let it stop in good order, and keep what it holds."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            assert self.process.wait(STOP_S) == 0, self.said()
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.language.name} does not stop\n{self.said()}") from None
        for text in self.out.read_text().split("\n")[:-1]:
            line = json.loads(text)
            if "final" in line:
                self.finals[line["stream"]] = line["final"]

    def said(self) -> str:
        """Return the end of its words, for a failed test."""
        last = "\n".join(self.out.read_text().splitlines()[-12:])
        errors = self.errors.read_text(errors="replace")[-3000:]
        return f"{self.language.name} told last:\n{last[-3000:]}\n{errors}"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self._signal(signal.SIGKILL)
            self.process.wait()
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()

    def _is_up(self) -> bool:
        assert self.process.poll() is None, f"it ended\n{self.said()}"
        return True

    def _signal(self, number: signal.Signals) -> None:
        os.killpg(self.process.pid, number)
