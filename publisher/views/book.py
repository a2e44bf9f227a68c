"""`pykraken book`: join one book, rebuild it, prove it by its checksum, print it once."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pykraken_consumer import Book, OrderBook, Side
from rich.console import Console

from publisher.errors import ConfigurationError
from publisher.views import ladder, target
from publisher.views.numbers import decimal_text, positive
from publisher.views.watched import view_of

SIDES: Final[Mapping[str, Side]] = MappingProxyType({"bids": "bid", "asks": "ask"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the flags."""
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument(
        "--orders", action="store_true", help="with --json, of level3: each order in queue order"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="how long to wait for a verified book (default: 5, the time between snapshots)",
    )
    parser.add_argument(
        "--depth",
        dest="levels",
        type=positive,
        metavar="N",
        help="levels a side, of the shallowest stream that has so many (default: all that the "
        "shallowest has)",
    )
    target.add_arguments(parser, [name for name in target.FLAGS if name != "depth"])


def run(arguments: argparse.Namespace) -> int:
    """Print the book; return 0. Raises PykrakenError when there is none in time."""
    where = target.book_target_of(arguments)
    where = where._replace(depth=arguments.levels or where.depth)
    with target.opened(where) as client:
        where, key = target.in_lines(client, where)
        book = client.book(key, wait_s=arguments.timeout, line=where.line or None)
    if arguments.json:
        extra = orders_of(book, where.depth) if arguments.orders else {}
        print(as_json(book, where.depth, extra))
        return 0
    console = Console()
    rows = where.depth or book.depth
    console.print(ladder.still(view_of(key, book, rows), width=console.width, rows=rows))
    return 0


def as_json(
    book: Book | OrderBook, limit: int | None, extra: Mapping[str, object] = MappingProxyType({})
) -> str:
    """Return one line of JSON, numbers of levels as decimal text, at most `limit` levels a side;
    `extra` stands at its end.
    """
    sides = {
        name: [_decimals(book, level.price, level.qty) for level in book.levels(side, limit)]
        for name, side in SIDES.items()
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
            **extra,
        },
        separators=(",", ":"),
    )


def orders_of(book: Book | OrderBook, limit: int | None) -> dict[str, object]:
    """Return the orders of an L3 book's levels in queue order: id, price, qty, time in ns. Raises
    ConfigurationError for an L2 book.
    """
    if not isinstance(book, OrderBook):
        raise ConfigurationError("--orders", book.channel, "must be left out but for level3")
    sides = {
        name: [
            [order.order_id, *_decimals(book, order.price, order.qty), order.time]
            for order in book.orders(side, limit)
        ]
        for name, side in SIDES.items()
    }
    return {"orders": sides}


def _decimals(book: Book | OrderBook, price: int, qty: int) -> list[str]:
    return [decimal_text(price, book.price_precision), decimal_text(qty, book.qty_precision)]
