"""Kraken's messages: JSON bytes to typed facts, tolerant of what is new (protocol.md 2, 3, 4.5,
5.1).

Data takes a typed decoder of its channel: `decode_book` here, those of the other channels in
modules beside this one. `decode_other` reads everything else, and raises BadFrame only for what is
no JSON object or breaks the shape of its own channel. Unknown fields pass; unknown channels
come back as `Unknown`. Numbers keep their exact digits (see numbers.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from typing import Any, Literal

import msgspec

from publisher.errors import BadFrame
from publisher.model import Instrument


class LevelText(msgspec.Struct, gc=False):
    """A price and a qty as they stood on the wire: `str`, or `int` for a bare integer."""

    price: Any
    qty: Any


class BookData(msgspec.Struct, gc=False):
    """The content of a `book` message for one symbol."""

    symbol: str
    checksum: int
    bids: list[LevelText] = []
    asks: list[LevelText] = []
    timestamp: str = ""


class BookMessage(msgspec.Struct, gc=False):
    """A `book` snapshot or update (protocol.md 5.1)."""

    channel: Literal["book"]
    type: Literal["snapshot", "update"]
    data: list[BookData]


class Ack(msgspec.Struct, frozen=True):
    """The answer to one request for one symbol. `error` is empty on success; so may `symbol` be."""

    method: str
    req_id: int | None
    channel: str
    symbol: str
    error: str
    warnings: tuple[str, ...] = ()
    """What Kraken will do away with, in its words."""
    report: str = ""
    """All of Kraken's own words, JSON text: what each method answers with is its own."""


class Status(msgspec.Struct, frozen=True):
    """Kraken's system state (3.1). `announcements` are titles of maintenance and emergencies, with
    their phases.
    """

    system: str
    announcements: tuple[str, ...]
    report: str = ""
    """Kraken's own words, JSON text."""
    gist: bytes = b""
    """What of them is news when it changes: neither who serves the connection nor a countdown."""


class Instruments(msgspec.Struct, frozen=True):
    """Pairs of the `instrument` channel; a snapshot holds all of them (4.5)."""

    is_snapshot: bool
    pairs: list[Instrument]


class Alive(msgspec.Struct, frozen=True):
    """A heartbeat or pong: the connection lives, nothing else."""

    kind: str


class Unknown(msgspec.Struct, frozen=True):
    """A channel or method that this version does not know."""

    kind: str


MAX_PRECISION = 30
"""Decimals that the wire can state (WIRE.md 4.3)."""

Message = Ack | Status | Instruments | Alive | Unknown

_BOOK_FIELDS = {"channel", "type", "data"}, {"symbol", "bids", "asks", "checksum", "timestamp"}

# `str.strip` gives back the very text: a method call costs less than calling the type `str`.
_book = msgspec.json.Decoder(BookMessage, float_hook=str.strip)
_any = msgspec.json.Decoder(dict[str, Any], float_hook=str)


class _PairsData(msgspec.Struct):
    pairs: list[msgspec.Raw] = []


class _InstrumentMessage(msgspec.Struct):
    type: str
    data: _PairsData


class _RawData(msgspec.Struct):
    data: list[msgspec.Raw]


_raw_data = msgspec.json.Decoder(_RawData)
_gist = msgspec.json.Encoder(order="deterministic").encode
_instruments = msgspec.json.Decoder(_InstrumentMessage, float_hook=str)
_pair = msgspec.json.Decoder(Instrument)


UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What the decoders raise: the last two for bad UTF-8 inside a string and for endless nesting."""

decode_book = _book.decode
"""Decodes a `book` message; raises one of UNDECODABLE for everything else."""


def unknown_fields(payload: bytes) -> list[str]:
    """Return the paths of fields in a `book` message that protocol.md 5.1 does not name; of any
    other message none.
    """
    return unknown_fields_of("book", decode_book, payload)


def unknown_fields_of(
    channel: str,
    decode: Callable[[bytes], object],
    payload: bytes,
    *,
    known: tuple[Collection[str], Collection[str]] = _BOOK_FIELDS,
) -> list[str]:
    """Return the same of the channel that `decode` knows, whose messages and their items have the
    `known` fields; `book` and `level3` have the same ones (protocol.md 5.1, 6.1).
    """
    try:
        decode(payload)
    except UNDECODABLE:
        return []
    try:
        message = _any.decode(payload)
    except UNDECODABLE:  # an integer in an unknown field that is too long for an int
        return [f"{channel}.undecodable"]
    outer, inner = map(set, known)
    found = [f"{channel}.{name}" for name in message.keys() - outer]
    for data in message["data"]:
        found += [f"{channel}.data.{name}" for name in data.keys() - inner]
    return found


def decode_other(payload: bytes, own: str) -> Message:
    """Return what a message says that the decoder of the connection's `own` channel refused; raise
    BadFrame.
    """
    try:
        message = _any.decode(payload)
    except UNDECODABLE as error:
        raise BadFrame(f"not a JSON object: {error}") from None
    method, channel = message.get("method"), message.get("channel")
    try:
        if isinstance(method, str):
            return Alive("pong") if method == "pong" else _ack(message, method, payload)
        match channel:
            case "heartbeat":
                return Alive("heartbeat")
            case "status":
                return _status(payload)
            case "instrument" if channel != own:
                return _instrument(payload)
            case _ if channel == own:
                raise BadFrame(f"a {own} message lacks what it must have")
            case _:
                return Unknown(f"channel {str(channel)[:40]}")
    except (KeyError, IndexError, TypeError, AttributeError, msgspec.ValidationError) as error:
        raise BadFrame(f"{method or channel}: {type(error).__name__} {error}") from None


def _ack(message: dict[str, Any], method: str, payload: bytes) -> Ack:
    result = message.get("result") or {}
    if isinstance(result, list):  # batch_add answers so (2)
        result = {}
    symbol = result.get("symbol") or message.get("symbol") or ""
    error = "" if message.get("success") else str(message.get("error") or "unknown error")
    req_id = message.get("req_id")
    return Ack(
        method=method,
        req_id=req_id if type(req_id) is int else None,
        channel=str(result.get("channel", "")),
        symbol=str(symbol),
        error=error,
        warnings=tuple(map(str, result.get("warnings") or ())),
        report=payload.decode(),
    )


def _status(payload: bytes) -> Status:
    raw = _raw_data.decode(payload).data[0]
    data = _any.decode(raw)
    planned, emergencies = data.get("upcoming_maintenance") or [], data.get("emergency") or []
    announcements = (
        *(_headline(event, "phase") for event in planned),
        *(_headline(event, "incident_status") for event in emergencies),
    )
    system = str(data["system"])
    gist = {**data, "upcoming_maintenance": planned, "emergency": emergencies}
    for passing in ("connection_id", "version"):
        gist.pop(passing, None)
    gist["upcoming_maintenance"] = [{**event, "time_to_start_s": 0} for event in planned]
    return Status(system, announcements, bytes(raw).decode(), _gist(gist))


def _headline(event: dict[str, Any], stage: str) -> str:
    title = str(event.get("title", ""))
    return f"{title} ({event[stage]})" if stage in event else title


def _instrument(payload: bytes) -> Instruments:
    """Take what pairs can be read: one odd pair among a thousand must not cost all others."""
    message = _instruments.decode(payload)
    pairs: list[Instrument] = []
    for raw in message.data.pairs:
        with contextlib.suppress(msgspec.ValidationError):
            pair = _pair.decode(raw)
            precisions = pair.price_precision, pair.qty_precision
            if min(precisions) >= 0 and max(precisions) <= MAX_PRECISION:
                pairs.append(pair)
    return Instruments(message.type == "snapshot", pairs)
