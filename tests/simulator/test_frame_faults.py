"""Faults of single frames and requests, over a real socket."""

from __future__ import annotations

import json

import pytest

from tests.model import ModelBook, book_frames
from tests.polling import wait_until
from tests.simulator.program import DEADLINE_S, Program, is_book
from tests.simulator.reader import Reader

SYMBOL = "ETH/USD"


@pytest.mark.parametrize("name", ["wrong_checksum", "wrong_qty", "swap"])
def test_corrupted_books_fail_and_a_new_snapshot_heals(program: Program, name: str) -> None:
    with Reader(program, SYMBOL) as reader:
        program.post("fault", name=name, symbol=SYMBOL, count=3)
        program.wait_for_fired(name)
        wait_until(lambda: not all(reader.verdicts(5)), DEADLINE_S, "a checksum failed")
        program.post("clear")
        reader.client.send("unsubscribe", channel="book", symbol=[SYMBOL])
        reader.client.until(lambda frame: frame.get("method") == "unsubscribe")
        reader.client.subscribe(SYMBOL)
        reader.take("snapshot")
        assert all(reader.verdicts(20))


def test_a_lost_update_near_the_top_is_found_by_the_checksum(program: Program) -> None:
    with Reader(program, SYMBOL) as reader:
        program.post("fault", name="drop", symbol=SYMBOL, count=5)
        program.wait_for_fired("drop")
        wait_until(lambda: not all(reader.verdicts(5)), DEADLINE_S, "a checksum failed")


@pytest.mark.parametrize("name", ["duplicate", "binary_json", "unknown_field", "unknown_channel"])
def test_harmless_oddities_still_verify(program: Program, name: str) -> None:
    with Reader(program, SYMBOL) as reader:
        program.post("fault", name=name, count=5)
        wait_until(lambda: program.fired(name) == 5, DEADLINE_S, "five strikes")
        assert all(reader.catch_up())
        assert all(reader.verdicts(20))


@pytest.mark.parametrize("name", ["malformed", "binary_garbage"])
def test_broken_frames_come_and_the_connection_lives(program: Program, name: str) -> None:
    def is_broken(text: str | bytes) -> bool:
        try:
            return not json.loads(text)
        except ValueError:
            return True

    with Reader(program, SYMBOL) as reader:
        program.post("fault", name=name)
        program.wait_for_fired(name)
        reader.catch_up()
        assert sum(map(is_broken, reader.client.texts)) == 1


def test_an_oversize_frame_has_the_size_asked_for(program: Program) -> None:
    with Reader(program, SYMBOL) as reader:
        program.post("fault", name="oversize", mib=8)
        reader.client.until(lambda frame: frame.get("channel") == "novelty")
        assert 8 << 20 < len(reader.client.texts[-1]) < 9 << 20
        assert all(reader.verdicts(20))


def test_a_delayed_snapshot_comes_after_updates_and_is_right_by_then(program: Program) -> None:
    program.post("fault", name="delay_snapshot", delay_s=0.5)
    with program.client() as client:
        client.subscribe(SYMBOL)
        client.until(lambda frame: is_book(frame, "update"))
        client.until(lambda frame: is_book(frame, "snapshot"))
        book = ModelBook(10)
        (snapshot,) = book_frames([str(client.texts[-1])])
        book.snapshot(snapshot.bids, snapshot.asks)
        for _ in range(20):
            client.until(is_book)
            (frame,) = book_frames([str(client.texts[-1])])
            book.update(frame.bids, frame.asks)
            assert book.checksum() == frame.checksum


def test_a_withheld_snapshot_never_comes_until_asked_again(program: Program) -> None:
    program.post("fault", name="withhold_snapshot", updates=0)
    with program.client() as client:
        client.subscribe(SYMBOL)
        client.until(lambda frame: frame == {"channel": "heartbeat"})
        assert not any('"book","type"' in str(text) for text in client.texts)
        client.send("unsubscribe", channel="book", symbol=[SYMBOL])
        client.until(lambda frame: frame.get("method") == "unsubscribe")
        client.subscribe(SYMBOL)
        client.until(lambda frame: is_book(frame, "snapshot"))
        client.until(lambda frame: is_book(frame, "update"))


@pytest.mark.parametrize("name", ["delay_ack", "withhold_ack"])
def test_acks_come_late_or_never_while_data_flows(program: Program, name: str) -> None:
    params = {"delay_s": 0.4} if name == "delay_ack" else {}
    program.post("fault", name=name, **params)
    with program.client() as client:
        client.subscribe(SYMBOL)
        first = client.until(lambda frame: is_book(frame) or frame.get("method") == "subscribe")
        assert is_book(first, "snapshot")
        if name == "delay_ack":
            client.until(lambda frame: frame.get("method") == "subscribe")
        else:
            client.until(lambda frame: frame == {"channel": "heartbeat"})
            assert not any('"method"' in str(text) for text in client.texts)


def test_requests_over_the_rate_are_refused_or_dropped(program: Program) -> None:
    program.post("fault", name="rate_limit", per_s=5, drop_every=2)
    with program.client() as client:
        for number in range(15):
            client.send("ping", req_id=number)
        answers = [client.until(lambda frame: "req_id" in frame) for _ in range(10)]
        assert sum(answer["method"] == "pong" for answer in answers) == 5
        refused = [answer for answer in answers if "error" in answer]
        assert {answer["error"] for answer in refused} == {"Exceeded msg rate"}
        assert program.fired("rate_limit") == 10


def test_a_burst_multiplies_the_rate(program: Program) -> None:
    with Reader(program, SYMBOL):
        program.post("rate", rate=50)
        before = program.get("status")["published"]
        program.post("fault", name="burst", factor=50, for_s=0.5)
        wait_until(
            lambda: program.get("status")["published"] > before + 500, 5.0, "500 messages came"
        )


@pytest.mark.parametrize(
    "program", [("--rate", "300", "--fault", "wrong_checksum:after=10,count=2")], indirect=True
)
def test_a_flag_arms_a_fault_from_the_start(program: Program) -> None:
    with Reader(program, SYMBOL) as reader:
        verdicts = reader.verdicts(20)
        assert verdicts.index(False) == 10
        assert verdicts.count(False) == 2
        (fault,) = program.get("status")["faults"]
        assert (fault["seen"], fault["fired"], fault["over"]) == (12, 2, True)
