"""Kraken, as small as can be: one market of random books, any number of connections, exact truth.

For every book message that it ever made it knows the levels after it, to the subscribed depth; the
judge takes that for the truth. A connection's frames can be dropped, doubled, swapped or spoilt; a
book that Kraken's checksum covers whole (depth 10) shows every such fault.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from tests.simulation.world import World

PRICE_PRECISION, QTY_PRECISION = 2, 5
CENTRE, SPAN = 100_000, 40
QTYS = (1, 7, 100_000, 123_456_789, 10**13, 2**64 + 5)
HEARTBEAT = b'{"channel":"heartbeat"}'
HEARTBEAT_S = 1.0

Level = tuple[int, int]
Levels = tuple[list[Level], list[Level]]
"""Bids and asks as scaled integers, best first."""


@dataclass
class SideOfMarket:
    """All resting qty of one side by price; `sign` is 1 for bids."""

    sign: int
    qtys: dict[int, int] = field(default_factory=dict)

    def best(self, depth: int) -> list[Level]:
        """Return the best levels."""
        prices = sorted(self.qtys, reverse=self.sign > 0)[:depth]
        return [(price, self.qtys[price]) for price in prices]


class Market:
    """The books of `symbols`, seen to `depth`."""

    def __init__(self, world: World, symbols: tuple[str, ...], depth: int) -> None:
        self.world = world
        self.depth = depth
        self.sent: dict[bytes, Levels] = {}
        self.connections: list[ExchangeConnection] = []
        self.books = {symbol: (SideOfMarket(1), SideOfMarket(-1)) for symbol in symbols}
        self._stamp = 0
        for sides in self.books.values():
            for side in sides:
                for _ in range(depth + 5):
                    self._move(side)

    @property
    def symbols(self) -> tuple[str, ...]:
        """All that there are."""
        return tuple(self.books)

    def levels(self, symbol: str) -> Levels:
        """Return the book of a symbol as it is."""
        bids, asks = self.books[symbol]
        return bids.best(self.depth), asks.best(self.depth)

    def change(self, symbol: str) -> None:
        """Change a book and send the update to who subscribed it."""
        before = self.levels(symbol)
        sides = self.books[symbol]
        for _ in range(self.world.random.randrange(1, 4)):
            self._move(self.world.random.choice(sides))
        after = self.levels(symbol)
        pairs = zip(sides, before, after, strict=True)
        bids, asks = (self._deltas(side, old, new) for side, old, new in pairs)
        if bids or asks:
            payload = self._message("update", symbol, (bids, asks), after)
            for connection in self.connections:
                if symbol in connection.subscribed:
                    connection.deliver(payload)

    def snapshot(self, symbol: str) -> bytes:
        """Return a snapshot message of a book."""
        levels = self.levels(symbol)
        return self._message("snapshot", symbol, levels, levels)

    def _move(self, side: SideOfMarket) -> None:
        draw = self.world.random
        price = CENTRE - side.sign * draw.randrange(1, SPAN)
        if price in side.qtys and draw.random() < 0.5:
            del side.qtys[price]
        else:
            side.qtys[price] = draw.choice(QTYS) + draw.randrange(1000)

    def _deltas(self, side: SideOfMarket, old: list[Level], new: list[Level]) -> list[Level]:
        """Return what a client that keeps `depth` levels has to be told (protocol.md 5.1)."""
        known = dict(old)
        told = [level for level in new if known.get(level[0]) != level[1]]
        return told + [(price, 0) for price, _ in old if price not in side.qtys]

    def _message(self, kind: str, symbol: str, told: Levels, after: Levels) -> bytes:
        self._stamp += 1
        seconds, micros = divmod(self._stamp, 1_000_000)
        text = (
            f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}",'
            f'"bids":[{_json_levels(told[0])}],"asks":[{_json_levels(told[1])}],'
            f'"checksum":{checksum(after)},'
            f'"timestamp":"2026-01-02T03:04:{seconds:02}.{micros:06}Z"}}]}}'
        )
        payload = text.encode()
        self.sent[payload] = after
        return payload


def checksum(levels: Levels) -> int:
    """Return Kraken's CRC-32 of the best ten levels a side (protocol.md 5.3)."""
    bids, asks = levels
    return crc32("".join(f"{price}{qty}" for price, qty in asks[:10] + bids[:10]).encode())


