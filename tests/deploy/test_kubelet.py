"""The stand-in for a kubelet: what it finds, and after how many answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest

from tests.deploy.kubelet import Kubelet, Probe, Terms
from tests.polling import wait_until

QUICK_S = 0.02
TERMS = Terms(
    startup=Probe("/startz", QUICK_S, failures=1000),
    liveness=Probe("/livez", QUICK_S, failures=3),
    readiness=Probe("/readyz", QUICK_S, failures=2),
    min_ready_s=0,
    grace_s=1,
)


class Container(NamedTuple):
    """What answers, and how often each path was asked."""

    port: int
    statuses: dict[str, int]
    asked: dict[str, int]


@pytest.fixture
def container() -> Iterator[Container]:
    statuses = {"/startz": 503, "/livez": 200, "/readyz": 503}
    asked = dict.fromkeys(statuses, 0)

    class Answerer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked[self.path] += 1
            self.send_response(statuses[self.path])
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answerer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Container(server.server_address[1], statuses, asked)
        server.shutdown()
        thread.join()


def test_it_finds_what_a_kubelet_finds(container: Container) -> None:
    kubelet = Kubelet(container.port, TERMS)
    kubelet.start()
    try:
        wait_until(lambda: container.asked["/startz"] >= 3, 5, "it asks whether it has started")
        assert container.asked["/livez"] == container.asked["/readyz"] == 0, "nothing else yet"
        container.statuses["/startz"] = 200
        wait_until(lambda: container.asked["/readyz"] >= 3, 5, "it asks whether it is ready")
        assert not kubelet.is_ready
        container.statuses["/readyz"] = 200
        wait_until(lambda: kubelet.is_available, 5, "ready, and available at once")
        assert not kubelet.would_restart
        container.statuses["/readyz"] = 503
        wait_until(lambda: not kubelet.is_ready, 5, "no more")
        assert not kubelet.would_restart, "who is not ready is left alone"
        before = container.asked["/livez"]
        container.statuses["/livez"] = 503
        wait_until(lambda: kubelet.would_restart, 5, "dead")
        assert container.asked["/livez"] - before >= 3
    finally:
        kubelet.end()


def test_one_that_does_not_start_is_started_again(container: Container) -> None:
    late = Probe("/startz", QUICK_S, failures=5)
    kubelet = Kubelet(container.port, Terms(late, TERMS.liveness, TERMS.readiness, 0, 1))
    kubelet.start()
    try:
        wait_until(lambda: kubelet.would_restart, 5, "it has not started for too long")
        assert not kubelet.is_ready
    finally:
        kubelet.end()
