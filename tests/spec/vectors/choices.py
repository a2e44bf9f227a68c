"""Which stream of the catalogue a reader takes that was told less than a stream's key (§4.9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.events import short
from tests.spec.vectors.packing import pack
from tests.spec.vectors.samples import HEADERS

Row = tuple[str, str]
"""A stream's key, its line."""


def btc(rest: str, line: str = "") -> Row:
    """Return a stream of BTC/USD."""
    return "{kraken.BTC/USD}:" + rest + (f"/{line}" if line else ""), line


BTC10, BTC100, BTC1000 = btc("book.10"), btc("book.100"), btc("book.1000")
LINE_A, LINE_B = btc("book.10", "a"), btc("book.10", "b")
ETH10 = "{kraken.ETH/USD}:book.10", ""
L3, TRADE, CANDLES1, CANDLES60 = btc("level3.10"), btc("trade"), btc("ohlc.1"), btc("ohlc.60")
ON_BBO, ON_TRADES = btc("ticker.bbo"), btc("ticker.trades")
TOP_L2, TOP_L3, TOP_L2_DEEP = btc("bbo.book.10"), btc("bbo.level3.10"), btc("bbo.book.100")
MAIN, OTHER = ("{priv.kraken.main}:balances", ""), ("{priv.kraken.other}:balances", "")
MARKET = [BTC10, L3, TRADE, CANDLES60, CANDLES1, ON_BBO, TOP_L2]
BTC = {"symbol": "BTC/USD"}

CASES: tuple[tuple[str, str, list[Row], dict[str, str], Row | str], ...] = (
    ("one-stream", "One stream of the symbol.", [ETH10, BTC100], BTC, BTC100),
    ("smallest-depth", "Several depths: the smallest.", [BTC1000, BTC10, BTC100], BTC, BTC10),
    ("depth-given", "The depth asked for.", [BTC10, BTC100], {**BTC, "depth": "100"}, BTC100),
    ("depth-not-there", "No stream of that depth.", [BTC10], {**BTC, "depth": "25"}, "NO_STREAM"),
    ("symbol-not-there", "No stream of the symbol.", [ETH10], BTC, "NO_STREAM"),
    ("catalogue-empty", "Nothing at all.", [], BTC, "NO_STREAM"),
    ("lines", "Two lines of one depth, none asked for.", [LINE_A, LINE_B], BTC, "AMBIGUOUS"),
    ("line-given", "The line asked for.", [LINE_A, LINE_B], {**BTC, "line": "b"}, LINE_B),
    ("book-unless-told", "Other channels' streams are passed over.", MARKET, BTC, BTC10),
    ("no-book", "No book, though other channels.", [L3, TRADE], BTC, "NO_STREAM"),
    ("channel-level3", "A channel asked for.", MARKET, {**BTC, "channel": "level3"}, L3),
    ("channel-trade", "One without a parameter.", MARKET, {**BTC, "channel": "trade"}, TRADE),
    ("smallest-interval", "Several: the shortest.", MARKET, {**BTC, "channel": "ohlc"}, CANDLES1),
    ("interval-given", "The interval asked for.", MARKET,
     {**BTC, "channel": "ohlc", "interval": "60"}, CANDLES60),
    ("triggers", "Two triggers, none asked for.", [ON_BBO, ON_TRADES],
     {**BTC, "channel": "ticker"}, "AMBIGUOUS"),
    ("trigger-given", "The trigger asked for.", [ON_BBO, ON_TRADES],
     {**BTC, "channel": "ticker", "trigger": "trades"}, ON_TRADES),
    ("sources", "Two sources of the smallest depth.", [TOP_L2, TOP_L3, TOP_L2_DEEP],
     {**BTC, "channel": "bbo"}, "AMBIGUOUS"),
    ("source-given", "The source asked for, of the smallest depth.",
     [TOP_L2_DEEP, TOP_L2, TOP_L3], {**BTC, "channel": "bbo", "source": "book"}, TOP_L2),
    ("one-account", "The only account.", [MAIN], {"channel": "balances"}, MAIN),
    ("accounts", "Two accounts, none asked for.", [MAIN, OTHER], {"channel": "balances"},
     "AMBIGUOUS"),
    ("account-given", "The account asked for.", [MAIN, OTHER],
     {"channel": "balances", "account": "other"}, OTHER),
)  # fmt: skip


def choice_cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the content of each choice."""
    for name, about, rows, wish, chosen in CASES:
        outcome = {"code": chosen} if isinstance(chosen, str) else {"chosen": chosen[0]}
        yield (
            name,
            {
                "name": name,
                "clause": "4.9",
                "about": about,
                "rows": [{"field": row[0], "hex": _value(row).hex()} for row in rows],
                "wish": wish,
                **outcome,
            },
        )


def _value(row: Row) -> bytes:
    """Return a row's value; what its header says stands in the stream's key, too (§2.1)."""
    stream, line = row
    whose, _, what = stream.strip("{").partition("}:")
    channel, *parameters = what.partition("/")[0].split(".")
    names = {
        "book": ["depth"], "level3": ["depth"], "bbo": ["source", "depth"],
        "ticker": ["trigger"], "ohlc": ["interval"],
    }  # fmt: skip
    header = {**HEADERS[channel], **dict(zip(names.get(channel, []), parameters, strict=True))}
    owner = "account" if "account" in header else "symbol"
    header[owner] = whose.rpartition(".")[2]
    value = {"version": "1", "feed": f"{what}.x", **header, "line": line, "epoch": "1767323045000"}
    return pack(short(value))
