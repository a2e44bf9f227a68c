"""Kraken's system state through a feed of several connections: each hears it, people are told once.

A level3 feed has a connection for its books and one beside it for the instruments.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgpack

from tests.endtoend.program import Publisher
from tests.polling import wait_until
from tests.servers import RedisServer
from tests.simulator.program import Program
from tests.simulator.signed import KEY, SECRET

STATUS: Any = "{kraken.feed.f}:status"


def test_each_change_is_told_once(tmp_path: Path, redis_server: RedisServer) -> None:
    with Program("--rate", "50", "--symbols", "BTC/USD") as simulator:
        urls = {name: simulator.addresses[name] for name in ("ws_url", "ws_l3_url", "rest_url")}
        publisher = Publisher(
            tmp_path / "publisher",
            channel="level3",
            symbols="BTC/USD",
            feed="f",
            api_key=KEY,
            api_secret=SECRET,
            redis_url=redis_server.url,
            **urls,
        )
        with publisher, redis_server.client() as client:

            def notices() -> list[str]:
                told = [msgpack.unpackb(fields[b"d"]) for _, fields in client.xrange(STATUS)]
                return [event["n"] for event in told if event["t"] == "notice"]

            publisher.wait_for("feed.connected", count=2)
            wait_until(lambda: client.xlen("{kraken.BTC/USD}:level3.10") > 3, 15, "orders")
            for system in ("cancel_only", "maintenance"):
                simulator.post("fault", name="status", system=system)
                wait_until(lambda: f"system {system}" in notices(), 15, system)  # noqa: B023
            # A status of later is behind all of them, on both connections.
            simulator.post("fault", name="status", system="online")
            wait_until(lambda: notices()[-1] == "system online", 15, "online again")
            states = ["online", "cancel_only", "maintenance", "online"]
            assert publisher.terminate() == 0
            assert notices() == [f"system {state}" for state in states]
            assert len(publisher.log("kraken.system")) == len(states)
