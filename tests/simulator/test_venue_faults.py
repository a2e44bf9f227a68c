"""Faults of the venue itself: its state, its books, its instruments; checksums stay right."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.model import ModelBook, book_frames
from tests.polling import wait_until
from tests.simulator.program import DEADLINE_S, Program, is_book
from tests.simulator.reader import Reader

SYMBOL = "ETH/USD"


@pytest.mark.parametrize("system", ["maintenance", "cancel_only", "post_only"])
def test_status_changes_are_told_and_undone(program: Program, system: str) -> None:
    def states(frame: dict[str, Any]) -> str:
        return frame["data"][0]["system"] if frame.get("channel") == "status" else ""

    with Reader(program, SYMBOL) as reader:
        program.post("fault", name="status", system=system, notice="maintenance", for_s=0.5)
        told = reader.client.until(lambda frame: states(frame) == system)["data"][0]
        assert told["upcoming_maintenance"][0]["phase"] == "approaching_30m"
        assert told["emergency"] == []
        reader.client.until(lambda frame: states(frame) == "online")
        program.post("fault", name="status", system="online", notice="emergency")
        told = reader.client.until(lambda frame: states(frame) == "online")["data"][0]
        assert told["emergency"][0]["incident_status"] == "investigating"


def test_in_maintenance_the_book_stands_still(program: Program) -> None:
    with Reader(program, SYMBOL):
        program.post("fault", name="status", system="maintenance")
        before = program.get(f"book?symbol={SYMBOL}")
        assert program.post("step", messages=50) == {"published": 0}
        assert program.get(f"book?symbol={SYMBOL}")["bids"] == before["bids"]


def test_a_crossed_book_has_right_checksums(program: Program) -> None:
    with Reader(program, SYMBOL) as reader:
        program.post("fault", name="crossed", symbol=SYMBOL, for_s=0.7)

        def is_crossed() -> bool:
            assert reader.take()[1]
            book = reader.books[SYMBOL]
            return max(book.bids) >= min(book.asks)

        wait_until(is_crossed, DEADLINE_S, "the book crossed")
        wait_until(lambda: not is_crossed(), DEADLINE_S, "the book uncrossed")


@pytest.mark.parametrize(("name", "bids", "asks"), [("thin", 9, 9), ("one_sided", 0, 99)])
def test_thin_and_one_sided_books_verify(program: Program, name: str, bids: int, asks: int) -> None:
    with Reader(program, SYMBOL, depth=25) as reader:
        program.post("fault", name=name, symbol=SYMBOL)

        def has_shape() -> bool:
            assert reader.take()[1]
            book = reader.books[SYMBOL]
            return len(book.bids) <= bids and len(book.asks) <= asks

        wait_until(has_shape, DEADLINE_S, "the shape showed")
        assert all(reader.verdicts(30))
        program.post("clear")
        wait_until(lambda: not has_shape() or bids == 9, DEADLINE_S, "the book grew again")


def test_an_empty_book_has_checksum_zero_and_comes_back(program: Program) -> None:
    with Reader(program, SYMBOL) as reader:
        program.post("fault", name="empty", symbol=SYMBOL, for_s=0.3)
        wait_until(lambda: reader.take()[0].checksum == 0, DEADLINE_S, "both sides empty")
        assert all(reader.verdicts(20))


def test_a_delisted_symbol_is_told_and_ends_alone(program: Program) -> None:
    with Reader(program, SYMBOL, "BTC/USD") as reader:
        reader.client.send("subscribe", channel="instrument")
        program.post("fault", name="delisted", symbol=SYMBOL)
        update = reader.client.until(
            lambda frame: frame.get("channel") == "instrument" and frame["type"] == "update"
        )
        (pair,) = update["data"]["pairs"]
        assert (pair["symbol"], pair["status"], update["data"]["assets"]) == (
            SYMBOL,
            "delisted",
            [],
        )
        assert {reader.take()[0].symbol for _ in range(30)} == {"BTC/USD"}
    with program.client() as late:
        late.subscribe(SYMBOL)
        answer = late.until(lambda frame: "error" in frame)
        assert answer["error"] == f"Currency pair not supported {SYMBOL}"


def test_one_symbol_can_be_refused(program: Program) -> None:
    program.post("fault", name="subscribe_error", symbol=SYMBOL)
    with program.client() as client:
        client.subscribe("BTC/USD", SYMBOL)
        assert client.until(lambda frame: "error" in frame)["symbol"] == SYMBOL
        client.until(lambda frame: is_book(frame, "update", "BTC/USD"))
    assert program.fired("subscribe_error") == 1


@pytest.mark.parametrize(("price", "qty"), [(1, 0), (-1, 0), (0, -2)])
def test_a_precision_change_is_told_before_the_new_digits(
    program: Program, price: int, qty: int
) -> None:
    with program.client() as client:
        client.send("subscribe", channel="instrument")
        client.subscribe(SYMBOL)
        client.until(is_book)
        program.post("fault", name="precision", symbol=SYMBOL, price=price, qty=qty)
        update = client.until(
            lambda frame: frame.get("channel") == "instrument" and frame["type"] == "update"
        )
        (pair,) = update["data"]["pairs"]
        assert (pair["price_precision"], pair["qty_precision"]) == (2 + price, 8 + qty)
        told = len(client.texts)
        client.send("unsubscribe", channel="book", symbol=[SYMBOL])
        client.until(lambda frame: frame.get("method") == "unsubscribe")
        client.subscribe(SYMBOL)
        client.until(lambda frame: is_book(frame, "snapshot"))
        book = ModelBook(10)
        (snapshot,) = book_frames([str(client.texts[-1])])
        book.snapshot(snapshot.bids, snapshot.asks)
        assert book.checksum() == snapshot.checksum
        later = book_frames(str(text) for text in client.texts[told:])
        digits = {
            (len(p.partition(".")[2]), len(q.partition(".")[2]))
            for frame in later
            for p, q in (*frame.bids, *frame.asks)
        }
        assert digits == {(2 + price, 8 + qty)}


def test_a_cleared_venue_is_as_it_was(program: Program) -> None:
    before = program.get("/0/public/AssetPairs")
    program.post("fault", name="delisted", symbol="BTC/USD")
    program.post("fault", name="precision", symbol=SYMBOL, price=1)
    assert program.get("/0/public/AssetPairs") != before
    program.post("clear")
    assert program.get("/0/public/AssetPairs") == before
    assert program.get("status")["faults"] == []
    with Reader(program, SYMBOL, "BTC/USD") as reader:
        assert {reader.take()[0].symbol for _ in range(40)} == {SYMBOL, "BTC/USD"}


@pytest.mark.parametrize("by_s", [3600, -3600])
def test_a_wrong_clock_shows_in_every_stamp_and_hurts_no_timer(program: Program, by_s: int) -> None:
    with Reader(program, SYMBOL) as reader:
        true = reader.take()[0].timestamp
        program.post("fault", name="clock", by_s=by_s)
        reader.catch_up()
        wrong = reader.take()[0].timestamp
        skew = datetime.fromisoformat(wrong) - datetime.fromisoformat(true)
        assert abs(skew.total_seconds() - by_s) < 10
        for _ in range(2):
            reader.client.until(lambda frame: frame == {"channel": "heartbeat"}, 1.5)
