"""TLS and mutual TLS behind Sentinels and on a cluster: publisher and consumer, through a failover
and moves of slots, and what is refused to who shows no certificate or trusts nobody.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pykraken_consumer import Client, RedisUnreachable

from tests.faults.scene import BTC, ETH, SYMBOLS, Epoch, Scene, Watcher, staged_on, stream_of
from tests.feed.certificates import authority, signed
from tests.servers import RedisServer
from tests.topology.cluster import cluster
from tests.topology.sentinels import sentinel_set
from tests.topology.tls import Tls, told_port

STATUS = "{kraken.feed.f}:status"


@pytest.fixture(
    params=[pytest.param(False, id="tls", marks=pytest.mark.long), pytest.param(True, id="mutual")]
)
def tls(request: pytest.FixtureRequest, tmp_path: Path) -> Tls:
    folder = tmp_path / "certificates"
    ca = authority(folder)
    return Tls(ca, signed(folder, ca), request.param)


def _begin(scene: Scene, tls: Tls) -> Watcher:
    """Start a publisher and a consumer that know the files, and a publisher that does not."""
    watcher = scene.watcher_at(scene.redis.url + tls.query)
    scene.publisher(feed="f", **tls.settings)
    watcher.wait_updates(40)
    _refuse_strangers(scene, tls)
    return watcher


def _refuse_strangers(scene: Scene, tls: Tls) -> None:
    """Who has not the files gets nothing: neither a publisher nor a consumer."""
    trusting = f"?ssl_ca_certs={tls.ca.certificate}"
    queries = ["", *([trusting] if tls.is_mutual else [])]
    for query in queries:
        with Client(scene.redis.url + query) as client, pytest.raises(RedisUnreachable):
            client.book(BTC, depth=10, wait_s=1.0)
    known = {"ca_file": tls.ca.certificate} if tls.is_mutual else {}
    stranger = scene.publisher("stranger", feed="stranger", **known)
    stranger.wait_for("redis.away")
    assert stranger.terminate() == 0
    assert stranger.log("redis.connected") == []


def _end(scene: Scene, watcher: Watcher, tls: Tls) -> None:
    watcher.wait_updates(40)
    with Client(scene.redis.url + tls.query) as client:
        assert client.book(ETH).is_valid
        assert {row.symbol for row in client.streams()} == set(SYMBOLS)
    scene.judge(watcher)
    assert watcher.count(Epoch) == 0


def test_sentinels(tmp_path: Path, tls: Tls) -> None:
    with sentinel_set(tmp_path / "redis", tls=tls) as group, staged_on(tmp_path, group) as scene:
        watcher = _begin(scene, tls)
        assert _tls_clients(group.primary) >= 3, (
            "the two links of the publisher, and the consumer's"
        )
        before = group.primary
        group.failover()
        watcher.wait_updates(40)
        assert group.primary is not before
        _end(scene, watcher, tls)


def test_cluster(tmp_path: Path, tls: Tls) -> None:
    """Redis alone: the Valkey that is here was built without TLS."""
    with cluster(tmp_path / "redis", tls=tls) as group, staged_on(tmp_path, group) as scene:
        watcher = _begin(scene, tls)
        for key in (stream_of(BTC), stream_of(ETH), STATUS):
            slot = group.slot_of(key)
            at = group.primaries.index(group.owner(slot))
            group.move(slot, group.primaries[(at + 1) % 3])
            watcher.wait_updates(10)
        assert sum(_tls_clients(node) for node in group.primaries) >= 4
        _end(scene, watcher, tls)


def _tls_clients(server: RedisServer) -> int:
    """Return how many clients a server has by TLS that are no peers of it."""
    with server.client() as client:
        return sum(
            each["laddr"].endswith(f":{told_port(server)}") and each["flags"] == "N"
            for each in client.client_list()
        )
