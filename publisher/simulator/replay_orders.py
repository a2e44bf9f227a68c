"""The level3 snapshot that recorded messages leave, from the digits as recorded.

protocol.md 6: events in order, cut to the depth in price levels after each message; queues go by
the orders' own times. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Literal
from zlib import crc32

Name = Literal["bids", "asks"]
Resting = dict[str, dict[str, str]]
"""{order_id: order}, each order's fields as text."""


def orders_snapshot(texts: Iterable[str], depth: int) -> str:
    """Return the snapshot message after these messages of one symbol."""
    sides: dict[Name, Resting] = {"bids": {}, "asks": {}}
    item: dict[str, Any] = {}
    for text in texts:
        message = json.loads(text, parse_float=str, parse_int=str)
        item = message["data"][0]
        for name, side in sides.items():
            if message["type"] == "snapshot":
                side.clear()
            for order in item[name]:
                _apply(side, order)
            sides[name] = _cut(side, name, depth)
    listed = {name: _text(side) for name, side in sides.items()}
    return (
        f'{{"channel":"level3","type":"snapshot","data":[{{"symbol":"{item["symbol"]}",'
        f'"checksum":{_checksum(sides)},"bids":[{listed["bids"]}],"asks":[{listed["asks"]}]}}]}}'
    )


def _apply(side: Resting, order: dict[str, str]) -> None:
    match order.get("event", "add"):
        case "delete":
            side.pop(order["order_id"], None)
        case "modify":
            if order["order_id"] in side:
                side[order["order_id"]]["order_qty"] = order["order_qty"]
        case _:
            side[order["order_id"]] = order


def _cut(side: Resting, name: Name, depth: int) -> Resting:
    """Return the orders of the best `depth` levels, best level first, in queue order."""
    prices = sorted({_price(order) for order in side.values()}, reverse=name == "bids")
    places = {price: place for place, price in enumerate(prices[:depth])}
    kept = [order for order in side.values() if _price(order) in places]
    kept.sort(key=lambda order: (places[_price(order)], order["timestamp"]))
    return {order["order_id"]: order for order in kept}


def _price(order: dict[str, str]) -> int:
    # A symbol's prices have equally many decimals: without the point they order as integers.
    return int(order["limit_price"].replace(".", ""))


def _text(side: Resting) -> str:
    return ",".join(
        f'{{"order_id":"{order["order_id"]}","limit_price":{order["limit_price"]},'
        f'"order_qty":{order["order_qty"]},"timestamp":"{order["timestamp"]}"}}'
        for order in side.values()
    )


def _checksum(sides: dict[Name, Resting]) -> int:
    text = ""
    for name in ("asks", "bids"):
        for order in _cut(sides[name], name, 10).values():
            for token in (order["limit_price"], order["order_qty"]):
                text += token.replace(".", "").lstrip("0")
    return crc32(text.encode("ascii"))
