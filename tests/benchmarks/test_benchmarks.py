"""The benchmarks' own parts: what they feed in is right, and what they start does its work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks import corpus as corpora
from tests.benchmarks import metrics, rebuild, relay, scene, symbols
from tests.benchmarks.market import BTC, PEPE, Pair
from tests.benchmarks.report import Report
from tests.servers import RedisServer, free_port

UPDATES = 1500


@pytest.mark.parametrize(("pair", "depth"), [(BTC, 10), (BTC, 100), (BTC, 1000), (PEPE, 10)])
def test_checksums_hold_before_the_model(pair: Pair, depth: int) -> None:
    assert corpora.wrong_checksums(pair, depth, 150) == 0


@pytest.mark.parametrize("depth", [10, 100])
def test_checksums_of_orders_hold_before_the_model(depth: int) -> None:
    assert corpora.wrong_checksums(BTC, depth, 150, "level3") == 0


def test_orders_are_as_many_as_in_the_capture(tmp_path: Path) -> None:
    """1.31 events a message, 61 % of them add, 38 % delete (PROVENANCE: 236, 148 and 3 of 295)."""
    corpus = corpora.write(tmp_path / "c", BTC, 10, UPDATES, "level3")
    text = b"".join(corpus.payloads(UPDATES))
    counts = {kind: text.count(b'"event":"%b"' % kind) for kind in (b"add", b"modify", b"delete")}
    assert 1.2 < sum(counts.values()) / UPDATES < 1.6
    assert 0.5 < counts[b"add"] / sum(counts.values()) < 0.7
    assert 0 < counts[b"modify"] < counts[b"delete"]


def test_same_seed_same_bytes_and_frames_as_recorded(tmp_path: Path) -> None:
    one = corpora.write(tmp_path / "one", BTC, 10, UPDATES)
    two = corpora.write(tmp_path / "two", BTC, 10, UPDATES)
    assert (one.folder / "updates").read_bytes() == (two.folder / "updates").read_bytes()
    # The recorded captures have 197 bytes and 1.41 levels a message.
    assert 190 < one.bytes_each < 210
    levels = sum(payload.count(b'"price"') for payload in one.payloads(UPDATES))
    assert 1.3 < levels / UPDATES < 1.6


def test_the_limit_loop_finds_frames_wherever_reads_cut(tmp_path: Path) -> None:
    corpus = corpora.write(tmp_path / "c", BTC, 10, 20)
    blob = corpora.frame(b"x" * 70_000) + (corpus.folder / "updates").read_bytes()
    for cut in range(0, len(blob), 97):
        first, rest = relay.split(blob[:cut])
        second, rest = relay.split(rest + blob[cut:])
        assert (first + second, rest) == (21, b"")


def test_runs_do_their_work(tmp_path: Path, redis_server: RedisServer) -> None:
    corpus = corpora.write(tmp_path / "c", BTC, 10, UPDATES)
    limit = scene.run_limit(redis_server, corpus, UPDATES)
    assert limit.updates == UPDATES
    ours = scene.run_publisher(redis_server, corpus, UPDATES)  # raises where a book is wrong
    assert ours.msgs_s > 0
    orders = corpora.write(tmp_path / "o", BTC, 100, UPDATES, "level3")
    assert scene.run_publisher(redis_server, orders, UPDATES).msgs_s > 0
    scene.run_publisher(redis_server, corpus, UPDATES)
    rebuild.keep_first_snapshot(redis_server, corpus)
    assert rebuild.run("replica", redis_server, corpus, UPDATES).msgs_s > 0


def test_metrics_are_scraped_while_they_are_measured(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    corpus = corpora.write(tmp_path / "c", BTC, 10, UPDATES)
    without = metrics.run(redis_server, corpus, UPDATES, port=0)
    assert (without.scrapes, without.scrape_ms) == (0, 0)
    scraped = metrics.run(redis_server, corpus, UPDATES, port=free_port())
    assert scraped.scrapes > 0
    assert scraped.scrape_ms > 0
    assert min(without.cpu_us, scraped.cpu_us) > 0


def test_a_wrong_book_is_no_result(tmp_path: Path, redis_server: RedisServer) -> None:
    corpus = corpora.write(tmp_path / "c", BTC, 10, UPDATES)
    told = corpora.Corpus(corpus.folder, BTC, 10, UPDATES, corpus.checksum ^ 1, 0.0)
    with pytest.raises(scene.WrongResult, match="checksum"):
        scene.run_publisher(redis_server, told, UPDATES)


def test_books_of_many_symbols_are_those_of_the_venue(redis_server: RedisServer) -> None:
    with symbols.side(redis_server, 20, 500.0) as many:
        turn = many.play(500.0, 0.5)
        many.check(redis_server, sample=2)
    assert turn.messages > 0
    assert many.startup_s > 0


def test_report_tells_figures_as_json() -> None:
    report = Report()
    report.add("msgs_s", 1234.56)
    report.add("ratio", 0.12345, digits=3)
    report.row("rate", "1,235", "note")
    assert json.loads(report.json()) == {"msgs_s": 1235, "ratio": 0.123}
    assert report.table() == "rate  1,235  note"
