"""The channel `ohlc`: candles as they stand, and each once more as `closed` when it is final.

Kraken says not when a candle is final (protocol.md 4.4). It is when a later one began, or when its
end passed by CLOSES_AFTER_NS on our clock; what comes for it after that is REVISED. After a
reconnect Kraken's snapshot tells what was missed, as far back as it reaches: a candle whose final
state it does not hold is never called closed. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import TypedDict

from msgspec.structs import replace

from publisher.actions import Action, Emit, Fetch
from publisher.channels.channel import Precisions
from publisher.kraken import ohlc
from publisher.kraken.decimals import plain_decimal
from publisher.kraken.ohlc import Candles
from publisher.model import Instrument, Now
from publisher.numbers import scaled
from publisher.timestamps import nanoseconds
from publisher.wire import WIRE_VERSION, Candle, CandleSnapshot, Closed, Flag

MINUTE_NS = 60_000_000_000
CLOSES_AFTER_NS = 5_000_000_000
"""A trade of the last instant is told within it, and a clock that is so much ahead does no harm."""
BACKFILL = int(Flag.BACKFILL)
REVISED = int(Flag.REVISED)


@dataclass(frozen=True, slots=True)
class OhlcChannel:
    """Kraken's `ohlc` of `interval` minutes."""

    interval: int
    name: str = "ohlc"
    precisions: Precisions = "subscribed"
    symbols_per_s: float = inf
    is_timed: bool = True
    decode: Callable[[bytes], ohlc.OhlcMessage] = ohlc.decode_ohlc

    @property
    def terms(self) -> dict[str, object]:
        """The interval, which an unsubscribe names too."""
        return {"interval": self.interval}

    def unknown_fields(self, payload: bytes) -> list[str]:
        """Return the paths of fields that protocol.md 4.4 does not name."""
        return ohlc.unknown_fields(payload)

    def keeper(self, symbol: str) -> OhlcKeeper:
        """Return the keeper of one symbol's candles."""
        return OhlcKeeper(symbol, self.interval)


class Fields(TypedDict):
    """A candle in the wire's numbers."""

    interval_begin: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    vwap: str
    trades: int


class OhlcKeeper:
    """The latest candle of one symbol, and whether it is closed."""

    checksum: int | None = None
    crossed_since: float | None = None

    def __init__(self, symbol: str, interval: int) -> None:
        self.symbol = symbol
        self.interval = interval
        self.ts_event = 0
        self.ts_recv = 0
        self._instrument: Instrument
        self._is_begun = False
        self._latest: Fields | None = None
        self._is_closed = False

    def is_of(self, instrument: Instrument) -> None:
        """Take the precisions; a candle in others is void."""
        self._instrument = instrument
        self._is_begun = False
        self._latest = None

    def updated(self, data: Candles, now: Now, out: list[Action]) -> None:
        """Publish candles as they stand now; raise BadNumber or BadFrame."""
        for candle in self._take(data, now):
            self._went_on(candle, 0, out)

    def replaced(self, data: Candles, now: Now, out: list[Action]) -> None:
        """Take what Kraken tells after subscribing; raise as `updated` does. At first only the
        latest candle counts.
        """
        candles = self._take(data, now)
        self._is_begun = True
        if self._latest is None:
            self._latest, self._is_closed = (candles[-1] if candles else None), False
        else:
            self._catch_up(self._latest, candles, out)
        out.append(Emit(self.symbol, self._snapshot()))

    def capture(self) -> CandleSnapshot | None:
        """Return the open candle, if there is one; None before Kraken's first snapshot."""
        return self._snapshot() if self._is_begun else None

    def ticked(self, now: Now, out: list[Action]) -> None:
        """Close the candle whose end has passed."""
        latest = self._latest
        if latest is None or self._is_closed:
            return
        end = latest["interval_begin"] + self.interval * MINUTE_NS
        if now.unix >= end + CLOSES_AFTER_NS:
            self._close(latest, 0, out)

    def fetched(self, fetch: Fetch, answer: object, now: Now, out: list[Action]) -> None:
        """Nothing was asked for."""

    def _take(self, data: Candles, now: Now) -> list[Fields]:
        """Return the message's candles by time."""
        ts_event = nanoseconds(data.timestamp)
        candles = sorted(self._numbers(data), key=lambda candle: candle["interval_begin"])
        self.ts_event, self.ts_recv = ts_event, now.unix
        return candles

    def _numbers(self, data: Candles) -> Iterator[Fields]:
        price, qty = self._instrument.price_precision, self._instrument.qty_precision
        for text in data.candles:
            yield Fields(
                interval_begin=nanoseconds(text.interval_begin),
                open=scaled(text.open, price),
                high=scaled(text.high, price),
                low=scaled(text.low, price),
                close=scaled(text.close, price),
                volume=scaled(text.volume, qty),
                vwap=plain_decimal(text.vwap),
                trades=text.trades,
            )

    def _went_on(self, candle: Fields, flags: int, out: list[Action]) -> None:
        """Publish a candle that is new, or that goes on, or that was final and changes."""
        latest = self._latest
        begin = candle["interval_begin"]
        if latest is None or begin > latest["interval_begin"]:
            if latest is not None and not self._is_closed:
                self._close(latest, flags, out)
            self._latest, self._is_closed = candle, False
        elif begin == latest["interval_begin"]:
            if self._is_closed and candle == latest:
                return
            self._latest = candle
        if self._latest is candle and not self._is_closed:
            self._emit(Candle, candle, flags, out)
        else:
            self._emit(Candle, candle, flags | REVISED, out)
            self._emit(Closed, candle, flags | REVISED, out)

    def _catch_up(self, known: Fields, candles: list[Fields], out: list[Action]) -> None:
        """Publish what a snapshot tells beyond the candle that was known."""
        begin = known["interval_begin"]
        missed = [c for c in candles if c["interval_begin"] >= begin]
        if missed and missed[0]["interval_begin"] != begin:
            self._is_closed = True  # how it ended is not told: nothing says `closed`
        for candle in missed:
            if candle != known:
                self._went_on(candle, BACKFILL, out)

    def _close(self, candle: Fields, flags: int, out: list[Action]) -> None:
        self._is_closed = True
        self._emit(Closed, candle, flags, out)

    def _emit(
        self, kind: type[Candle] | type[Closed], candle: Fields, flags: int, out: list[Action]
    ) -> None:
        ts_event, ts_recv = self.ts_event, self.ts_recv
        event = kind(ts_event=ts_event, ts_recv=ts_recv, ts_pub=0, flags=flags, **candle)
        out.append(Emit(self.symbol, event))

    def _snapshot(self) -> CandleSnapshot:
        instrument = self._instrument
        event = CandleSnapshot(
            ts_event=self.ts_event,
            ts_recv=self.ts_recv,
            ts_pub=0,
            flags=0,
            version=WIRE_VERSION,
            channel="ohlc",
            symbol=self.symbol,
            interval=self.interval,
            price_precision=instrument.price_precision,
            qty_precision=instrument.qty_precision,
        )
        if self._latest is None or self._is_closed:  # none is open (WIRE.md 4.14)
            return event
        return replace(event, **self._latest)
