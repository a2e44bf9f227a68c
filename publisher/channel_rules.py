"""What each of Kraken's channels takes: symbols or none, a parameter, an API key. Pure.

Knows channels and their values, not where the values come from. A choice that cannot be published
is told as the setting at fault and what is allowed instead; nothing is connected for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from typing import Literal, NamedTuple

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


class Choice(NamedTuple):
    """What one feed is to publish."""

    channel: Channel
    symbols: Sequence[str]
    depth: int
    interval: int
    trigger: str
    account: str
    bbo: bool = False


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
        parts.append(_which(choice.symbols))
    return ".".join([*parts, line] if line else parts)


def _which(symbols: Sequence[str]) -> str:
    if len(symbols) == 1:
        return symbols[0]
    return hashlib.sha256(",".join(sorted(symbols)).encode()).hexdigest()[:8]


def faults(choice: Choice) -> Iterator[tuple[str, str]]:
    """Yield each setting that does not go with the channel, and what is allowed instead.

    `symbols` are those that somebody asked for: none where the default stands.
    """
    channel = choice.channel
    if channel in WITHOUT_SYMBOLS and choice.symbols:
        yield "symbols", f"the channel {channel} takes no symbols: leave them out"
    if choice.bbo and channel not in ("book", "level3"):
        yield "bbo", f"the channel {channel} has no book: leave it out"
    if channel == "level3" and choice.depth not in LEVEL3_DEPTHS:
        depths = ", ".join(map(str, LEVEL3_DEPTHS))
        yield "depth", f"the channel level3 has the depths {depths} only: choose one of them"
