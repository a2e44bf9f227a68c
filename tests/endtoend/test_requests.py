"""A consumer asks a publisher's process for a snapshot, by WIRE.md 7.6 and nothing of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgpack
import pytest

from tests.endtoend.program import DEADLINE_S, Publisher
from tests.polling import wait_until
from tests.private_rest import KEY, SECRET
from tests.servers import RedisServer
from tests.simulator.program import Program


@pytest.mark.parametrize(
    ("channel", "symbol", "stream", "space"),
    [
        ("book", "BTC/USD", "{kraken.BTC/USD}:book.10", "kraken"),
        ("instrument", "", "{kraken.instrument}:instrument", "kraken"),
        ("balances", "", "{priv.kraken.main}:balances", "priv.kraken"),
    ],
)
def test_the_answer_is_a_newer_entry_beside_the_stream_long_before_its_time(
    channel: str, symbol: str, stream: str, space: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    files = {"key": KEY, "secret": SECRET, "pair": f"{KEY}\n{SECRET}"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with Program("--api-key-file", str(tmp_path / "pair"), "--rate", "20") as exchange:
        publisher = Publisher(
            tmp_path / "publisher",
            channel=channel,
            ws_url=exchange.addresses["ws_url"],
            ws_auth_url=exchange.addresses["ws_auth_url"],
            rest_url=exchange.addresses["rest_url"],
            redis_url=redis_server.url,
            api_key_file=tmp_path / "key",
            api_secret_file=tmp_path / "secret",
            heartbeat_s=0.2,
            snapshot_interval_s=3600,
            retention_s=3600,
            feed="asked",
            **({"symbols": symbol} if symbol else {}),
        )
        with publisher, redis_server.client() as client:
            snap: Any = f"{stream}.snap"
            wait_until(lambda: client.xlen(snap) >= 1, DEADLINE_S, "the opening snapshot")
            wait_until(lambda: client.xlen(stream) >= 3, DEADLINE_S, "something newer")
            (before, _) = client.xrevrange(snap, count=1)[0]
            body = msgpack.packb({"t": "snapshot", "y": symbol})
            requests = f"{{{space}.feed.asked}}:requests"
            client.xadd(requests, {"d": body}, maxlen=1000, approximate=True)
            wait_until(
                lambda: client.xrevrange(snap, count=1)[0][0] != before, DEADLINE_S, "the answer"
            )
            (_, fields) = client.xrevrange(snap, count=1)[0]
            assert msgpack.unpackb(fields[b"d"])["ch"] == channel
