"""Captures: read without loss, played byte for byte, at the pace of their own timestamps."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.errors import ConfigurationError
from publisher.simulator.capture import Capture, Recorded, load, read
from publisher.simulator.replay import Playback
from tests.level3_model import level3_frames, replay_level3
from tests.model import book_frames, replay

RECORDINGS = {
    "l2-btc-eth-d10-20260707.ndjson": (10, 2),
    "l2-10pairs-d1000-20210417-from-v1.ndjson": (1000, 10),
}
ORDERS = "l3-btc-d10-20240924.ndjson"

SMALL = [
    '{"channel":"status","type":"update","data":[{"system":"online"}]}',
    '{"channel":"book","type":"snapshot","data":[{"symbol":"A/B","bids":[{"price":1.50,"qty":2.000}],'
    '"asks":[],"checksum":1,"timestamp":"2026-01-02T03:04:05.000000Z"}]}',
    '{"channel":"heartbeat"}',
    '{"channel":"book","type":"snapshot","data":[{"symbol":"C/D","bids":[],"asks":[{"price":7,"qty":1.0}],'
    '"checksum":2}]}',
    '{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[{"price":1.49,"qty":0.001}],'
    '"asks":[],"checksum":3,"timestamp":"2026-01-02T03:04:07.500000Z"}]}',
    "not json",
]
BOTH = {("book", "A/B"), ("book", "C/D")}


def playback(*, speed: float = 1.0, loops: int = 1) -> Playback:
    return Playback(read(SMALL), speed=speed, grace_s=2.0, loops=loops)


def texts(frames: list[Recorded]) -> list[str]:
    return [frame.text for frame in frames]


def test_precisions_come_from_the_digits_and_times_from_the_frames() -> None:
    capture = read(SMALL)
    precisions = {i.symbol: (i.price_precision, i.qty_precision) for i in capture.instruments}
    assert precisions == {"A/B": (2, 3), "C/D": (0, 1)}
    assert [frame.after_ns for frame in capture.frames] == [0, 0, 2_500_000_000]
    assert texts(list(capture.frames)) == [SMALL[1], SMALL[3], SMALL[4]]


def test_precisions_of_an_instrument_frame_win() -> None:
    listing = (
        '{"channel":"instrument","type":"snapshot","data":{"assets":[],"pairs":'
        '[{"symbol":"A/B","price_precision":4,"qty_precision":8}]}}'
    )
    (first, *_) = read([*SMALL, listing]).instruments
    assert (first.symbol, first.price_precision, first.qty_precision) == ("A/B", 4, 8)


@pytest.mark.parametrize("name", RECORDINGS)
def test_real_captures_are_understood(captures: Path, name: str) -> None:
    depth, symbols = RECORDINGS[name]
    capture = load(captures / name)
    lines = (captures / name).read_text().splitlines()
    assert (capture.depth, len(capture.books)) == (depth, symbols)
    recorded = [frame.text for frame in capture.frames if frame.channel == "book"]
    assert recorded == [line for line in lines if line.startswith('{"channel":"book"')]


def test_a_file_without_frames_is_a_configuration_error(tmp_path: Path) -> None:
    path = tmp_path / "empty.ndjson"
    path.write_text('{"channel":"heartbeat"}\n')
    with pytest.raises(ConfigurationError, match="--replay"):
        load(path)


def test_nothing_is_played_before_every_symbol_is_subscribed() -> None:
    run = playback(speed=0)
    assert run.due(set(), 0.0, 99) == []
    run.subscribed({("book", "A/B")}, 0.0)
    assert run.due({("book", "A/B")}, 1.9, 99) == []
    run.subscribed(BOTH, 1.95)
    assert len(run.due(BOTH, 1.95, 99)) == 3
    assert run.is_done


def test_after_the_grace_the_subscribed_symbols_are_played() -> None:
    run = playback(speed=0)
    keys = {("book", "A/B")}
    run.subscribed(keys, 0.0)
    assert texts(run.due(keys, 2.0, 99)) == [SMALL[1], SMALL[4]]


@pytest.mark.parametrize(("speed", "due_at"), [(1.0, 2.5), (10.0, 0.25), (0.5, 5.0)])
def test_the_pace_is_that_of_the_timestamps(speed: float, due_at: float) -> None:
    run = playback(speed=speed)
    run.subscribed(BOTH, 100.0)
    assert len(run.due(BOTH, 100.0, 99)) == 2
    assert run.due(BOTH, 100.0 + due_at - 0.001, 99) == []
    assert texts(run.due(BOTH, 100.0 + due_at + 0.001, 99)) == [SMALL[4]]
    assert run.is_done


def test_loops_start_at_the_snapshots_again() -> None:
    run = playback(speed=0, loops=3)
    run.subscribed(BOTH, 0.0)
    played = [frame for now in range(9) for frame in run.due(BOTH, now, 2)]
    assert texts(played) == [SMALL[1], SMALL[3], SMALL[4]] * 3
    assert run.is_done


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_late_subscriber_gets_the_book_as_played_so_far(captures: Path, name: str) -> None:
    capture = load(captures / name)
    capture = Capture(capture.frames[:400], capture.instruments, capture.depth)
    run = Playback(capture, speed=0, grace_s=0, loops=1)
    keys = set(capture.books)
    run.subscribed(keys, 0.0)
    position = 0
    for symbol, book, checksum in replay(
        (f.text for f in capture.frames if f.channel == "book"), depth=capture.depth
    ):
        run.due(keys, 0.0, 1)
        position += 1
        if position % 80 == 0:
            (frame,) = book_frames([run.present_book("book", symbol) or ""])
            assert (frame.kind, frame.checksum) == ("snapshot", checksum)
            assert frame.bids == book.sorted_bids()
            assert frame.asks == book.sorted_asks()
    assert position > 300


def test_the_recorded_orders_are_understood(captures: Path) -> None:
    """PROVENANCE.md: 296 frames of BTC/USD at depth 10 over 22 s, its prices of one decimal."""
    capture = load(captures / ORDERS)
    assert capture.books == {("level3", "BTC/USD")}
    assert (capture.depth, capture.channels) == (10, {"level3": 10})
    lines = (captures / ORDERS).read_text().splitlines()
    assert texts(list(capture.frames)) == [line for line in lines if '"level3","type"' in line]
    assert len(capture.frames) == 296
    (listed,) = capture.instruments
    assert (listed.price_precision, listed.qty_precision) == (1, 8)
    assert 20e9 < capture.length_ns < 25e9


def test_who_asks_for_orders_late_gets_the_queues_as_played_so_far(captures: Path) -> None:
    capture = load(captures / ORDERS)
    run = Playback(capture, speed=0, grace_s=0, loops=1)
    run.subscribed(capture.books, 0.0)
    for number, (frame, book) in enumerate(replay_level3(texts(list(capture.frames)), depth=10)):
        run.due(capture.books, 0.0, 1)
        if number % 20 == 0:
            (told,) = level3_frames([run.present_book("level3", "BTC/USD") or ""])
            assert (told.kind, told.checksum) == ("snapshot", frame.checksum)
            for side, items in ((book.bids, told.bids), (book.asks, told.asks)):
                held = [(o.order_id, o.price, o.qty, o.time) for o in side.listed()]
                assert held == [tuple(item.values()) for item in items]


def test_a_channel_of_another_endpoint_is_not_waited_for() -> None:
    orders = SMALL[1].replace('"book"', '"level3"')
    run = Playback(read([*SMALL, orders]), speed=0, grace_s=9.0, loops=1)
    run.subscribed({("level3", "A/B")}, 0.0)
    assert texts(run.due({("level3", "A/B")}, 0.0, 99)) == [orders]
