"""A Kraken of one connection, as small as can be, whose books are the model's: the truth.

It answers requests as protocol.md §4 says, sends updates of random changes with right checksums,
and knows for every message that it ever sent what the best ten levels were after it.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from tests.model import Levels, ModelBook, unscaled

PRICE_PRECISION, QTY_PRECISION = 2, 8


@dataclass(frozen=True)
class Truth:
    """One book message as it was sent, and the best ten levels a side after it."""

    payload: bytes
    symbol: str
    bids: Levels
    asks: Levels


@dataclass
class Exchange:
    """Books of some symbols that change at random; at most one connection."""

    symbols: tuple[str, ...]
    depth: int
    seed: int
    books: dict[str, ModelBook] = field(default_factory=dict)
    subscribed: set[str] = field(default_factory=set)
    sent: dict[bytes, Truth] = field(default_factory=dict)
    second: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        for symbol in self.symbols:
            book = self.books[symbol] = ModelBook(depth=self.depth)
            book.snapshot(
                [self._level("bid") for _ in range(15)], [self._level("ask") for _ in range(15)]
            )

    def connect(self) -> list[bytes]:
        """Begin a connection; return what Kraken says first."""
        self.subscribed.clear()
        status = {"system": "online", "api_version": "v2", "version": "2.0.10"}
        return [_json({"channel": "status", "type": "update", "data": [status]})]

    def answer(self, request: bytes) -> list[bytes]:
        """Return the messages that answer a request."""
        asked: dict[str, Any] = json.loads(request)
        if asked["method"] == "ping":
            return [_json({"method": "pong", "req_id": asked["req_id"]})]
        params = asked["params"]
        if params["channel"] == "instrument":
            return [self._ack(asked, {"channel": "instrument"}), self._instruments()]
        answers = []
        for symbol in params["symbol"]:
            result = {"channel": "book", "depth": self.depth, "symbol": symbol}
            answers.append(self._ack(asked, result))
            if asked["method"] == "subscribe":
                self.subscribed.add(symbol)
                answers.append(self._snapshot(symbol))
            else:
                self.subscribed.discard(symbol)
        return answers

    def change(self, symbol: str) -> list[bytes]:
        """Change a book at random; return the update if the symbol is subscribed."""
        book = self.books[symbol]
        before = book.sorted_bids(), book.sorted_asks()
        bids = [self._delta("bid") for _ in range(self.random.randrange(3))]
        asks = [self._delta("ask") for _ in range(self.random.randrange(0 if bids else 1, 3))]
        bids, asks = bids * self.random.choice((1, 1, 1, 2)), asks
        book.update(bids, asks)
        bids += _came_into_scope(before[0], book.sorted_bids(), bids)
        asks += _came_into_scope(before[1], book.sorted_asks(), asks)
        return [self._message("update", symbol, bids, asks)] if symbol in self.subscribed else []

    def _level(self, side: str) -> tuple[str, str]:
        offset = self.random.randrange(40)
        price = 10_000 - offset if side == "bid" else 10_001 + offset
        qty = self.random.choice((1, 5, 10**8, 123_456_789, 10**20))
        return unscaled(price, PRICE_PRECISION), unscaled(qty + offset, QTY_PRECISION)

    def _delta(self, side: str) -> tuple[str, str]:
        price, qty = self._level(side)
        return (price, unscaled(0, QTY_PRECISION)) if self.random.random() < 0.4 else (price, qty)

    def _snapshot(self, symbol: str) -> bytes:
        book = self.books[symbol]
        return self._message("snapshot", symbol, book.sorted_bids(), book.sorted_asks())

    def _message(self, kind: str, symbol: str, bids: Levels, asks: Levels) -> bytes:
        self.second += 1
        book = self.books[symbol]
        minutes, seconds = divmod(self.second, 60)
        stamp = f"2026-01-02T{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.5Z"
        text = (
            f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}","bids":[{_levels(bids)}],'
            f'"asks":[{_levels(asks)}],"checksum":{book.checksum()},"timestamp":"{stamp}"}}]}}'
        )
        payload = text.encode()
        self.sent[payload] = Truth(
            payload, symbol, book.sorted_bids()[:10], book.sorted_asks()[:10]
        )
        return payload

    def _ack(self, asked: dict[str, Any], result: dict[str, object]) -> bytes:
        ack = {"method": asked["method"], "req_id": asked["req_id"], "result": result}
        return _json({**ack, "success": True})

    def _instruments(self) -> bytes:
        pairs = [
            {
                "symbol": symbol,
                "price_precision": PRICE_PRECISION,
                "qty_precision": QTY_PRECISION,
                "status": "online",
            }
            for symbol in self.symbols
        ]
        data = {"assets": [], "pairs": pairs}
        return _json({"channel": "instrument", "type": "snapshot", "data": data})


def _came_into_scope(before: Levels, after: Levels, told: Levels) -> Levels:
    """Return levels that a cut book of the client lacks, as Kraken sends them (§5.1)."""
    known = {price for price, _ in [*before, *told]}
    return [level for level in after if level[0] not in known]


def _levels(levels: Levels) -> str:
    return ",".join(f'{{"price":{price},"qty":{qty}}}' for price, qty in levels)


def _json(message: dict[str, object]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()
