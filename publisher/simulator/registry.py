"""The channels that a venue serves beside its listing: made from its markets, or played from a
capture."""

from __future__ import annotations

from collections.abc import Mapping

from publisher.simulator.books import Books
from publisher.simulator.channels import Channel
from publisher.simulator.charts import Charts
from publisher.simulator.engine import Engine
from publisher.simulator.recorded import Recorded
from publisher.simulator.tickers import Tickers
from publisher.simulator.trading import Trading


def live(engine: Engine) -> tuple[Channel, ...]:
    """Return every channel that the markets of `engine` feed."""
    return (Books(engine), Trading(engine), Tickers(engine), Charts(engine))


def played(depths: Mapping[str, int]) -> tuple[Channel, ...]:
    """Return the channels of a capture, given as {channel: depth}."""
    return tuple(Recorded(name, depth, "public") for name, depth in depths.items())
