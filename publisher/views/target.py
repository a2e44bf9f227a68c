"""What a view looks at: the server, the stream, and how the consumer's refusals are told.

A stream is named by its key, or by symbol and depth; without a depth, and where a deeper stream
serves as well, the catalogue decides (WIRE.md 4.9).
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from pykraken_consumer import (
    AmbiguousStream,
    Client,
    ConsumerError,
    Listing,
    NoStream,
    RedisUnreachable,
)

from publisher import reach
from publisher.bus.keys import stream_keys
from publisher.errors import PykrakenError
from publisher.flags import EVERYWHERE, add_flags, settings_of

FLAGS = ("depth", "line", "redis_url", "ca_file", "namespace", *EVERYWHERE)


class Target(NamedTuple):
    """Where to read: `symbol` may be a stream's key; `depth` None leaves it to the catalogue."""

    url: str
    namespace: str
    symbol: str
    depth: int | None
    line: str


class ReadRefused(PykrakenError):
    """The consumer library gave up: nothing published, no server, no right."""

    exit_code = 3

    def __init__(self, reason: ConsumerError) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return str(self.reason)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the symbol and the settings that say where to read."""
    parser.add_argument(
        "symbol", metavar="SYMBOL", help="such as BTC/USD, or a stream's key in braces"
    )
    add_flags(parser, FLAGS)


def target_of(arguments: argparse.Namespace) -> Target:
    """Return what the flags and settings name. Raises InvalidSettings, ConfigurationError."""
    settings = settings_of(arguments)
    depth = settings.depth if "depth" in settings.model_fields_set else None
    url = reach.redis_url(settings)
    return Target(url, settings.namespace, arguments.symbol, depth, settings.line)


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

    Raises NoStream, AmbiguousStream, RedisRefused and, without a depth, RedisUnreachable.
    """
    if target.symbol.startswith("{"):
        return target.symbol
    try:
        listed = [row for row in client.streams() if row.symbol == target.symbol]
    except RedisUnreachable:
        if target.depth is None:
            raise
        listed = []
    chosen = choose(listed, target)
    if chosen is not None:
        return chosen.stream
    if target.depth is None:
        raise NoStream(f"{target.symbol} in namespace {target.namespace}")
    part = f"book.{target.depth}"
    return stream_keys(target.namespace, target.symbol, part, target.line).stream


def choose(listed: list[Listing], target: Target) -> Listing | None:
    """Return the shallowest stream that serves, None if none does; raise AmbiguousStream. Pure."""
    deep = [row for row in listed if row.depth >= (target.depth or 0)]
    least = min((row.depth for row in deep), default=0)
    serving = [row for row in deep if row.depth == least]
    lines = [row for row in serving if row.line == target.line] or serving
    if len(lines) > 1:
        raise AmbiguousStream(target.symbol, [row.stream for row in lines])
    return lines[0] if lines else None