def _json_levels(levels: list[Level]) -> str:
    return ",".join(
        f'{{"price":{_decimal(price, PRICE_PRECISION)},"qty":{_decimal(qty, QTY_PRECISION)}}}'
        for price, qty in levels
    )


def _decimal(number: int, precision: int) -> str:
    digits = str(number).rjust(precision + 1, "0")
    return f"{digits[:-precision]}.{digits[-precision:]}"


class ExchangeConnection:
    """One client's connection. `take` gets each message, None when Kraken closes."""

    def __init__(self, market: Market, take: Callable[[bytes | None], None]) -> None:
        self.market = market
        self.world = market.world
        self.subscribed: set[str] = set()
        self.is_open = True
        self.is_silent = False
        """True when nothing comes any more although the connection stands."""
        self.mute: set[str] = set()
        """Symbols that are acknowledged and then never served."""
        self.spoil: Callable[[bytes], list[bytes]] | None = None
        self._take = take
        self._there_at = 0.0
        market.connections.append(self)
        status = {"system": "online", "api_version": "v2", "version": "2.0.10"}
        self.deliver(_json({"channel": "status", "type": "update", "data": [status]}))
        self.world.at(HEARTBEAT_S, self._beat)

    def close(self) -> None:
        """End the connection from either end; nothing more is delivered."""
        if self.is_open:
            self.is_open = False
            self.market.connections.remove(self)

    def drop(self) -> None:
        """Kraken ends the connection."""
        if self.is_open:
            self.close()
            self._take(None)

    def deliver(self, payload: bytes) -> None:
        """Send a message, through whatever spoils it."""
        if self.is_silent or not self.is_open:
            return
        for part in self.spoil(payload) if self.spoil is not None else [payload]:
            delay = self.world.random.uniform(0.001, 0.004)
            self._there_at = max(self._there_at, self.world.now + delay)
            self.world.at(self._there_at - self.world.now, lambda part=part: self._arrive(part))  # type: ignore[misc]

    def request(self, request: bytes) -> None:
        """Take a request of the client and answer it (protocol.md 4)."""
        asked: dict[str, Any] = json.loads(request)
        if asked["method"] == "ping":
            self.deliver(_json({"method": "pong", "req_id": asked["req_id"]}))
            return
        params = asked["params"]
        if params["channel"] == "instrument":
            self._acknowledge(asked, {"channel": "instrument"})
            self.deliver(self._instruments())
            return
        for symbol in params["symbol"]:
            self._acknowledge(
                asked, {"channel": "book", "depth": params["depth"], "symbol": symbol}
            )
            if asked["method"] == "unsubscribe":
                self.subscribed.discard(symbol)
                self.mute.discard(symbol)
            elif symbol not in self.mute:
                self.deliver(self.market.snapshot(symbol))
                self.subscribed.add(symbol)

    def _beat(self) -> None:
        if self.is_open:
            self.deliver(HEARTBEAT)
            self.world.at(HEARTBEAT_S, self._beat)

    def _arrive(self, payload: bytes) -> None:
        if self.is_open:
            self._take(payload)

    def _acknowledge(self, asked: dict[str, Any], result: dict[str, object]) -> None:
        ack = {"method": asked["method"], "req_id": asked["req_id"], "result": result}
        self.deliver(_json({**ack, "success": True}))

    def _instruments(self) -> bytes:
        pairs = [
            {
                "symbol": symbol,
                "price_precision": PRICE_PRECISION,
                "qty_precision": QTY_PRECISION,
                "status": "online",
            }
            for symbol in self.market.books
        ]
        data = {"assets": [], "pairs": pairs}
        return _json({"channel": "instrument", "type": "snapshot", "data": data})


def _json(message: dict[str, object]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()
