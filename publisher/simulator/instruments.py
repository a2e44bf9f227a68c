"""The symbols that the simulator lists: precisions, increments, and how each market behaves.

Twelve well-known symbols with the precisions that Kraken gives them, one of them a coin so cheap
that its scaled quantities pass 2^64 and one so thin that its book has fewer than ten levels; any
number of made-up ones beside them. Pure: the same request gives the same instruments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from zlib import crc32

MAX_SYMBOLS = 1450
"""What Kraken lists (protocol.md 4.5)."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A symbol with its precisions (decimals), and the habits of its market in scaled integers.

    `tick_size` is the price step in units of 10^-price_precision; `reference` the price that the
    market hovers about; `typical_qty` a common order's size; `levels` the usual number of levels
    a side; `gap` the usual number of ticks between two levels; `weight` its share of the
    traffic.
    """

    symbol: str
    price_precision: int
    qty_precision: int
    reference: int
    typical_qty: int
    levels: int = 300
    gap: int = 3
    weight: int = 10
    tick_size: int = 1
    status: str = "online"

    @property
    def base(self) -> str:
        """Return the base asset's name."""
        return self.symbol.partition("/")[0]

    @property
    def quote(self) -> str:
        """Return the quote asset's name."""
        return self.symbol.partition("/")[2]


WELL_KNOWN: tuple[Instrument, ...] = (
    Instrument("BTC/USD", 1, 8, 635_017, 20_000_000, levels=1400, gap=4, weight=60),
    Instrument("ETH/USD", 2, 8, 177_413, 300_000_000, levels=1300, gap=4, weight=50),
    Instrument("SOL/USD", 2, 8, 14_208, 5_000_000_000, levels=1100, gap=1, weight=35),
    Instrument("XRP/USD", 5, 8, 212_345, 150_000_000_000, levels=1050, gap=5, weight=30),
    Instrument("DOGE/USD", 7, 8, 1_312_345, 2_000_000_000_000, levels=600, gap=20, weight=20),
    Instrument("ADA/USD", 6, 8, 412_345, 300_000_000_000, levels=500, gap=10, weight=15),
    Instrument("USDT/USD", 5, 8, 99_981, 4_000_000_000_000, levels=200, gap=1, weight=15),
    Instrument("BTC/EUR", 1, 8, 541_203, 10_000_000, levels=900, gap=6, weight=25),
    Instrument("ETH/BTC", 6, 8, 31_348, 300_000_000, levels=250, gap=1, weight=10),
    Instrument("LTC/USD", 2, 8, 8_412, 1_500_000_000, levels=300, gap=1, weight=8, tick_size=2),
    # 18 digits are common here, and one order in some hundreds passes 2^64.
    Instrument("PEPE/USD", 9, 8, 12_345, 500_000_000_000_000_000, levels=400, gap=1, weight=20),
    Instrument("METAx/USD", 5, 6, 56_401_374, 2_000_000, levels=5, gap=900, weight=2),
)


QUOTES = ("BTC", "USD", "USD", "EUR", "USD", "EUR", "USD", "USDT", "EUR", "USD")
"""Of ten made-up pairs five are against USD, and so on."""

CLOSED = (
    "cancel_only", "post_only", "reduce_only", "limit_only", "maintenance", "work_in_progress",
    "delisted",
)  # fmt: skip


def synthetic(number: int) -> Instrument:
    """Return the made-up instrument of that number: `S0001/USD`, `S0002/USD`, `S0003/EUR`."""
    return _invented(f"S{number:04d}/{QUOTES[number % len(QUOTES)]}")


def _invented(symbol: str) -> Instrument:
    draw = crc32(symbol.encode())
    levels = (8, 15, 25, 40, 60, 150)[(draw >> 4) % 6]
    return Instrument(
        symbol,
        1 + draw % 8,
        (8, 8, 8, 5)[(draw >> 8) % 4],
        reference=20_000 + (draw >> 10) % 900_000,
        typical_qty=10 ** (6 + (draw >> 12) % 6),
        levels=levels,
        gap=1 + (draw >> 15) % 8,
        # A few are busy and most are quiet, as on a real venue.
        weight=1 + 40 // (1 + (draw >> 17) % 100),
    )


def _whole_venue() -> tuple[Instrument, ...]:
    """Return as many pairs as Kraken lists; one in fifteen is not online (protocol.md 4.5)."""
    made_up = [synthetic(number) for number in range(1, MAX_SYMBOLS - len(WELL_KNOWN) + 1)]
    for number, index in enumerate(range(14, len(made_up), 15)):
        status = CLOSED[number % len(CLOSED)]
        made_up[index] = replace(made_up[index], status=status)
    return (*WELL_KNOWN, *made_up)


def choose(request: str) -> tuple[Instrument, ...]:
    """Return the instruments of a `--symbols` text: empty (the well-known), `all` (a whole venue,
    some of it not online), a number (all online), or a comma list.

    Raises ValueError with what is allowed.
    """
    text = request.strip()
    if not text:
        return WELL_KNOWN
    if text == "all":
        return _whole_venue()
    if text.isdecimal():
        count = int(text)
        if not 1 <= count <= MAX_SYMBOLS:
            raise ValueError(f"a number of symbols is 1 to {MAX_SYMBOLS}")
        made_up = (synthetic(number) for number in range(1, count - len(WELL_KNOWN) + 1))
        return (*WELL_KNOWN[:count], *made_up)
    known = {instrument.symbol: instrument for instrument in WELL_KNOWN}
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        base, slash, quote = name.partition("/")
        if not (base and slash and quote):
            raise ValueError(
                "symbols look like BTC/USD, separated by commas; or `all`, or a number"
            )
    return tuple(known.get(name) or _invented(name) for name in names)
