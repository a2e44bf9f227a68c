"""The channel `instrument` with every word that Kraken says of a pair or an asset (protocol.md
4.5).

What the wire names is decoded; the rest stays JSON text, byte for byte, so that a field that is new
tomorrow gets through too. Pure.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from publisher.errors import BadFrame
from publisher.kraken.messages import UNDECODABLE

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Precision = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class PairWords(msgspec.Struct, frozen=True):
    """What every pair must say."""

    symbol: Text
    status: Text
    price_precision: Precision
    qty_precision: Precision


class AssetWords(msgspec.Struct, frozen=True):
    """What every asset must say."""

    id: Text
    status: Text
    precision: Precision


class Listing(msgspec.Struct, frozen=True):
    """Pairs and assets, each as the JSON text that it came as: in a snapshot all, in an update
    those that changed. The channel knows no symbols.
    """

    pairs: list[msgspec.Raw] = []
    assets: list[msgspec.Raw] = []

    @property
    def symbol(self) -> str:
        """The empty symbol, which the channel's one subscription has."""
        return ""


class InstrumentMessage(NamedTuple):
    """A message of the channel `instrument`."""

    type: Literal["snapshot", "update"]
    data: tuple[Listing]


class _Envelope(msgspec.Struct):
    channel: Literal["instrument"]
    type: Literal["snapshot", "update"]
    data: Listing


_envelope = msgspec.json.Decoder(_Envelope)
_pair = msgspec.json.Decoder(PairWords)
_asset = msgspec.json.Decoder(AssetWords)
_any = msgspec.json.Decoder(dict[str, Any], float_hook=str)

_KNOWN_PAIR = {
    "symbol", "base", "quote", "status", "qty_precision", "qty_increment", "price_precision",
    "price_increment", "cost_precision", "cost_min", "qty_min", "tick_size", "marginable",
    "has_index", "margin_initial", "position_limit_long", "position_limit_short",
    "ws_display_price_precision",
}  # fmt: skip
_KNOWN_ASSET = {
    "id", "status", "precision", "precision_display", "borrowable", "collateral_value",
    "margin_rate", "class", "multiplier",
}  # fmt: skip


def decode_instrument(payload: bytes) -> InstrumentMessage:
    """Return a message of the channel; raise one of messages.UNDECODABLE for everything else."""
    envelope = _envelope.decode(payload)
    return InstrumentMessage(envelope.type, (envelope.data,))


def read_pair(raw: msgspec.Raw) -> tuple[PairWords, str]:
    """Return a pair and the JSON text that it came as; raise BadFrame for what is none."""
    return _read(raw, _pair)


def read_asset(raw: msgspec.Raw) -> tuple[AssetWords, str]:
    """Return an asset and the JSON text that it came as; raise BadFrame for what is none."""
    return _read(raw, _asset)


def _read(raw: msgspec.Raw, decoder: msgspec.json.Decoder[Any]) -> tuple[Any, str]:
    try:
        return decoder.decode(raw), bytes(raw).decode()
    except UNDECODABLE as error:
        raise BadFrame(str(error)) from None


def unknown_fields(payload: bytes) -> list[str]:
    """Return the paths of fields that protocol.md 4.5 does not name; of other messages none."""
    try:
        listing = _envelope.decode(payload).data
    except UNDECODABLE:
        return []
    found = _strangers("pairs", listing.pairs, _KNOWN_PAIR)
    return sorted(found | _strangers("assets", listing.assets, _KNOWN_ASSET))


def _strangers(kind: str, items: list[msgspec.Raw], known: set[str]) -> set[str]:
    found: set[str] = set()
    for raw in items:
        try:
            found |= _any.decode(raw).keys() - known
        except UNDECODABLE:  # whoever reads it will say so
            continue
    return {f"instrument.{kind}.{name}" for name in found}
