"""What hypothesis draws: books of decimal text, in the forms that JSON allows, and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypothesis import strategies as st

from tests.model import Levels, unscaled

DEPTHS = (1, 2, 9, 10, 11, 25, 100, 1000)


@dataclass(frozen=True)
class Messages:
    """A snapshot and updates of one book: padded decimal text, and how each number is written."""

    depth: int
    price_precision: int
    qty_precision: int
    sides: list[tuple[Levels, Levels]]
    styles: list[int]


@st.composite
def messages(draw: st.DrawFn) -> Messages:
    """Draw a book's life: few prices, so that they meet; any qty, any order, duplicates."""
    price_precision, qty_precision = draw(st.integers(0, 10)), draw(st.integers(0, 18))
    depth = draw(st.sampled_from(DEPTHS))
    centre = draw(st.sampled_from((60, 628_070, 10**19, 10**24)))
    price = st.integers(centre - 50, centre + 50).map(lambda n: unscaled(n, price_precision))
    sizes = st.one_of(
        st.just(0),
        st.integers(1, 9),
        st.integers(1, 10**12),
        st.integers(2**63 - 2, 2**64 + 2),
        st.integers(10**19, 10**30),
    )
    qty = sizes.map(lambda n: unscaled(n, qty_precision))
    deltas = st.lists(st.tuples(price, qty), max_size=12)
    whole = st.lists(st.tuples(price, qty), max_size=40)
    first = draw(st.tuples(whole, whole))
    later = draw(st.lists(st.tuples(deltas, deltas), max_size=12))
    styles = draw(st.lists(st.integers(0, 3), min_size=1, max_size=8))
    return Messages(depth, price_precision, qty_precision, [first, *later], styles)


def written(text: str, style: int) -> str:
    """Return padded decimal text as another JSON number of the same value."""
    if style == 0:
        return text
    stripped = text.rstrip("0").rstrip(".") if "." in text else text
    if style == 1:
        return stripped
    _, digits, exponent = Decimal(stripped).as_tuple()
    mantissa = "".join(map(str, digits))
    if style == 2:
        return f"{mantissa}e{exponent}"
    head, tail = mantissa[0], mantissa[1:]
    power = int(exponent) + len(tail)
    return f"{head}.{tail}E{power:+d}" if tail else f"{head}E{power:+d}"


@st.composite
def json_numbers(draw: st.DrawFn) -> str:
    """Draw the text of any JSON number whose value is not absurd."""
    sign = draw(st.sampled_from(("", "", "", "-")))
    whole = draw(st.one_of(st.just("0"), st.integers(1, 10**25).map(str)))
    fraction = draw(st.one_of(st.just(""), st.text("0123456789", min_size=1, max_size=30)))
    exponent = draw(st.one_of(st.just(""), st.integers(-60, 60).map(lambda n: f"e{n}")))
    return sign + whole + ("." + fraction if fraction else "") + exponent
