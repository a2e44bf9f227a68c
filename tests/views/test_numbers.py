"""Scaled integers as text: every digit, no float."""

from __future__ import annotations

import pytest

from publisher.views.numbers import decimal_text, percent_text


@pytest.mark.parametrize(
    ("value", "precision", "text"),
    [
        (0, 0, "0"),
        (0, 8, "0.00000000"),
        (123, 2, "1.23"),
        (5, 3, "0.005"),
        (-5, 3, "-0.005"),
        (640001, 1, "64000.1"),
        (2**70 + 1, 5, "11805916207174113.03425"),
    ],
)
def test_decimal_text(value: int, precision: int, text: str) -> None:
    assert decimal_text(value, precision) == text


def test_percent_text() -> None:
    assert percent_text(1, 8) == "12.5000"
    assert percent_text(2, 3) == "66.6666"
