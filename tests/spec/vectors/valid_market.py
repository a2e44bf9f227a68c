"""Valid cases of `ticker`, `trade`, `ohlc` and `instrument`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.builders import ValidCase
from tests.spec.vectors.events import event
from tests.spec.vectors.samples import (
    ASSETS,
    CANDLE,
    PAIR_WORDS,
    PAIRS,
    TICKER,
    trade,
    trades,
    whole,
)

LARGEST = str(2**64 - 1)
HUGE = "9" * 40
ID = "1767323045000-1"
Cases = tuple[tuple[str, str, dict[str, Any]], ...]

DECIMALS = (
    "0", "-0", "5", "00.50", "0.000000000000000000000000000001", "-17.5", "9" * 64,
    "-1." + "0" * 61,
)  # fmt: skip


def ticker_cases() -> Iterator[ValidCase]:
    """Yield tickers that lack keys, and decimals at their edges."""
    names = tuple(TICKER)
    cases: Cases = (
        ("empty", "Kraken gave nothing: no keys of its own.", dict.fromkeys(names)),
        ("half-a-pair", "Each key is optional for itself.", {"bid_qty": None, "ask": None}),
        ("no-last", "Nothing was traded in a day.", {"last": None, "trades": None}),
        ("huge", "Numbers that travel as text.", {"last": str(2**64), "volume": HUGE}),
        ("trades-0", "A count of 0.", {"trades": "0"}),
        ("trades-largest", "A count of 2^64-1.", {"trades": LARGEST}),
        *((f"decimal-{number}", f"A decimal: {text}.", {"vwap": text, "change": text})
          for number, text in enumerate(DECIMALS)),
    )  # fmt: skip
    for name, about, fields in cases:
        made = event("ticker", **{**TICKER, **fields})
        yield ValidCase(f"ticker-{name}", "4.12", about, made, "ticker")
    yield ValidCase(
        "ticker-snapshot-empty", "4.12", "No key of the content, and no pointer.",
        whole("ticker", **dict.fromkeys(names)), "ticker", ID,
    )  # fmt: skip
    yield ValidCase(
        "ticker-snapshot-trades", "4.3", "Told on each trade.",
        whole("ticker", trigger="trades"), "ticker", ID,
    )  # fmt: skip


def trade_cases() -> Iterator[ValidCase]:
    """Yield trades, gaps and snapshots of trades."""
    odd = [trade(5, side="1", ord_type="1"), trade(6, ord_type="2", price="0", qty=HUGE)]
    cases: Cases = (
        ("empty", "No trades at all.", {"trades": []}),
        ("sides-and-types", "Sell, market order, another kind, forty digits.",
         {"trades": odd}),
        ("largest-ids", "Ids up to 2^64-1.", {"trades": trades(2**64 - 2, 2**64 - 1)}),
        ("backfill", "Bit 4: learned after the fact.", {"flags": "4"}),
        ("sixty", "An event may have more than 50.", {"trades": trades(1, 60)}),
    )  # fmt: skip
    for name, about, fields in cases:
        made = event("trades", **{"trades": trades(7, 8), **fields})
        yield ValidCase(f"trades-{name}", "4.13", about, made, "trade")
    snapshots: Cases = (
        ("none-yet", "Before the first trade.", {"last_trade_id": "0", "trades": []}),
        ("after-a-gap", "The last id is a gap's.", {"last_trade_id": "4665999", "trades": []}),
        ("fifty", "As many as there may be.", {"last_trade_id": "60", "trades": trades(11, 60)}),
    )  # fmt: skip
    for name, about, fields in snapshots:
        yield ValidCase(
            f"trade-snapshot-{name}", "4.13", about, whole("trade", **fields), "trade", ID
        )
    gap = {"first": "7", "last": "9", "reason": "unfilled"}
    gaps: Cases = (
        ("one-trade", "First and last are the same.", {"last": "7"}),
        ("reason-unknown", "A later reason is taken as it is.", {"reason": "too_old"}),
        ("note", "With a note.", {"note": "REST refused"}),
        ("largest", "Ids of 2^64-1.", {"first": LARGEST, "last": LARGEST}),
        ("oi-unknown", "Here `oi` is an unknown key.", {}),
    )  # fmt: skip
    for name, about, fields in gaps:
        extra = {"oi": 5} if name == "oi-unknown" else {}
        made = event("gap", **{**gap, **fields})
        yield ValidCase(f"trade-gap-{name}", "4.13", about, made, "trade", extra=extra)


def candle_cases() -> Iterator[ValidCase]:
    """Yield candles, and snapshots with and without one."""
    cases: Cases = (
        ("huge", "Numbers that travel as text.", {"high": str(2**64), "volume": HUGE}),
        ("zeros", "Numbers may be 0.", {"volume": "0", "vwap": "0", "trades": "0"}),
        ("revised", "Bit 8: it was closed before.", {"flags": "8"}),
        ("backfill", "Bit 4: learned after the fact.", {"flags": "4"}),
    )
    for kind in ("candle", "closed"):
        for name, about, fields in cases:
            made = event(kind, **{**CANDLE, **fields})
            yield ValidCase(f"{kind}-{name}", "4.14", about, made, "ohlc")
    yield ValidCase(
        "ohlc-snapshot-none-open", "4.14", "No candle is open: none of its keys.",
        whole("ohlc", **dict.fromkeys(CANDLE)), "ohlc", ID,
    )  # fmt: skip
    for interval in ("1", "100000"):
        yield ValidCase(
            f"ohlc-snapshot-interval-{interval}", "4.3", "The shortest or longest interval.",
            whole("ohlc", interval=interval), "ohlc", ID,
        )  # fmt: skip


def instrument_cases() -> Iterator[ValidCase]:
    """Yield instruments: one side empty, large precisions, long words."""
    long = '{"symbol":"LONG/USD","about":"' + "x" * 5000 + '"}'
    cases: Cases = (
        ("pairs-only", "No asset changed.", {"assets": []}),
        ("assets-only", "No pair changed.", {"pairs": []}),
        ("precision-large", "Not limited to 30.",
         {"pairs": [["A/B", "online", "31", LARGEST, "{}"]]}),
        ("status-unknown", "A later status is taken as it is.",
         {"pairs": [["A/B", "sleeping", "1", "8", PAIR_WORDS]]}),
        ("words-not-json", "Decoding does not look into Kraken's words.",
         {"pairs": [["A/B", "online", "1", "8", "no JSON"]], "assets": [["A", "", "0", ""]]}),
        ("words-in-pieces", "A text over 4,096 bytes travels in pieces.",
         {"pairs": [["LONG/USD", "online", "1", "8", long]]}),
    )  # fmt: skip
    for name, about, fields in cases:
        made = event("instruments", **{"pairs": PAIRS, "assets": ASSETS, **fields})
        if name == "words-in-pieces":
            cut = [["LONG/USD", "online", 1, 8, [long[:4096], long[4096:]]]]
            yield ValidCase(
                f"instruments-{name}", "3.7", about, made, "instrument", extra={"ps": cut}
            )
        else:
            yield ValidCase(f"instruments-{name}", "4.15", about, made, "instrument")
    yield ValidCase(
        "instrument-snapshot-empty", "4.15", "No pairs, no assets.",
        whole("instrument", pairs=[], assets=[]), "instrument", ID,
    )  # fmt: skip
