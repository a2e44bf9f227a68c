"""Messages of the private channels: decoded, refused, and every field kept of the recorded ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from publisher.channels.balances import BalancesChannel
from publisher.channels.executions import ExecutionsChannel
from publisher.errors import BadFrame
from publisher.kraken import balances, executions, objects
from publisher.kraken.messages import UNDECODABLE, Ack, decode_other
from publisher.wire import Balance, Execution
from tests.channels.private import NOW, Desk, told
from tests.requirements import require

CAPTURE = "private-and-control-202405.ndjson"
DECODERS: dict[str, Callable[[bytes], Any]] = {
    "executions": executions.decode_executions,
    "balances": balances.decode_balances,
}


def exact(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def recorded(captures: Path, channel: str) -> list[bytes]:
    path = captures / CAPTURE
    require(path.is_file(), f"no capture {CAPTURE}")
    lines = path.read_bytes().splitlines()
    found = [line for line in lines if json.loads(line).get("channel") == channel]
    assert found
    return found


@pytest.mark.parametrize("channel", DECODERS)
def test_no_field_of_a_recorded_message_is_lost_and_none_is_unknown(
    channel: str, captures: Path
) -> None:
    for line in recorded(captures, channel):
        (item,) = DECODERS[channel](line).data
        texts = [objects.text_of(raw) for raw in item.items]
        again = [objects.object_text(objects.fields_of(text)) for text in texts]
        told_again = {"channel": channel, "type": item.type, "sequence": item.sequence}
        want = exact(line)
        assert {**told_again, "data": [exact(text) for text in texts]} == want
        assert [exact(text) for text in again] == want["data"]
        assert [str(exact(text)) for text in again] == [str(each) for each in want["data"]]
    unknown = {"executions": executions, "balances": balances}[channel].unknown_fields
    assert [name for line in recorded(captures, channel) for name in unknown(line)] == []


def test_recorded_reports_come_out_of_the_channel_whole(captures: Path) -> None:
    for line in recorded(captures, "executions"):
        message = exact(line)
        desk = Desk(ExecutionsChannel("main"))
        item, out = desk.channel.decode(line).data[0], list[Any]()
        if message["type"] == "update":
            desk.snapshot(sequence=int(message["sequence"]) - 1)
            desk.keeper.updated(item, NOW, out)
        else:
            desk.keeper.replaced(item, NOW, out)
            message["data"].sort(key=lambda each: each["timestamp"])
        events = [action.event for action in out if isinstance(action.event, Execution)]
        assert [told(event.report) for event in events] == message["data"]
        assert [told(event.order) for event in events] == message["data"]


def test_recorded_balances_come_out_of_the_channel_whole(captures: Path) -> None:
    snapshot, *updates = recorded(captures, "balances")
    desk = Desk(BalancesChannel("main"))
    out: list[Any] = []
    desk.keeper.replaced(desk.channel.decode(snapshot).data[0], NOW, out)
    assert [told(text) for text in out[0].event.balances] == exact(snapshot)["data"]
    for line in updates:
        desk.snapshot(sequence=json.loads(line)["sequence"] - 1)
        out = []
        desk.keeper.updated(desk.channel.decode(line).data[0], NOW, out)
        event = out[0].event
        assert isinstance(event, Balance)
        (report,) = exact(line)["data"]
        assert told(event.report) == report
        wallet = {"type": "spot", "id": "main", "balance": report["balance"]}
        assert told(event.state) == {
            "asset": report["asset"],
            "asset_class": "currency",
            "balance": report["balance"],
            "wallets": [wallet],
        }


@pytest.mark.parametrize("channel", DECODERS)
@pytest.mark.parametrize(
    "rest",
    ['"type":"update","sequence":1,"data":1', '"type":"update","sequence":1,"data":null',
     '"type":"update","data":[]', '"type":"update","sequence":-1,"data":[]',
     '"type":"update","sequence":1.5,"data":[]', '"type":"update","sequence":1e1,"data":[]',
     '"type":"update","sequence":18446744073709551616,"data":[]', '"type":"else","sequence":1,'
     '"data":[]', '"type":"update","sequence":1,"data":[{"a":01}]'],
)  # fmt: skip
def test_a_message_that_lacks_its_shape_is_refused(channel: str, rest: str) -> None:
    with pytest.raises(UNDECODABLE):
        DECODERS[channel](f'{{"channel":"{channel}",{rest}}}'.encode())


@pytest.mark.parametrize("channel", DECODERS)
def test_the_refusal_of_a_token_is_an_answer_and_no_data(channel: str) -> None:
    """It is the one answer that names its channel as data does (protocol.md 11)."""
    payload = (
        f'{{"channel":"{channel}","error":"ESession:Invalid session","method":"subscribe",'
        '"req_id":7,"status":"error","success":false}'
    ).encode()
    with pytest.raises(UNDECODABLE):
        DECODERS[channel](payload)
    error = "ESession:Invalid session"
    assert decode_other(payload, channel) == Ack(
        "subscribe", 7, "", "", error, report=payload.decode()
    )


@pytest.mark.parametrize(
    ("unknown_fields", "channel"),
    [(executions.unknown_fields, "executions"), (balances.unknown_fields, "balances")],
)
def test_new_fields_are_named_by_their_paths_once(
    unknown_fields: Callable[[bytes], list[str]], channel: str
) -> None:
    item = '{"timestamp":"","novel":{"x":1}}'
    message = f'"type":"update","sequence":1,"data":[{item},{item}]'
    payload = f'{{"channel":"{channel}",{message},"more":1}}'.encode()
    assert unknown_fields(payload) == [f"{channel}.more", f"{channel}.data.novel"]
    assert unknown_fields(b'{"channel":"heartbeat"}') == []
    assert unknown_fields(payload.replace(item.encode(), b"1")) == []


# Objects taken apart and put together


@pytest.mark.parametrize(
    "text",
    ["{}", '{"a":1.50,"b":{"c":[1e-8,null]},"d":"x \\u00e9 \\" é","e":-0.0}', '{"\\"":1,"ö":2}'],
)
def test_an_object_comes_back_as_it_was(text: str) -> None:
    again = objects.object_text(objects.fields_of(text))
    assert exact(again) == exact(text)
    assert str(exact(again)) == str(exact(text))


@pytest.mark.parametrize("text", ["", "1", "[]", "null", '{"a":}', '{"a":1', '{"a":' + "[" * 9000])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(BadFrame):
        objects.fields_of(text)


def test_bytes_that_are_no_text_are_refused() -> None:
    message = executions.decode_executions(
        b'{"channel":"executions","type":"update","sequence":1,"data":[{"order_id":"\xff"}]}'
    )
    with pytest.raises(BadFrame):
        executions.reports_of(message)
