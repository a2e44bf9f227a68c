"""Numbers of Kraken's that have no precision of their own, as the wire's decimal text (WIRE.md
3.4).

Such a number (an average price, a change) stays as Kraken wrote it; only an exponent is written
out, exactly. Pure.
"""

from __future__ import annotations

import re
from decimal import Decimal

from publisher.errors import BadNumber

MAX_BYTES = 64

NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?P<exponent>[eE][+-]?[0-9]{1,3})?")


def plain_decimal(number: object) -> str:
    """Return a JSON number, as the decoders hand it over (numbers.py), without exponent; raise
    BadNumber for anything else and for what takes more than MAX_BYTES.
    """
    if type(number) is not str and type(number) is not int:
        raise BadNumber(str(number)[:MAX_BYTES], MAX_BYTES)
    text = str(number)
    if len(text) <= MAX_BYTES and (match := NUMBER.fullmatch(text)):
        if match["exponent"] is None:
            return text
        value = Decimal(text)
        if abs(value.adjusted()) <= MAX_BYTES and len(written := f"{value:f}") <= MAX_BYTES:
            return written
    raise BadNumber(text[:MAX_BYTES], MAX_BYTES)
