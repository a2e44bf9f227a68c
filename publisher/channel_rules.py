"""What each of Kraken's channels takes: symbols or none, a parameter, an API key. Pure.

Knows channels and their values, not where the values come from. A choice that cannot be published
is told as the setting at fault and what is allowed instead; nothing is connected for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from publisher.model import Instrument

Channel = Literal[
    "book", "level3", "ticker", "trade", "ohlc", "instrument", "executions", "balances"
]

# protocol.md 4: the values that Kraken takes for each parameter.
DEPTHS = (10, 25, 100, 500, 1000)
LEVEL3_DEPTHS = (10, 100, 1000)
INTERVALS = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)

WITHOUT_SYMBOLS: Collection[Channel] = ("instrument", "executions", "balances")
PRIVATE: Collection[Channel] = ("executions", "balances")
# protocol.md 7: level3 is market data, yet only for who shows a token.
WITH_KEY: Collection[Channel] = ("level3", *PRIVATE)


ALL = ("all",)
"""What stands for every symbol that Kraken lists."""
ONLINE = ("online",)
STATUSES = (
    "cancel_only", "delisted", "limit_only", "maintenance", "online", "post_only", "reduce_only",
    "work_in_progress",
)  # fmt: skip
"""Of a pair (protocol.md 4.5)."""


class Choice(NamedTuple):
    """What one feed is to publish."""

    channel: Channel
    symbols: Sequence[str]
    depth: int
    interval: int
    trigger: str
    account: str
    bbo: bool = False
    quotes: Sequence[str] = ()
    statuses: Sequence[str] = ONLINE
    shard: str = ""


def feed_name(choice: Choice, line: str) -> str:
    """Return `<channel>.<parameter>.<symbol>`, without what the channel does not have; of several
    symbols a hash. A line, `a` or `b`, is a feed of its own.
    """
    parts: list[str] = [choice.channel]
    match choice.channel:
        case "book" | "level3":
            parts.append(str(choice.depth))
        case "ohlc":
            parts.append(str(choice.interval))
        case "ticker":
            parts.append(choice.trigger)
        case "executions" | "balances":
            parts.append(choice.account)
    if choice.channel not in WITHOUT_SYMBOLS:
        parts.append(_which(choice))
        if choice.shard:
            parts.append(choice.shard.replace("/", "of"))
    return ".".join([*parts, line] if line else parts)


def _which(choice: Choice) -> str:
    symbols = tuple(choice.symbols)
    if symbols == ALL:  # not by the list, which changes from day to day
        filters = [*choice.quotes, *(choice.statuses if tuple(choice.statuses) != ONLINE else ())]
        return "-".join(["all", *sorted(name.lower() for name in filters)])
    if len(symbols) == 1:
        return symbols[0]
    return hashlib.sha256(",".join(sorted(symbols)).encode()).hexdigest()[:8]


def chosen(
    pairs: Iterable[Instrument], quotes: Collection[str], statuses: Collection[str]
) -> list[str]:
    """Return the symbols of the pairs of one of `quotes` (none: any) and one of `statuses`."""
    return sorted(
        pair.symbol
        for pair in pairs
        if pair.status in statuses and (not quotes or pair.symbol.partition("/")[2] in quotes)
    )


def share(symbols: Iterable[str], shard: str) -> list[str]:
    """Return the symbols of the shard `i/n`, all for an empty one. Which shard a symbol is in
    depends on its name alone: a new listing moves no other.
    """
    if not shard:
        return list(symbols)
    number, _, count = shard.partition("/")
    mine = int(number) - 1
    return [symbol for symbol in symbols if _place(symbol) % int(count) == mine]


def _place(symbol: str) -> int:
    return int.from_bytes(hashlib.sha256(symbol.encode()).digest()[:8], "big")


def faults(choice: Choice) -> Iterator[tuple[str, str]]:
    """Yield each setting that does not go with the channel, and what is allowed instead.

    `symbols` are those that somebody asked for: none where the default stands.
    """
    channel = choice.channel
    if channel in WITHOUT_SYMBOLS and choice.symbols:
        yield "symbols", f"the channel {channel} takes no symbols: leave them out"
    if choice.shard and channel in WITHOUT_SYMBOLS:
        yield "shard", f"the channel {channel} has no symbols to share: leave it out"
    if tuple(choice.symbols) != ALL:
        for name, value, default in (
            ("quotes", choice.quotes, ()),
            ("statuses", choice.statuses, ONLINE),
        ):
            if tuple(value) != default:
                yield name, "goes with the symbols `all` only: leave it out, or ask for all"
    if choice.bbo and channel not in ("book", "level3"):
        yield "bbo", f"the channel {channel} has no book: leave it out"
    if channel == "level3" and choice.depth not in LEVEL3_DEPTHS:
        depths = ", ".join(map(str, LEVEL3_DEPTHS))
        yield "depth", f"the channel level3 has the depths {depths} only: choose one of them"
