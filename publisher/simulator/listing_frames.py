"""The text of instrument messages: `data` is one object with two arrays (protocol.md 4.5). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from publisher.simulator.assets import Asset
from publisher.simulator.frames import compact, decimal
from publisher.simulator.instruments import Instrument

TICK_SIZE_WARNING = "tick_size is deprecated, use price_increment"

POSITION_LIMITS: Mapping[str, tuple[int, int]] = MappingProxyType({
    "BTC/USD": (300, 240),
    "ETH/USD": (5000, 4000),
    "SOL/USD": (40_000, 30_000),
    "BTC/EUR": (150, 120),
    "ETH/BTC": (2000, 1600),
})  # fmt: skip
"""(long, short) of the pairs that trade on margin; the others lack three keys."""


def instruments(kind: str, assets: Iterable[Asset], pairs: Iterable[Instrument]) -> str:
    """Return an instrument message of type `snapshot`, or an `update` with what has changed."""
    return (
        f'{{"channel":"instrument","type":"{kind}","data":'
        f'{{"assets":[{",".join(map(_asset, assets))}],"pairs":[{",".join(map(_pair, pairs))}]}}}}'
    )


def _asset(asset: Asset) -> str:
    is_borrowable = bool(asset.margin_rate)
    rate = f'"margin_rate":{asset.margin_rate},' if is_borrowable else ""
    multiplier = ',"multiplier":1.0' if asset.is_tokenized else ""
    return (
        f'{{"id":{compact(asset.name)},"status":"{asset.status}","precision":{asset.precision},'
        f'"precision_display":{asset.precision_display},"borrowable":{compact(is_borrowable)},'
        f'"collateral_value":{"1.00" if is_borrowable else "0.00"},{rate}'
        f'"class":"{"tokenized_asset" if asset.is_tokenized else "currency"}"{multiplier}}}'
    )


def _pair(item: Instrument) -> str:
    increment = decimal(item.tick_size, item.price_precision)
    limits = POSITION_LIMITS.get(item.symbol)
    margin = ""
    if limits is not None:
        margin = (
            f'"margin_initial":0.20,"position_limit_long":{limits[0]},'
            f'"position_limit_short":{limits[1]},'
        )
    return (
        f'{{"symbol":{compact(item.symbol)},"base":{compact(item.base)},'
        f'"quote":{compact(item.quote)},"status":"{item.status}",'
        f'"qty_precision":{item.qty_precision},"qty_increment":{decimal(1, item.qty_precision)},'
        f'"price_precision":{item.price_precision},"cost_precision":{item.price_precision + 4},'
        f'"marginable":{compact(limits is not None)},"has_index":true,'
        f'"ws_display_price_precision":{item.price_precision},"cost_min":0.50,{margin}'
        f'"tick_size":{increment},"price_increment":{increment},'
        f'"qty_min":{decimal(max(1, item.typical_qty // 1000), item.qty_precision)}}}'
    )
