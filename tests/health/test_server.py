"""The endpoint of a publisher that publishes, hangs, or cannot have its port."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher import __version__
from publisher.daemon import Daemon
from publisher.errors import ConfigurationError
from publisher.health.server import serving
from publisher.health.vitals import LIVE_WITHIN_S
from publisher.settings import Settings
from publisher.state import StateFolder
from tests.endtoend.program import Publisher
from tests.health.scrape import get, scrape
from tests.polling import wait_until
from tests.servers import RedisServer, free_port
from tests.simulator.program import Program


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    """A daemon that has not begun."""
    fresh = Daemon(Settings(), "redis://127.0.0.1:1", StateFolder(tmp_path / "state"))
    with contextlib.closing(fresh):
        yield fresh


def test_a_publisher_tells_how_it_fares(redis_server: RedisServer, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    with (
        Program("--rate", "300", "--symbols", "BTC/USD,ETH/USD") as exchange,
        Publisher(
            tmp_path,
            redis_url=redis_server.url,
            ws_url=exchange.addresses["ws_url"],
            metrics_port=port,
            feed="f",
        ) as publisher,
    ):
        publisher.wait_for("health.listening")
        wait_until(lambda: scrape(url)["pykraken_ring_cover_seconds",] > 1, 15, "a covered second")
        found = scrape(url)
        assert found["pykraken_build_info", __version__, "1"] == 1
        for name in ("feed_connected", "leading"):
            assert found[f"pykraken_{name}",] == 1
        assert found["pykraken_books_live",] == found["pykraken_books",] == 2
        epoch = redis_server.client().hget("{kraken.feed.f}:lease", "epoch")
        assert found["pykraken_epoch",] == int(epoch or 0) > 0
        assert found["pykraken_kraken_system", "online"] == 1
        assert found["pykraken_connect_budget_left",] == 99
        assert 0 < found["pykraken_ring_bytes",] < found["pykraken_ring_limit_bytes",]
        assert found["pykraken_published_bytes_total",] > 0
        assert found["process_resident_memory_bytes",] > 1_000_000
        assert get(f"{url}/livez") == get(f"{url}/startz") == (200, "ok\n")
        for hop in ("event_recv", "recv_publish", "publish_ack"):
            assert found["pykraken_latency_seconds_count", hop] > 10
            least, most = (
                ("pykraken_latency_seconds_bucket", hop, le) for le in ("1.6384e-05", "+Inf")
            )
            assert found[least] < found[most] == found["pykraken_latency_seconds_count", hop]
        assert 0.0 < found["pykraken_latency_seconds_sum", "publish_ack"] < 60
        assert found["pykraken_loop_lag_seconds_count",] > 10
        assert found["pykraken_appends_total", "ok"] > 10
        assert found["pykraken_epochs_total", "start"] == 3
        assert found["pykraken_published_entries_total",] > 100
        assert found["pykraken_book_levels",] == 10

        exchange.post("fault", name="wrong_checksum", symbol="BTC/USD")
        failed = ("pykraken_book_failures_total", "checksum")
        wait_until(lambda: scrape(url)[failed] == 1, 10, "a counted checksum")
        exchange.post("fault", name="reset")
        lost = ("pykraken_feed_disconnects_total", "lost")
        wait_until(lambda: scrape(url)[lost] == 1, 10, "a counted connection")
        redis_server.pause()
        wait_until(lambda: scrape(url)["pykraken_pending_entries",] > 50, 10, "entries that wait")
        redis_server.resume()
        assert publisher.terminate() == 0
    assert not publisher.log("redis.error")


def test_a_loop_that_hangs_is_not_live(daemon: Daemon) -> None:
    with serving(daemon.vitals(), "127.0.0.1", 0) as url:
        assert get(f"{url}/livez") == (200, "ok\n")
        daemon.pulse.last_turn -= LIVE_WITHIN_S
        status, said = get(f"{url}/livez")
        assert (status, said.startswith("the loop has not turned for 5.")) == (503, True)
        assert scrape(url)["pykraken_last_turn_age_seconds",] >= LIVE_WITHIN_S
        daemon.pulse.last_turn += LIVE_WITHIN_S
        assert get(f"{url}/livez?from=probe")[0] == 200


def test_nothing_else_is_there_and_nothing_can_be_sent(daemon: Daemon) -> None:
    with serving(daemon.vitals(), "127.0.0.1", 0) as url:
        assert get(f"{url}/")[0] == get(f"{url}/metrics/../livez")[0] == 404
        request = urllib.request.Request(f"{url}/metrics", data=b"x", method="POST")
        with pytest.raises(urllib.error.HTTPError, match="501"):
            urllib.request.urlopen(request, timeout=5)


def test_a_client_that_says_nothing_holds_up_nobody(daemon: Daemon) -> None:
    with serving(daemon.vitals(), "127.0.0.1", 0) as url:
        host, _, port = url.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port))):
            assert get(f"{url}/livez")[0] == 200
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)))


def test_an_address_that_cannot_be_had_names_its_setting(daemon: Daemon) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(ConfigurationError) as caught,
            serving(daemon.vitals(), "127.0.0.1", port),
        ):
            pass
    assert (caught.value.setting, caught.value.value) == ("PYKRAKEN_METRICS_PORT", port)
    for host in ("203.0.113.1", "no.such.host.invalid"):
        with pytest.raises(ConfigurationError) as caught, serving(daemon.vitals(), host, 0):
            pass
        assert (caught.value.setting, caught.value.value) == ("PYKRAKEN_METRICS_HOST", host)


def test_a_taken_port_ends_the_publisher_as_bad_configuration(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = {"redis_url": "redis://127.0.0.1:1", "metrics_port": port}
        with Publisher(tmp_path, **settings) as publisher:
            assert publisher.wait() == 2
    assert f"PYKRAKEN_METRICS_PORT={port}: another process" in publisher.log_path.read_text()
    assert not publisher.log("daemon.started")


def test_without_the_setting_no_port_is_opened_and_nothing_loaded(tmp_path: Path) -> None:
    away = {"redis_url": "redis://127.0.0.1:1", "ws_url": "ws://127.0.0.1:1/v2"}
    with Publisher(tmp_path, **away) as publisher:
        publisher.wait_for("daemon.started")
        assert publisher.terminate() == 0
    assert not publisher.log("health.listening")
    loaded = "import sys, publisher.daemon; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
