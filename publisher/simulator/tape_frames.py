"""The text of trade, ticker and ohlc messages: key order and padded decimals (4.1, 4.3, 4.4).

Pure; knows nothing of connections.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from publisher.simulator.candles import MINUTE_NS, Candle
from publisher.simulator.day import Day
from publisher.simulator.frames import decimal, nanosecond_timestamp, timestamp
from publisher.simulator.instruments import Instrument
from publisher.simulator.trades import Trade, vwap

TIMESTAMP_WARNING = "timestamp is deprecated, use interval_begin"

Top = tuple[tuple[int, int] | None, tuple[int, int] | None]
"""(price, qty) of the best bid and of the best offer; None for an empty side."""


def trades(kind: str, instrument: Instrument, made: Iterable[Trade]) -> str:
    """Return a trade message of type `snapshot` or `update`."""
    symbol = instrument.symbol
    pp, qp = instrument.price_precision, instrument.qty_precision
    items = ",".join(
        f'{{"symbol":"{symbol}","side":"{trade.side}","price":{decimal(trade.price, pp)},'
        f'"qty":{decimal(trade.qty, qp)},"ord_type":"{trade.ord_type}",'
        f'"trade_id":{trade.trade_id},"timestamp":"{timestamp(trade.ts_ns)}"}}'
        for trade in made
    )
    return f'{{"channel":"trade","type":"{kind}","data":[{items}]}}'


def ticker(kind: str, instrument: Instrument, *, top: Top, day: Day, now_ns: int) -> str:
    """Return a ticker message; what an empty side or a day without trades does not give is left
    out."""
    pp, qp = instrument.price_precision, instrument.qty_precision
    parts = [f'"symbol":"{instrument.symbol}"']
    for name, level in zip(("bid", "ask"), top, strict=True):
        if level is not None:
            price, qty = level
            parts.append(f'"{name}":{decimal(price, pp)},"{name}_qty":{decimal(qty, qp)}')
    if day:
        change = day.last - day.first
        parts.append(
            f'"last":{decimal(day.last, pp)},"volume":{decimal(day.volume, qp)},'
            f'"vwap":{decimal(day.vwap, pp)},"low":{decimal(day.low, pp)},'
            f'"high":{decimal(day.high, pp)},"change":{_signed(change, pp)},'
            f'"change_pct":{_signed(day.change_pct, 2)},"trades":{len(day)}'
        )
    parts.append(f'"timestamp":"{timestamp(now_ns)}"')
    return f'{{"channel":"ticker","type":"{kind}","data":[{{{",".join(parts)}}}]}}'


def ohlc(
    kind: str,
    instrument: Instrument,
    candles: Sequence[Candle],
    *,
    interval: int,
    now_ns: int,
) -> str:
    """Return an ohlc message of type `snapshot` or `update`."""
    items = ",".join(_candle(instrument, candle, interval) for candle in candles)
    return (
        f'{{"channel":"ohlc","type":"{kind}","timestamp":"{nanosecond_timestamp(now_ns)}",'
        f'"data":[{items}]}}'
    )


def _candle(instrument: Instrument, candle: Candle, interval: int) -> str:
    pp, qp = instrument.price_precision, instrument.qty_precision
    begin = nanosecond_timestamp(candle.begin_ns)
    end = timestamp(candle.begin_ns + interval * MINUTE_NS)
    return (
        f'{{"symbol":"{instrument.symbol}","open":{decimal(candle.open, pp)},'
        f'"high":{decimal(candle.high, pp)},"low":{decimal(candle.low, pp)},'
        f'"close":{decimal(candle.close, pp)},"trades":{candle.trades},'
        f'"volume":{decimal(candle.volume, qp)},'
        f'"vwap":{decimal(vwap(candle.cost, candle.volume), pp)},'
        f'"interval_begin":"{begin}","interval":{interval},"timestamp":"{end}"}}'
    )


def _signed(value: int, precision: int) -> str:
    return decimal(value, precision) if value >= 0 else f"-{decimal(-value, precision)}"
