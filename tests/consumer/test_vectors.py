"""Every vector of consumers/spec/vectors/ against the Python consumer, codes included."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from pykraken_consumer import Book, OrderBook, State
from pykraken_consumer._choosing import Wish, choose
from pykraken_consumer._events import (
    Event,
    Gap,
    Missed,
    Quarantined,
    Regression,
    Stale,
)
from pykraken_consumer.book import checksum_of, orders_checksum
from pykraken_consumer.errors import AmbiguousStream, DecodeError, NoStream
from pykraken_consumer.replica import Missing, Replica
from pykraken_consumer.tail import error_line, line
from pykraken_consumer.wire import (
    Bye,
    EntryId,
    Epoch,
    Listing,
    OrdersSnapshot,
    Reset,
    Snapshot,
    Unknown,
    WireEvent,
    decode,
    decode_listing,
    parse_id,
)

from tests.consumer.lines import BothLines
from tests.requirements import ROOT, require

VECTORS = ROOT / "consumers" / "spec" / "vectors"
STREAMS = {
    "book": "{kraken.BTC/USD}:book.10",
    "level3": "{kraken.BTC/USD}:level3.10",
    "bbo": "{kraken.BTC/USD}:bbo.book.10",
    "ticker": "{kraken.BTC/USD}:ticker.bbo",
    "trade": "{kraken.BTC/USD}:trade",
    "ohlc": "{kraken.BTC/USD}:ohlc.1",
    "instrument": "{kraken.instrument}:instrument",
    "executions": "{priv.kraken.main}:executions",
    "balances": "{priv.kraken.main}:balances",
}
RUN_HERE = {"valid", "invalid", "stories", "lines", "catalogue", "choices"}

PRECISIONS = ("price_precision", "qty_precision")
MARKS = ("channel", "symbol", "epoch", "seq", "ts_event", "is_valid", "is_stale", "sequence")

Vector = dict[str, Any]


def _vectors(folder: str) -> list[Any]:
    """One parameter a file; a folder without files gives one that is skipped loudly."""
    files = sorted((VECTORS / folder).glob("*.json"))
    if not files:
        return [pytest.param(None, id="missing")]
    return [pytest.param(path, id=path.stem) for path in files]


def _load(path: Path | None) -> Vector:
    require(path is not None, "vectors are missing: python -m tests.spec.vectors")
    assert path is not None
    vector: Vector = json.loads(path.read_text(encoding="utf-8"))
    assert vector["name"] == path.stem
    return vector


def _encodings(vector: Vector) -> Iterator[bytes]:
    if "hex" in vector:
        yield bytes.fromhex(vector["hex"])
    else:
        yield b"".join([bytes.fromhex(part) * int(times) for part, times in vector["repeat"]])
    for alternative in vector.get("alternatives", ()):
        yield bytes.fromhex(alternative)


def _spelled(value: object) -> object:
    """The value as vectors spell it: every number a string of digits."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return [_spelled(part) for part in value]
    return value


def _fields(event: WireEvent | Listing) -> dict[str, object]:
    pairs = zip(event._fields, event, strict=True)
    return {
        name: _spelled(value)
        for name, value in pairs
        if value is not None and name not in ("entry_id", "stream")
    }


def _type(event: WireEvent) -> str:
    """The event's `t`: classes that share one end alike."""
    name = type(event).__name__
    return next((end.lower() for end in ("Snapshot", "Gap") if name.endswith(end)), name.lower())


def test_no_folder_is_left_out() -> None:
    folders = {path.name for path in VECTORS.iterdir() if path.is_dir()}
    assert folders <= RUN_HERE, f"vectors that nobody runs: {sorted(folders - RUN_HERE)}"
    for folder in folders:
        assert not [path for path in (VECTORS / folder).iterdir() if path.suffix != ".json"]


@pytest.mark.parametrize("path", _vectors("lines"))
def test_lines(path: Path | None) -> None:
    vector = _load(path)
    both = BothLines(STREAMS[vector.get("stream", "book")])
    for step in vector["steps"]:
        match step:
            case {"now": seconds}:
                both.now(float(seconds))
            case {"line": line}:
                both.hand(line, step)
    assert both.told == vector["expect"]


@pytest.mark.parametrize("path", _vectors("valid"))
def test_valid(path: Path | None) -> None:
    vector = _load(path)
    entry_id = parse_id(vector["id"])
    for data in _encodings(vector):
        event = decode(entry_id, data, vector["stream"])
        said = _fields(event)
        if not isinstance(event, Unknown):
            said = {"type": _type(event), **said}
        assert said == vector["event"]
        assert line(event) == vector["canonical"]
        if "checksum" in vector:
            assert isinstance(event, Snapshot | OrdersSnapshot)
            own_of = checksum_of if isinstance(event, Snapshot) else orders_checksum
            own = own_of(event.bids or (), event.asks or ())  # type: ignore[arg-type]
            assert (own == event.checksum) is (vector["checksum"] == "right")


@pytest.mark.parametrize("path", _vectors("invalid"))
def test_invalid(path: Path | None) -> None:
    vector = _load(path)
    entry_id = parse_id(vector["id"])
    for data in _encodings(vector):
        with pytest.raises(DecodeError) as caught:
            decode(entry_id, data, vector["stream"])
        assert caught.value.code == vector["code"], str(caught.value)
        assert error_line(entry_id, caught.value.code) == vector["canonical"]


