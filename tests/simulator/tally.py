"""What candles and tickers must say, counted anew from the trades alone with fractions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

MINUTE_NS = 60 * 10**9
DAY_NS = 24 * 60 * MINUTE_NS


class Deal(NamedTuple):
    """One trade as a client knows it: numbers as Decimal, the time in ns."""

    trade_id: int
    price: Decimal
    qty: Decimal
    ts_ns: int


def candles(
    deals: Iterable[Deal], interval: int, price_digits: int
) -> dict[int, dict[str, object]]:
    """Return {begin in ns: the numbers of the candle} of every interval that has trades."""
    grouped: dict[int, list[Deal]] = {}
    for deal in deals:
        grouped.setdefault(deal.ts_ns // (interval * MINUTE_NS), []).append(deal)
    return {
        number * interval * MINUTE_NS: _candle(sorted(group, key=_moment), price_digits)
        for number, group in sorted(grouped.items())
    }


def _moment(deal: Deal) -> tuple[int, int]:
    return deal.ts_ns, deal.trade_id


def _candle(group: Sequence[Deal], price_digits: int) -> dict[str, object]:
    prices = [deal.price for deal in group]
    return {
        "open": prices[0],
        "high": max(prices),
        "low": min(prices),
        "close": prices[-1],
        "trades": len(group),
        "volume": sum(deal.qty for deal in group),
        "vwap": vwap(group, price_digits),
    }


def ticker(deals: Iterable[Deal], now_ns: int, price_digits: int) -> dict[str, object]:
    """Return the statistics of the 24 hours before `now_ns`."""
    day = [deal for deal in deals if deal.ts_ns > now_ns - DAY_NS]
    first, last = day[0].price, day[-1].price
    percent = Fraction(last - first) * 100 / Fraction(first)
    return {
        "last": last,
        "volume": sum(deal.qty for deal in day),
        "vwap": vwap(day, price_digits),
        "low": min(deal.price for deal in day),
        "high": max(deal.price for deal in day),
        "change": last - first,
        "change_pct": rounded(percent, 2),
        "trades": len(day),
    }


def vwap(deals: Iterable[Deal], digits: int) -> Decimal:
    """Return the mean price weighted by qty, rounded half up."""
    listed = list(deals)
    cost = sum(Fraction(deal.price) * Fraction(deal.qty) for deal in listed)
    return rounded(Fraction(cost) / sum(Fraction(deal.qty) for deal in listed), digits)


def rounded(value: Fraction, digits: int) -> Decimal:
    """Return the fraction with so many digits; halves go away from 0."""
    scaled = value * 10**digits
    whole = abs(scaled.numerator) // scaled.denominator
    rest = abs(scaled) - whole
    whole += rest >= Fraction(1, 2)
    sign = -1 if value < 0 else 1
    exact = Decimal(sign * whole).scaleb(-digits)
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
