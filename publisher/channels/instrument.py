"""The channel `instrument`: all pairs and assets, and every change of one (WIRE.md 4.15).

It knows no symbols: one keeper holds what Kraken lists. What differs from the list as known is
told, in Kraken's own words; what is as it was is not. A pair or asset that lacks what each must
have is told as a notice, and costs no other. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

import msgspec

from publisher.actions import Action, Emit, Fetch, Notify
from publisher.channels.channel import Precisions
from publisher.errors import BadFrame
from publisher.kraken import instruments
from publisher.kraken.instruments import Listing
from publisher.kraken.requests import INSTRUMENTS
from publisher.model import Instrument, Now
from publisher.wire import (
    WIRE_VERSION,
    AssetRow,
    Instruments,
    InstrumentSnapshot,
    PairRow,
    json_text,
)


@dataclass(frozen=True, slots=True)
class InstrumentChannel:
    """Kraken's `instrument`."""

    name: str = "instrument"
    precisions: Precisions = "none"
    symbols_per_s: float = inf
    is_timed: bool = False
    decode: Callable[[bytes], instruments.InstrumentMessage] = instruments.decode_instrument

    @property
    def terms(self) -> dict[str, object]:
        """The whole list is asked for with the changes."""
        return INSTRUMENTS

    def unknown_fields(self, payload: bytes) -> list[str]:
        """Return the paths of fields that protocol.md 4.5 does not name."""
        return instruments.unknown_fields(payload)

    def keeper(self, symbol: str) -> InstrumentKeeper:
        """Return the keeper of the list; the symbol is empty."""
        return InstrumentKeeper(symbol)


class InstrumentKeeper:
    """The list as it stands."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.ts_event = 0
        """Kraken stamps no message of this channel."""
        self.ts_recv = 0
        self.crossed_since: float | None = None
        self.checksum: int | None = None
        self._pairs: dict[str, PairRow] = {}
        self._assets: dict[str, AssetRow] = {}

    def is_of(self, instrument: Instrument) -> None:
        """No single pair is meant."""

    def replaced(self, data: Listing, now: Now, out: list[Action]) -> None:
        """Take the whole list."""
        self.ts_recv = now.unix
        self._pairs = {row[0]: row for row in _pairs(data.pairs, out)}
        self._assets = {row[0]: row for row in _assets(data.assets, out)}
        out.append(Emit(self.symbol, self.capture()))

    def updated(self, data: Listing, now: Now, out: list[Action]) -> None:
        """Take changes; tell those that are some."""
        self.ts_recv = now.unix
        pairs = [row for row in _pairs(data.pairs, out) if self._pairs.get(row[0]) != row]
        assets = [row for row in _assets(data.assets, out) if self._assets.get(row[0]) != row]
        self._pairs.update((row[0], row) for row in pairs)
        self._assets.update((row[0], row) for row in assets)
        if pairs or assets:
            event = Instruments(
                ts_event=0, ts_recv=now.unix, ts_pub=0, flags=0, pairs=pairs, assets=assets
            )
            out.append(Emit(self.symbol, event))

    def capture(self) -> InstrumentSnapshot:
        """Return the list as it stands."""
        return InstrumentSnapshot(
            ts_event=0,
            ts_recv=self.ts_recv,
            ts_pub=0,
            flags=0,
            version=WIRE_VERSION,
            channel="instrument",
            pairs=list(self._pairs.values()),
            assets=list(self._assets.values()),
        )

    def ticked(self, now: Now, out: list[Action]) -> None:
        """Nothing is due by time."""

    def fetched(self, fetch: Fetch, answer: object, now: Now, out: list[Action]) -> None:
        """Nothing was asked for."""


def _pairs(raws: Iterable[msgspec.Raw], out: list[Action]) -> list[PairRow]:
    rows: list[PairRow] = []
    for raw in raws:
        try:
            pair, words = instruments.read_pair(raw)
        except BadFrame as error:
            out.append(_odd("pair", raw, error))
            continue
        terms = pair.symbol, pair.status, pair.price_precision, pair.qty_precision
        rows.append((*terms, json_text(words)))
    return rows


def _assets(raws: Iterable[msgspec.Raw], out: list[Action]) -> list[AssetRow]:
    rows: list[AssetRow] = []
    for raw in raws:
        try:
            asset, words = instruments.read_asset(raw)
        except BadFrame as error:
            out.append(_odd("asset", raw, error))
            continue
        rows.append((asset.id, asset.status, asset.precision, json_text(words)))
    return rows


def _odd(what: str, raw: msgspec.Raw, error: BadFrame) -> Notify:
    start = bytes(raw)[:200].decode("utf-8", "replace")
    return Notify("malformed", "", f"{what} left out: {error.reason}: {start}"[:400])
