"""Trades of the socket and of REST, every digit kept; what breaks the shape is refused."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from publisher.errors import BadFrame
from publisher.kraken.messages import UNDECODABLE
from publisher.kraken.trade import PastTrade, decode_page, decode_trade, unknown_fields
from tests.kraken.recorded import messages_of

TRADE = (
    b'{"symbol":"%s","side":"sell","price":0.5117,"qty":40.00000000,"ord_type":"market",'
    b'"trade_id":%d,"timestamp":"2026-01-02T03:04:05.123456Z"}'
)


def message(*trades: tuple[bytes, int], kind: bytes = b"update") -> bytes:
    """Return a message with these trades: symbol and id."""
    data = b",".join(TRADE % trade for trade in trades)
    return b'{"channel":"trade","type":"%s","data":[%s]}' % (kind, data)


def test_recorded_messages_decode_without_loss(captures: Path) -> None:
    count = 0
    for line, raw in messages_of(captures, "trade"):
        decoded = decode_trade(line)
        assert decoded.type == raw["type"]
        trades = [trade for group in decoded.data for trade in group.trades]
        assert msgspec.to_builtins(trades) == raw["data"]
        assert unknown_fields(line) == []
        count += 1
    assert count == 12


def test_trades_come_by_symbol_in_their_order() -> None:
    groups = decode_trade(message((b"A/USD", 7), (b"B/USD", 1), (b"A/USD", 8))).data
    found = [(group.symbol, [trade.trade_id for trade in group.trades]) for group in groups]
    assert found == [("A/USD", [7, 8]), ("B/USD", [1])]


def test_a_snapshot_of_nothing_names_no_symbol() -> None:
    (group,) = decode_trade(message(kind=b"snapshot")).data
    assert (group.symbol, group.trades) == ("", [])
    assert decode_trade(message()).data == []


def test_new_fields_are_named() -> None:
    payload = message((b"A/USD", 1)).replace(b'"side"', b'"mood":1,"side"')
    assert unknown_fields(payload) == ["trade.data.mood"]


@pytest.mark.parametrize(
    "payload",
    [b"{}", message((b"A/USD", 1)).replace(b"sell", b"both"),
     message((b"A/USD", 1)).replace(b'"trade_id":1', b'"trade_id":-1'),
     message((b"A/USD", 1)).replace(b'"trade_id":1', b'"trade_id":1.5'),
     message((b"A/USD", 1)).replace(b'"price":0.5117,', b"")],
)  # fmt: skip
def test_what_breaks_the_shape_is_undecodable(payload: bytes) -> None:
    with pytest.raises(UNDECODABLE):
        decode_trade(payload)


# Pages of REST

ROW = '["83930.30000","0.00120000",1743000000.1234567,"b","m","",80000001]'


def page(*rows: str, name: str = "XXBTZUSD", last: str = '"1743000000123456789"') -> bytes:
    """Return the result of a REST answer."""
    return f'{{"{name}":[{",".join(rows)}],"last":{last}}}'.encode()


@pytest.mark.parametrize("name", ["XXBTZUSD", "BTC/USD"])
def test_a_page_keeps_its_digits_whatever_its_name(name: str) -> None:
    """§10.4's own example: 1743000000.1234567 s is no float here."""
    found = decode_page(page(ROW, name=name))
    trade = PastTrade(
        side="buy",
        price="83930.30000",
        qty="0.00120000",
        ord_type="market",
        trade_id=80000001,
        time=1_743_000_000_123_456_700,
    )
    assert (found.trades, found.last) == ([trade], 1_743_000_000_123_456_789)
    assert not found.is_full


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1743000000", 1_743_000_000_000_000_000),
        ("1743000000.5", 1_743_000_000_500_000_000),
        ("1743000000.123456789", 1_743_000_000_123_456_789),
        ("1.7430000005e9", 1_743_000_000_500_000_000),
    ],
)
def test_a_time_is_exact_whatever_its_form(text: str, time: int) -> None:
    (trade,) = decode_page(page(ROW.replace("1743000000.1234567", text))).trades
    assert trade.time == time


def test_sides_types_and_the_end() -> None:
    rows = [ROW.replace('"b","m"', '"s","l"'), ROW.replace('"m"', '"x"')]
    found = [(trade.side, trade.ord_type) for trade in decode_page(page(*rows)).trades]
    assert found == [("sell", "limit"), ("buy", "")]
    assert decode_page(page(*[ROW] * 1000)).is_full
    assert decode_page(page()).trades == []


@pytest.mark.parametrize(
    "result",
    [b"", b"[]", b"{}", page(last="null"), page(last='"soon"'), b'{"last":"1"}',
     b'{"A":[],"B":[],"last":"1"}', page("[1]"), page("{}"), page("7"),
     page(ROW.replace("80000001", '"80000001"')), page(ROW.replace("80000001", "-1")),
     page(ROW.replace('"b"', '"?"')), page(ROW.replace("1743000000.1234567", '"soon"')),
     page(ROW.replace("1743000000.1234567", "null")),
     page(ROW.replace("1743000000.1234567", "-1.5")),
     # Found by fuzzing: each of the first two took 16 s to become an int.
     page(ROW.replace("1743000000.1234567", "1e804111")),
     page(ROW.replace("1743000000.1234567", "-188.7e804111")),
     page(ROW.replace("1743000000.1234567", "18446744074"))],
)  # fmt: skip
def test_what_is_no_page_is_refused(result: bytes) -> None:
    with pytest.raises(BadFrame):
        decode_page(result)


def test_the_json_of_the_tests_is_json() -> None:
    assert json.loads(page(ROW))["last"] == "1743000000123456789"
