"""Tickers of both triggers, exact and complete."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest

from publisher.errors import ConfigurationError
from publisher.sockets import KrakenL1Socket, TickerState
from publisher.wire import Event, Reset, TickerSnapshot
from tests.level3_model import unix_ns
from tests.polling import wait_until
from tests.sockets.stage import DEADLINE_S, frames, place, stage


@pytest.mark.parametrize("trigger", ["bbo", "trades"])
def test_every_ticker_is_shown_exactly(trigger: Literal["bbo", "trades"], tmp_path: Path) -> None:
    seen: list[TickerState | None] = []
    with stage(tmp_path) as (program, log):
        socket = KrakenL1Socket(
            "BTC/USD",
            event_trigger=trigger,
            on_message=lambda _: seen.append(socket.ticker),
            **place(program),
        )
        assert socket.ticker is None
        with socket:
            wait_until(lambda: len(seen) >= 6, DEADLINE_S, "tickers")
            (subscription,) = (
                each
                for each in program.get("status")["connections"][0]["subscriptions"]
                if each["channel"] == "ticker"
            )
        sent = [data for line in frames(program, log)[1] for data in _tickers(line)]
    assert subscription["option"] == trigger
    assert seen == [_state(data) for data in sent[: len(seen)]]
    assert socket.ticker is None


def test_a_lost_connection_takes_the_ticker_with_it(tmp_path: Path) -> None:
    left: list[TickerState | None] = []
    events: list[Event] = []

    class Mine(KrakenL1Socket):
        def on_message(self, event: Event) -> None:
            events.append(event)
            if isinstance(event, Reset):
                left.append(self.ticker)

        def on_invalid(self, reason: str) -> None:
            left.append(self.ticker)
            assert reason == "disconnected"

    with stage(tmp_path) as (program, _), Mine("ETH/USD", **place(program)):
        program.post("fault", name="restart")
        wait_until(
            lambda: sum(isinstance(event, TickerSnapshot) for event in events) == 2,
            DEADLINE_S,
            "the ticker again",
        )
    assert left == [None, None]


@pytest.mark.parametrize(
    ("terms", "trigger"),
    [
        ({}, "bbo"),
        ({"high_freq": False}, "bbo"),
        ({"high_freq": True}, "trades"),
        ({"event_trigger": "trades"}, "trades"),
        ({"high_freq": False, "event_trigger": "bbo"}, "bbo"),
    ],
)
def test_high_freq_means_what_it_meant(terms: dict[str, Any], trigger: str) -> None:
    assert KrakenL1Socket("BTC/USD", **terms).event_trigger == trigger


def test_two_words_that_differ_are_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        KrakenL1Socket("BTC/USD", high_freq=True, event_trigger="bbo")
    assert caught.value.setting == "high_freq"


def _tickers(line: str) -> list[dict[str, Any]]:
    message = json.loads(line, parse_float=Decimal, parse_int=Decimal)
    return message["data"] if message.get("channel") == "ticker" else []


def _state(data: dict[str, Any]) -> TickerState:
    names = ("last", "low", "high", "volume", "vwap", "change", "change_pct")
    stamp = data["timestamp"]
    return TickerState(
        best_bid=(data["bid"], data["bid_qty"]),  # type: ignore[arg-type]
        best_offer=(data["ask"], data["ask_qty"]),  # type: ignore[arg-type]
        trades=int(data["trades"]),
        ts_event=unix_ns(stamp),
        **{name: data[name] for name in names},
    )
