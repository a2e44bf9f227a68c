"""WIRE.md §4 as the strict decoder knows it: the keys of each event in each place.

A place is a stream's channel, or `<channel>.snap`. Read from the page by a person, a second time.
"""

from __future__ import annotations

COMMON = "te=uint tr=uint tp=uint f=uint"
PRECISIONS = "pp=precision qp=precision"
OF_SYMBOL = f"ch=channel y=text {PRECISIONS}"
HEADERS = {
    "book": f"{OF_SYMBOL} d=depth",
    "level3": f"{OF_SYMBOL} d=depth",
    "bbo": f"{OF_SYMBOL} d=depth sc=source",
    "ticker": f"{OF_SYMBOL} tg=trigger",
    "trade": OF_SYMBOL,
    "ohlc": f"{OF_SYMBOL} iv=interval",
    "instrument": "ch=channel",
    "executions": "ch=channel ac=text",
    "balances": "ch=channel ac=text",
}
"""What says what a stream is, beside `v` (§4.3)."""
TOP = "bp?=number bq?=number ap?=number aq?=number"
TICKER = f"{TOP} la?=number lo?=number hi?=number vo?=number vw?=decimal cg?=decimal cp?=decimal"
CANDLE = "ib=uint op=number hi=number lo=number cl=number vo=number vw=decimal n=uint"
CONTENTS = {
    "book": "b=levels a=levels",
    "level3": "b=orders a=orders",
    "bbo": TOP,
    "ticker": f"{TICKER} n?=uint",
    "trade": "lt=uint x=trades",
    "ohlc": CANDLE.replace("=", "?="),
    "instrument": "ps=pairs as=assets",
    "executions": "os=jsons sq=uint",
    "balances": "bs=jsons sq=uint",
}
"""What a pointer leaves out (§4.3)."""
PAST = "pe?=uint ps?=uint mf?=uint ml?=uint"
BIRTH = f"v=version why=text fd=text w=uint {PAST}"
OWN_EVENTS = {
    ("book", "update"): "b=levels a=levels c=crc",
    ("level3", "orders"): "b=changes a=changes c=crc",
    ("bbo", "top"): TOP,
    ("ticker", "ticker"): f"{TICKER} n?=uint",
    ("trade", "trades"): "x=trades",
    ("trade", "gap"): "gf=uint gl=uint why=text n?=text",
    ("ohlc", "candle"): CANDLE,
    ("ohlc", "closed"): CANDLE,
    ("instrument", "instruments"): "ps=pairs as=assets",
    ("executions", "execution"): "oi=text rp=json st=json sq=uint",
    ("executions", "gap"): "oi=texts why=text n?=text",
    ("balances", "balance"): "as=text rp=json st=json sq=uint",
    ("status", "epoch"): BIRTH,
    ("status", "bye"): "n?=text",
    ("status", "feed"): "s=state ns=uint nl=uint sys=text",
    ("status", "notice"): "k=text y=text n=text rp?=json",
}


def snapshot(channel: str) -> str:
    """Return the keys of a snapshot that is whole."""
    checksum = " c=crc" if channel in ("book", "level3") else ""
    return f"v=version {HEADERS[channel]}{checksum} {CONTENTS[channel]}"


def _all() -> dict[tuple[str, str], str]:
    tables = dict(OWN_EVENTS)
    for channel, header in HEADERS.items():
        tables[channel, "snapshot"] = f"{snapshot(channel)} ptr?=pointer"
        tables[f"{channel}.snap", "snapshot"] = snapshot(channel)
        tables[channel, "epoch"] = f"{BIRTH} {header}"
        tables[channel, "reset"] = "why=text n?=text"
        tables[channel, "heartbeat"] = "s=state c?=crc"
        tables[channel, "bye"] = "n?=text"
    return tables


TABLES = _all()
"""Keys of each event in each place; a question mark after those that may be absent."""
OF_TOP = (("bp", "bq"), ("ap", "aq"))
PAIRS = {"epoch": (("pe", "ps"), ("mf", "ml")), "top": OF_TOP}
SNAPSHOT_PAIRS = {
    "bbo": OF_TOP,
    "ohlc": (tuple(word.split("=")[0] for word in CANDLE.split()),),
}
"""Keys that come together or not at all, by event type, and of snapshots by channel."""
ROWS = {
    "levels": ("number", "number"),
    "orders": ("text", "number", "number", "uint"),
    "changes": ("change", "text", "number", "number", "uint"),
    "trades": ("uint", "side", "number", "number", "ord_type", "uint"),
    "pairs": ("text", "text", "uint", "uint", "json"),
    "assets": ("text", "text", "uint", "json"),
}
RANGES = {
    "uint": (0, 2**64 - 1),
    "version": (0, 2**64 - 1),
    "crc": (0, 2**32 - 1),
    "depth": (1, 100_000),
    "interval": (1, 100_000),
    "precision": (0, 30),
    "pointer": (1, 1),
    "change": (0, 2),
    "side": (0, 1),
    "ord_type": (0, 2),
}
WORDS = {
    "state": ("disconnected", "awaiting_snapshot", "live"),
    "source": ("book", "level3"),
    "trigger": ("bbo", "trades"),
}
