"""Symbols that never traded: Kraken's snapshot of trades and candles is then empty and names no
symbol; the stream opens all the same, and the first trade is in it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.endtoend.program import Publisher
from tests.polling import wait_until
from tests.servers import RedisServer
from tests.simulator.program import Program

THIN = "S0011/USD"


@pytest.mark.parametrize(("channel", "part"), [("trade", "trade"), ("ohlc", "ohlc.1")])
def test_the_first_trade_of_all(
    channel: str, part: str, tmp_path: Path, redis_server: RedisServer
) -> None:
    key = f"{{kraken.{THIN}}}:{part}"
    with Program("--rate", "0", "--symbols", "40") as simulator:
        settings = {
            "symbols": f"ETH/USD,{THIN},BTC/USD",
            "channel": channel,
            "redis_url": redis_server.url,
            "ws_url": simulator.addresses["ws_url"],
            "rest_url": simulator.addresses["rest_url"],
        }
        with (
            Publisher(tmp_path / "publisher", **settings) as publisher,
            redis_server.client() as client,
        ):
            wait_until(lambda: client.xlen(key) == 2, 15, "epoch and snapshot")
            simulator.post("fault", name="trade", symbol=THIN)
            wait_until(lambda: client.xlen(key) == 3, 10, "the first trade")
            assert not publisher.log("book.overdue")
