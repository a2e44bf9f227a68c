"""What each input is put to. A target returns whatever the input is, unless a documented rule is
broken: then the error comes out, and the fuzzer keeps the input.

Nothing here knows atheris: the same functions run seeds and findings in the ordinary tests.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from typing import Any

from publisher.errors import BadFrame, BadNumber, FrameTooLarge
from publisher.kraken import (
    balances,
    executions,
    instruments,
    level3,
    messages,
    ohlc,
    ticker,
    trade,
)
from publisher.kraken.decimals import plain_decimal
from publisher.kraken.frames import Control, FrameReader
from publisher.numbers import MAX_DIGITS, decimal_text, scaled
from publisher.timestamps import UINT64_END, nanoseconds
from tests.fuzz.replicas import replica
from tests.fuzz.sessions import session
from tests.fuzz.wires import wire

CHANNELS: tuple[tuple[str, Callable[[bytes], Any], Callable[[bytes], list[str]]], ...] = (
    ("book", messages.decode_book, messages.unknown_fields),
    ("level3", level3.decode_level3, level3.unknown_fields),
    ("ticker", ticker.decode_ticker, ticker.unknown_fields),
    ("trade", trade.decode_trade, trade.unknown_fields),
    ("ohlc", ohlc.decode_ohlc, ohlc.unknown_fields),
    ("instrument", instruments.decode_instrument, instruments.unknown_fields),
    ("executions", executions.decode_executions, executions.unknown_fields),
    ("balances", balances.decode_balances, balances.unknown_fields),
)
FRAME_LIMIT = 4096
EXACT = Context(prec=400)
"""Longer than any number that is taken."""


def kraken(data: bytes) -> None:
    """One message to the decoder of one channel; the first byte chooses. UNDECODABLE, then BadFrame
    from `decode_other`, are all that may come out.
    """
    if not data:
        return
    name, decode, unknown_fields = CHANNELS[data[0] % len(CHANNELS)]
    payload = data[1:]
    try:
        message = decode(payload)
    except messages.UNDECODABLE:
        with contextlib.suppress(BadFrame):
            messages.decode_other(payload, name)
        assert unknown_fields(payload) == []
        return
    assert message.type in ("snapshot", "update")
    unknown_fields(payload)
    with contextlib.suppress(BadFrame):
        match name:
            case "executions":
                executions.reports_of(message)
            case "balances":
                balances.changes_of(message)
                balances.holdings_of(message)


def pages(data: bytes) -> None:
    """A page of REST trades; BadFrame is all that may come out."""
    try:
        page = trade.decode_page(data)
    except BadFrame:
        return
    assert all(past.trade_id >= 0 and past.time >= 0 for past in page.trades)


def numbers(data: bytes) -> None:
    """Text as a number, an exact decimal and a time; what is taken equals what Decimal reads."""
    if not data:
        return
    precision = data[0] % 31
    text = data[1:].decode("utf-8", "surrogateescape")
    try:
        value = scaled(text, precision)
    except BadNumber:
        pass
    else:
        assert 0 <= value < 10**MAX_DIGITS
        assert Decimal(value) == EXACT.scaleb(Decimal(text), precision), (text, precision, value)
        assert scaled(decimal_text(value, precision), precision) == value
    try:
        written = plain_decimal(text)
    except BadNumber:
        pass
    else:
        assert "e" not in written.lower()
        assert Decimal(written) == Decimal(text)
    with contextlib.suppress(BadFrame):
        assert 0 <= nanoseconds(text) < UINT64_END


def frames(data: bytes) -> None:
    """A server's byte stream, whole and in pieces as its first two bytes say: the same messages,
    controls and end.
    """
    if len(data) < 2:
        return
    stream = data[2:]
    least = 1 + len(stream) // 256  # a long stream in single bytes would cost what a hundred do
    sizes = least + data[0] % 7, least + data[1] % 64
    pieces: list[bytes] = []
    at = 0
    while at < len(stream):
        size = sizes[len(pieces) % 2]
        pieces.append(stream[at : at + size])
        at += size
    whole, cut = _read([stream]), _read(pieces)
    if whole[2] is None:
        assert whole == cut, (whole, cut)
    else:  # messages of the read that ends the feed are not handed out
        assert whole[1:] == cut[1:], (whole, cut)
    for message in cut[0]:
        assert len(message) <= max(FRAME_LIMIT, 125)


def _read(
    pieces: Sequence[bytes],
) -> tuple[list[bytes], list[Control], tuple[object, ...] | None, bool]:
    reader = FrameReader(FRAME_LIMIT)
    messages_read: list[bytes] = []
    try:
        for piece in pieces:
            messages_read += reader.feed(piece)
    except (BadFrame, FrameTooLarge) as error:
        return messages_read, reader.controls, (type(error).__name__, *error.args), False
    return messages_read, reader.controls, None, reader.is_inside_message


def planted(data: bytes) -> None:
    """A fault four comparisons deep, which the fuzzer must find before its silence means anything:
    found by chance once in 2^32 inputs, by following coverage within thousands.
    """
    if data[:1] == b"F" and data[1:2] == b"U" and data[2:3] == b"Z":
        assert data[3:4] != b"Z", "planted"


TARGETS: dict[str, tuple[Callable[[bytes], None], float]] = {
    "frames": (frames, 0.2),
    "kraken": (kraken, 0.3),
    "wire": (wire, 0.26),
    "numbers": (numbers, 0.14),
    "pages": (pages, 0.05),
    "session": (session, 0.025),
    "replica": (replica, 0.025),
}
"""Each target with its share of inputs. The last two take a whole life for each input."""

__all__ = ["TARGETS", "frames", "kraken", "numbers", "pages", "planted"]
