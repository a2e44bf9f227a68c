"""Invalid cases of rows and of what single channels demand: orders, trades, candles, decimals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.spec.vectors.builders import InvalidCase
from tests.spec.vectors.events import Event, event, short
from tests.spec.vectors.kraken_orders import changes, orders, orders_event
from tests.spec.vectors.packing import float64, pack
from tests.spec.vectors.samples import OWN_EVENTS, TICKER, trade, trades, whole

USUAL = {(channel, usual["type"]): usual for channel, _, usual in OWN_EVENTS}
Row = list[Any]

ROWS: tuple[tuple[str, str, str, Row, Row], ...] = (
    ("level3", "orders", "b", [0, "O1", 995, 5, 7], [0, "", 0, 0, 0]),
    ("level3", "snapshot", "a", ["O1", 995, 5, 7], ["", 0, 0, 0]),
    ("trade", "trades", "x", [7, 0, 995, 5, 0, 7], [0, 0, 0, 0, 0, 0]),
    ("trade", "snapshot", "x", [7, 0, 995, 5, 0, 7], [0, 0, 0, 0, 0, 0]),
    ("instrument", "instruments", "ps", ["A/B", "online", 1, 8, "{}"], ["", "", 0, 0, ""]),
    ("instrument", "instruments", "as", ["A", "enabled", 1, "{}"], ["", "", 0, ""]),
    ("instrument", "snapshot", "ps", ["A/B", "online", 1, 8, "{}"], ["", "", 0, 0, ""]),
)
"""Channel, event, key, a good row, and what kind each of its cells is."""
CELLS = {
    "b": ("kind", "order_id", "price", "qty", "time"),
    "a": ("order_id", "price", "qty", "time"),
    "x": ("trade_id", "side", "price", "qty", "ord_type", "time"),
    "ps": ("symbol", "status", "price_precision", "qty_precision", "words"),
    "as": ("id", "status", "precision", "words"),
}


def usual(channel: str, kind: str) -> Event:
    """Return a good event."""
    return whole(channel) if kind == "snapshot" else USUAL[channel, kind]


def row_cases() -> Iterator[InvalidCase]:
    """Yield rows too short or too long, and each of their cells of another type."""
    for channel, kind, key, good, like in ROWS:
        spoilt: list[tuple[str, str, object]] = [
            ("short", "SCHEMA", good[:-1]),
            ("long", "SCHEMA", [*good, 0]),
            ("map", "SCHEMA", {}),
        ]
        for at, cell in enumerate(CELLS[key]):
            wrong: list[tuple[str, str, object]] = [("nil", "SCHEMA", None)]
            if isinstance(like[at], str):
                wrong += [("int", "SCHEMA", 5)]
            else:
                wrong += [("float", "SCHEMA", float64(5.0)), ("negative", "RANGE", -1)]
            if cell in ("kind", "side", "ord_type", "time", "trade_id", "precision"):
                wrong += [("text", "SCHEMA", "5")]
            if cell in ("kind", "ord_type", "side"):
                wrong += [("above", "RANGE", 2 if cell == "side" else 3)]
            if cell in ("price", "qty"):
                wrong += [("text-below-2-pow-64", "RANGE", "5")]
            if cell == "words":
                wrong += [("array-of-ints", "SCHEMA", ["{", 5])]
            for name, code, value in wrong:
                spoilt.append((f"{cell}-{name}", code, [*good[:at], value, *good[at + 1 :]]))
        for name, code, row in spoilt:
            yield InvalidCase(
                f"{channel}-{kind}-{key}-row-{name}",
                "3.4",
                code,
                f"A row of `{key}`: {name}.",
                pack({**short(usual(channel, kind)), key: [row]}),
                channel,
            )


def decimal_cases() -> Iterator[InvalidCase]:
    """Yield texts that are no decimals."""
    for name, text in (
        ("empty", ""), ("minus", "-"), ("plus", "+5"), ("point-first", ".5"), ("point-last", "5."),
        ("two-points", "1.2.3"), ("space", " 5"), ("newline", "5\n"), ("comma", "1,5"),
        ("underscore", "1_000"), ("two-minus", "--5"), ("minus-inside", "5-"), ("word", "NaN"),
        ("digits-of-another-script", "١٢"), ("65-bytes", "9" * 65), ("exponent-capital", "1E5"),
    ):  # fmt: skip
        made = event("ticker", **{**TICKER, "vwap": text})
        yield InvalidCase(
            f"ticker-decimal-{name}", "3.4", "RANGE", f"A decimal: {name}.", pack(short(made)),
            "ticker",
        )  # fmt: skip


def header_cases() -> Iterator[InvalidCase]:
    """Yield headers out of range, and contents of which a part is absent."""
    for channel, key, value in (
        ("level3", "d", 0), ("level3", "d", 100_001), ("bbo", "sc", "trade"), ("bbo", "sc", ""),
        ("ticker", "tg", "always"), ("ohlc", "iv", 0), ("ohlc", "iv", 100_001),
        ("trade", "pp", 31), ("ohlc", "qp", 31), ("executions", "ch", "balances"),
        ("instrument", "ch", ""),
    ):  # fmt: skip
        yield InvalidCase(
            f"{channel}-header-{key}-{value or 'none'}", "4.3", "RANGE", f"`{key}` is {value!r}.",
            pack({**short(whole(channel)), key: value}), channel,
        )  # fmt: skip
    yield InvalidCase(
        "trade-snapshot-of-another-channel", "8", "SCHEMA",
        "`ch` is another (RANGE), and this channel's keys are missing: SCHEMA comes first.",
        pack(short(whole("bbo"))), "trade",
    )  # fmt: skip


def _made(name: str, clause: str, code: str, about: str, made: Event, place: str) -> InvalidCase:
    return InvalidCase(name, clause, code, about, pack(short(made)), place)


def orders_cases() -> Iterator[InvalidCase]:
    """Yield orders that break a rule of §4.10 or §5.4."""
    for name, about, rows in (
        ("add-qty-0", "An order of qty 0 cannot be added.", [["0", "O1", "995", "0", "7"]]),
        ("modify-qty-0", "Nor be made one of qty 0.", [["1", "O1", "995", "0", "7"]]),
        ("second-add-qty-0", "The second change.",
         [*changes("-O1:99.5:0.00000000:7"), ["0", "O1", "995", "0", "7"]]),
    ):  # fmt: skip
        for side, made in (
            ("bids", orders_event(rows, [], "5")),
            ("asks", orders_event([], rows, "5")),
        ):
            yield _made(f"orders-{name}-{side}", "4.10", "RANGE", about, made, "level3")
    one = "O1:99.5:1.00000000:5"
    for name, code, about, bids, asks in (
        ("qty-0", "RANGE", "A qty of 0.", "O1:99.5:0.00000000:5", ""),
        ("id-twice", "RANGE", "An order id twice on a side.", f"{one} O1:99.4:1.00000000:5", ""),
        ("too-deep", "RANGE", "Three price levels at depth 2.", "",
         "O1:99.5:1.00000000:5 O2:99.6:1.00000000:5 O3:99.7:1.00000000:5"),
        ("bids-rise", "ORDER", "Bids that rise.", f"{one} O2:99.6:1.00000000:5", ""),
        ("asks-fall", "ORDER", "Asks that fall.", "", f"{one} O2:99.4:1.00000000:5"),
        ("level-parted", "ORDER", "A level comes back after another.", "",
         f"{one} O2:99.6:1.00000000:5 O3:99.5:1.00000000:6"),
        ("times-fall", "ORDER", "Times that fall within a level.",
         f"{one} O2:99.5:1.00000000:4", ""),
        ("range-before-order", "RANGE", "An id twice and times that fall: RANGE comes first.",
         f"{one} O1:99.5:1.00000000:4", ""),
    ):  # fmt: skip
        fields = {"depth": "2", "bids": orders(bids), "asks": orders(asks), "checksum": "5"}
        made = whole("level3", **fields)
        for place in ("level3", "level3.snap"):
            suffix = "-in-snap" if place.endswith("snap") else ""
            yield _made(f"level3-snapshot-{name}{suffix}", "5.4", code, about, made, place)


def trades_cases() -> Iterator[InvalidCase]:
    """Yield trades out of order, too many of them, and gaps that go back."""
    for name, about, rows in (
        ("ids-fall", "Ids that fall.", [trade(8), trade(7)]),
        ("ids-repeat", "An id twice.", [trade(8), trade(8)]),
        ("ids-jump", "An id is left out.", [trade(8), trade(10)]),
        ("ids-jump-last", "Only the last pair is wrong.", [*trades(1, 5), trade(7)]),
    ):
        made = event("trades", trades=rows)
        yield _made(f"order-trades-{name}", "4.13", "ORDER", about, made, "trade")
        snapshot = whole("trade", trades=rows, last_trade_id=rows[-1][0])
        yield _made(f"order-trade-snapshot-{name}", "4.13", "ORDER", about, snapshot, "trade")
    for name, code, about, fields in (
        ("last-below", "ORDER", "`lt` below the last trade.", {"last_trade_id": "4665905"}),
        ("last-above", "ORDER", "`lt` above the last trade.", {"last_trade_id": "4665907"}),
        ("fifty-one", "RANGE", "More than 50.", {"last_trade_id": "51", "trades": trades(1, 51)}),
        ("range-before-order", "RANGE", "More than 50, and `lt` is another: RANGE comes first.",
         {"last_trade_id": "5", "trades": trades(1, 51)}),
    ):  # fmt: skip
        made = whole("trade", **fields)
        yield _made(f"trade-snapshot-{name}", "4.13", code, about, made, "trade")
    back = event("gap", first="9", last="8", reason="unfilled")
    yield _made("trade-gap-back", "4.13", "RANGE", "`gl` below `gf`.", back, "trade")
