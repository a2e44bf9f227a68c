"""What a view looks at: the server, the stream, and how the consumer's refusals are told.

A stream is named by its key, or by symbol, channel and what the channel has; what is left open, and
where a deeper stream serves as well, the catalogue decides (WIRE.md 4.9).
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pykraken_consumer import (
    AmbiguousStream,
    Client,
    ConsumerError,
    Listing,
    NoStream,
    RedisUnreachable,
    Wish,
)
from pykraken_consumer._choosing import BOTH, both_lines
from pykraken_consumer.wire import place_of

from publisher import reach
from publisher.channel_rules import PRIVATE, WITHOUT_SYMBOLS, Channel
from publisher.errors import ConfigurationError, PykrakenError
from publisher.flags import EVERYWHERE, add_flags, settings_of
from publisher.logs import get_logger
from publisher.settings import REDIS_FILES

FLAGS = (
    *("channel", "depth", "interval", "trigger", "account", "line"),
    *("redis_url", *REDIS_FILES, "ca_file", "namespace", *EVERYWHERE),
)


class Target(NamedTuple):
    """Where to read: `symbol` may be a stream's key; what is None is left to the catalogue."""

    url: str
    namespace: str
    symbol: str
    depth: int | None
    line: str
    channel: Channel = "book"
    interval: int | None = None
    trigger: str | None = None
    account: str | None = None


class ReadRefused(PykrakenError):
    """The consumer library gave up: nothing published, no server, no right."""

    exit_code = 3

    def __init__(self, reason: ConsumerError) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return str(self.reason)


def add_arguments(parser: argparse.ArgumentParser, flags: Sequence[str] = FLAGS) -> None:
    """Register the symbol and the settings that say where to read, but for those that the command
    has flags of its own for.
    """
    parser.add_argument(
        "symbol",
        metavar="SYMBOL",
        nargs="?",
        default="",
        help="such as BTC/USD, or a stream's key in braces; none for a channel without symbols",
    )
    add_flags(parser, flags)


def target_of(arguments: argparse.Namespace) -> Target:
    """Return what the flags and settings name. Raises InvalidSettings, ConfigurationError."""
    settings = settings_of(arguments)
    symbol: str = arguments.symbol
    if not symbol.startswith("{") and bool(symbol) == (settings.channel in WITHOUT_SYMBOLS):
        allowed = "must be left out" if symbol else "must be given"
        raise ConfigurationError("SYMBOL", symbol, f"{allowed} for {settings.channel}")
    told = settings.model_fields_set
    return Target(
        url=reach.redis_url(settings),
        namespace=settings.namespace,
        symbol=symbol,
        depth=settings.depth if "depth" in told else None,
        line=settings.line,
        channel=settings.channel,
        interval=settings.interval if "interval" in told else None,
        trigger=settings.trigger if "trigger" in told else None,
        account=settings.account if "account" in told else None,
    )


def book_target_of(arguments: argparse.Namespace) -> Target:
    """Return what the flags and settings name of book or level3, and raise ConfigurationError for
    other channels, which hold no book; it names the command that shows those.
    """
    target = target_of(arguments)
    is_key = target.symbol.startswith("{")
    named = place_of(target.symbol) if is_key else target.channel
    if named not in ("book", "level3"):
        words = [target.symbol] if is_key else [target.symbol, "--channel", named]
        instead = shlex.join(["pykraken", "tail", *filter(None, words)])
        allowed = f"only book and level3 have a book to show; the events of {named}: {instead}"
        raise ConfigurationError("channel", named, allowed)
    return target


@contextlib.contextmanager
def opened(target: Target) -> Iterator[Client]:
    """Give a client of the target's server; tell the consumer's errors as ours."""
    with refusals(), Client(target.url, namespace=target.namespace) as client:
        yield client


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Turn what the consumer raises into ReadRefused."""
    try:
        yield
    except ConsumerError as error:
        raise ReadRefused(error) from error


def stream_key(client: Client, target: Target) -> str:
    """Return the key of the target's stream; ask the catalogue only where it matters.

    Raises NoStream, AmbiguousStream, RedisRefused and, where the words name none, RedisUnreachable.
    """
    wish = Wish(
        target.symbol,
        target.channel,
        depth=target.depth,
        interval=target.interval,
        trigger=target.trigger,
        account=target.account,
        line=target.line or None,
    )
    named = wish.key(target.namespace)
    if named is not None and wish.is_key:
        return named
    try:
        listed = client.streams("private" if target.channel in PRIVATE else "public")
    except RedisUnreachable:
        if named is None:
            raise
        return named
    chosen = choose(listed, target)
    if chosen is None and named is None:
        raise NoStream(f"{wish} in namespace {target.namespace}")
    if chosen is None:
        return str(named)
    others = [row.stream for row in listed if _serves(row, target) and row is not chosen]
    if others:  # WIRE.md 4.9: of several it takes the smallest, and says so
        get_logger("views").info("stream.chosen", stream=chosen.stream, others=others)
    return chosen.stream


def in_lines(client: Client, target: Target) -> tuple[Target, str]:
    """Return the target and the key of its stream; where it has two lines and none was named, the
    target's line is `ab`, and the key is that of the first (WIRE.md 7.7).
    """
    try:
        return target, stream_key(client, target)
    except AmbiguousStream as error:
        first, *others = sorted(error.streams)
        if (first, *others) != both_lines(first):
            raise
        return target._replace(line=BOTH), first


def choose(listed: list[Listing], target: Target) -> Listing | None:
    """Return the shallowest stream that serves, None if none does; raise AmbiguousStream. Pure."""
    serving = [row for row in listed if _serves(row, target)]
    least = min((_size(row) for row in serving), default=0)
    serving = [row for row in serving if _size(row) == least]
    lines = [row for row in serving if row.line == target.line] or serving
    if len(lines) > 1:
        raise AmbiguousStream(target.symbol or target.channel, [row.stream for row in lines])
    return lines[0] if lines else None


def _serves(row: Listing, target: Target) -> bool:
    return (
        (row.channel, row.symbol or "") == (target.channel, target.symbol)
        and (row.depth or 0) >= (target.depth or 0)
        and target.interval in (None, row.interval)
        and target.trigger in (None, row.trigger)
        and target.account in (None, row.account)
    )


def _size(row: Listing) -> int:
    return row.depth or row.interval or 0
