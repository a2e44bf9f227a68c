"""Best bid and offer through simulator, daemon and a real server: each top of the book's own stream
is told once, in order, and what was left out is flagged.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgpack
import pytest
import redis

from tests.endtoend.program import Publisher
from tests.polling import wait_until
from tests.servers import RedisServer
from tests.simulator.program import Program
from tests.simulator.signed import KEY, SECRET

SYMBOL = "BTC/USD"
CONFLATED = 16
TOPS = 150
Top = tuple[tuple[int, int] | None, tuple[int, int] | None]


def events(client: redis.Redis, key: str) -> list[dict[str, Any]]:
    return [msgpack.unpackb(fields[b"d"]) for _, fields in client.xrange(key)]


def tops_of_book(told: list[dict[str, Any]]) -> list[Top]:
    """Return each top of an L2 book, as its own events say, rebuilt by plain dicts."""
    sides: dict[str, dict[int, int]] = {"b": {}, "a": {}}
    tops: list[Top] = []
    for event in told:
        if event["t"] == "snapshot":
            sides = {"b": {}, "a": {}}
        elif event["t"] != "update":
            continue
        for name, side in sides.items():
            side.update(dict(event[name]))
            for price in [price for price, qty in side.items() if not qty]:
                del side[price]
        keep = sorted(sides["b"])[-10:], sorted(sides["a"])[:10]  # of depth 10
        sides = {
            name: {price: sides[name][price] for price in kept}
            for name, kept in zip("ba", keep, strict=True)
        }
        bid, ask = max(sides["b"], default=None), min(sides["a"], default=None)
        top = (
            None if bid is None else (bid, sides["b"][bid]),
            None if ask is None else (ask, sides["a"][ask]),
        )
        if not tops or tops[-1] != top:
            tops.append(top)
    return tops


def top_of(event: dict[str, Any]) -> Top:
    bid = (event["bp"], event["bq"]) if "bp" in event else None
    return bid, (event["ap"], event["aq"]) if "ap" in event else None


def test_every_top_of_the_book_in_order(tmp_path: Path, redis_server: RedisServer) -> None:
    with Program("--rate", "300", "--symbols", SYMBOL) as simulator:
        settings = {
            "symbols": SYMBOL,
            "bbo": "true",
            "redis_url": redis_server.url,
            "ws_url": simulator.addresses["ws_url"],
        }
        book, bbo = f"{{kraken.{SYMBOL}}}:book.10", f"{{kraken.{SYMBOL}}}:bbo.book.10"
        with (
            Publisher(tmp_path / "publisher", **settings) as publisher,
            redis_server.client() as client,
        ):
            wait_until(lambda: client.xlen(bbo) >= TOPS, 30, "tops")
            assert publisher.terminate() == 0
            rebuilt = tops_of_book(events(client, book))
            told = [event for event in events(client, bbo) if event["t"] in ("snapshot", "top")]
    place = rebuilt.index(top_of(told[0]))
    for event in told[1:]:
        after = rebuilt.index(top_of(event), place + 1)
        assert after == place + 1 or event["f"] & CONFLATED, "a top is missing, unannounced"
        place = after
    assert place == len(rebuilt) - 1, "the last top was told"


@pytest.mark.parametrize("depth", [10])
def test_tops_of_a_level3_book_have_the_whole_levels_qty(
    depth: int, tmp_path: Path, redis_server: RedisServer
) -> None:
    with Program("--rate", "200", "--symbols", SYMBOL) as simulator:
        settings = {
            "channel": "level3",
            "symbols": SYMBOL,
            "depth": depth,
            "bbo": "true",
            "api_key": KEY,
            "api_secret": SECRET,
            "redis_url": redis_server.url,
            **{url: simulator.addresses[url] for url in ("ws_url", "ws_l3_url", "rest_url")},
        }
        with (
            Publisher(tmp_path / "publisher", **settings) as publisher,
            redis_server.client() as client,
        ):
            bbo = f"{{kraken.{SYMBOL}}}:bbo.level3.{depth}"
            wait_until(lambda: client.xlen(bbo) >= TOPS, 30, "tops")
            assert publisher.terminate() == 0
            last = events(client, f"{{kraken.{SYMBOL}}}:level3.{depth}.snap")[-1]
            tops = [event for event in events(client, bbo) if event["t"] in ("snapshot", "top")]
    best = tuple(
        (orders[0][1], sum(qty for _, price, qty, _ in orders if price == orders[0][1]))
        for orders in (last["b"], last["a"])
    )
    assert top_of(tops[-1]) == best
