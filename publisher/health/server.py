"""The health endpoint: `/metrics` for Prometheus; `/livez`, `/startz` and `/readyz` for whoever
restarts processes and sends them users.

One thread listens, one answers each request; neither touches the loop, so both answer while the
loop hangs, which is the point of `/livez`. Neither it nor `/startz` asks whether Kraken or Redis
can be reached: a restart would mend nothing and spend the budget of connects. Nothing is exposed
that could change the publisher. The address is the operator's choice and loopback by default, since
there is no password.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector
from prometheus_client.exposition import generate_latest

from publisher.errors import ConfigurationError
from publisher.health.metrics import Metrics
from publisher.health.readiness import awaited, standing
from publisher.health.vitals import Vitals
from publisher.logs import get_logger

SLOW_CLIENT_S = 5.0
TEXT = "text/plain; charset=utf-8"

HOST, PORT = "PYKRAKEN_METRICS_HOST", "PYKRAKEN_METRICS_PORT"


@contextlib.contextmanager
def serving(vitals: Vitals, host: str, port: int) -> Iterator[str]:
    """Serve until the block ends; give the URL. Raise ConfigurationError when the address cannot
    be had. Port 0 takes any free one.
    """
    listener = _listen(host, port)
    # Its own bind would ask the resolver for a name, and may share the port with another process.
    server = _Server((host, port), _answerer(vitals), bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    name = f"[{host}]" if ":" in host else host
    url = f"http://{name}:{listener.getsockname()[1]}"
    get_logger("health").info("health.listening", url=url)
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    """Answers each request in a thread; what goes wrong in one is told in our log and ends it."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Tell it where secrets are masked, not on stderr."""
        get_logger("health").warning("health.failed", exc_info=True)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                allowed = "another process listens there: choose a port of its own for each"
            case errno.EACCES:
                allowed = "may not be listened on by this user: choose one above 1023"
            case _:
                allowed = f"must be an address of this machine ({error.strerror})"
                raise ConfigurationError(HOST, host, allowed) from None
        raise ConfigurationError(PORT, port, allowed) from None


def _answerer(vitals: Vitals) -> type[BaseHTTPRequestHandler]:
    """Return the class that http.server makes an object of for each request."""
    registry = CollectorRegistry()
    registry.register(Metrics(vitals))
    ProcessCollector(registry=registry)

    class Answerer(BaseHTTPRequestHandler):
        server_version, sys_version = "pykraken", ""
        timeout = SLOW_CLIENT_S

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/metrics":
                    self._answer(200, CONTENT_TYPE_LATEST, generate_latest(registry))
                case "/livez" if vitals.is_live:
                    self._say(200, "ok")
                case "/livez":
                    self._say(503, f"the loop has not turned for {vitals.idle_s():.1f} s")
                case "/startz" if vitals.pulse.has_begun:
                    self._say(200, "ok")
                case "/startz":
                    self._say(503, "the loop has not begun")
                case "/readyz" if lines := awaited(vitals):
                    self._say(503, *(f"awaits {line}" for line in lines))
                case "/readyz":
                    self._say(200, standing(vitals))
                case _:
                    self._say(404, "/livez, /startz, /readyz and /metrics")

        def _say(self, status: int, *lines: str) -> None:
            self._answer(status, TEXT, "".join(f"{line}\n" for line in lines).encode())

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # who asked has gone
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            get_logger("health").debug("health.asked", request=format % args)

    return Answerer
