"""Books whose checksums Kraken itself stated, or that its published rules give, as decimal text.

Sources: Kraken's page on the checksum (BTC/USD), its page on the book channel (MATIC/USD), a
recorded frame (ETH/BTC, 2026-08-26), and a made-up book of five messages that shows why each side
must be cut.
`tests/spec/test_model.py` proves the same numbers again from the shared material.
"""

from __future__ import annotations

from dataclasses import dataclass

Levels = list[list[str]]
Deltas = tuple[Levels, Levels, str]


@dataclass(frozen=True)
class BookText:
    """Levels as scaled digits, best first, with the precisions and the checksum stated."""

    symbol: str
    price_precision: str
    qty_precision: str
    bids: Levels
    asks: Levels
    checksum: str


def levels(text: str) -> Levels:
    """Return scaled levels from `price:qty` words of padded decimal text."""
    return [[_digits(number) for number in word.split(":")] for word in text.split()]


def _digits(number: str) -> str:
    return str(int(number.replace(".", "")))


WORKED = BookText(
    "BTC/USD", "1", "8",
    levels("""45283.5:0.10000000 45283.4:1.54582015 45282.1:0.10000000 45281.0:0.10000000
              45280.3:1.54592586 45279.0:0.07990000 45277.6:0.03310103 45277.5:0.30000000
              45277.3:1.54602737 45276.6:0.15445238"""),
    levels("""45285.2:0.00100000 45286.4:1.54571953 45286.6:1.54571109 45289.6:1.54560911
              45290.2:0.15890660 45291.8:1.54553491 45294.7:0.04454749 45296.1:0.35380000
              45297.5:0.09945542 45299.5:0.18772827"""),
    "3310070434",
)  # fmt: skip

MATIC = BookText(
    "MATIC/USD", "4", "8",
    levels("""0.5666:4831.75496356 0.5665:6658.22734739 0.5664:18724.91513344 0.5663:11563.92544914
              0.5662:14006.65365711 0.5661:17454.85679807 0.5660:18097.15470000
              0.5659:33644.89175666 0.5658:148.34640000 0.5657:606.70854372"""),
    levels("""0.5668:4410.79769741 0.5669:4655.40412487 0.5670:49844.89424998 0.5671:24306.41678000
              0.5672:29783.25223475 0.5673:57234.71239278 0.5674:45065.04744000
              0.5675:5912.76380354 0.5676:42514.92434778 0.5677:36304.08470220"""),
    "2439117997",
)  # fmt: skip

ETHBTC = BookText(
    "ETH/BTC", "6", "8",
    levels("""0.031348:0.03740000 0.031347:2.87288049 0.031345:8.57986833 0.031344:14.40276069
              0.031340:12.96065840 0.031339:13.19606540 0.031338:20.41389313 0.031336:0.03740000
              0.031334:14.37158163 0.031332:14.40695990"""),
    levels("""0.031357:0.03740000 0.031358:2.87194815 0.031361:0.00767324 0.031362:4.27140781
              0.031363:4.34586052 0.031364:27.28097668 0.031365:12.92325840 0.031366:4.14290322
              0.031368:0.00738649 0.031370:0.03740000"""),
    "3619791617",
)  # fmt: skip
ETHBTC_NEXT: Deltas = (levels("0.031347:0.00000000 0.031329:19.07893401"), [], "2505869009")
"""Deltas of bids, of asks, and the checksum after them."""

CUT = BookText(
    "CUT/USD", "2", "8",
    levels("""100.00:0.50000000 99.99:0.75000000 99.98:1.00000000 99.97:1.25000000 99.96:1.50000000
              99.95:1.75000000 99.94:2.00000000 99.93:2.25000000 99.92:2.50000000
              99.91:2.75000000"""),
    levels("""100.02:0.00000051 100.03:0.00000102 100.04:0.00000153 100.05:0.00000204
              100.06:0.00000255 100.07:0.00000306 100.08:0.00000357 100.09:0.00000408
              100.10:0.00000459 100.11:0.00000510"""),
    "3208761894",
)  # fmt: skip
CUT_NEXT: tuple[Deltas, ...] = (
    (levels("99.98:0.10000000 99.98:0.20000000"), [], "1093623998"),
    (levels("100.01:1.00000000"), [], "3886976298"),
    (levels("100.01:0.00000000 99.90:7.00000000"), [], "3162990705"),
    (levels("100.00:0.00000000 99.89:0.00010000"), levels("100.02:3.00000000"), "2830624766"),
)

THIN = BookText(
    "THIN/USD", "2", "8",
    levels("1.49:1.00000000 1.48:0.00000100"), levels("1.50:2.00000000"), "2693056088",
)  # fmt: skip
ONE_SIDED = BookText("THIN/USD", "2", "8", [], levels("1.50:2.00000000"), "1618633564")
