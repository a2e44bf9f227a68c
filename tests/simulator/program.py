"""The simulator as a program of its own, and plain clients of it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from tests.polling import wait_until
from tests.requirements import ROOT

DEADLINE_S = 10.0


class Program:
    """`python -m publisher.simulator` with these flags, running until the block ends."""

    def __init__(self, *flags: str) -> None:
        self.flags = flags

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "publisher.simulator", *self.flags],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready_line = self.process.stdout.readline()
        self.addresses: dict[str, str] = json.loads(self.ready_line)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def client(self, address: str = "ws_url") -> Client:
        """Connect a client to the public or to another endpoint."""
        return Client(self.addresses[address])

    def get(self, path: str) -> Any:
        """GET below the control endpoint, or below the REST host for a path that starts with /."""
        base = self.addresses["rest_url" if path.startswith("/") else "control_url"]
        url = base + path if path.startswith("/") else f"{base}/{path}"
        with urllib.request.urlopen(url, timeout=DEADLINE_S) as answer:
            return json.loads(answer.read())

    def post(self, verb: str, **body: object) -> Any:
        """POST a control verb."""
        request = urllib.request.Request(
            f"{self.addresses['control_url']}/{verb}", data=json.dumps(body).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            return json.loads(answer.read())

    def fired(self, name: str) -> int:
        """Return how often a fault struck, by the simulator's own count."""
        return int(self.get("status")["fired"].get(name, 0))

    def wait_for_fired(self, name: str) -> None:
        """Wait until a fault struck."""
        wait_until(lambda: self.fired(name), DEADLINE_S, f"fault {name} fired")


class Client:
    """A WebSocket client that keeps every text it got, in order."""

    def __init__(self, url: str) -> None:
        with contextlib.ExitStack() as stack:
            self.socket: ClientConnection = stack.enter_context(
                connect(url, compression=None, max_size=None)
            )
            self._stack = stack.pop_all()
        self.texts: list[str | bytes] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close_timeout = 0.2
        self._stack.close()

    def send(self, method: str, req_id: int | None = None, **params: Any) -> None:
        """Send a request."""
        request: dict[str, object] = {"method": method}
        if params:
            request["params"] = params
        if req_id is not None:
            request["req_id"] = req_id
        self.socket.send(json.dumps(request))

    def subscribe(self, *symbols: str, depth: int = 10, **params: Any) -> None:
        """Subscribe to books."""
        self.send("subscribe", channel="book", symbol=list(symbols), depth=depth, **params)

    def receive(self, timeout_s: float = DEADLINE_S) -> str | bytes:
        """Return the next frame. Raises TimeoutError, ConnectionClosed."""
        text = self.socket.recv(timeout_s)
        self.texts.append(text)
        return text

    def frames(self, timeout_s: float = DEADLINE_S) -> Iterator[dict[str, Any]]:
        """Yield each JSON object that comes, until the deadline."""
        deadline = time.monotonic() + timeout_s
        while True:
            text = self.receive(deadline - time.monotonic())
            try:
                message = json.loads(text, parse_float=str)
            except ValueError:
                continue
            yield message

    def until(
        self, is_wanted: Callable[[dict[str, Any]], object], timeout_s: float = DEADLINE_S
    ) -> dict[str, Any]:
        """Return the first JSON object that is wanted."""
        return next(frame for frame in self.frames(timeout_s) if is_wanted(frame))


def is_book(frame: dict[str, Any], kind: str = "", symbol: str = "") -> bool:
    """Return whether a message is a book message of that type and symbol."""
    return (
        frame.get("channel") == "book"
        and kind in ("", frame["type"])
        and symbol in ("", frame["data"][0]["symbol"])
    )
