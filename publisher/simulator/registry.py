"""The channels that a venue serves beside its listing: made from its markets, or played from a
capture."""

from __future__ import annotations

from collections.abc import Mapping

from publisher.simulator.books import Books
from publisher.simulator.channels import Channel, Host
from publisher.simulator.charts import Charts
from publisher.simulator.engine import Engine
from publisher.simulator.level3 import Level3
from publisher.simulator.recorded import Recorded
from publisher.simulator.tickers import Tickers
from publisher.simulator.trading import Trading


def live(engine: Engine) -> tuple[Channel, ...]:
    """Return every channel that the markets of `engine` feed."""
    return (Books(engine), Trading(engine), Tickers(engine), Charts(engine), Level3(engine))


def played(depths: Mapping[str, int]) -> tuple[Channel, ...]:
    """Return the channels of a capture, given as {channel: depth}."""
    hosts: Mapping[str, Host] = {"level3": "level3"}
    return tuple(Recorded(name, depth, hosts.get(name, "public")) for name, depth in depths.items())
