"""Every message that was ever recorded decodes; every broken one is a BadFrame and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import cast

import msgspec
import pytest

from publisher.errors import BadFrame
from publisher.kraken import objects
from publisher.kraken.messages import (
    UNDECODABLE,
    Ack,
    Alive,
    BookMessage,
    Instruments,
    Message,
    Status,
    Unknown,
    decode_book,
    decode_other,
    unknown_fields,
)
from publisher.model import Instrument

BOOK = (
    b'{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":62807.0,'
    b'"qty":0.00000000}],"asks":[],"checksum":4294967295,"timestamp":"2026-01-02T03:04:05.123456Z"}]}'
)


def decode(payload: bytes) -> BookMessage | Message:
    """Return what a message says on a connection of the channel `book`."""
    try:
        return decode_book(payload)
    except UNDECODABLE:
        return decode_other(payload, "book")


def kind_of(message: BookMessage | Message) -> str:
    """Return the class, and of a message that is not known what it is."""
    return f"unknown {message.kind}" if isinstance(message, Unknown) else type(message).__name__


def lines_of(file: Path) -> Iterator[bytes]:
    yield from file.read_bytes().splitlines()


# Counted with grep in the files.
RECORDED = {
    "l2-btc-eth-d10-20260707.ndjson": {
        "BookMessage": 2962,
        "Alive": 23,
    },
    "l2-10pairs-d1000-20210417-from-v1.ndjson": {"BookMessage": 4279},
    "single-book-snapshots.ndjson": {"BookMessage": 3},
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_books_and_heartbeats_are_all_understood(captures: Path, name: str) -> None:
    kinds = Counter(kind_of(decode(line)) for line in lines_of(captures / name))
    assert {kind: kinds[kind] for kind in RECORDED[name]} == RECORDED[name]


@pytest.mark.parametrize(
    "name",
    [
        "l2-btc-eth-d10-20260707.ndjson",
        "l3-btc-d10-20240924.ndjson",
        "private-and-control-202405.ndjson",
        "control-ohlc-ticker-2026.ndjson",
    ],
)
def test_every_recorded_frame_is_judged_by_its_envelope(captures: Path, name: str) -> None:
    """§2: `method` present is a response, else `channel` decides; nothing recorded is bad."""
    for line in lines_of(captures / name):
        raw = json.loads(line)
        message = decode(line)
        if "method" in raw:
            assert isinstance(message, Alive if raw["method"] == "pong" else Ack), line
        else:
            expected: dict[str, type] = {
                "book": BookMessage,
                "heartbeat": Alive,
                "status": Status,
                "instrument": Instruments,
            }
            assert isinstance(message, expected.get(raw["channel"], Unknown)), line


def test_errors_recorded_keep_their_words(captures: Path) -> None:
    for name in ("private-and-control-202405.ndjson", "control-ohlc-ticker-2026.ndjson"):
        for line in lines_of(captures / name):
            raw = json.loads(line)
            if raw.get("success") is False:
                message = decode(line)
                assert isinstance(message, Ack)
                assert (message.error, message.method) == (raw["error"], raw["method"])


def test_the_recorded_instruments_are_all_there(captures: Path) -> None:
    """683 pairs, pretty-printed by jq; each with the precisions that plain json reads."""
    payload = (captures / "instrument-snapshot-683pairs.json").read_bytes()
    message = decode(payload)
    assert isinstance(message, Instruments)
    assert message.is_snapshot
    pairs = json.loads(payload)["data"]["pairs"]
    assert len(message.pairs) == len(pairs) == 683
    assert message.pairs == [
        Instrument(pair["symbol"], pair["price_precision"], pair["qty_precision"], pair["status"])
        for pair in pairs
    ]


def test_numbers_of_a_book_keep_their_digits() -> None:
    message = decode(BOOK)
    assert isinstance(message, BookMessage)
    (data,) = message.data
    (level,) = data.bids
    assert (level.price, level.qty, data.checksum) == ("62807.0", "0.00000000", 4294967295)
    assert data.timestamp == "2026-01-02T03:04:05.123456Z"


def test_a_snapshot_without_a_timestamp_is_fine() -> None:
    """§5.1: absent until 2025."""
    message = decode(BOOK.replace(b',"timestamp":"2026-01-02T03:04:05.123456Z"', b""))
    assert isinstance(message, BookMessage)
    assert message.data[0].timestamp == ""


ACK = (
    b'{"method":"subscribe","req_id":7,"result":{"channel":"book","depth":10,"snapshot":true,'
    b'"symbol":"BTC/USD"},"success":true,"time_in":"x","time_out":"y"}'
)
ERROR = (
    b'{"error":"Subscription depth not supported","method":"subscribe","req_id":7,"success":false,'
    b'"symbol":"BTC/USD","time_in":"x","time_out":"y"}'
)


def test_acks() -> None:
    assert ack(ACK) == ("subscribe", 7, "book", "BTC/USD", "", ())
    assert ack(ERROR) == ("subscribe", 7, "", "BTC/USD", "Subscription depth not supported", ())
    limited = b'{"method":"subscribe","success":false,"error":"Exceeded msg rate"}'
    assert ack(limited) == ("subscribe", None, "", "", "Exceeded msg rate", ())
    batch = b'{"method":"batch_add","result":[{"order_id":"x"}],"success":true}'
    assert ack(batch) == ("batch_add", None, "", "", "", ())
    # §11: an invalid session has `channel` beside `method`.
    odd = (
        b'{"channel":"executions","error":"ESession:Invalid session","method":"subscribe",'
        b'"status":"error","success":false}'
    )
    assert ack(odd) == ("subscribe", None, "", "", "ESession:Invalid session", ())


def ack(payload: bytes) -> tuple[object, ...]:
    """Return what is read in an answer; the rest of it is there as Kraken wrote it."""
    *read, report = msgspec.structs.astuple(cast(Ack, decode(payload)))
    assert report == payload.decode()
    return tuple(read)


CONTROL = ("private-and-control-202405.ndjson", "control-ohlc-ticker-2026.ndjson")


def test_no_field_of_a_recorded_answer_is_lost(captures: Path) -> None:
    """Answers to subscriptions, to each trading method and their refusals: what they come to, taken
    apart and put together again, is what Kraken sent, every digit of it.
    """
    seen: Counter[str] = Counter()
    for line in (line for name in CONTROL for line in lines_of(captures / name)):
        want = json.loads(line, parse_float=Decimal, parse_int=Decimal)
        if "method" not in want:
            continue
        message = decode_other(line, "executions")
        assert isinstance(message, Ack)
        again = objects.object_text(objects.fields_of(message.report))
        assert json.loads(again, parse_float=Decimal, parse_int=Decimal) == want
        result = want.get("result", {})
        result = {} if isinstance(result, list) else result
        assert message.method == want["method"]
        assert message.req_id == want.get("req_id")
        assert message.error == want.get("error", "")
        assert message.symbol == result.get("symbol", want.get("symbol", ""))
        assert message.channel == result.get("channel", "")
        assert list(message.warnings) == result.get("warnings", [])
        seen[want["method"]] += 1
    assert seen == {
        "ping": 1, "subscribe": 5, "add_order": 4, "edit_order": 2, "amend_order": 2,
        "cancel_order": 2, "cancel_all": 1, "cancel_all_orders_after": 1, "batch_add": 1,
        "batch_cancel": 1,
    }  # fmt: skip


def test_an_error_without_words_is_still_an_error() -> None:
    message = decode(b'{"method":"subscribe","success":false}')
    assert isinstance(message, Ack)
    assert message.error


def test_status_with_its_announcements() -> None:
    body = (
        b'{"channel":"status","type":"update","data":[{"system":"maintenance","api_version":"v2",'
        b'"connection_id":13834774380200032777,"version":"2.0.10","upcoming_maintenance":'
        b'[{"event_id":1,"title":"Engine upgrade","phase":"imminent_5m"}],'
        b'"emergency":[{"title":"Feed trouble"}]}]}'
    )
    status = decode(body)
    assert isinstance(status, Status)
    assert status.system == "maintenance"
    assert status.announcements == ("Engine upgrade (imminent_5m)", "Feed trouble")
    assert status.report.encode() == body[body.index(b"[") + 1 : -2], "byte for byte"
    plain = decode(b'{"channel":"status","data":[ {"system" : "online"} ]}')
    assert isinstance(plain, Status)
    assert (plain.system, plain.announcements) == ("online", ())
    assert plain.report == '{"system" : "online"}'


def test_a_status_is_news_by_what_it_says_of_the_venue() -> None:
    def gist(**more: object) -> bytes:
        data = [{"system": "online", **more}]
        message = decode(json.dumps({"channel": "status", "data": data}).encode())
        assert isinstance(message, Status)
        return message.gist

    planned = {"title": "Upgrade", "phase": "announced", "time_to_start_s": 100}
    same = [{**planned, "time_to_start_s": 90}]
    assert gist(connection_id=1, version="2.0.10") == gist(connection_id=2, version="2.0.11")
    assert gist() == gist(upcoming_maintenance=[], emergency=[])
    assert gist(upcoming_maintenance=[planned]) == gist(upcoming_maintenance=same)
    assert gist(upcoming_maintenance=[planned]) != gist()
    later = [{**planned, "phase": "imminent_5m"}]
    assert gist(upcoming_maintenance=[planned]) != gist(upcoming_maintenance=later)
    assert gist(emergency=[{"title": "x"}]) != gist(emergency=[{"title": "y"}])


def test_an_odd_pair_costs_no_other() -> None:
    """An instrument snapshot lists some 1,450 pairs; what one of them lacks is its own affair."""
    good = '{"symbol":"A/B","status":"online","price_precision":1,"qty_precision":8,"new":[1.5]}'
    odd = [
        '{"symbol":"C/D","status":"online","price_precision":1}',
        '{"symbol":"C/D","status":"online","price_precision":-1,"qty_precision":8}',
        '{"symbol":"C/D","status":"online","price_precision":1,"qty_precision":31}',
        '{"symbol":"C/D","status":null,"price_precision":1,"qty_precision":8}',
        "null",
    ]
    for pair in odd:
        body = f'{{"channel":"instrument","type":"update","data":{{"pairs":[{pair},{good}]}}}}'
        assert decode(body.encode()) == Instruments(False, [Instrument("A/B", 1, 8, "online")])


def test_what_is_not_known_is_no_error() -> None:
    assert decode(b'{"channel":"novelty","data":[1e400]}') == Unknown("channel novelty")
    assert decode(b"{}") == Unknown("channel None")
    assert decode(b'{"channel":["book"]}') == Unknown("channel ['book']")
    assert decode(b'{"channel":"heartbeat","novel":1}') == Alive("heartbeat")
    assert decode(b'{"method":"pong","req_id":101}') == Alive("pong")


def test_unknown_fields_are_named() -> None:
    novel = BOOK.replace(b'"symbol"', b'"seq":5,"symbol"').replace(b'"type"', b'"novel":{},"type"')
    assert isinstance(decode(novel), BookMessage)
    assert sorted(unknown_fields(novel)) == ["book.data.seq", "book.novel"]
    assert unknown_fields(BOOK) == []


def test_unknown_fields_of_any_content_are_named_or_passed() -> None:
    """An integer of 5,000 digits is JSON; msgspec reads past it in a field it does not know."""
    endless = BOOK.replace(b'"type"', b'"novel":' + b"9" * 5000 + b',"type"')
    assert isinstance(decode(endless), BookMessage)
    assert unknown_fields(endless)


def test_other_messages_have_no_unknown_fields() -> None:
    assert unknown_fields(b'{"channel":"heartbeat"}') == []
    for message in BROKEN.values():
        assert unknown_fields(message) == []


DEEP = 200_000
BROKEN = {
    "empty": b"",
    "no JSON": b"CloudFlare WebSocket proxy restarting",
    "HTML": b"<html>1015</html>",
    "half": BOOK[: len(BOOK) // 2],
    "tail": BOOK + b"}",
    "array": b"[1]",
    "text": b'"book"',
    "bytes": bytes(range(255, -1, -5)),
    "bad UTF-8 in a string": b'{"channel":"\xff"}',
    "bad UTF-8 in a symbol": BOOK.replace(b"BTC", b"B\xc3("),
    "lone surrogate": b'{"channel":"\\ud800"}',
    "endless nesting": b'{"channel":"x","data":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "endless nesting in a book": BOOK.replace(
        b'"bids"', b'"z":' + b"[" * DEEP + b"]" * DEEP + b',"bids"'
    ),
    "endless number": BOOK.replace(b"62807.0", b"1" * 6000),
    "no symbol": BOOK.replace(b'"symbol":"BTC/USD",', b""),
    "no checksum": BOOK.replace(b'"checksum":4294967295,', b""),
    "checksum text": BOOK.replace(b"4294967295", b'"4294967295"'),
    "checksum float": BOOK.replace(b"4294967295", b"4294967295.0"),
    "book type": BOOK.replace(b'"update"', b'"upsert"'),
    "book data": b'{"channel":"book","type":"update","data":{}}',
    "level without qty": BOOK.replace(b',"qty":0.00000000', b""),
    "levels null": BOOK.replace(b'"asks":[]', b'"asks":null'),
    "status empty": b'{"channel":"status","data":[]}',
    "status nothing": b'{"channel":"status"}',
    "status event": b'{"channel":"status","data":[{"system":"x","emergency":[null]}]}',
    "instrument data": b'{"channel":"instrument","type":"snapshot","data":[]}',
    "instrument type": b'{"channel":"instrument","data":{"pairs":[]}}',
    "ack result": b'{"method":"subscribe","result":"x","success":true}',
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_a_bad_frame(what: str) -> None:
    with pytest.raises(BadFrame):
        decode(BROKEN[what])


def test_every_cut_of_a_message_is_a_bad_frame() -> None:
    for message in (BOOK, ACK, ERROR):
        for end in range(len(message)):
            with pytest.raises(BadFrame):
                decode(message[:end])
