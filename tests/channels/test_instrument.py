"""The channel `instrument`: Kraken's own words get through whole, changes are told, doubles not."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from publisher import wire
from publisher.actions import Action, Emit, Notify, Send
from publisher.channels.instrument import InstrumentChannel
from publisher.channels.level3 import Level3Channel
from publisher.kraken.instruments import decode_instrument, unknown_fields
from publisher.kraken.messages import UNDECODABLE, Instruments
from publisher.kraken.requests import INSTRUMENTS
from publisher.model import Instrument, Now
from publisher.session import Session
from publisher.wire import InstrumentSnapshot
from tests.level3_model import told
from tests.requirements import captures_folder

NOW = Now(1000.0, 7_000)
PAIR = '{"symbol":"A/B","status":"online","price_precision":1,"qty_precision":8,"new": [1.50]}'
OTHER = '{"symbol":"C/D","status":"online","price_precision":40,"qty_precision":0,"qty_min":1e-8}'
ASSET = '{"id":"A","status":"enabled","precision":10,"margin_rate":0.020000}'


def frame(kind: str, pairs: list[str], assets: list[str]) -> bytes:
    data = f'{{"assets":[{",".join(assets)}],"pairs":[{",".join(pairs)}]}}'
    return f'{{"channel":"instrument","type":"{kind}","data":{data}}}'.encode()


def begun() -> Session:
    """Return a session that has asked, been told yes, and awaits the list."""
    session = Session(("",), InstrumentChannel())
    (send,) = session.connected(NOW)
    assert isinstance(send, Send)
    request = json.loads(send.request)
    assert request["params"] == {"channel": "instrument", **INSTRUMENTS}
    ack = {"method": "subscribe", "req_id": request["req_id"], "success": True}
    result = {"channel": "instrument", "snapshot": True, "warnings": ["tick_size is deprecated"]}
    session.received(json.dumps(ack | {"result": result}).encode(), NOW)
    return session


def events(actions: list[Action]) -> list[Any]:
    return [action.event for action in actions if isinstance(action, Emit)]


def of(payload: bytes, session: Session) -> Any:
    """Return the one event that a message gives."""
    (event,) = events(session.received(payload, NOW))
    return event


def words(rows: Any) -> list[str]:
    return [row[-1] if isinstance(row[-1], str) else "".join(row[-1]) for row in rows]


def test_the_real_list_goes_through_with_every_word() -> None:
    """683 pairs, 296 assets as Kraken sent them; the numbers' digits too."""
    payload = (captures_folder() / "instrument-snapshot-683pairs.json").read_bytes()
    session = begun()
    event = of(payload, session)
    assert isinstance(event, InstrumentSnapshot)
    assert event.pairs is not None
    assert event.assets is not None
    assert (len(event.pairs), len(event.assets)) == (683, 296)
    data = json.loads(payload, parse_float=Decimal)["data"]
    for rows, items in ((event.pairs, data["pairs"]), (event.assets, data["assets"])):
        assert [json.loads(text, parse_float=Decimal) for text in words(rows)] == items
        assert all(text.encode() in payload for text in words(rows)), "byte for byte"
    for row, item in zip(event.pairs, data["pairs"], strict=True):
        precisions = item["price_precision"], item["qty_precision"]
        assert row[:4] == (item["symbol"], item["status"], *precisions)
    for asset, item in zip(event.assets, data["assets"], strict=True):
        assert asset[:3] == (item["id"], item["status"], item["precision"])
    captured = session.capture("")
    assert captured == event
    assert len(wire.encode(event, 0)) > wire.POINTER_BYTES


def test_changes_are_told_and_doubles_are_not() -> None:
    session = begun()
    of(frame("snapshot", [PAIR, OTHER], [ASSET]), session)
    delisted = OTHER.replace("online", "delisted")
    event = of(frame("update", [PAIR, delisted], [ASSET]), session)
    assert event.pairs == [("C/D", "delisted", 40, 0, delisted)]
    assert event.assets == []
    assert events(session.received(frame("update", [PAIR], [ASSET]), NOW)) == []
    asset = ASSET.replace("enabled", "disabled")
    event = of(frame("update", [], [asset]), session)
    assert (event.pairs, event.assets) == ([], [("A", "disabled", 10, asset)])
    captured = session.capture("")
    assert isinstance(captured, InstrumentSnapshot)
    assert words(captured.pairs) == [PAIR, delisted]
    assert words(captured.assets) == [asset]


