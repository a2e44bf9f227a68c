"""The publisher's bytes of the channels that are no books: both readers find what went in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher import wire
from tests.properties.test_wire import crc, judge, numbers, place, stamps, text, uint

Draws = st.SearchStrategy[dict[str, Any]]

above_0 = numbers.map(lambda n: n + 1 if n < 10**39 else n)
decimals = st.decimals(-(10**9), 10**9, places=5).map(lambda number: f"{number:f}")
json_texts = st.one_of(
    st.dictionaries(text, text, max_size=2).map(json.dumps), st.just(json.dumps({"x": "y" * 9000}))
)
small = st.integers(0, 5)


def side(best_first: int) -> st.SearchStrategy[list[tuple[str, int, int, int]]]:
    """Draw orders of one side in their order, ids unique."""
    rows = st.tuples(small, above_0, small)
    return st.lists(rows, max_size=6).map(
        lambda drawn: sorted(
            ((f"O{at}", *row) for at, row in enumerate(drawn)),
            key=lambda row: (row[1] * best_first, row[3]),
        )
    )


changes = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 1), text, numbers, above_0, uint),
        st.tuples(st.just(2), text, numbers, numbers, uint),
    ),
    max_size=5,
)


@st.composite
def following_trades(draw: st.DrawFn) -> list[tuple[int, int, int, int, int, int]]:
    """Draw trades whose ids grow by one."""
    first = draw(st.one_of(st.integers(1, 9), st.just(2**64 - 60)))
    rows = draw(st.lists(st.tuples(numbers, numbers, uint), max_size=5))
    sides = st.tuples(st.integers(0, 1), st.integers(0, 2))
    return [
        (first + at, taker, price, qty, kind, time)
        for at, (price, qty, time) in enumerate(rows)
        for taker, kind in [draw(sides)]
    ]


pairs = st.lists(st.tuples(text, text, uint, uint, json_texts), max_size=3)
assets = st.lists(st.tuples(text, text, uint, json_texts), max_size=3)
of_top = {"bid": numbers, "bid_qty": numbers}
of_offer = {"ask": numbers, "ask_qty": numbers}
of_ticker = {
    **of_top, **of_offer, "last": numbers, "low": numbers, "high": numbers, "volume": numbers,
    "vwap": decimals, "change": decimals, "change_pct": decimals, "trades": uint,
}  # fmt: skip
of_candle: dict[str, st.SearchStrategy[Any]] = {
    "interval_begin": uint, "open": numbers, "high": numbers, "low": numbers, "close": numbers,
    "volume": numbers, "vwap": decimals, "trades": uint,
}  # fmt: skip
symbol = {name: place[name] for name in ("symbol", "price_precision", "qty_precision")}
private = {"account": text}


def header(channel: str, **others: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    """Return the header of a channel's snapshots."""
    return {**stamps, "version": st.just(1), "channel": st.just(channel), **others}


def joined(*parts: Draws) -> Draws:
    """Draw all parts as one."""
    return st.tuples(*parts).map(lambda drawn: {k: v for part in drawn for k, v in part.items()})


def either(keys: dict[str, st.SearchStrategy[Any]]) -> Draws:
    """Draw all keys, or none."""
    return st.one_of(st.just({}), st.fixed_dictionaries(keys))


def event(**keys: st.SearchStrategy[Any]) -> Draws:
    """Draw an event that has all of its keys."""
    return st.fixed_dictionaries({**stamps, **keys})


