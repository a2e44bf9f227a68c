"""Every recorded level3 message decodes without loss; what breaks the shape is undecodable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from publisher.kraken.level3 import Level3Message, decode_level3, unknown_fields
from publisher.kraken.messages import UNDECODABLE

UPDATE = (
    b'{"channel":"level3","type":"update","data":[{"checksum":4294967295,"symbol":"BTC/USD",'
    b'"timestamp":"2026-01-02T03:04:06.000000009Z","bids":[{"event":"delete",'
    b'"order_id":"OQWERT-ABCDE-FGHIJK","limit_price":44939.0,"order_qty":0.88968690,'
    b'"timestamp":"2026-01-02T03:04:05.000000009Z"}],"asks":[]}]}'
)
SNAPSHOT = (
    b'{"channel":"level3","type":"snapshot","data":[{"symbol":"BTC/USD","checksum":0,"bids":[],'
    b'"asks":[{"order_id":"O1","limit_price":5,"order_qty":1e-8,"timestamp":""}]}]}'
)


def test_numbers_keep_their_digits() -> None:
    (data,) = decode_level3(UPDATE).data
    (order,) = data.bids
    assert (order.limit_price, order.order_qty) == ("44939.0", "0.88968690")
    assert (order.event, order.order_id) == ("delete", "OQWERT-ABCDE-FGHIJK")
    assert order.timestamp == "2026-01-02T03:04:05.000000009Z"
    assert (data.symbol, data.checksum, data.asks) == ("BTC/USD", 4294967295, [])
    assert data.timestamp == "2026-01-02T03:04:06.000000009Z"


def test_a_snapshot_needs_no_event_and_no_timestamp_of_its_own() -> None:
    """§6.1: the data's timestamp is absent in 2024."""
    message = decode_level3(SNAPSHOT)
    (order,) = message.data[0].asks
    assert (message.type, message.data[0].timestamp, order.event) == ("snapshot", "", "")
    assert (order.limit_price, order.order_qty) == (5, "1e-8")


def test_recorded_messages_decode_without_loss(captures: Path) -> None:
    """What the decoder hands over, written down again, is what plain json reads."""
    count = 0
    for line in (captures / "l3-btc-d10-20240924.ndjson").read_bytes().splitlines():
        raw = json.loads(line, parse_float=str)
        if raw.get("channel") != "level3":
            continue
        message = decode_level3(line)
        assert as_recorded(message) == raw
        assert unknown_fields(line) == []
        count += 1
    assert count == 296


def as_recorded(message: Level3Message) -> dict[str, object]:
    """Return a message in the form of plain json; fields that are empty were absent."""
    whole = {"channel": message.channel, "type": message.type}
    data = []
    for body in message.data:
        sides = {
            side: [
                {name: getattr(order, name) for name in order.__struct_fields__}
                for order in getattr(body, side)
            ]
            for side in ("bids", "asks")
        }
        for order in sides["bids"] + sides["asks"]:
            if not order["event"]:
                del order["event"]
        data.append({"symbol": body.symbol, "checksum": body.checksum, **sides})
        if body.timestamp:
            data[-1]["timestamp"] = body.timestamp
    return {**whole, "data": data}


def test_unknown_fields_pass_and_are_named() -> None:
    novel = UPDATE.replace(b'"symbol"', b'"seq":5,"symbol"').replace(b'"type"', b'"new":{},"type"')
    novel = novel.replace(b'"order_id"', b'"rank":[1.5],"order_id"')
    assert decode_level3(novel) == decode_level3(UPDATE)
    assert sorted(unknown_fields(novel)) == ["level3.data.seq", "level3.new"]
    assert unknown_fields(UPDATE) == []


def test_unknown_fields_of_any_content_are_named() -> None:
    endless = UPDATE.replace(b'"type"', b'"novel":' + b"9" * 5000 + b',"type"')
    assert decode_level3(endless)
    assert unknown_fields(endless) == ["level3.undecodable"]


DEEP = 200_000
BROKEN = {
    "empty": b"",
    "no JSON": b"CloudFlare WebSocket proxy restarting",
    "half": UPDATE[: len(UPDATE) // 2],
    "another channel": UPDATE.replace(b'"level3"', b'"book"'),
    "another type": UPDATE.replace(b'"update"', b'"upsert"'),
    "no symbol": UPDATE.replace(b'"symbol":"BTC/USD",', b""),
    "no checksum": UPDATE.replace(b'"checksum":4294967295,', b""),
    "checksum text": UPDATE.replace(b"4294967295", b'"4294967295"'),
    "no order_id": UPDATE.replace(b'"order_id":"OQWERT-ABCDE-FGHIJK",', b""),
    "order_id number": UPDATE.replace(b'"OQWERT-ABCDE-FGHIJK"', b"5"),
    "order_id too long for the wire": UPDATE.replace(b"FGHIJK", b"F" * 4096),
    "no price": UPDATE.replace(b'"limit_price":44939.0,', b""),
    "no qty": UPDATE.replace(b'"order_qty":0.88968690,', b""),
    "no timestamp of the order": UPDATE.replace(
        b',"timestamp":"2026-01-02T03:04:05.000000009Z"', b""
    ),
    "event null": UPDATE.replace(b'"delete"', b"null"),
    "orders null": UPDATE.replace(b'"asks":[]', b'"asks":null'),
    "bad UTF-8": UPDATE.replace(b"BTC", b"B\xc3("),
    "endless nesting": UPDATE.replace(b'"bids"', b'"z":' + b"[" * DEEP + b"]" * DEEP + b',"bids"'),
    "endless number": UPDATE.replace(b"44939.0", b"1" * 6000),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_breaks_the_shape_is_undecodable(what: str) -> None:
    with pytest.raises(UNDECODABLE):
        decode_level3(BROKEN[what])
    assert unknown_fields(BROKEN[what]) == []


def test_every_cut_of_a_message_is_undecodable() -> None:
    for message in (UPDATE, SNAPSHOT):
        for end in range(len(message)):
            with pytest.raises(UNDECODABLE):
                decode_level3(message[:end])
