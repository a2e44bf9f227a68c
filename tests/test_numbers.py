"""Numbers: exact in every spelling that JSON allows, refused where the wire could not carry them.

The judge is arithmetic on text done here by hand, never a float.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from publisher.book.l2 import Book
from publisher.book.l3 import OrderBook
from publisher.errors import BadNumber
from publisher.numbers import MAX_DIGITS, decimal_text, scaled
from tests.book.ints import deltas

LAX = (
    "1_0.00000000",
    "1_0",
    "1.0000_0000",
    "1.000_00000",
    " 1.00000000",
    "1.00000000 ",
    "1.0000000 ",
    "+1.00000000",
    "1.0.0000000",
    "1.2.34567890",
    "0x1.00000000",
    "1e+ 3",
    "1,0.00000000",
)
"""What `int` or `Decimal` take, or nearly, and no exchange means: only a JSON string can be so."""


class Text(NamedTuple):
    """A level as the JSON decoder hands it over."""

    price: object
    qty: object


class OrderWords(NamedTuple):
    """An order so."""

    order_id: str
    limit_price: object
    order_qty: object
    timestamp: str


@pytest.mark.parametrize(
    ("number", "precision", "value"),
    [
        ("62807.0", 1, 628070),
        ("0.00000000", 8, 0),
        ("0.00100000", 8, 100000),
        ("0.5666", 4, 5666),
        ("0.031340", 6, 31340),
        (5, 1, 50),
        (0, 8, 0),
        (".5", 8, 50_000_000),  # no JSON number, but JSON's strings come here too
        ("1e-08", 8, 1),
        ("1E-8", 8, 1),
        ("1.5e3", 0, 1500),
        ("12e-1", 1, 12),
        ("0e99", 8, 0),
        ("1e+0000003", 1, 10000),
        ("-0.0", 8, 0),
        ("1.50", 1, 15),  # finer text, but not a finer number
        ("1.000000000000", 1, 10),
        ("886110000000.00", 2, 88611000000000),
        ("92233720368.54775807", 8, 2**63 - 1),
        ("92233720368.54775808", 8, 2**63),
        ("184467440737.09551616", 8, 2**64),
        ("9" * 32 + ".99999999", 8, 10**40 - 1),
        (10**39, 0, 10**39),
    ],
)
def test_scaled(number: str | int, precision: int, value: int) -> None:
    assert scaled(number, precision) == value


@pytest.mark.parametrize(
    ("number", "precision"),
    [
        ("0.05", 1),  # finer than the precision: never rounded
        ("1e-09", 8),
        ("-1.0", 1),
        (-1, 0),
        ("NaN", 8),
        ("Infinity", 8),
        ("-Infinity", 8),
        ("", 8),
        ("abc", 8),
        ("1.2.3", 8),
        ("1e999999999", 8),
        ("1e-999999999", 8),
        ("1E+" + "3" * 50, 8),
        ("0e" + "9" * 30, 8),
        ("1" * 41, 0),
        ("1" * 200, 0),
        (10**40, 0),
        ("1" + "0" * 33, 8),
        (None, 8),
        (True, 8),
        ([1], 8),
        ({}, 8),
    ],
)
def test_no_number(number: str | int, precision: int) -> None:
    with pytest.raises(BadNumber) as caught:
        scaled(number, precision)
    assert caught.value.precision == precision
    assert len(caught.value.text) < 100


@pytest.mark.parametrize("text", LAX)
def test_what_looks_like_a_number_is_none(text: str) -> None:
    """By the general way, and in a level of either book by the way of its own."""
    with pytest.raises(BadNumber):
        scaled(text, 8)
    for price, qty in (("1.0", text), (text, "1.00000000")):
        with pytest.raises(BadNumber):
            Book(10, 1 if price == "1.0" else 8, 8).update([Text(price, qty)], ())
    order = OrderWords("O", "1.0", text, "2026-01-01T00:00:00Z")
    with pytest.raises(BadNumber):
        OrderBook(10, 1, 8).replace([order], ())


def test_the_usual_way_and_the_general_way_agree() -> None:
    for whole in ("0", "1", "62807", "9" * 20):
        for tenth in "05":
            for tail in ("00000000", "00000001", "54571953"):
                levels = [Text(f"{whole}.{tenth}", f"{whole}.{tail}")]
                expected = [(int(whole + tenth), int(whole + tail))]
                assert deltas(levels, (1, 8)) == expected
                assert (scaled(levels[0].price, 1), scaled(levels[0].qty, 8)) == expected[0]  # type: ignore[arg-type]


def test_levels_of_any_spelling_keep_their_order() -> None:
    levels = [Text("100.5", "1.00000000"), Text(100, 2), Text("1e2", "0.5"), Text("99.50", "0e1")]
    assert deltas(levels, (1, 8)) == [
        (1005, 100000000),
        (1000, 200000000),
        (1000, 50000000),
        (995, 0),
    ]


def test_whole_numbers() -> None:
    assert deltas([Text("10.0", "3"), Text(7, "3.0")], (0, 0)) == [(10, 3), (7, 3)]


@pytest.mark.parametrize(
    "level",
    [
        Text("100.05", "1.00000000"),
        Text("-100.5", "1.00000000"),
        Text("100.5", "-1.00000000"),
        Text(None, "1.00000000"),
        Text("100.5", None),
        Text([".", 1], "1.00000000"),
        Text({}, "1.00000000"),
        Text(True, "1.00000000"),
        Text("9" * 40 + ".5", "1.00000000"),
        Text("100.5", "9" * 33 + ".00000000"),
        Text("1.00000e.5", "1.00000000"),
    ],
)
def test_a_bad_level_is_a_bad_number(level: Text) -> None:
    with pytest.raises(BadNumber):
        deltas([Text("1.5", "1.00000000"), level], (1, 8))


@pytest.mark.parametrize(
    ("value", "precision", "text"),
    [
        (628070, 1, "62807.0"),
        (0, 8, "0.00000000"),
        (1, 8, "0.00000001"),
        (15, 0, "15"),
        (2**64, 8, "184467440737.09551616"),
        (10**MAX_DIGITS - 1, 0, "9" * 40),
    ],
)
def test_decimal_text_and_back(value: int, precision: int, text: str) -> None:
    assert decimal_text(value, precision) == text
    assert scaled(text, precision) == value
