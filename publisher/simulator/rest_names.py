"""What REST calls the pairs: v1's names in `wsname` and in its keys (1.2), which the socket
refuses. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from publisher.simulator.instruments import Instrument

OLD_NAMES: Mapping[str, str] = MappingProxyType({"BTC": "XBT", "DOGE": "XDG"})


def ws_name(item: Instrument) -> str:
    """Return `XBT/USD` for BTC/USD."""
    return f"{OLD_NAMES.get(item.base, item.base)}/{OLD_NAMES.get(item.quote, item.quote)}"


def rest_name(item: Instrument) -> str:
    """Return `XBTUSD` for BTC/USD: the key of REST answers."""
    return ws_name(item).replace("/", "")


def is_called(item: Instrument, name: str) -> bool:
    """Return whether REST takes this name for the pair: its own, the socket's, or v1's."""
    return name in (item.symbol, ws_name(item), rest_name(item))


def find(listed: Iterable[Instrument], name: str) -> Instrument | None:
    """Return the pair of that name, None for an unknown one."""
    return next((item for item in listed if is_called(item, name)), None)
