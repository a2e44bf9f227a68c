"""Books by price: every one shown is one that Kraken stated, whatever befalls them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from publisher.sockets import KrakenL2Socket
from publisher.wire import Flag, Reset, Snapshot, Update
from tests.polling import wait_until
from tests.simulator.program import Program
from tests.sockets.stage import DEADLINE_S, Moment, Seen, place, proven, stage

NOTHING = Moment(None, (), ())


def socket_for(seen: Seen, program: Program, symbol: str, **terms: Any) -> KrakenL2Socket:
    """Return a socket whose events `seen` keeps."""
    socket = KrakenL2Socket(
        symbol, on_message=seen.look, on_invalid=seen.reasons.append, **terms, **place(program)
    )
    seen.socket = socket
    return socket


@pytest.mark.parametrize(
    ("symbol", "depth", "decimals"),
    [("BTC/USD", 10, (-1, -8)), ("S0003/EUR", 25, (-4, -5)), ("PEPE/USD", 100, (-9, -8))],
)
def test_the_book_of_each_event_is_the_one_that_kraken_stated(
    symbol: str, depth: int, decimals: tuple[int, int], tmp_path: Path
) -> None:
    seen = Seen()
    with stage(tmp_path, "--symbols", symbol) as (program, log):
        with socket_for(seen, program, symbol, depth=depth) as socket:
            wait_until(lambda: len(seen.books) >= 120, DEADLINE_S, "books")
            (bid,) = socket.book.bids[:1]
        books = proven(program, log, depth=depth)
    assert tuple(number.as_tuple().exponent for number in bid) == decimals
    assert isinstance(seen.events[0], Snapshot)
    assert seen.books == books[: len(seen.books)]
    assert seen.reasons == []


@pytest.mark.parametrize("fault", ["wrong_checksum", "wrong_qty", "drop"])
def test_a_book_that_proves_wrong_is_dropped_and_rebuilt(fault: str, tmp_path: Path) -> None:
    seen = Seen()
    with stage(tmp_path) as (program, log):
        program.post("fault", name=fault, after=20)
        with socket_for(seen, program, "BTC/USD") as socket:
            wait_until(lambda: seen.count(Snapshot) >= 2, DEADLINE_S, "the book again")
            size = len(seen.books)
            wait_until(lambda: len(seen.books) >= size + 20, DEADLINE_S, "more of it")
            assert socket.book.is_valid
        books = set(proven(program, log))
    assert seen.reasons == ["checksum"]
    assert seen.left == [NOTHING]
    assert set(seen.books) <= books


@pytest.mark.parametrize("fault", ["reset", "close", "restart"])
def test_a_lost_connection_comes_back_by_itself(fault: str, tmp_path: Path) -> None:
    seen = Seen()
    with stage(tmp_path) as (program, log):
        with socket_for(seen, program, "ETH/USD", depth=25):
            program.post("fault", name=fault)
            wait_until(lambda: seen.count(Snapshot) >= 2, DEADLINE_S, "the book again")
        books = set(proven(program, log, depth=25))
    assert seen.reasons == ["disconnected"]
    assert seen.left == [NOTHING]
    assert set(seen.books) <= books


@pytest.mark.parametrize(
    ("fault", "sizes"), [("thin", range(1, 10)), ("one_sided", [0]), ("empty", [0])]
)
def test_thin_books_are_books(fault: str, sizes: list[int], tmp_path: Path) -> None:
    seen = Seen()
    with stage(tmp_path) as (program, log):
        with socket_for(seen, program, "SOL/USD") as socket:
            program.post("fault", name=fault, symbol="SOL/USD")
            wait_until(lambda: len(socket.book.bids) in sizes, DEADLINE_S, "a thin book")
            bids, best = socket.book.bids, socket.book.best_bid
            assert socket.book.is_valid
            program.post("clear")
            wait_until(lambda: len(socket.book.bids) == 10, DEADLINE_S, "a full book")
        books = proven(program, log)
    assert seen.reasons == []
    assert seen.books == books[: len(seen.books)]
    assert (best is None) is (bids == [])


def test_one_update_in_a_hundred_is_compared_if_asked_for(tmp_path: Path) -> None:
    seen = Seen()
    with stage(tmp_path) as (program, _):
        with socket_for(seen, program, "BTC/USD", checksum_freq=100):
            wait_until(lambda: seen.count(Update) >= 250, DEADLINE_S, "updates")
            program.post("fault", name="wrong_checksum", count=0)
            wait_until(lambda: seen.reasons, DEADLINE_S, "a turn")
            program.post("clear")
            wait_until(lambda: seen.count(Snapshot) >= 2, DEADLINE_S, "the book again")
    updates = [event for event in seen.events if isinstance(event, Update)]
    assert [bool(each.flags & Flag.UNVERIFIED) for each in updates[:200]] == (
        [True] * 99 + [False]
    ) * 2
    assert seen.reasons == ["checksum"]


def test_a_pair_whose_precision_changes_begins_anew(tmp_path: Path) -> None:
    seen = Seen()
    with stage(tmp_path) as (program, log):
        with socket_for(seen, program, "LTC/USD") as socket:
            program.post("fault", name="precision", symbol="LTC/USD", price=1)
            wait_until(lambda: seen.count(Snapshot) >= 2, DEADLINE_S, "the book again")
            (bid,) = socket.book.bids[:1]
        books = set(proven(program, log))
    assert bid.price.as_tuple().exponent == -3
    assert seen.reasons == ["instrument"]
    assert set(seen.books) <= books


def test_an_event_s_numbers_become_decimals(simulator: Program) -> None:
    with KrakenL2Socket("ETH/USD", **place(simulator)) as socket:
        assert socket.book.price(177413) == Decimal("1774.13")
        assert socket.book.qty(5) == Decimal("0.00000005")


def test_reset_is_told_before_the_reason(simulator: Program) -> None:
    told: list[object] = []
    with KrakenL2Socket(
        "BTC/USD", on_message=told.append, on_invalid=told.append, **place(simulator)
    ):
        simulator.post("fault", name="wrong_checksum")
        wait_until(lambda: "checksum" in told, DEADLINE_S, "the reason")
    reset = told[told.index("checksum") - 1]
    assert isinstance(reset, Reset)
    assert reset.reason == "checksum"
