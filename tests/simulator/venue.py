"""An exchange without sockets, and one connection that keeps what it is told."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from publisher.simulator.engine import Engine
from publisher.simulator.exchange import Exchange
from publisher.simulator.instruments import choose
from tests.simulator.tally import Deal

OPENED = 1_782_000_000_123_456_789
STEP_NS = 40_000_017
"""Simulated time between two moves: no round number, so that digits are seen to be kept."""


class Venue:
    """An exchange of its own, its clock, and one connection."""

    def __init__(self, symbols: str = "BTC/USD,ETH/USD", *, seed: int = 1) -> None:
        self.engine = Engine(choose(symbols), seed, opened_ns=OPENED)
        self.exchange = Exchange(self.engine)
        self.now_ns = OPENED
        self.connection, _ = self.exchange.connected(OPENED)

    def ask(self, method: str, **params: Any) -> list[str]:
        """Send a request and return the texts that answer it."""
        request = json.dumps({"method": method, "params": params, "req_id": 7})
        answers = self.exchange.received(self.connection, request, self.now_ns)
        return [frame.text for frame in answers]

    def subscribe(self, channel: str, *symbols: str, **params: Any) -> list[dict[str, Any]]:
        """Subscribe and return acks and snapshots, numbers as Decimal."""
        return [
            decoded(text)
            for text in self.ask("subscribe", channel=channel, symbol=symbols, **params)
        ]

    def refused(self, channel: str, *symbols: str, **params: Any) -> str:
        """Return the error of a subscription that is refused."""
        (answer,) = self.subscribe(channel, *symbols, **params)
        assert answer["success"] is False
        assert answer["symbol"] == symbols[0]
        return str(answer["error"])

    def move(self, moves: int) -> list[str]:
        """Let the markets move so often and return the texts that the connection gets."""
        texts = []
        for _ in range(moves):
            self.now_ns += STEP_NS
            for publication in self.exchange.step(self.now_ns):
                assert list(publication.watchers) == [self.connection.number]
                texts.append(publication.text)
        return texts

    def next_id(self, symbol: str) -> int:
        """Return the id that the symbol's next trade gets."""
        return self.engine.market(symbol).history.tape.next_id

    def trades(self, symbol: str) -> list[Deal]:
        """Return every trade of the symbol, as the venue's own record has it."""
        market = self.engine.market(symbol)
        item = market.instrument
        return [
            Deal(
                trade.trade_id,
                Decimal(trade.price).scaleb(-item.price_precision),
                Decimal(trade.qty).scaleb(-item.qty_precision),
                trade.ts_ns,
            )
            for trade in market.history.tape.trades
        ]


def decoded(text: str) -> dict[str, Any]:
    """Return a message with its numbers as Decimal."""
    message: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return message


def nanoseconds(stamp: str) -> int:
    """Return the Unix time in ns of an RFC 3339 text in UTC."""
    whole, _, fraction = stamp.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds * 10**9 + int(fraction.ljust(9, "0") or 0)
