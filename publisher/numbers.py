"""Exact numbers: decimal text from Kraken's wire to scaled integers, and back.

A price or quantity is the integer `value * 10**precision`. Text arrives as the JSON decoder hands
it over: a `str` with the exact digits of a JSON number that has a point or an exponent, an `int`
for a bare integer (protocol.md 2.1). No float takes part. A number finer than its precision,
negative, or longer than `MAX_DIGITS` is a `BadNumber`; it is never rounded.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Protocol

from publisher.errors import BadNumber

MAX_DIGITS = 40
"""Digits of the longest scaled integer that the wire carries (WIRE.md 3.5)."""

LIMIT = 10**MAX_DIGITS
NUMBER = re.compile(r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?0*[0-9]{1,4})?")
"""What the general way takes: JSON's strings come here too; `Decimal` takes blanks and `1_0`, and
has an end to its exponents.
"""

Level = tuple[int, int]
"""Scaled price and scaled qty."""


class LevelText(Protocol):
    """A level as decoded from JSON: two numbers in the forms of `scaled`, `str` or `int`."""

    @property
    def price(self) -> Any: ...
    @property
    def qty(self) -> Any: ...


def scaled(number: str | int, precision: int) -> int:
    """Return the scaled integer of a JSON number; raise BadNumber when it has none."""
    if type(number) is not str and type(number) is not int:  # null, true, a list: JSON has them all
        raise BadNumber(str(number)[: 2 * MAX_DIGITS], precision)
    if (
        isinstance(number, str)
        and precision < len(number) <= MAX_DIGITS
        and number[-1 - precision :][:1] == "."
    ):
        padded = number.replace(".", "", 1)
        if padded.isdecimal():  # as Kraken writes nearly all: padded to the precision
            return int(padded)
    if len(str(number)) > 2 * MAX_DIGITS:
        raise BadNumber(str(number)[: 2 * MAX_DIGITS] + "...", precision)
    if NUMBER.fullmatch(str(number)) is None:
        raise BadNumber(str(number), precision)
    sign, digits, exponent = Decimal(number).as_tuple()
    if not isinstance(exponent, int) or (sign and any(digits)):
        raise BadNumber(str(number), precision)
    return _shift(int("".join(map(str, digits))), exponent + precision, str(number), precision)


def _shift(digits: int, places: int, text: str, precision: int) -> int:
    if digits == 0:
        return 0
    if places > MAX_DIGITS or places < -2 * MAX_DIGITS:
        raise BadNumber(text, precision)
    if places >= 0:
        value = digits * int(10**places)
    else:
        value, finer = divmod(digits, int(10**-places))
        if finer:
            raise BadNumber(text, precision)
    if value >= LIMIT:
        raise BadNumber(text, precision)
    return value


def decimal_text(value: int, precision: int) -> str:
    """Return the decimal text of a scaled integer, padded to its precision: (628070, 1) is
    `62807.0`.
    """
    if precision == 0:
        return str(value)
    digits = str(value).rjust(precision + 1, "0")
    return f"{digits[:-precision]}.{digits[-precision:]}"
