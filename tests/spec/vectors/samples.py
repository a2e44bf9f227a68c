"""A usual event of every channel to vary: header, snapshot, epoch, and the channel's own events."""

from __future__ import annotations

from typing import Any

from tests.spec.vectors.builders import BOOK, snapshot, update
from tests.spec.vectors.events import Event, checksum, event
from tests.spec.vectors.kraken_orders import changes, orders, orders_event

OF_SYMBOL = {"symbol": "BTC/USD", "price_precision": "1", "qty_precision": "8"}
HEADERS: dict[str, dict[str, str]] = {
    "book": BOOK,
    "level3": {**BOOK, "channel": "level3"},
    "bbo": {**BOOK, "channel": "bbo", "source": "book"},
    "ticker": {"channel": "ticker", **OF_SYMBOL, "trigger": "bbo"},
    "trade": {"channel": "trade", **OF_SYMBOL},
    "ohlc": {"channel": "ohlc", **OF_SYMBOL, "interval": "1"},
    "instrument": {"channel": "instrument"},
    "executions": {"channel": "executions", "account": "main"},
    "balances": {"channel": "balances", "account": "main"},
}
CHANNELS = tuple(HEADERS)

TOP = {"bid": "628070", "bid_qty": "125000000", "ask": "628071", "ask_qty": "50000000"}
TICKER = {
    **TOP, "last": "628070", "low": "610001", "high": "640009", "volume": "199703898383",
    "vwap": "62510.12345", "change": "-120.5", "change_pct": "-0.19", "trades": "41213",
}  # fmt: skip
CANDLE = {
    "interval_begin": "1767323040000000000", "open": "628000", "high": "628100", "low": "627900",
    "close": "628070", "volume": "244518000000", "vwap": "62803.51", "trades": "3",
}  # fmt: skip


def trade(number: int, **fields: str) -> list[str]:
    """Return a trade of an id: a limit order that bought."""
    usual = {"side": "0", "price": "628071", "qty": "4000000", "ord_type": "0"}
    return [str(number), *{**usual, **fields}.values(), "1767323045123456000"]


def trades(first: int, last: int) -> list[list[str]]:
    """Return trades of ids, both included."""
    return [trade(number) for number in range(first, last + 1)]


PAIR_WORDS = '{"symbol":"BTC/USD","status":"online","qty_min":0.00005000,"tick_size":0.1}'
PAIRS = [["BTC/USD", "online", "1", "8", PAIR_WORDS]]
ASSETS = [["USD", "enabled", "4", '{"id":"USD","margin_rate":0.025000}']]


def order_text(order_id: str, status: str = "new") -> str:
    """Return an order's JSON text, its numbers as Kraken writes them."""
    return f'{{"order_id":"{order_id}","order_status":"{status}","order_qty":0.20000000}}'


def balance_text(asset: str, balance: str = "1.2") -> str:
    """Return an asset's JSON text."""
    return f'{{"asset":"{asset}","balance":{balance},"wallets":[]}}'


REPORT = '{"order_id":"OAAAAA-BBBBB-CCCCCC","exec_type":"new","order_status":"new"}'
EXECUTION = {
    "order_id": "OAAAAA-BBBBB-CCCCCC", "report": REPORT,
    "order": order_text("OAAAAA-BBBBB-CCCCCC"), "sequence": "3",
}  # fmt: skip
LEDGER = '{"asset":"USD","amount":-6009.6,"balance":3990.4,"fee":9.6}'
BALANCE = {
    "asset": "USD", "report": LEDGER, "state": balance_text("USD", "3990.4"), "sequence": "2",
}  # fmt: skip

CONTENTS: dict[str, dict[str, Any]] = {
    "book": {name: snapshot()[name] for name in ("bids", "asks")},
    "level3": {
        "bids": orders(
            "OB1:62807.0:1.25000000:1 OB2:62807.0:0.50000000:3 OB3:62806.1:9.00000000:0"
        ),
        "asks": orders("OA1:62807.1:0.50000000:2"),
    },
    "bbo": TOP,
    "ticker": TICKER,
    "trade": {"last_trade_id": "4665906", "trades": trades(4665904, 4665906)},
    "ohlc": CANDLE,
    "instrument": {"pairs": PAIRS, "assets": ASSETS},
    "executions": {"orders": [EXECUTION["order"]], "sequence": "1"},
    "balances": {"balances": [balance_text("BTC"), balance_text("USD")], "sequence": "1"},
}

OWN_EVENTS: tuple[tuple[str, str, Event], ...] = (
    ("book", "4.2", update()),
    ("level3", "4.10", orders_event(
        changes("+OB4:62807.0:0.10000000:5 ~OB1:62807.0:1.00000000:1"),
        changes("-OA1:62807.1:0.50000000:6"), "203647638",
    )),
    ("bbo", "4.11", event("top", **TOP)),
    ("ticker", "4.12", event("ticker", **TICKER)),
    ("trade", "4.13", event("trades", trades=trades(4665907, 4665908))),
    ("trade", "4.13", event("gap", first="4665907", last="4665999", reason="unfilled")),
    ("ohlc", "4.14", event("candle", **CANDLE)),
    ("ohlc", "4.14", event("closed", **CANDLE)),
    ("instrument", "4.15", event("instruments", pairs=PAIRS, assets=ASSETS)),
    ("executions", "4.16", event("execution", **EXECUTION)),
    ("executions", "4.16", event("gap", order_id=["OAAAAA-BBBBB-CCCCCC"], reason="unfilled")),
    ("balances", "4.17", event("balance", **BALANCE)),
)  # fmt: skip
"""Channel, clause and a usual event of each type that only this channel has."""
CLAUSES = {channel: clause for channel, clause, _ in OWN_EVENTS} | {"book": "4.3"}


def whole(channel: str, **fields: Any) -> Event:
    """Return the snapshot event of a channel; None takes away, a book's checksum is right."""
    usual = {"version": "1", **HEADERS[channel], **CONTENTS[channel]}
    made = event("snapshot", **{**usual, **fields})
    if channel in ("book", "level3") and "bids" in made:
        made.setdefault("checksum", checksum(made))
    return made


def pointing(channel: str, **fields: Any) -> Event:
    """Return the snapshot event that says: it lies in `.snap`."""
    absent = dict.fromkeys(CONTENTS[channel])
    return whole(channel, **{"pointer": "1", **absent, **_checksum(channel), **fields})


def born(channel: str, **fields: Any) -> Event:
    """Return the epoch event of a channel's stream that had no entry before."""
    usual = {
        "version": "1",
        "reason": "start",
        "feed": f"{channel}.x",
        "writer": "81985529216486895",
    }
    return event("epoch", **{**usual, **HEADERS[channel], **fields})


def alive(channel: str, **fields: Any) -> Event:
    """Return a heartbeat of a live stream."""
    return event("heartbeat", **{"state": "live", **_checksum(channel), **fields})


def _checksum(channel: str) -> dict[str, str]:
    return {"checksum": "3310070434"} if channel in ("book", "level3") else {}
