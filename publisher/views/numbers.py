"""Scaled integers as decimal text, and a flag's text as a count. Pure, exact, without a float."""

from __future__ import annotations

import argparse


def decimal_text(value: int, precision: int) -> str:
    """Return `value` times 10^-precision with all its decimals: (123, 2) is `1.23`."""
    if precision == 0:
        return str(value)
    sign = "-" if value < 0 else ""
    whole, rest = divmod(abs(value), 10**precision)
    return f"{sign}{whole}.{rest:0{precision}d}"


def percent_text(part: int, whole: int) -> str:
    """Return `part` of `whole` in percent with four decimals, rounded down."""
    return decimal_text(part * 1_000_000 // whole, 4)


def positive(text: str) -> int:
    """Return the number in a flag's `text`; argparse tells the rest."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
