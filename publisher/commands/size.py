"""`pykraken size`: what a deployment needs, by the measurements of deploy/CAPACITY.md.

Connects to nothing. Depth, retention, ring and interval are the settings; how much the venue sends
is a flag, since nobody knows it better than who asks.
"""

from __future__ import annotations

import argparse
import json

from publisher import sizing
from publisher.errors import ConfigurationError
from publisher.flags import EVERYWHERE, add_flags, settings_of

ALL = 1450
"""About so many pairs does Kraken list."""
SETTINGS = ("depth", "retention_s", "snapshot_interval_s", "ring_bytes", *EVERYWHERE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the flags."""
    parser.add_argument(
        "--symbols", type=int, default=ALL, dest="count", metavar="N",
        help=f"how many symbols (default: {ALL}, about all of Kraken's)",
    )  # fmt: skip
    parser.add_argument(
        "--rate", type=float, metavar="PER_S",
        help="messages a second of all of them at the worst (default: ten times an estimate of "
        "a calm day)",
    )  # fmt: skip
    parser.add_argument(
        "--readers", type=int, default=2, help="programs that read everything (default: 2)"
    )
    parser.add_argument("--standbys", type=int, default=1, help="beside each leader (default: 1)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    add_flags(parser, SETTINGS)


def run(arguments: argparse.Namespace) -> int:
    """Print the size; return 0. Raises ConfigurationError."""
    for name, value, least in (
        ("--symbols", arguments.count, 1),
        ("--rate", arguments.rate, 0.0),
        ("--readers", arguments.readers, 0),
        ("--standbys", arguments.standbys, 0),
    ):
        if value is not None and not least <= value < float("inf"):
            raise ConfigurationError(name, value, f"{least:g} or more")
    settings = settings_of(arguments)
    rate = arguments.rate
    if rate is None:
        rate = sizing.usual_rate(arguments.count) * sizing.PEAK
    wish = sizing.Wish(
        symbols=arguments.count,
        depth=settings.depth,
        rate=rate,
        retention_s=settings.retention_s,
        snapshot_interval_s=settings.snapshot_interval_s,
        ring_bytes=settings.ring_bytes,
        readers=arguments.readers,
        standbys=arguments.standbys,
    )
    needed = sizing.size(wish)
    if arguments.json:
        print(json.dumps({"for": wish._asdict(), "needs": needed._asdict()}))
        return 0
    print("\n".join(_lines(wish, needed)))
    return 0


def _lines(wish: sizing.Wish, needed: sizing.Size) -> list[str]:
    """Return what a person reads."""
    shared = "" if needed.feeds == 1 else f" (shards: {needed.feeds})"
    cluster = (
        "one server, its replicas beside it"
        if needed.redis_servers == 1
        else f"a cluster of {needed.redis_servers} masters: one would be busier than it may"
    )
    return [
        f"{wish.symbols} symbols, depth {wish.depth}, {wish.rate:,.0f} messages a second, "
        f"{wish.readers} readers of everything:",
        f"  feeds         {needed.feeds}{shared}, each with {wish.standbys} standby",
        f"  a publisher   {needed.publisher_cores:.2f} cores at the worst, "
        f"{needed.publisher_mb:,.0f} MB: limit {sizing.megabytes(needed.publisher_mb)}Mi, "
        "no limit of CPU",
        f"  all of them   {needed.nodes_cores:.2f} cores",
        f"  Redis         {cluster}",
        f"                {needed.redis_cores:.2f} cores, {needed.redis_mb:,.0f} MB of streams: "
        f"maxmemory {sizing.megabytes(needed.redis_mb + sizing.REDIS_MB)}mb",
        f"                {needed.redis_in_bytes_s / 1e6:,.2f} MB/s in, "
        f"{needed.redis_out_bytes_s / 1e6:,.2f} MB/s out",
        "How this was measured, and what was calculated or estimated: deploy/CAPACITY.md",
    ]
