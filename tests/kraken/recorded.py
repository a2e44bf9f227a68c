"""Recorded messages of a channel, and what plain json reads in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILES = (
    "control-ohlc-ticker-2026.ndjson",
    "private-and-control-202405.ndjson",
    "l2-btc-eth-d10-20260707.ndjson",
)


def messages_of(folder: Path, channel: str) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Yield each message of a channel, as bytes and as plain json with the digits kept."""
    for name in FILES:
        for line in (folder / name).read_bytes().splitlines():
            raw = json.loads(line, parse_float=str)
            if raw.get("channel") == channel:
                yield line, raw
