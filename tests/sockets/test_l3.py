"""Books by order, and what the key and its secret must not show in."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest

from publisher.errors import ConfigurationError, KrakenRefused
from publisher.simulator.tokens import Tokens
from publisher.sockets import KrakenL3Socket
from publisher.wire import Event, OrdersSnapshot
from tests.polling import wait_until
from tests.private_rest import KEY, SECRET
from tests.simulator import signed
from tests.simulator.program import Program
from tests.sockets.stage import DEADLINE_S, Seen, place, proven_orders, stage


def test_every_order_is_the_one_that_kraken_told_and_faults_mend(tmp_path: Path) -> None:
    seen = Seen()
    orders: list[list[list[str]]] = []

    def look(event: Event) -> None:
        seen.look(event)
        orders.append([[o.order_id for o in side] for side in (shown.bids, shown.asks)])

    with stage(tmp_path) as (program, log):
        seen.socket = socket = KrakenL3Socket(
            "BTC/USD",
            api_key=signed.KEY,
            api_secret_key=signed.SECRET,
            on_message=look,
            on_invalid=seen.reasons.append,
            **place(program),
        )
        shown = socket.orders
        with socket:
            wait_until(lambda: len(seen.books) >= 60, DEADLINE_S, "books")
            program.post("fault", name="wrong_checksum", channel="level3")
            wait_until(lambda: seen.count(OrdersSnapshot) == 2, DEADLINE_S, "the book again")
            program.post("fault", name="restart")
            wait_until(lambda: seen.count(OrdersSnapshot) == 3, DEADLINE_S, "the book again")
        stated = proven_orders(program, log)
    assert seen.reasons == ["checksum", "disconnected"]
    known = {moment for moment, _ in stated}
    assert set(seen.books) <= known
    assert [(book, sides) for book, sides in zip(seen.books[:60], orders, strict=False)] == stated[
        :60
    ]
    assert orders.count([[], []]) == 2


def test_the_key_may_come_from_the_environment(
    simulator: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYKRAKEN_API_KEY", signed.KEY)
    monkeypatch.setenv("PYKRAKEN_API_SECRET", signed.SECRET)
    with KrakenL3Socket("ETH/USD", **place(simulator)) as socket:
        assert socket.orders.bids
        assert socket.book.best_bid


@pytest.mark.parametrize(
    ("key", "argument"),
    [
        ({}, "PYKRAKEN_API_KEY"),
        ({"api_key": KEY}, "api_secret_key"),
        ({"api_secret_key": SECRET}, "api_key"),
        ({"api_key": KEY, "api_secret_key": "no base64: " + SECRET}, "api_secret_key"),
    ],
)
def test_a_missing_key_is_told_before_anything_connects(key: dict[str, str], argument: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        KrakenL3Socket("BTC/USD", **key)  # type: ignore[arg-type]
    assert caught.value.setting == argument
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_a_key_that_kraken_refuses_ends_it_and_nothing_tells_the_secret(
    simulator: Program, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    socket = KrakenL3Socket("BTC/USD", api_key=KEY, api_secret_key=SECRET, **place(simulator))
    with pytest.raises(KrakenRefused) as caught:
        socket.connect()
    assert "EAPI:Invalid key" in str(caught.value)
    told = "".join(traceback.format_exception(caught.value)) + repr(socket) + caplog.text
    assert [secret for secret in (KEY, SECRET) if secret in told] == []


def test_no_token_in_the_logs(simulator: Program, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    simulator.post("fault", name="expire_tokens")
    socket = KrakenL3Socket(
        "BTC/USD", api_key=signed.KEY, api_secret_key=signed.SECRET, **place(simulator)
    )
    with socket:
        simulator.post("fault", name="restart")
        wait_until(lambda: "feed.away" in caplog.text, DEADLINE_S, "a log line")
        wait_until(lambda: socket.book.is_valid, DEADLINE_S, "the book again")
    issued = Tokens(seed=1)
    secrets = [signed.KEY, signed.SECRET, *(issued.issue(0) for _ in range(20))]
    assert [secret for secret in secrets if secret in caplog.text] == []
