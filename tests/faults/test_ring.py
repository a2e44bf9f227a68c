"""Losses longer than the ring: what it cannot write again is named to the very seq, or nobody's.

The ring has a mebibyte or a second, the least that its settings take, and what was lost is weighed
in Redis itself: each loss is longer than the ring by what was written, at whatever rate.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgpack
import pytest
from pykraken_consumer import Client

from publisher.settings import MIB
from tests.faults.scene import (
    BTC,
    DEPTH,
    SYMBOLS,
    Epoch,
    Missed,
    Scene,
    Watcher,
    assert_contiguous,
    seen_of,
    staged,
    stream_of,
)
from tests.health.scrape import scrape
from tests.polling import wait_until
from tests.servers import free_port

RING_S = 1


def last_of(client: Any, symbol: str) -> tuple[int, int]:
    """Return epoch and seq of a stream's last entry."""
    ((entry_id, _),) = client.xrevrange(stream_of(symbol), count=1)
    epoch, seq = map(int, entry_id.split(b"-"))
    return epoch, seq


def quiet(scene: Scene, client: Any, symbol: str) -> None:
    """Stop the market; wait until stream and newest snapshot have the venue's book."""
    scene.simulator.post("rate", rate=0)

    def is_told() -> bool:
        book = scene.simulator.get(f"book?symbol={symbol}")
        ((last, fields),) = client.xrevrange(stream_of(symbol), count=1)
        ((snap, _),) = client.xrevrange(f"{stream_of(symbol)}.snap", count=1)
        return bool(msgpack.unpackb(fields[b"d"]).get("c") == book["checksum"] and last == snap)

    wait_until(is_told, 10, f"all of {symbol} is in Redis")


def published_s(client: Any, after: tuple[int, int]) -> float:
    """Return the seconds from the first entry behind `after` to the last, by their stamps."""
    entries = client.xrange(stream_of(BTC), "({}-{}".format(*after))
    stamps = [msgpack.unpackb(fields[b"d"])["tp"] for _, fields in entries]
    return (stamps[-1] - stamps[0]) / 1e9 if stamps else 0.0


def held_bytes(client: Any, upto: tuple[int, int] | None = None) -> int:
    """Return what a stream's payloads up to an entry cost a process in memory, at the least."""
    end = "{}-{}".format(*upto) if upto else "+"
    entries = client.xrange(stream_of(BTC), max=end)
    return sum(sys.getsizeof(fields[b"d"]) for _, fields in entries)


def cover_s(url: str) -> float:
    """Return how far back the rings of the books go, by the publisher; 0 while no epoch is open."""
    return scrape(url)["pykraken_ring_cover_seconds",]


def step_and_wait(scene: Scene, url: str, pending: int) -> None:
    """Move the market by ten messages; wait until so many entries in all wait for Redis."""
    scene.simulator.post("step", messages=10)
    wait_until(
        lambda: scrape(url)["pykraken_pending_entries",] >= pending, 10, f"{pending} entries wait"
    )


def assert_told(
    scene: Scene, watcher: Watcher, reason: str, prev: tuple[int, int], last: int
) -> None:
    """One epoch: it names the old one's last entry in Redis, and as missed all from there on."""
    (epoch,) = watcher.of(Epoch, BTC)
    assert epoch.reason == reason
    assert (epoch.prev_epoch, epoch.prev_seq) == prev
    assert (epoch.missed_first, epoch.missed_last) == (prev[1] + 1, last)
    (missed,) = watcher.of(Missed, BTC)
    assert (missed.missed.first.seq, missed.missed.last.seq) == (prev[1] + 1, last)
    scene.simulator.post("rate", rate=200)
    watcher.wait_updates(20)
    scene.judge(watcher)


