"""Numbers: from any JSON text to the exact scaled integer, or BadNumber; never another value."""

from __future__ import annotations

import json
import time
from fractions import Fraction

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.errors import BadNumber
from publisher.kraken.messages import LevelText
from publisher.numbers import decimal_text, scaled
from tests.book.ints import deltas
from tests.model import padded, rescaled, unscaled
from tests.properties.strategies import json_numbers, written

PRECISIONS = st.integers(0, 30)
decode = msgspec.json.Decoder(float_hook=str).decode


def exact(text: str, precision: int) -> int | None:
    """Return the scaled integer by fractions, None where there is none that the wire can carry."""
    value = Fraction(text) * 10**precision
    return int(value) if value.denominator == 1 and 0 <= value < 10**40 else None


def parsed(number: str | int, precision: int) -> int | None:
    try:
        return scaled(number, precision)
    except BadNumber:
        return None


@given(json_numbers(), PRECISIONS)
@example("-0.0", 8)
@example("1e-08", 8)
@example("0.00000001", 8)
@example("18446744073709551616", 0)
@example("9" * 40, 0)
@example("1" + "0" * 40, 0)
@example("0e60", 8)
@settings(max_examples=500, deadline=None)
def test_any_json_number_is_exact_or_refused(text: str, precision: int) -> None:
    assert parsed(decode(text.encode()), precision) == exact(text, precision)


@given(st.lists(st.tuples(json_numbers(), json_numbers()), max_size=5), PRECISIONS, PRECISIONS)
@settings(max_examples=200, deadline=None)
def test_levels_are_exact_or_refused_whole(
    texts: list[tuple[str, str]], price_precision: int, qty_precision: int
) -> None:
    expected = [(exact(p, price_precision), exact(q, qty_precision)) for p, q in texts]
    levels = [LevelText(decode(p.encode()), decode(q.encode())) for p, q in texts]
    if any(None in pair for pair in expected):
        with pytest.raises(BadNumber):
            deltas(levels, (price_precision, qty_precision))
    else:
        assert deltas(levels, (price_precision, qty_precision)) == expected


@given(st.integers(0, 10**40 - 1), PRECISIONS, st.integers(0, 3))
@settings(max_examples=500, deadline=None)
def test_every_way_of_writing_a_number_is_the_same_integer(
    number: int, precision: int, style: int
) -> None:
    text = unscaled(number, precision)
    other = written(text, style)
    assert json.loads(other, parse_float=str, parse_int=str) == other
    assert scaled(decode(other.encode()), precision) == number == rescaled(text)
    assert padded(other, precision) == text


@given(st.integers(0, 10**40 - 1), PRECISIONS)
def test_decimal_text_is_the_models_and_comes_back(number: int, precision: int) -> None:
    text = decimal_text(number, precision)
    assert text == unscaled(number, precision)
    assert scaled(text, precision) == number


@given(st.text(max_size=20), PRECISIONS)
@example("", 1)
@example("NaN", 1)
@example("Infinity", 1)
@example("sNaN", 1)
@example("0x10", 1)
@example("--1", 1)
@example(".", 0)
@settings(max_examples=200)
def test_text_that_is_no_number_raises_nothing_but_bad_number(text: str, precision: int) -> None:
    value = parsed(text, precision)
    assert value is None or value == exact(text.strip().replace("_", ""), precision)


@pytest.mark.parametrize(
    "text",
    ["1e999999999", "1e-999999999", "9" * 5000, "0." + "0" * 5000 + "1", "-1", "-1e-8", "1e40"],
)
def test_absurd_numbers_are_refused_at_once(text: str) -> None:
    begun = time.process_time()
    with pytest.raises(BadNumber):
        scaled(text, 8)
    with pytest.raises(BadNumber):
        deltas([LevelText(text, "1.0")], (8, 1))
    assert time.process_time() - begun < 0.5
