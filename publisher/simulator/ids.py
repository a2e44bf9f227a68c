"""Kraken's ids: a letter, then sixteen capitals and digits, as `OQWERT-ABCDE-FGHIJK`. Pure."""

from __future__ import annotations

from base64 import b32encode
from hashlib import blake2b


def venue_id(kind: str, source: str) -> str:
    """Return the id of `kind` (O order, T trade, L ledger entry) that `source` always gives."""
    text = kind + b32encode(blake2b(source.encode(), digest_size=10).digest()).decode()
    return f"{text[:6]}-{text[6:11]}-{text[11:]}"
