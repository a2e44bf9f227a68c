"""From the settings to a feed's plan, and from the plan to its channels. Pure."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from publisher.book.l2 import CHECKSUM_LEVELS
from publisher.channel_rules import PRIVATE, WITHOUT_SYMBOLS
from publisher.channels.balances import BalancesChannel
from publisher.channels.bbo import TopKeeper
from publisher.channels.book import BookChannel, BookKeeper, alone
from publisher.channels.channel import Channel, Keeper
from publisher.channels.executions import ExecutionsChannel
from publisher.channels.instrument import InstrumentChannel
from publisher.channels.level3 import SYMBOLS_PER_CONNECTION, Level3Channel
from publisher.channels.ohlc import OhlcChannel
from publisher.channels.ticker import TickerChannel
from publisher.channels.trade import TradeChannel
from publisher.errors import InternalError
from publisher.model import FeedPlan
from publisher.redis_url import parse
from publisher.settings import Settings, feed_id

AUDIT_PART = 4
"""Audits take the fourth part of an account's budget at most."""


def plan_of(settings: Settings) -> FeedPlan:
    """Return what the settings say that the feed publishes."""
    return FeedPlan(
        namespace=settings.namespace,
        feed=feed_id(settings),
        symbols=("",) if settings.channel in WITHOUT_SYMBOLS else settings.symbols,
        channel=settings.channel,
        depth=settings.depth if settings.channel in ("book", "level3") else 0,
        interval=settings.interval if settings.channel == "ohlc" else 0,
        trigger=settings.trigger if settings.channel == "ticker" else "",
        account=settings.account if settings.channel in PRIVATE else "",
        line=settings.line,
        checksum_freq=settings.checksum_freq,
        bbo=settings.bbo,
        snapshot_interval_s=settings.snapshot_interval_s,
        retention_s=settings.retention_s,
        heartbeat_s=settings.heartbeat_s,
        ring_seconds=settings.ring_seconds,
        ring_bytes=settings.ring_bytes,
        stream_max_bytes=settings.stream_max_bytes,
        is_sharded=_is_cluster(settings.redis_url),
    )


def _is_cluster(url: str | None) -> bool:
    return url is not None and parse(url, is_whole=False).kind == "cluster"


def connections_of(plan: FeedPlan) -> list[tuple[Sequence[str], Channel]]:
    """Return the symbols of each data connection that the plan's feed needs, with the channel."""
    around: Callable[[BookKeeper], Keeper] = TopKeeper if plan.bbo else alone
    match plan.channel:
        case "book":
            channel = BookChannel(plan.depth, plan.checksum_freq, around=around)
            return [(plan.symbols, channel)]
        case "level3":
            shares = _shares(plan.symbols, SYMBOLS_PER_CONNECTION)
            orders = Level3Channel(plan.depth, plan.checksum_freq, len(shares), around=around)
            return [(share, orders) for share in shares]
        case "ticker":
            return [(plan.symbols, TickerChannel(plan.trigger))]
        case "trade":
            return [(plan.symbols, TradeChannel())]
        case "ohlc":
            return [(plan.symbols, OhlcChannel(plan.interval))]
        case "executions":
            return [(plan.symbols, ExecutionsChannel(plan.account))]
        case "balances":
            return [(plan.symbols, BalancesChannel(plan.account))]
        case "instrument":
            return [(plan.symbols, InstrumentChannel())]
    raise InternalError(f"no channel {plan.channel}")


def audited_by(plan: FeedPlan) -> Channel | None:
    """Return the channel of a second session that audits the books (session/audit.py); None where
    the checksum proves all.
    """
    if plan.depth <= CHECKSUM_LEVELS:
        return None
    if plan.channel == "level3":  # what it subscribes is spent of the feed's own budget
        shares = len(_shares(plan.symbols, SYMBOLS_PER_CONNECTION))
        return Level3Channel(plan.depth, connections=AUDIT_PART * shares)
    return BookChannel(plan.depth)


def symbols_per_connection(plan: FeedPlan) -> int:
    """Return how many symbols a connection of the feed takes at most."""
    return SYMBOLS_PER_CONNECTION if plan.channel == "level3" else sys.maxsize


def _shares(symbols: Sequence[str], most: int) -> list[Sequence[str]]:
    return [symbols[i : i + most] for i in range(0, len(symbols), most)]
