"""`pykraken book`: join one book, rebuild it, prove it by its checksum, print it once."""

from __future__ import annotations

import argparse
import json

from pykraken_consumer import Book
from rich.console import Console

from publisher.views import ladder, target
from publisher.views.numbers import decimal_text
from publisher.views.watched import view_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the flags."""
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument(
        "--timeout",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="how long to wait for a verified book (default: 5, the time between snapshots)",
    )
    target.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the book; return 0. Raises PykrakenError when there is none in time."""
    where = target.target_of(arguments)
    with target.opened(where) as client:
        key = target.stream_key(client, where)
        book = client.book(key, wait_s=arguments.timeout)
    if arguments.json:
        print(as_json(book, where.depth))
        return 0
    console = Console()
    rows = where.depth or book.depth
    console.print(ladder.still(view_of(key, book, rows), width=console.width, rows=rows))
    return 0


def as_json(book: Book, limit: int | None) -> str:
    """Return one line of JSON, numbers of levels as decimal text, at most `limit` levels a side."""
    sides = {
        name: [
            [decimal_text(price, book.price_precision), decimal_text(qty, book.qty_precision)]
            for price, qty in levels
        ]
        for name, levels in (
            ("bids", book.levels("bid", limit)),
            ("asks", book.levels("ask", limit)),
        )
    }
    return json.dumps(
        {
            "symbol": book.symbol,
            "channel": book.channel,
            "depth": book.depth,
            "epoch": book.epoch,
            "seq": book.seq,
            "checksum": book.checksum(),
            "verified": book.is_valid,
            **sides,
        },
        separators=(",", ":"),
    )
