"""The stamps of Kraken's messages, as the floor of the vocabulary reads them (timestamps.py)."""

from __future__ import annotations

from publisher.timestamps import nanoseconds

__all__ = ["nanoseconds"]