def test_a_field_that_only_kraken_knows_is_a_change_too() -> None:
    session = begun()
    of(frame("snapshot", [PAIR], []), session)
    finer = PAIR.replace("1.50", "1.5")
    assert words(of(frame("update", [finer], []), session).pairs) == [finer]


def test_after_a_reconnect_the_snapshot_holds_what_changed() -> None:
    session = begun()
    of(frame("snapshot", [PAIR, OTHER], [ASSET]), session)
    (reset,) = events(session.disconnected(NOW))
    assert reset.reason == "disconnected"
    assert session.capture("") is None
    session.connected(NOW)
    changed = PAIR.replace("online", "cancel_only")
    event = of(frame("snapshot", [changed], [ASSET]), session)
    assert isinstance(event, InstrumentSnapshot)
    assert words(event.pairs) == [changed], "C/D is listed no more"


@pytest.mark.parametrize(
    "odd",
    [
        "1",
        '{"symbol":"X/Y"}',
        '{"symbol":"X/Y","status":"online","price_precision":-1,"qty_precision":8}',
        '{"symbol":"X/Y","status":"online","price_precision":1.5,"qty_precision":8}',
        '{"symbol":"","status":"online","price_precision":1,"qty_precision":8}',
    ],
)
def test_an_odd_pair_is_named_and_costs_no_other(odd: str) -> None:
    session = begun()
    actions = session.received(frame("snapshot", [PAIR, odd], [ASSET, odd]), NOW)
    (event,) = events(actions)
    assert words(event.pairs) == [PAIR]
    assert words(event.assets) == [ASSET]
    noted = [action.note for action in actions if isinstance(action, Notify)]
    assert len(noted) == 2
    assert all(odd in note for note in noted)


def test_long_words_travel_in_pieces() -> None:
    session = begun()
    long = PAIR.replace("[1.50]", json.dumps("é" * 3000, ensure_ascii=False))
    (row,) = of(frame("snapshot", [long], []), session).pairs
    assert [len(piece.encode()) <= 4096 for piece in row[-1]] == [True, True]
    assert "".join(row[-1]) == long


@pytest.mark.parametrize(
    "payload",
    [
        b'{"channel":"instrument","type":"snapshot"}',
        b'{"channel":"instrument","type":"other","data":{}}',
        b'{"channel":"instrument","type":"snapshot","data":[]}',
        b'{"channel":"book","type":"snapshot","data":[]}',
    ],
)
def test_what_is_no_list_is_undecodable(payload: bytes) -> None:
    with pytest.raises(UNDECODABLE):
        decode_instrument(payload)


def test_a_broken_list_ends_the_connection() -> None:
    (_, close) = begun().received(b'{"channel":"instrument","type":"snapshot"}', NOW)
    assert "malformed" in str(close)


def test_new_fields_are_noticed() -> None:
    payload = frame("update", [PAIR], [ASSET.replace("margin_rate", "mood")])
    assert unknown_fields(payload) == ["instrument.assets.mood", "instrument.pairs.new"]
    real = (captures_folder() / "instrument-snapshot-683pairs.json").read_bytes()
    assert unknown_fields(real) == []


@pytest.mark.parametrize(
    "changed", [Instrument("A/B", 2, 8, "online"), Instrument("A/B", 1, 8, "cancel_only")]
)
def test_a_level3_book_is_rebuilt_on_a_change_heard_elsewhere(changed: Instrument) -> None:
    """X22: its instruments come from another connection (`Listed`)."""
    session = Session(("A/B",), Level3Channel(10))
    before = Instrument("A/B", 1, 8, "online")
    session.listed(Instruments(True, [before]), NOW)
    session.connected(NOW)
    snapshot = told("snapshot", [], [], 0).replace(b"X/Y", b"A/B")
    session.received(snapshot, NOW)
    assert session.live == 1
    assert session.listed(Instruments(False, [before]), NOW) == []
    actions = session.listed(Instruments(False, [changed]), NOW)
    (reset,) = events(actions)
    assert reset.reason == "instrument"
    (send,) = [action for action in actions if isinstance(action, Send)]
    assert json.loads(send.request)["method"] == "unsubscribe"
    assert session.live == 0
