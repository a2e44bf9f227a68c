"""A wrong argument is told by its name, before anything connects."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.errors import ConfigurationError
from publisher.sockets import KrakenL1Socket, KrakenL2Socket, KrakenL3Socket
from publisher.sockets.terms import settings_of


@pytest.mark.parametrize(
    ("socket", "arguments", "setting", "says"),
    [
        (KrakenL2Socket, {"symbol": "btcusd"}, "symbol", "BASE/QUOTE"),
        (KrakenL2Socket, {"symbol": ["BTC/USD", "ETH/USD"]}, "symbol", "one symbol"),
        (KrakenL2Socket, {"symbol": "BTC/USD,ETH/USD"}, "symbol", "BASE/QUOTE"),
        (KrakenL2Socket, {"depth": 7}, "depth", "10, 25, 100, 500, 1000"),
        (KrakenL2Socket, {"depth": "deep"}, "depth", "integer"),
        (KrakenL2Socket, {"checksum_freq": 0}, "checksum_freq", "1"),
        (KrakenL2Socket, {"on_invalid": "raise"}, "on_invalid", "function"),
        (KrakenL2Socket, {"on_message": 1}, "on_message", "function"),
        (KrakenL2Socket, {"ws_url": "https://kraken"}, "ws_url", "wss://"),
        (KrakenL1Socket, {"event_trigger": "always"}, "event_trigger", "'bbo' or 'trades'"),
        (
            KrakenL3Socket,
            {"depth": 25, "api_key": "k", "api_secret_key": "czNjcjN0"},
            "depth",
            "10, 100, 1000",
        ),
    ],
)
def test_the_argument_and_what_is_allowed(
    socket: Any, arguments: dict[str, Any], setting: str, says: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        socket(**{"symbol": "BTC/USD"} | arguments)
    assert caught.value.setting == setting
    assert says in caught.value.allowed


def test_a_wrong_variable_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYKRAKEN_WS_URL", "kraken")
    with pytest.raises(ConfigurationError) as caught:
        KrakenL2Socket("BTC/USD")
    assert caught.value.setting == "PYKRAKEN_WS_URL"


def test_an_argument_that_there_is_not() -> None:
    with pytest.raises(TypeError, match="'wsurl'"):
        KrakenL2Socket("BTC/USD", wsurl="wss://kraken")  # type: ignore[call-arg]


def test_the_environment_says_where_and_arguments_have_the_last_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "WS_URL": "wss://one", "REST_URL": "https://two", "SYMBOLS": "all", "CHANNEL": "balances",
        "DEPTH": "1000", "BBO": "1", "CHECKSUM_FREQ": "7",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"PYKRAKEN_{name}", value)
    settings = settings_of("book", "BTC/USD", {"ws_url": "wss://three"}, {"depth": 25})
    assert (settings.ws_url, settings.rest_url) == ("wss://three", "https://two")
    assert (settings.channel, settings.symbols, settings.depth) == ("book", ("BTC/USD",), 25)
    socket = KrakenL2Socket("BTC/USD")
    assert (socket.symbol, socket.depth) == ("BTC/USD", 10)


def test_a_socket_s_repr_tells_what_and_no_secret() -> None:
    socket = KrakenL3Socket("BTC/USD", api_key="the-key", api_secret_key="czNjcjN0")
    assert repr(socket) == "<KrakenL3Socket BTC/USD closed>"
