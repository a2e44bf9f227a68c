"""The channel `ticker`: each message is the whole ticker, and so is each event. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, TypedDict

from publisher.actions import Action, Emit, Fetch
from publisher.channels.channel import Precisions
from publisher.kraken import ticker
from publisher.kraken.decimals import plain_decimal
from publisher.kraken.ticker import TickerText
from publisher.model import Instrument, Now
from publisher.numbers import scaled
from publisher.timestamps import nanoseconds
from publisher.wire import WIRE_VERSION, Ticker, TickerSnapshot


@dataclass(frozen=True, slots=True)
class TickerChannel:
    """Kraken's `ticker`, renewed by `trigger`: `bbo` or `trades`."""

    trigger: str
    name: str = "ticker"
    precisions: Precisions = "subscribed"
    symbols_per_s: float = inf
    is_timed: bool = False
    decode: Callable[[bytes], ticker.TickerMessage] = ticker.decode_ticker

    @property
    def terms(self) -> dict[str, object]:
        """The trigger, which an unsubscribe names too."""
        return {"event_trigger": self.trigger}

    def unknown_fields(self, payload: bytes) -> list[str]:
        """Return the paths of fields that protocol.md 4.1 does not name."""
        return ticker.unknown_fields(payload)

    def keeper(self, symbol: str) -> TickerKeeper:
        """Return the keeper of one ticker."""
        return TickerKeeper(symbol, self.trigger)


class Fields(TypedDict):
    """A ticker in the wire's numbers; None where Kraken gave none."""

    bid: int | None
    bid_qty: int | None
    ask: int | None
    ask_qty: int | None
    last: int | None
    low: int | None
    high: int | None
    volume: int | None
    vwap: str | None
    change: str | None
    change_pct: str | None
    trades: int | None


class TickerKeeper:
    """The latest ticker of one symbol."""

    checksum: int | None = None
    crossed_since: float | None = None

    def __init__(self, symbol: str, trigger: str) -> None:
        self.symbol = symbol
        self.trigger = trigger
        self.ts_event = 0
        self.ts_recv = 0
        self._instrument: Instrument
        self._latest: Fields | None = None

    def is_of(self, instrument: Instrument) -> None:
        """Take the precisions; a ticker in others is void."""
        self._instrument = instrument
        self._latest = None

    def updated(self, data: TickerText, now: Now, out: list[Action]) -> None:
        """Publish a ticker; raise BadNumber or BadFrame."""
        fields = self._take(data, now)
        stamps = self.ts_event, self.ts_recv
        event = Ticker(ts_event=stamps[0], ts_recv=stamps[1], ts_pub=0, flags=0, **fields)
        out.append(Emit(self.symbol, event))

    def replaced(self, data: TickerText, now: Now, out: list[Action]) -> None:
        """Publish Kraken's snapshot as one; raise as `updated` does."""
        out.append(Emit(self.symbol, self._snapshot(self._take(data, now))))

    def capture(self) -> TickerSnapshot | None:
        """Return the latest ticker; None before the first."""
        return None if self._latest is None else self._snapshot(self._latest)

    def ticked(self, now: Now, out: list[Action]) -> None:
        """Nothing is due by time."""

    def fetched(self, fetch: Fetch, answer: object, now: Now, out: list[Action]) -> None:
        """Nothing was asked for."""

    def _take(self, data: TickerText, now: Now) -> Fields:
        """Return the message's numbers, which are then the latest."""
        ts_event = nanoseconds(data.timestamp)
        price, qty = self._instrument.price_precision, self._instrument.qty_precision
        fields = Fields(
            bid=_scaled(data.bid, price),
            bid_qty=_scaled(data.bid_qty, qty),
            ask=_scaled(data.ask, price),
            ask_qty=_scaled(data.ask_qty, qty),
            last=_scaled(data.last, price),
            low=_scaled(data.low, price),
            high=_scaled(data.high, price),
            volume=_scaled(data.volume, qty),
            vwap=_decimal(data.vwap),
            change=_decimal(data.change),
            change_pct=_decimal(data.change_pct),
            trades=data.trades,
        )
        self._latest = fields
        self.ts_event, self.ts_recv = ts_event, now.unix
        return fields

    def _snapshot(self, fields: Fields) -> TickerSnapshot:
        return TickerSnapshot(
            ts_event=self.ts_event,
            ts_recv=self.ts_recv,
            ts_pub=0,
            flags=0,
            version=WIRE_VERSION,
            channel="ticker",
            symbol=self.symbol,
            trigger=self.trigger,
            price_precision=self._instrument.price_precision,
            qty_precision=self._instrument.qty_precision,
            **fields,
        )


def _scaled(number: Any, precision: int) -> int | None:
    return None if number is None else scaled(number, precision)


def _decimal(number: Any) -> str | None:
    return None if number is None else plain_decimal(number)
