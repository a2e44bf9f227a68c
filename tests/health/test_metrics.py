"""What is told to Prometheus, and how it is read while the loop goes on."""

from __future__ import annotations

import contextlib
import re
import threading
from collections import Counter
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from publisher.bus.answers import CODES
from publisher.daemon import Daemon
from publisher.endings import ENDS, ERRORS
from publisher.health.feed_metrics import unknown
from publisher.health.metrics import Metrics
from publisher.health.vitals import steady
from publisher.settings import Settings
from publisher.state import StateFolder
from tests.faults.rows import ROWS
from tests.health import metrics_page
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
    some = {
        ("pykraken_feed_info", "book", "25", "f", "kraken"): 1,
        ("pykraken_books",): 2,
        ("pykraken_ring_limit_bytes",): 16 * 1024 * 1024,
        ("pykraken_connect_budget_left",): 100,
        ("pykraken_kraken_system", "unknown"): 1,
    }
    assert {key: found[key] for key in some} == some
    settled = (
        "_info",
        "_limit_bytes",
        "_age_seconds",
        "books",
        "budget_left",
        "largest_message_bytes",
    )
    moved = {
        key: value
        for key, value in found.items()
        if value and key not in some and not key[0].endswith(settled)
    }
    assert moved == {}, "all else begins at 0"
    assert 0 <= found["pykraken_last_turn_age_seconds",] < 5
    assert 0 <= found["pykraken_feed_last_message_age_seconds",] < 5


def test_the_page_tells_what_is_exported_and_nothing_else(tmp_path: Path) -> None:
    page = metrics_page.told()
    with contextlib.closing(daemon_of(tmp_path)) as daemon:
        families = list(Metrics(daemon.vitals()).collect())
    exported = {}
    for family in families:
        is_info = family.type == "info"
        ending = {"counter": "_total", "info": "_info"}.get(family.type, "")
        labels = {name for sample in family.samples for name in sample.labels} - {"le"}
        kind = "gauge" if is_info else family.type
        exported[family.name + ending] = kind, labels
    assert {name: (line.kind, set(line.labels)) for name, line in page.items()} == exported
    assert len(exported) == len(families), "a family twice"


def test_the_page_names_every_value_of_a_label(tmp_path: Path) -> None:
    page = metrics_page.told()
    with contextlib.closing(daemon_of(tmp_path)) as daemon:
        found = told(daemon)
    for name, *values in found:
        if name in page and not name.endswith("_info") and "code" not in page[name].labels:
            missing = [value for value in values if f"`{value}`" not in page[name].meaning]
            assert not missing, name
    for name, words in (
        ("pykraken_feed_disconnects_total", ENDS),
        ("pykraken_feed_connect_errors_total", ERRORS),
        ("pykraken_redis_errors_total", CODES),
    ):
        assert {key[1] for key in found if key[0] == name} == set(words)


def test_the_page_names_rows_that_there_are() -> None:
    assert {row for line in metrics_page.told().values() for row in line.rows} <= ROWS.keys()


def test_names_are_prometheus_own_kind() -> None:
    """Base units, `_total` for counters alone, few labels of few words, no symbol among them."""
    for name, line in metrics_page.told().items():
        assert re.fullmatch(r"pykraken_[a-z0-9_]+", name)
        assert (line.kind == "counter") == name.endswith("_total"), name
        assert not re.search(r"_(ms|ns|milliseconds|kb|mb)(_|$)", name), name
        assert "symbol" not in line.labels
        assert len(line.labels) <= 2 or name.endswith("_info")


def test_a_thousand_books_make_no_more_series(tmp_path: Path) -> None:
    sizes = []
    for count in (2, 1000):
        symbols = tuple(f"S{number}/USD" for number in range(count))
        settings = Settings(symbols=symbols, feed="f")
        daemon = Daemon(settings, "redis://127.0.0.1:1", StateFolder(tmp_path))
        with contextlib.closing(daemon):
            sizes.append(len(told(daemon)))
    assert sizes[0] == sizes[1] < 300


def test_what_kraken_invents_makes_no_labels() -> None:
    counts = Counter({"error EService": 5, "reset checksum": 3, "unknown symbol X/Y": 2})
    counts.update({f"unknown field {number}": 1 for number in range(1000)})
    counts["unknown channel of tomorrow"] = 1
    assert unknown(counts) == {"error": 5, "symbol": 2, "field": 1000, "message": 1}


def test_a_system_state_that_is_new_is_unknown(tmp_path: Path) -> None:
    with contextlib.closing(daemon_of(tmp_path)) as daemon:
        (session,) = daemon.vitals().session.sessions
        for system, state in (("maintenance", "maintenance"), ("beyond", "unknown")):
            session.system = system
            session.counts[f"system {system}"] += 2
            found = told(daemon)
            states = [key for key in found if key[0] == "pykraken_kraken_system"]
            assert [key[1] for key in states if found[key]] == [state]
            assert found["pykraken_kraken_system_changes_total", state] == 2


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
            seen = [told(daemon)["pykraken_unknown_total", "field"] for _ in range(50)]
        finally:
            is_over.set()
            counting.join()
        assert seen == sorted(seen)
        assert told(daemon)["pykraken_unknown_total", "field"] == counts.total()
