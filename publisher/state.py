"""Small values that outlive the process: connect budget, address of a running embedded server.

One file per value in one folder, replaced whole, so that a reader never sees half of one. Several
processes may share the folder; `update` locks its value among them. Where the folder cannot be
written, values are kept in memory and one warning says so: a read-only disk stops no feed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from publisher.logs import get_logger

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
LOCK = ".lock"


class StateFolder:
    """The values in one folder, by name. For one thread, but `read` for any; processes may share
    the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._memory: dict[str, str | None] = {}
        self._warned = False
        self.failures = 0
        """How many values could not be written."""

    @property
    def is_in_memory(self) -> bool:
        """True once a value could not be written."""
        return self._warned

    def read(self, name: str) -> str | None:
        """Return the value, or None when there is none."""
        with contextlib.suppress(KeyError):
            return self._memory[name]
        try:
            return self._file(name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    def write(self, name: str, value: str) -> None:
        """Replace the value as a whole."""
        try:
            self._replace(self._file(name), value)
        except OSError as error:
            self._keep_in_memory(name, value, error)
        else:
            self._memory.pop(name, None)

    def update(self, name: str, change: Callable[[str | None], str]) -> str:
        """Replace the value by `change` of it, alone among all processes; return the new one."""
        with self._locked(name):
            value = change(self.read(name))
            self.write(name, value)
            return value

    def remove(self, name: str) -> None:
        """Forget the value, if there is one."""
        self._memory.pop(name, None)
        try:
            self._file(name).unlink(missing_ok=True)
        except OSError as error:
            self._keep_in_memory(name, None, error)

    def names(self, prefix: str) -> list[str]:
        """Return the names of the values that begin with `prefix`, sorted."""
        found = {name for name, value in self._memory.items() if value is not None}
        with contextlib.suppress(OSError):
            found.update(entry.name for entry in self.path.iterdir() if NAME.fullmatch(entry.name))
        gone = {name for name, value in self._memory.items() if value is None}
        return sorted(
            name for name in found - gone if name.startswith(prefix) and not name.endswith(LOCK)
        )

    def _file(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a value")
        return self.path / name

    def _replace(self, file: Path, value: str) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        # A name that starts with a dot is no value's: a half-written file is never read.
        descriptor, fresh = tempfile.mkstemp(prefix=f".{file.name}.", dir=self.path)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as target:
                target.write(value)
            os.replace(fresh, file)
        except OSError:
            Path(fresh).unlink(missing_ok=True)
            raise

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """Hold the value's lock, which the system releases however the process dies."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = self._file(name + LOCK).open("a")
        except OSError:  # then `write` stays in memory, which nobody shares
            yield
            return
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _keep_in_memory(self, name: str, value: str | None, error: OSError) -> None:
        self._memory[name] = value
        self.failures += 1
        if not self._warned:
            self._warned = True
            get_logger("state").warning(
                "state.in_memory",
                folder=self.path,
                error=error.strerror,
                mend="make the folder writable or set PYKRAKEN_STATE_DIR",
            )
