"""What is told to Prometheus, and how it is read while the loop goes on."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from publisher.daemon import Daemon
from publisher.health.metrics import KINDS, Metrics, by_kind, steady
from publisher.settings import Settings
from publisher.state import StateFolder
from tests.health.scrape import Samples, samples_of


def daemon_of(folder: Path) -> Daemon:
    """A daemon that has not begun."""
    settings = Settings(symbols=("BTC/USD", "ETH/USD"), feed="f", depth=25)
    return Daemon(settings, "redis://127.0.0.1:1", StateFolder(folder))


def told(daemon: Daemon) -> Samples:
    registry = CollectorRegistry()
    registry.register(Metrics(daemon.vitals()))
    return samples_of(generate_latest(registry).decode())


def test_a_publisher_that_has_not_begun(tmp_path: Path) -> None:
    with contextlib.closing(daemon_of(tmp_path)) as daemon:
        found = told(daemon)
    assert found["pykraken_feed_info", "book", "25", "f", "kraken"] == 1
    assert found["pykraken_books",] == 2
    assert found["pykraken_ring_limit_bytes",] == 16 * 1024 * 1024
    assert found["pykraken_connect_budget_left",] == 100
    assert found["pykraken_kraken_system", "unknown"] == 1
    zero = ("books_live", "feed_connected", "leading", "epoch", "pending_entries", "ring_bytes")
    assert {found[f"pykraken_{name}",] for name in zero} == {0}
    assert {found["pykraken_session_events_total", kind.replace(" ", "_")] for kind in KINDS} == {0}
    assert 0 <= found["pykraken_last_turn_age_seconds",] < 5


def test_what_kraken_invents_makes_no_labels() -> None:
    counts = Counter({"reset checksum": 3, "bad frames": 2, "error EService": 5, "reset x": 1})
    counts.update({f"unknown field {number}": 1 for number in range(1000)})
    sums = by_kind(counts)
    assert set(sums) == set(KINDS)
    assert (sums["reset checksum"], sums["bad frames"], sums["error"]) == (3, 2, 5)
    assert sums["unknown"] == 1001
    assert sums["overdue subscribing"] == 0


def test_a_system_state_that_is_new_is_unknown(tmp_path: Path) -> None:
    with contextlib.closing(daemon_of(tmp_path)) as daemon:
        (session,) = daemon.vitals().session.sessions
        for system, state in (("maintenance", "maintenance"), ("beyond", "unknown")):
            session.system = system
            found = told(daemon)
            states = [key for key in found if key[0] == "pykraken_kraken_system"]
            assert [key[1] for key in states if found[key]] == [state]


def test_what_grows_meanwhile_is_read_again() -> None:
    tries = 0

    def read() -> int:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise RuntimeError("dictionary changed size during iteration")
        return tries

    assert steady(read) == 3
    with pytest.raises(KeyError):
        steady({}.popitem)


def test_scrapes_disturb_nothing_while_the_counts_grow(tmp_path: Path) -> None:
    with contextlib.closing(daemon_of(tmp_path)) as daemon:
        counts = daemon.vitals().session.sessions[0].counts
        is_over = threading.Event()

        def count() -> None:
            number = 0
            while not is_over.is_set():
                number = (number + 1) % 20_000
                counts[f"unknown field {number}"] += 1

        counting = threading.Thread(target=count)
        counting.start()
        try:
            seen = [told(daemon)["pykraken_session_events_total", "unknown"] for _ in range(50)]
        finally:
            is_over.set()
            counting.join()
        assert seen == sorted(seen)
        assert told(daemon)["pykraken_session_events_total", "unknown"] == counts.total()
