"""Decimals without a precision: as written, exponents written out, nothing else taken."""

from __future__ import annotations

import pytest

from publisher.errors import BadNumber
from publisher.kraken.decimals import plain_decimal


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.13100", "0.13100"),
        ("-0.17", "-0.17"),
        (412, "412"),
        (-3, "-3"),
        ("1e-8", "0.00000001"),
        ("1.50E-3", "0.00150"),
        ("-2.5e3", "-2500"),
        ("0e-2", "0.00"),
        ("9" * 64, "9" * 64),
    ],
)
def test_a_number_stays_as_it_was_written(number: str | int, text: str) -> None:
    assert plain_decimal(number) == text


@pytest.mark.parametrize(
    "number",
    ["", "abc", "NaN", "Infinity", "1e64", "1e999", "1e-99999999999999999999", "1e-63", "9" * 65,
     ".5", "1.", "1_0", True, None, [1], 10**70],
)  # fmt: skip
def test_what_the_wire_cannot_carry_is_no_number(number: object) -> None:
    with pytest.raises(BadNumber):
        plain_decimal(number)