@pytest.mark.parametrize("path", _vectors("catalogue"))
def test_catalogue(path: Path | None) -> None:
    vector = _load(path)
    for data in _encodings(vector):
        listing = decode_listing(vector["field"], data)
        assert listing.stream == vector["field"]
        assert _fields(listing) == vector["value"]


@pytest.mark.parametrize("path", _vectors("choices"))
def test_choices(path: Path | None) -> None:
    vector = _load(path)
    listings = [decode_listing(row["field"], bytes.fromhex(row["hex"])) for row in vector["rows"]]
    words = {
        word: int(value) if word in ("depth", "interval") else value
        for word, value in vector["wish"].items()
    }
    wish = Wish(**words)
    if "code" in vector:
        with pytest.raises((NoStream, AmbiguousStream)) as caught:
            choose(listings, wish)
        assert getattr(caught.value, "code", None) == vector["code"]
    else:
        assert choose(listings, wish)[0].stream == vector["chosen"]


@pytest.mark.parametrize("path", _vectors("stories"))
def test_stories(path: Path | None) -> None:
    story = _load(path)
    missing: Missing = "raise" if story.get("waits") == "no" else "wait"
    replica = Replica(STREAMS[story.get("stream", "book")], 0, missing)
    told: list[dict[str, object]] = []
    now = 0.0
    for number, step in enumerate(story["steps"]):
        if "now" in step:
            now = float(step["now"])
            replica.tick(now)
        try:
            told += _told(_hand_in(replica, step, now))
        except NoStream as error:
            told.append({"code": error.code})
        stands: dict[str, object] = {
            "wants": replica.wants,
            "cursor": None if replica.cursor is None else str(replica.cursor),
            "valid": replica.state.is_valid,
            "stale": replica.state.is_stale,
        }
        assert stands | step["then"] == stands, f"step {number}"
    assert told == story["expect"]
    assert _final(replica) == story["final"]


def _hand_in(replica: Replica, step: Vector, now: float) -> list[Event]:
    match step:
        case {"snap": None}:
            return replica.snapshot_read(None, None, now)
        case {"snap": snap}:
            return replica.snapshot_read(parse_id(snap["id"]), bytes.fromhex(snap["hex"]), now)
        case {"entry": entry}:
            return list(
                replica.received([(entry["id"].encode(), bytes.fromhex(entry["hex"]))], now)
            )
        case {"pointer": None}:
            return replica.pointer_read(None, now)
        case {"pointer": snap}:
            assert parse_id(snap["id"]) == replica.cursor
            return replica.pointer_read(bytes.fromhex(snap["hex"]), now)
        case {"heads": {"stream": head}}:
            return replica.heads_read(None if head is None else parse_id(head), now)
        case {"now": _}:
            return []
        case _:
            raise AssertionError(f"a step that nobody runs: {sorted(step)}")


def _told(events: list[Event]) -> Iterator[dict[str, object]]:
    """What a story lists, from the events for the application."""
    missed = Missed(None, None)
    for event in events:
        match event.body:
            case Missed() as body:
                missed = body
            case Epoch(entry_id=entry_id, reason=reason):
                unseen, lost = ([str(i) for i in part] if part else None for part in missed)
                yield {
                    "type": "epoch",
                    "id": str(entry_id),
                    "reason": reason,
                    "unseen": unseen,
                    "missed": lost,
                }
            case Reset(entry_id=entry_id, reason=reason):
                yield {"type": "reset", "id": str(entry_id), "reason": reason}
            case Bye(entry_id=entry_id):
                yield {"type": "bye", "id": str(entry_id)}
            case Gap(cursor=cursor, found=found):
                yield {"code": "GAP", "cursor": str(cursor), "found": str(found)}
            case Quarantined(code=code, entry_id=entry_id):
                yield {"code": str(code), "id": str(entry_id)}
            case Stale(age_s=age):
                yield {"code": "STALE", "age": f"{age:g}"}
            case Regression(cursor=cursor, head=head):
                yield {"code": "REGRESSION", "cursor": str(cursor), "head": str(head)}


def _final(replica: Replica) -> dict[str, object]:
    final: dict[str, object] = {
        "cursor": None if replica.cursor is None else str(replica.cursor),
        "valid": replica.state.is_valid,
        "skipped": str(replica.skipped),
    }
    return final | _held(replica.state) if replica.state.is_valid else final


def _held(state: State) -> dict[str, object]:
    """What a state holds, as stories spell it: header and content by full names."""
    if isinstance(state, Book | OrderBook):
        rows = state.levels if isinstance(state, Book) else state.orders
        content = {
            **{name: getattr(state, name) for name in ("depth", *PRECISIONS)},
            "checksum": state.checksum(),
            "bids": tuple(map(tuple, rows("bid"))),
            "asks": tuple(map(tuple, rows("ask"))),
        }
    else:
        content = {
            name: _sorted(value) if isinstance(value, dict) else value
            for name, value in asdict(state).items()
            if value is not None and name not in MARKS
        }
    return {name: _spelled(value) for name, value in content.items()}


def _sorted(rows: dict[str, object]) -> tuple[object, ...]:
    return tuple(rows[name] for name in sorted(rows))


def test_an_entry_id_prints_as_redis_writes_it() -> None:
    assert str(EntryId(12, 3)) == "12-3"
