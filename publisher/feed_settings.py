"""The settings that say what is published; `settings.py` has the others and the rules for all."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from publisher.channel_rules import Channel
from publisher.setting_types import Depth, Interval, Names, Shard, Statuses, Symbols


class FeedSettings(BaseSettings):
    """Channel, symbols, and what else chooses the streams of a feed."""

    symbols: Symbols = Field(
        default=("BTC/USD", "ETH/USD"),
        description="What to publish, comma separated, in Kraken's names; not for instrument, "
        "executions and balances; `all` for every one listed. Default: two liquid ones, so that a "
        "first run shows life.",
    )
    quotes: Names = Field(
        default=(),
        description="With the symbols `all`: only pairs of these quotes (USD,EUR). Default: any.",
    )
    statuses: Statuses = Field(
        default=("online",),
        description="With the symbols `all`: only pairs in these states at start-up. Default: "
        "online, since the others do not trade as usual.",
    )
    shard: Shard = Field(
        default="",
        description="i/n: publish the i-th of n shares of the symbols, the same whatever else is "
        "listed. Default: all of them, since one process carries a thousand books.",
    )
    channel: Channel = Field(
        default="book",
        description="Kraken's channel, one for each process. Default: book, which most readers "
        "want and which needs no key.",
    )
    depth: Depth = Field(
        default=10,
        description="Levels a side. Default: 10, which Kraken's checksum covers in full and which "
        "costs the least; level3 has 10, 100 and 1000 only.",
    )
    interval: Interval = Field(
        default=1,
        description="Minutes of a candle of ohlc. Default: 1, Kraken's own, from which longer "
        "ones can be made.",
    )
    trigger: Literal["bbo", "trades"] = Field(
        default="trades",
        description="What makes a new ticker: a change of the best prices, or a trade. Default: "
        "trades, Kraken's own; the best prices are in the book's stream anyway.",
    )
    bbo: bool = Field(
        default=False,
        description="Publish the best bid and offer of each book in a stream of their own too, for "
        "book and level3. Default: off, since whoever reads a book has them.",
    )
    checksum_freq: int = Field(
        default=1,
        ge=1,
        le=10_000,
        description="Compare every Nth update with Kraken's checksum; the others are flagged "
        "UNVERIFIED. Default: 1, never publish what is not proven.",
    )
    exchange: Literal["kraken", "sim"] = Field(
        default="kraken",
        description="`sim` starts the simulator and publishes from it. Default: the real one.",
    )
