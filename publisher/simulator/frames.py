"""The text of every frame that Kraken sends: key order, padded decimals, times with microseconds.

protocol.md 2, 3 and 5.1. Numbers come in as scaled integers and are printed without a
float. Pure; knows nothing of connections.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from publisher.simulator.instruments import Instrument
from publisher.simulator.market import Market
from publisher.simulator.window import Delta

HEARTBEAT = '{"channel":"heartbeat"}'
"""protocol.md 3.2: no other fields."""


def decimal(value: int, precision: int) -> str:
    """Return the scaled integer as plain decimal text, padded to `precision` decimals."""
    digits = str(value)
    if precision == 0:
        return digits
    if len(digits) <= precision:
        digits = digits.zfill(precision + 1)
    return f"{digits[:-precision]}.{digits[-precision:]}"


def timestamp(now_ns: int) -> str:
    """Return Unix time as RFC 3339 in UTC with six decimals (protocol.md 2.2)."""
    seconds, nanoseconds = divmod(now_ns, 1_000_000_000)
    return f"{_whole_second(seconds)}.{nanoseconds // 1000:06d}Z"


def nanosecond_timestamp(now_ns: int) -> str:
    """Return Unix time as RFC 3339 in UTC with nine decimals, as level3 and ohlc have it (2.2)."""
    seconds, nanoseconds = divmod(now_ns, 1_000_000_000)
    return f"{_whole_second(seconds)}.{nanoseconds:09d}Z"


@lru_cache(maxsize=4)
def _whole_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _levels(deltas: Iterable[Delta], instrument: Instrument) -> str:
    pp, qp = instrument.price_precision, instrument.qty_precision
    return ",".join(
        [f'{{"price":{decimal(price, pp)},"qty":{decimal(qty, qp)}}}' for price, qty in deltas]
    )


def book(
    kind: str, market: Market, *, bids: Sequence[Delta], asks: Sequence[Delta], time: str
) -> str:
    """Return a book message of type `snapshot` or `update` with the market's present checksum
    (5.1)."""
    instrument = market.instrument
    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{instrument.symbol}",'
        f'"bids":[{_levels(bids, instrument)}],"asks":[{_levels(asks, instrument)}],'
        f'"checksum":{market.checksum()},"timestamp":"{time}"}}]}}'
    )


def book_snapshot(market: Market, depth: int, time: str) -> str:
    """Return the best `depth` levels of both sides as a snapshot, best first."""
    return book(
        "snapshot",
        market,
        bids=market.bids.levels(depth),
        asks=market.asks.levels(depth),
        time=time,
    )


def compact(value: object) -> str:
    """Return JSON without spaces, in the given key order."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def status(
    system: str,
    connection_id: int,
    *,
    maintenance: Sequence[object] = (),
    emergency: Sequence[object] = (),
) -> str:
    """Return a status message (3.1)."""
    state = {
        "version": "2.0.10",
        "system": system,
        "api_version": "v2",
        "connection_id": connection_id,
        "upcoming_maintenance": list(maintenance),
        "emergency": list(emergency),
    }
    return compact({"channel": "status", "type": "update", "data": [state]})