top = joined(either(dict(of_top)), either(dict(of_offer)))
ticker = st.fixed_dictionaries({}, optional=dict(of_ticker))
depth = st.integers(6, 100_000)
levels = {**symbol, "depth": depth}
CASES: tuple[tuple[str, str, type[Any], Draws], ...] = (
    ("level3", "orders", wire.Orders, event(bids=changes, asks=changes, checksum=crc)),
    ("level3", "snapshot", wire.OrdersSnapshot, st.fixed_dictionaries(
        {**header("level3", **levels), "checksum": crc, "bids": side(-1), "asks": side(1)})),
    ("bbo", "top", wire.Top, joined(event(), top)),
    ("bbo", "snapshot", wire.TopSnapshot, joined(
        st.fixed_dictionaries(
            header("bbo", **levels, source=st.sampled_from(["book", "level3"]))), top)),
    ("ticker", "ticker", wire.Ticker, joined(event(), ticker)),
    ("ticker", "snapshot", wire.TickerSnapshot, joined(
        st.fixed_dictionaries(
            header("ticker", **symbol, trigger=st.sampled_from(["bbo", "trades"]))), ticker)),
    ("trade", "trades", wire.Trades, event(trades=following_trades())),
    ("trade", "gap", wire.Gap, st.tuples(event(reason=text), uint, uint).map(
        lambda drawn: {**drawn[0], "first": min(drawn[1:]), "last": max(drawn[1:])})),
    ("trade", "snapshot", wire.TradesSnapshot, joined(
        st.fixed_dictionaries(header("trade", **symbol)), following_trades().map(
            lambda rows: {"trades": rows, "last_trade_id": rows[-1][0] if rows else 0}))),
    ("ohlc", "candle", wire.Candle, event(**of_candle)),
    ("ohlc", "closed", wire.Closed, event(**of_candle)),
    ("ohlc", "snapshot", wire.CandleSnapshot, joined(
        st.fixed_dictionaries(header("ohlc", **symbol, interval=st.integers(1, 100_000))),
        either(of_candle))),
    ("instrument", "instruments", wire.Instruments, event(pairs=pairs, assets=assets)),
    ("instrument", "snapshot", wire.InstrumentSnapshot,
     st.fixed_dictionaries({**header("instrument"), "pairs": pairs, "assets": assets})),
    ("executions", "execution", wire.Execution,
     event(order_id=text, report=json_texts, order=json_texts, sequence=uint)),
    ("executions", "snapshot", wire.ExecutionsSnapshot, st.fixed_dictionaries(
        {**header("executions", **private), "orders": st.lists(json_texts, max_size=3),
         "sequence": uint})),
    ("balances", "balance", wire.Balance,
     event(asset=text, report=json_texts, state=json_texts, sequence=uint)),
    ("balances", "snapshot", wire.BalancesSnapshot, st.fixed_dictionaries(
        {**header("balances", **private), "balances": st.lists(json_texts, max_size=3),
         "sequence": uint})),
)  # fmt: skip
"""Channel, type, the publisher's class, its fields."""
IDS = [f"{channel}-{kind}" for channel, kind, _, _ in CASES]
WORDS = {"report", "order", "state", "orders", "balances", "pairs", "assets"}


def travelling(name: str, value: Any) -> Any:
    """Return a field as the publisher holds it: JSON texts cut where they are long (§3.7)."""
    if name in ("pairs", "assets"):
        return [(*row[:-1], wire.json_text(row[-1])) for row in value]
    if name in ("orders", "balances"):
        return [wire.json_text(part) for part in value]
    return wire.json_text(value) if name in WORDS else value


@pytest.mark.parametrize(("channel", "kind", "made", "drawn"), CASES, ids=IDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data(), ts_pub=uint)
def test_events(
    channel: str, kind: str, made: type[Any], drawn: Draws, data: st.DataObject, ts_pub: int
) -> None:
    fields = data.draw(drawn)
    event = made(**{name: travelling(name, value) for name, value in fields.items()})
    judge(kind, event, fields, ts_pub, channel)


@given(event(reason=text), st.lists(text, max_size=4), uint)
@settings(deadline=None)
def test_gaps_of_orders(fields: dict[str, Any], order_ids: list[str], ts_pub: int) -> None:
    event = wire.OrdersGap(**fields, order_ids=order_ids)
    judge("gap", event, {**fields, "order_id": order_ids}, ts_pub, "executions")


SNAPSHOTS = [pytest.param(*case, id=case[0]) for case in CASES if case[1] == "snapshot"]


@pytest.mark.parametrize(("channel", "kind", "made", "drawn"), SNAPSHOTS)
@settings(max_examples=10, deadline=None)
@given(data=st.data(), ts_pub=uint)
def test_pointers(
    channel: str, kind: str, made: type[Any], drawn: Draws, data: st.DataObject, ts_pub: int
) -> None:
    fields = data.draw(drawn)
    event = made(**{name: travelling(name, value) for name, value in fields.items()})
    kept = {*wire.header_of(event), *stamps, "checksum"}
    facts = {name: value for name, value in fields.items() if name in kept}
    judge(kind, wire.pointer_to(event), {**facts, "pointer": 1}, ts_pub, channel)
