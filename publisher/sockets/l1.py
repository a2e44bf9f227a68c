"""The ticker of one symbol: best prices and the day's figures."""

from __future__ import annotations

from typing import Literal, Unpack

from publisher.channels.ticker import TickerChannel
from publisher.errors import ConfigurationError
from publisher.sockets.kraken_socket import KrakenSocket, OnInvalid, Tell
from publisher.sockets.terms import Place, settings_of
from publisher.sockets.ticker import LatestTicker, TickerState


class KrakenL1Socket(KrakenSocket):
    """Kraken's `ticker`. `event_trigger` says what makes a new one: `bbo`, every change of the best
    prices, or `trades`. `high_freq` is the original library's word for it: True means `trades`.
    """

    def __init__(
        self,
        symbol: str,
        high_freq: bool | None = None,
        event_trigger: Literal["bbo", "trades"] | None = None,
        *,
        on_message: Tell | None = None,
        on_invalid: OnInvalid | None = None,
        **place: Unpack[Place],
    ) -> None:
        """Check the arguments; raise ConfigurationError. `place`: terms.py."""
        trigger = event_trigger or ("trades" if high_freq else "bbo")
        if high_freq is not None and high_freq is not (trigger == "trades"):
            raise ConfigurationError("high_freq", high_freq, "leave it out: event_trigger says it")
        settings = settings_of("ticker", symbol, place, {"trigger": trigger})
        self._latest = LatestTicker()
        super().__init__(
            settings,
            lambda _: TickerChannel(settings.trigger),
            self._latest,
            on_message=on_message,
            on_invalid=on_invalid,
        )

    @property
    def event_trigger(self) -> str:
        """`bbo` or `trades`."""
        return self._settings.trigger

    @property
    def ticker(self) -> TickerState | None:
        """Kraken's latest; None while there is none."""
        return self._latest.state
