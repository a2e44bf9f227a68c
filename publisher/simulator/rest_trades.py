"""REST `Trades`: a symbol's trades in pages, by time, and how often one may ask (10.4, 10.7).

A page holds what is later than `since` and ends after `count` rows, whatever shares the last
one's nanosecond: a client that asks on from there misses the rest, as at Kraken. Without `since`
it holds the latest. What the tape no longer keeps (`trades.KEPT`) is gone. Pure; the time is an
argument.
"""

from __future__ import annotations

from collections.abc import Mapping

from publisher.simulator.engine import Engine
from publisher.simulator.frames import compact, decimal
from publisher.simulator.instruments import Instrument
from publisher.simulator.rest_names import find
from publisher.simulator.trades import Trade
from publisher.simulator.web import WebAnswer

SECOND_NS = 1_000_000_000

MOST_ROWS = 1000

LEEWAY = 0.9
"""The limit is about one a second: a client that counts its own seconds is not refused."""

SECONDS_BELOW = 100_000_000_000
"""A `since` below this is in seconds; as nanoseconds it would lie in 1970."""


class TradePages:
    """Answers `Trades`; `per_s` requests a second and pair, 0: no limit."""

    def __init__(self, engine: Engine, per_s: float) -> None:
        self._engine = engine
        self._spacing_ns = int(SECOND_NS / per_s * LEEWAY) if per_s else 0
        self._last_ns: dict[str, int] = {}

    def answer(self, query: Mapping[str, str], now_ns: int) -> WebAnswer:
        """Return the page that the query asks for, or an error in the same envelope."""
        asked = query.get("pair", "")
        item = find(self._engine.instruments.values(), asked)
        if item is None:
            return _error("EQuery:Unknown asset pair")
        if not self._admits(item.symbol, now_ns):
            return _error("EAPI:Rate limit exceeded")
        try:
            count = int(query.get("count", MOST_ROWS))
            after_ns = _since(query["since"]) if "since" in query else None
        except ValueError:
            return _error("EGeneral:Invalid arguments")
        if not 1 <= count <= MOST_ROWS:
            return _error("EGeneral:Invalid arguments:count")
        tape = self._engine.market(item.symbol).history.tape
        page = tape.latest(count) if after_ns is None else tape.since(after_ns, count)
        last_ns = page[-1].ts_ns if page else after_ns or 0
        # Rows hold a time with seven decimals, which no float is asked to print.
        rows = ",".join(_row(item, trade) for trade in page)
        result = f'{{{compact(asked)}:[{rows}],"last":"{last_ns}"}}'
        return WebAnswer(f'{{"error":[],"result":{result}}}')

    def _admits(self, symbol: str, now_ns: int) -> bool:
        last_ns = self._last_ns.get(symbol)
        if last_ns is not None and 0 <= now_ns - last_ns < self._spacing_ns:
            return False
        self._last_ns[symbol] = now_ns
        return True


def _since(text: str) -> int:
    value = int(text)
    return value * SECOND_NS if value < SECONDS_BELOW else value


def _row(item: Instrument, trade: Trade) -> str:
    # REST pads prices further than the socket does: five decimals at least.
    longer = max(0, 5 - item.price_precision)
    price = decimal(trade.price * 10**longer, item.price_precision + longer)
    seconds, nanoseconds = divmod(trade.ts_ns, SECOND_NS)
    return (
        f'["{price}","{decimal(trade.qty, item.qty_precision)}",{seconds}.{nanoseconds // 100:07d},'
        f'"{trade.side[0]}","{trade.ord_type[0]}","",{trade.trade_id}]'
    )


def _error(error: str) -> WebAnswer:
    return WebAnswer(compact({"error": [error]}))
