"""A naive venue that makes trades: what its socket, its history and its candles tell of them.

Written from protocol.md 4.3, 4.4 and 10.4 alone; knows nothing of the publisher.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import islice
from random import Random
from typing import NamedTuple

SYMBOL = "ALGO/USD"
MINUTE_NS = 60_000_000_000
BEGIN_NS = 1_767_323_000_000_000_000
SNAPSHOT_TRADES = 50
PAGE_ROWS = 30
"""Small pages: many edges."""
MOST_AT_ONCE = 5
STEPS_NS = (100, 300, 1_000, 40_000, 1_000_000, 3_000_000_000)


class Deal(NamedTuple):
    """One trade; price in units of 10^-5, qty of 10^-8."""

    number: int
    side: str
    price: int
    qty: int
    ord_type: str
    ts_ns: int


class Tape:
    """Everything that was ever traded."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.deals: list[Deal] = []
        self.now_ns = BEGIN_NS
        self.hidden: set[int] = set()
        """Ids that the history does not have."""

    def trade(self) -> list[Deal]:
        """Let one order trade: all of its fills have one time."""
        random = self.random
        self.now_ns += random.choice(STEPS_NS)
        side, ord_type = random.choice(("buy", "sell")), random.choice(("limit", "market"))
        made = [
            Deal(
                1000 + len(self.deals) + i,
                side,
                random.randint(1, 20_000),
                random.randint(1, 10**12),
                ord_type,
                self.now_ns,
            )
            for i in range(random.randint(1, MOST_AT_ONCE))
        ]
        self.deals += made
        return made

    def snapshot(self) -> bytes:
        """Return the socket's last 50."""
        return trade_message("snapshot", self.deals[-SNAPSHOT_TRADES:])

    def page(self, since: int) -> tuple[bytes, bool]:
        """Return what the history tells later than `since`, and whether the page is full: it is cut
        whatever shares its last nanosecond.
        """
        begin = bisect_right(self.deals, since, key=lambda deal: deal.ts_ns)
        told = (d for d in islice(self.deals, begin, None) if d.number not in self.hidden)
        rows = list(islice(told, PAGE_ROWS))
        last = rows[-1].ts_ns if rows else since
        text = ",".join(map(_row, rows))
        return f'{{"ALGOUSD":[{text}],"last":"{last}"}}'.encode(), len(rows) == PAGE_ROWS


def trade_message(kind: str, deals: Iterable[Deal]) -> bytes:
    """Return a message of the channel `trade`."""
    items = ",".join(
        f'{{"symbol":"{SYMBOL}","side":"{deal.side}","price":{_decimal(deal.price, 5)},'
        f'"qty":{_decimal(deal.qty, 8)},"ord_type":"{deal.ord_type}","trade_id":{deal.number},'
        f'"timestamp":"{stamp(deal.ts_ns)[:-3]}Z"}}'
        for deal in deals
    )
    return f'{{"channel":"trade","type":"{kind}","data":[{items}]}}'.encode()


def stamp(ts_ns: int) -> str:
    """Return a time with nine digits and without its Z."""
    second, ns = divmod(ts_ns, 10**9)
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.{ns:09d}"


def _row(deal: Deal) -> str:
    second, ns = divmod(deal.ts_ns, 10**9)
    return (
        f'["{_decimal(deal.price, 5)}","{_decimal(deal.qty, 8)}",{second}.{ns // 100:07d},'
        f'"{deal.side[0]}","{deal.ord_type[0]}","",{deal.number}]'
    )


def _decimal(value: int, digits: int) -> str:
    return f"{Decimal(value).scaleb(-digits):.{digits}f}"


class Bar(NamedTuple):
    """A candle of a minute, counted from trades; `vwap` is text."""

    begin_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    vwap: str
    trades: int


def bars(deals: Iterable[Deal]) -> dict[int, Bar]:
    """Return the candle of each minute that has trades, oldest first; the order of ids counts."""
    grouped: dict[int, list[Deal]] = {}
    for deal in deals:
        grouped.setdefault(deal.ts_ns // MINUTE_NS * MINUTE_NS, []).append(deal)
    return {begin: _bar(begin, grouped[begin]) for begin in sorted(grouped)}


def _bar(begin: int, group: list[Deal]) -> Bar:
    prices, volume = [deal.price for deal in group], sum(deal.qty for deal in group)
    mean = Fraction(sum(deal.price * deal.qty for deal in group), volume * 10**5)
    exact = Decimal(mean.numerator) / Decimal(mean.denominator)
    vwap = str(exact.quantize(Decimal("0.00001"), ROUND_HALF_UP))
    ends = prices[0], max(prices), min(prices), prices[-1]
    return Bar(begin, *ends, volume, vwap, len(group))


def ohlc_message(kind: str, told: Iterable[Bar], now_ns: int) -> bytes:
    """Return a message of the channel `ohlc`."""
    items = ",".join(
        f'{{"symbol":"{SYMBOL}","open":{_decimal(bar.open, 5)},"high":{_decimal(bar.high, 5)},'
        f'"low":{_decimal(bar.low, 5)},"close":{_decimal(bar.close, 5)},"trades":{bar.trades},'
        f'"volume":{_decimal(bar.volume, 8)},"vwap":{bar.vwap},'
        f'"interval_begin":"{stamp(bar.begin_ns)}Z","interval":1,'
        f'"timestamp":"{stamp(bar.begin_ns + MINUTE_NS)[:-3]}Z"}}'
        for bar in told
    )
    head = f'{{"channel":"ohlc","type":"{kind}","timestamp":"{stamp(now_ns)}Z"'
    return f'{head},"data":[{items}]}}'.encode()
