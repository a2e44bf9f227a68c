"""Exact amounts of the account: integers in units of 10^-18, which hold any price times any qty.

Printed as the private channels print numbers: plain and unpadded (protocol.md 2.1). Pure.
"""

from __future__ import annotations

DIGITS = 18

ONE = 10**18


def amount(scaled: int, precision: int) -> int:
    """Return the scaled integer of `precision` decimals, at most 18, as an amount."""
    return scaled * _step(precision)


def product(price: int, qty: int) -> int:
    """Return the cost of `qty` at `price`, cut after 18 decimals."""
    return price * qty // ONE


def cut(value: int, precision: int) -> int:
    """Return the amount without what lies behind `precision` decimals, towards zero."""
    step = _step(precision)
    return value // step * step if value >= 0 else -(-value // step * step)


def plain(value: int) -> str:
    """Return the shortest plain decimal text: `0`, `500`, `-0.2`."""
    whole, rest = divmod(abs(value), ONE)
    sign = "-" if value < 0 else ""
    decimals = f"{rest:0{DIGITS}d}".rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def _step(precision: int) -> int:
    return int(10 ** (DIGITS - precision))
