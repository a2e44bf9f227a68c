"""The public REST answers beside the socket: AssetPairs, Time, SystemStatus (protocol.md 10).

HTTP 200 even for API errors; the envelope is `{"error": [...], "result": {...}}`. Pure; the time
is an argument.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from publisher.simulator.engine import Engine
from publisher.simulator.frames import compact, decimal, timestamp
from publisher.simulator.instruments import Instrument
from publisher.simulator.rest_names import OLD_NAMES, is_called, rest_name, ws_name
from publisher.simulator.web import WebAnswer, WebRequest


def answer(request: WebRequest, engine: Engine, now_ns: int) -> WebAnswer:
    """Return the REST answer for a path below /0/."""
    match request.path:
        case "/0/public/Time":
            return _result(_time(now_ns))
        case "/0/public/SystemStatus":
            return _result(_system_status(engine, now_ns))
        case "/0/public/AssetPairs":
            return _asset_pairs(engine, request.query.get("pair", ""))
        case _:
            return _error("EGeneral:Unknown method")


def _result(result: object) -> WebAnswer:
    return WebAnswer(compact({"error": [], "result": result}))


def _error(error: str) -> WebAnswer:
    return WebAnswer(compact({"error": [error]}))


def _time(now_ns: int) -> dict[str, object]:
    seconds = now_ns // 1_000_000_000
    moment = datetime.fromtimestamp(seconds, UTC)
    return {"unixtime": seconds, "rfc1123": format_datetime(moment, usegmt=True)}


def _system_status(engine: Engine, now_ns: int) -> dict[str, object]:
    return {
        "status": engine.system,
        "timestamp": timestamp(now_ns)[:19] + "Z",
        "upcoming_maintenance": engine.maintenance,
        "emergency": engine.emergency,
    }


def _asset_pairs(engine: Engine, wanted: str) -> WebAnswer:
    names = {rest_name(item): item for item in engine.instruments.values()}
    if wanted:
        asked = wanted.split(",")
        found = {
            name: item
            for name, item in names.items()
            if any(is_called(item, each) for each in asked)
        }
        if len(found) < len(set(asked)):
            return _error("EQuery:Unknown asset pair")
        names = found
    return _result({name: _pair(item) for name, item in names.items()})


def _pair(item: Instrument) -> dict[str, object]:
    return {
        "altname": rest_name(item),
        "wsname": ws_name(item),
        "aclass_base": "currency",
        "base": OLD_NAMES.get(item.base, item.base),
        "aclass_quote": "currency",
        "quote": OLD_NAMES.get(item.quote, item.quote),
        "lot": "unit",
        "cost_decimals": item.price_precision + 4,
        "pair_decimals": item.price_precision,
        "lot_decimals": item.qty_precision,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, 0.4]],
        "fees_maker": [[0, 0.25]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": decimal(max(1, item.typical_qty // 1000), item.qty_precision),
        "costmin": "0.5",
        "tick_size": decimal(item.tick_size, item.price_precision),
        "status": item.status,
        "execution_venue": "international",
    }
