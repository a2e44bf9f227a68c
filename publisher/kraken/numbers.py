"""Exact numbers: decimal text from Kraken's wire to scaled integers, and back.

A price or quantity is the integer `value * 10**precision`. Text arrives as the JSON decoder hands
it over: a `str` with the exact digits of a JSON number that has a point or an exponent, an `int`
for a bare integer (protocol.md 2.1). No float takes part. A number finer than its precision,
negative, or longer than `MAX_DIGITS` is a `BadNumber`; it is never rounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from publisher.errors import BadNumber

MAX_DIGITS = 40
"""Digits of the longest scaled integer that the wire carries (WIRE.md 3.5)."""

LIMIT = 10**MAX_DIGITS

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
    if len(str(number)) > 2 * MAX_DIGITS:
        raise BadNumber(str(number)[: 2 * MAX_DIGITS] + "...", precision)
    try:
        sign, digits, exponent = Decimal(number).as_tuple()
    except InvalidOperation:
        raise BadNumber(str(number), precision) from None
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


def _padded(text: str, precision: int) -> int | None:
    """Return the scaled integer of a number with just `precision` decimals; None for any other."""
    try:
        if text[-1 - precision] == ".":
            value = int(text.replace(".", ""))
            return value if 0 <= value < LIMIT else None
    except (IndexError, ValueError):
        pass
    return None


class LevelReader:
    """Reads the levels of one instrument. Kraken pads numbers to the instrument's precisions, so
    the digits without the point are the scaled integer; whatever looks different takes the general
    way. Most prices have been read before: up to `remembered` of them are kept.
    """

    __slots__ = ("_precisions", "_prices", "_qty_point", "_remembered", "_zero")

    def __init__(self, price_precision: int, qty_precision: int, remembered: int = 64) -> None:
        self._precisions = price_precision, qty_precision
        self._qty_point = -1 - qty_precision
        self._zero = decimal_text(0, qty_precision)
        self._prices: dict[str, int] = {}
        self._remembered = remembered

    def read(self, levels: Iterable[LevelText]) -> list[Level]:
        """Return (price, qty) of each level, in order; raise BadNumber."""
        prices, zero, point = self._prices, self._zero, self._qty_point
        result = []
        for level in levels:
            text = level.qty
            try:
                price = prices.get(level.price)
                if price is None:
                    price = self._price(level.price)
                if text == zero:
                    result.append((price, 0))
                    continue
                if text[point] == ".":
                    qty = int(text.replace(".", ""))
                    if 0 <= qty < LIMIT:
                        result.append((price, qty))
                        continue
            except (TypeError, LookupError, ValueError, AttributeError):
                pass  # a bare integer, fewer digits, an exponent, no number at all
            price_precision, qty_precision = self._precisions
            result.append((scaled(level.price, price_precision), scaled(text, qty_precision)))
        return result

    def _price(self, number: str | int) -> int:
        if not isinstance(number, str):
            return scaled(number, self._precisions[0])
        price = _padded(number, self._precisions[0])
        if price is None:
            price = scaled(number, self._precisions[0])
        else:
            if len(self._prices) >= self._remembered:
                self._prices.clear()
            self._prices[number] = price
        return price


def decimal_text(value: int, precision: int) -> str:
    """Return the decimal text of a scaled integer, padded to its precision: (628070, 1) is
    `62807.0`.
    """
    if precision == 0:
        return str(value)
    digits = str(value).rjust(precision + 1, "0")
    return f"{digits[:-precision]}.{digits[-precision:]}"