@pytest.mark.row("R14")
@pytest.mark.timeout(60)
def test_an_outage_longer_than_the_ring(tmp_path: Path) -> None:
    """A new epoch that says why and which seqs nobody ever saw (WIRE.md 4.4)."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    with staged(tmp_path, "--rate", "8000") as scene:
        watcher = scene.watcher()
        publisher = scene.publisher(ring_bytes=MIB, metrics_port=port)
        watcher.wait_updates(200)
        scene.redis.pause()
        wait_until(lambda: cover_s(url) == 0, 20, "the rings of both books gave up")
        scene.redis.resume()
        watcher.wait(lambda: watcher.count(Epoch) == 2, "new epochs")
        scene.simulator.post("rate", rate=200)
        watcher.wait_updates(50)
        scene.judge(watcher)
        assert {epoch.reason for epoch in watcher.of(Epoch)} == {"overrun"}
        for symbol in SYMBOLS:
            (epoch,) = watcher.of(Epoch, symbol)
            assert epoch.missed_first is not None
            assert epoch.missed_last is not None
            assert epoch.prev_seq == epoch.missed_first - 1, "what arrived is not called missed"
            assert epoch.missed_last > epoch.missed_first
            assert watcher.count(Missed, symbol) == 1
        assert publisher.terminate() == 0


@pytest.mark.row("R14")
@pytest.mark.timeout(60)
def test_an_outage_is_told_to_the_very_seq(tmp_path: Path) -> None:
    """Two batches and, when the first is older than the ring, one message more: all missed."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    with staged(tmp_path) as scene:
        watcher = scene.watcher((BTC,))
        publisher = scene.publisher(symbols=BTC, ring_seconds=RING_S, metrics_port=port)
        watcher.wait_updates(20)
        client = scene.client()
        quiet(scene, client, BTC)
        epoch, before = last_of(client, BTC)
        scene.redis.pause()
        step_and_wait(scene, url, 10)
        wait_until(
            lambda: "data" in [line["link"] for line in publisher.log("redis.away")],
            10,
            "the append is overdue: the batches are a second apart",
        )
        step_and_wait(scene, url, 20)
        older_s = cover_s(url) + RING_S
        wait_until(lambda: cover_s(url) > older_s, 10, "the second is older than the ring")
        scene.simulator.post("step", messages=1)
        wait_until(lambda: cover_s(url) == 0, 10, "the ring gave up")
        scene.redis.resume()
        watcher.wait(lambda: watcher.count(Epoch), "a new epoch")
        prev = watcher.of(Epoch)[0].prev_seq
        assert before <= prev <= before + 10, "the batch in flight may have arrived, no other"
        assert_told(scene, watcher, "overrun", (epoch, prev), before + 21)


@pytest.mark.row("R6")
@pytest.mark.timeout(60)
def test_a_loss_longer_than_the_ring(tmp_path: Path) -> None:
    """Redis comes back empty: the stream begins where the ring does, in the same epoch."""
    with staged(tmp_path, "--rate", "4000") as scene:
        watcher = scene.watcher((BTC,))
        scene.publisher(symbols=BTC, ring_bytes=MIB)
        client = scene.client()
        wait_until(lambda: held_bytes(client) > MIB, 40, "more than the ring holds")
        quiet(scene, client, BTC)
        epoch, last = last_of(client, BTC)
        scene.redis.restart()
        scene.simulator.post("rate", rate=200)
        watcher.wait_updates(50)
        with Client(scene.redis.url) as joiner:
            scene.joined.add(seen_of(joiner.book(BTC, depth=DEPTH, wait_s=5)))
        scene.judge(watcher)
        assert watcher.count(Epoch) == watcher.count(Missed) == 0
        client = scene.client()
        first, *_ = assert_contiguous(client, stream_of(BTC))
        assert first.startswith(f"{epoch}-")
        assert 0 < int(first.partition("-")[2]) < last, "neither all nor nothing came back"
        assert held_bytes(client, upto=(epoch, last)) <= MIB


@pytest.mark.row("R6")
@pytest.mark.timeout(60)
def test_a_return_to_the_past_longer_than_the_ring(tmp_path: Path) -> None:
    """Redis comes back as it was saved, the ring does not reach so far: a new epoch names all."""
    with staged(tmp_path) as scene:
        watcher = scene.watcher((BTC,))
        publisher = scene.publisher(symbols=BTC, ring_seconds=RING_S)
        watcher.wait_updates(20)
        client = scene.client()
        quiet(scene, client, BTC)
        client.save()
        saved = last_of(client, BTC)
        scene.simulator.post("rate", rate=200)
        wait_until(lambda: published_s(client, saved) > 2 * RING_S, 20, "more than the ring holds")
        quiet(scene, client, BTC)
        epoch, last = last_of(client, BTC)
        assert epoch == saved[0]
        connects = len(publisher.log("redis.connected"))
        scene.redis.restart()
        publisher.wait_for("redis.connected", count=connects + 2)
        assert last_of(scene.client(), BTC) == saved
        scene.simulator.post("step", messages=1)
        watcher.wait(lambda: watcher.count(Epoch), "a new epoch")
        assert_told(scene, watcher, "lost", saved, last + 1)
