"""An independent, deliberately naive L2 book, to judge the publisher's and the consumer's.

Levels are dicts from price to the decimal text as it came, sorted when looked at, cut after every
message; the checksum follows protocol.md §5.3 on text alone. It shares no code with what it judges
and must never import it. Slow on purpose: each line is one rule.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

Levels = list[tuple[str, str]]


@dataclass
class ModelBook:
    """A book of `depth` levels a side, each the padded decimal text of price and qty."""

    depth: int
    bids: dict[Decimal, tuple[str, str]] = field(default_factory=dict)
    asks: dict[Decimal, tuple[str, str]] = field(default_factory=dict)

    def snapshot(self, bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]]) -> None:
        """Replace the whole book (§5.1: a snapshot always replaces)."""
        self.bids.clear()
        self.asks.clear()
        self.update(bids, asks)

    def update(self, bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]]) -> None:
        """Apply deltas in array order, last wins, then cut each side to the depth (§5.2)."""
        self.apply_only(bids, asks)
        for price in sorted(self.bids, reverse=True)[self.depth :]:
            del self.bids[price]
        for price in sorted(self.asks)[self.depth :]:
            del self.asks[price]

    def apply_only(self, bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]]) -> None:
        """Apply deltas without the cut: what a client with the commonest bug does (§5.4)."""
        for side, deltas in ((self.bids, bids), (self.asks, asks)):
            for price, qty in deltas:
                if Decimal(qty) == 0:
                    side.pop(Decimal(price), None)
                else:
                    side[Decimal(price)] = (price, qty)

    def sorted_bids(self) -> Levels:
        """Return the bids as text, highest price first."""
        return [self.bids[price] for price in sorted(self.bids, reverse=True)]

    def sorted_asks(self) -> Levels:
        """Return the asks as text, lowest price first."""
        return [self.asks[price] for price in sorted(self.asks)]

    def checksum(self) -> int:
        """Return Kraken's CRC-32 of the best ten levels a side, asks first (§5.3)."""
        text = checksum_text(self.sorted_asks()[:10]) + checksum_text(self.sorted_bids()[:10])
        return zlib.crc32(text.encode("ascii"))


def checksum_text(levels: Iterable[tuple[str, str]]) -> str:
    """Return the text that the checksum covers: price then qty, no point, no leading zeros."""
    return "".join(strip(price) + strip(qty) for price, qty in levels)


def strip(token: str) -> str:
    """Return padded decimal text without its point and its leading zeros."""
    return token.replace(".", "").lstrip("0")


def padded(number: str | Decimal, precision: int) -> str:
    """Return a number as plain decimal text with exactly `precision` decimals, never rounding."""
    digits = format(Decimal(number), "f")
    whole, _, decimals = digits.partition(".")
    decimals = decimals.rstrip("0") if len(decimals) > precision else decimals
    if len(decimals) > precision:
        raise ValueError(f"{number} has more than {precision} decimals")
    return whole + ("." + decimals.ljust(precision, "0") if precision else "")


def unscaled(scaled: int, precision: int) -> str:
    """Return the decimal text of a scaled integer, by moving the point in its digits."""
    digits = str(scaled).rjust(precision + 1, "0")
    return digits if precision == 0 else digits[:-precision] + "." + digits[-precision:]


def rescaled(text: str) -> int:
    """Return the scaled integer of padded decimal text: its digits without the point."""
    return int(text.replace(".", ""))


@dataclass(frozen=True)
class BookFrame:
    """One book message of a capture: its kind, its deltas as recorded, the venue's checksum."""

    symbol: str
    kind: str
    bids: Levels
    asks: Levels
    checksum: int
    timestamp: str


def book_frames(lines: Iterable[str]) -> Iterator[BookFrame]:
    """Yield the book messages of a capture's lines, numbers as the text that was recorded."""
    for line in lines:
        message = json.loads(line, parse_float=str, parse_int=str)
        if message.get("channel") != "book":
            continue
        for body in message["data"]:
            yield BookFrame(
                symbol=body["symbol"],
                kind=message["type"],
                bids=[(level["price"], level["qty"]) for level in body["bids"]],
                asks=[(level["price"], level["qty"]) for level in body["asks"]],
                checksum=int(body["checksum"]),
                timestamp=body.get("timestamp", ""),
            )


def replay(lines: Iterable[str], *, depth: int) -> Iterator[tuple[str, ModelBook, int]]:
    """Replay a capture; yield after each book frame (symbol, the model's book, checksum stated).

    The book yielded is the live one: copy what must outlast the next frame.
    """
    books: dict[str, ModelBook] = {}
    for frame in book_frames(lines):
        book = books.setdefault(frame.symbol, ModelBook(depth=depth))
        if frame.kind == "snapshot":
            book.snapshot(frame.bids, frame.asks)
        else:
            book.update(frame.bids, frame.asks)
        yield frame.symbol, book, frame.checksum
