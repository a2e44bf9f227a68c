"""Which channel a plan means. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from publisher.channels.balances import BalancesChannel
from publisher.channels.book import BookChannel
from publisher.channels.channel import Channel
from publisher.channels.executions import ExecutionsChannel
from publisher.channels.instrument import InstrumentChannel
from publisher.channels.level3 import SYMBOLS_PER_CONNECTION, Level3Channel
from publisher.errors import InternalError
from publisher.model import FeedPlan


def connections_of(plan: FeedPlan) -> list[tuple[Sequence[str], Channel]]:
    """Return the symbols of each data connection that the plan's feed needs, with the channel."""
    match plan.channel:
        case "book":
            return [(plan.symbols, BookChannel(plan.depth, plan.checksum_freq))]
        case "level3":
            shares = _shares(plan.symbols, SYMBOLS_PER_CONNECTION)
            channel = Level3Channel(plan.depth, plan.checksum_freq, len(shares))
            return [(share, channel) for share in shares]
        case "executions":
            return [(plan.symbols, ExecutionsChannel(plan.account))]
        case "balances":
            return [(plan.symbols, BalancesChannel(plan.account))]
        case "instrument":
            return [(plan.symbols, InstrumentChannel())]
    raise InternalError(f"no channel {plan.channel}")


def _shares(symbols: Sequence[str], most: int) -> list[Sequence[str]]:
    return [symbols[i : i + most] for i in range(0, len(symbols), most)]
