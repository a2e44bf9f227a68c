"""Made-up Kraken book messages: the same bytes for the same seed, with checksums that are right.

A market with more levels than anybody subscribes to is seen through a window of `depth` levels: a
level that leaves the window takes no message, one that comes into it does (protocol.md 5.1).
Where changes fall, how many levels a message has and its length follow the recorded captures
(changes near the best, 1.4 levels, 199 bytes). Shares no code with what it measures.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

BASE_SECOND = "2026-07-07T23:"
HIDDEN_LEVELS = 30
"""Levels kept beyond the window, to come into it when nearer ones vanish."""
STEP_US = 40
"""Most microseconds between two messages' stamps."""


@dataclass(frozen=True)
class Pair:
    """A symbol with its precisions, where its price starts and how large its quantities are."""

    symbol: str
    price_precision: int
    qty_precision: int
    price: int
    qty_digits: int


BTC = Pair("BTC/USD", 1, 8, 635_000, 9)
PEPE = Pair("PEPE/USD", 9, 8, 12_345_000, 18)


class _Side:
    """One side of the market, best level first. `sign` is -1 for bids: worse prices are lower."""

    def __init__(self, sign: int, pair: Pair, chance: random.Random) -> None:
        self.sign = sign
        self.prices: list[int] = []
        self.tokens: list[str] = []
        self._pair = pair
        self._chance = chance

    def fill(self, first: int, size: int) -> None:
        """Add levels behind the worst, up to `size`."""
        price = self.prices[-1] if self.prices else first - self.sign
        while len(self.prices) < size:
            price += self.sign * self._chance.randint(1, 4)
            self.prices.append(price)
            self.tokens.append(f"{price}{self.qty()}")

    def qty(self) -> int:
        """Return a quantity, round ones as often as in the captures."""
        digits = self._chance.randint(max(1, self._pair.qty_digits - 4), self._pair.qty_digits)
        return self._chance.randrange(10 ** (digits - 1), 10**digits)


class Market:
    """The book behind a window; `step` changes it and returns the message's deltas."""

    def __init__(self, pair: Pair, depth: int, seed: int) -> None:
        self.pair = pair
        self.depth = depth
        self._chance = chance = random.Random(seed)
        self._bids, self._asks = _Side(-1, pair, chance), _Side(1, pair, chance)
        for side, first in ((self._bids, pair.price), (self._asks, pair.price + 1)):
            side.fill(first, depth + HIDDEN_LEVELS)

    def checksum(self) -> int:
        """Return Kraken's CRC-32 of the best ten levels, asks first (protocol.md 5.3)."""
        text = "".join(self._asks.tokens[:10]) + "".join(self._bids.tokens[:10])
        return zlib.crc32(text.encode())

    def levels(self) -> tuple[list[str], list[str]]:
        """Return the window's bids and asks as JSON, best first."""
        return self._window(self._bids), self._window(self._asks)

    def step(self) -> tuple[list[str], list[str]]:
        """Change the market as one message does; return the deltas of bids and of asks as JSON."""
        deltas: tuple[list[str], list[str]] = [], []
        which = self._chance.random() < 0.55
        for _ in range(2 if self._chance.random() < 0.06 else 1):
            side = self._asks if which else self._bids
            self._change(side, deltas[which])
        return deltas

    def _window(self, side: _Side) -> list[str]:
        return [
            self._json(price, int(token[len(str(price)) :]))
            for price, token in zip(side.prices[: self.depth], side.tokens, strict=False)
        ]

    def _change(self, side: _Side, deltas: list[str]) -> None:
        chance = self._chance.random()
        rank = min(int(self._chance.expovariate(0.15)), self.depth - 1)
        if chance < 0.36:
            self._remove(side, rank, deltas)
        elif chance < 0.74:
            self._insert(side, rank, deltas)
        else:
            self._set(side, rank, deltas)

    def _remove(self, side: _Side, rank: int, deltas: list[str]) -> None:
        deltas.append(self._json(side.prices[rank], 0))
        del side.prices[rank], side.tokens[rank]
        if len(side.prices) <= self.depth:
            side.fill(0, self.depth + HIDDEN_LEVELS)
        last = self.depth - 1
        price, token = side.prices[last], side.tokens[last]
        deltas.append(self._json(price, int(token[len(str(price)) :])))

    def _insert(self, side: _Side, rank: int, deltas: list[str]) -> None:
        """Put a level before the one at `rank` if a price is free there, else change that level."""
        other = self._bids if side is self._asks else self._asks
        better = side.prices[rank - 1] if rank else other.prices[0]
        room = (side.prices[rank] - better) * side.sign - 1
        if room < 1:
            self._set(side, rank, deltas)
            return
        price = side.prices[rank] - side.sign * self._chance.randint(1, min(room, 8))
        qty = side.qty()
        side.prices.insert(rank, price)
        side.tokens.insert(rank, f"{price}{qty}")
        del side.prices[self.depth + 2 * HIDDEN_LEVELS :]
        del side.tokens[self.depth + 2 * HIDDEN_LEVELS :]
        deltas.append(self._json(price, qty))

    def _set(self, side: _Side, rank: int, deltas: list[str]) -> None:
        price, qty = side.prices[rank], side.qty()
        side.tokens[rank] = f"{price}{qty}"
        deltas.append(self._json(price, qty))

    def _json(self, price: int, qty: int) -> str:
        pair = self.pair
        price_text, qty_text = point(price, pair.price_precision), point(qty, pair.qty_precision)
        return f'{{"price":{price_text},"qty":{qty_text}}}'


def point(value: int, precision: int) -> str:
    """Return a scaled integer as Kraken prints it, with all its decimals."""
    digits = str(value).rjust(precision + 1, "0")
    return f"{digits[:-precision]}.{digits[-precision:]}"


def messages(pair: Pair, depth: int, seed: int) -> Iterator[tuple[bytes, int]]:
    """Yield a snapshot, then updates without end, each with its checksum."""
    market = Market(pair, depth, seed)
    stamps = random.Random(seed + 1)
    at_us = 0
    kind, levels = "snapshot", market.levels()
    while True:
        checksum = market.checksum()
        bids, asks = ",".join(levels[0]), ",".join(levels[1])
        minute, rest = divmod(at_us, 60_000_000)
        stamp = f"{BASE_SECOND}{minute % 60:02}:{rest // 1_000_000:02}.{rest % 1_000_000:06}Z"
        yield (
            (
                f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{pair.symbol}",'
                f'"bids":[{bids}],"asks":[{asks}],"checksum":{checksum},"timestamp":"{stamp}"}}]}}'
            ).encode(),
            checksum,
        )
        at_us += stamps.randint(1, STEP_US)
        kind, levels = "update", market.step()
