"""The order book of one symbol, by order."""

from __future__ import annotations

from typing import Any, Unpack

from publisher.channels.level3 import Level3Channel
from publisher.sockets.books import BookView, LiveBook, OrdersView
from publisher.sockets.keeper import TellingKeeper
from publisher.sockets.kraken_socket import KrakenSocket, OnInvalid, Tell
from publisher.sockets.terms import Place, settings_of


class KrakenL3Socket(KrakenSocket):
    """Kraken's `level3` of `depth` price levels a side: 10, 100 or 1000. It needs an API key, from
    the arguments or from PYKRAKEN_API_KEY(_FILE) and PYKRAKEN_API_SECRET(_FILE).
    """

    def __init__(
        self,
        symbol: str,
        depth: int = 10,
        checksum_freq: int = 1,
        *,
        api_key: str | None = None,
        api_secret_key: str | None = None,
        on_message: Tell | None = None,
        on_invalid: OnInvalid | None = None,
        **place: Unpack[Place],
    ) -> None:
        """Check the arguments; raise ConfigurationError. `place`: terms.py."""
        terms: dict[str, object] = {"depth": depth, "checksum_freq": checksum_freq}
        if api_key is not None or api_secret_key is not None:
            files = {"api_key_file": None, "api_secret_file": None}
            terms |= {"api_key": api_key, "api_secret": api_secret_key, **files}
        settings = settings_of("level3", symbol, place, terms)
        live = LiveBook()

        def channel(tell: Tell) -> Level3Channel:
            return Level3Channel(
                settings.depth,
                settings.checksum_freq,
                around=lambda keeper: TellingKeeper(keeper, live, tell),
            )

        super().__init__(settings, channel, live, on_message=on_message, on_invalid=on_invalid)
        self._book = BookView(live, _sides)
        self._orders = OrdersView(live, self._book)

    @property
    def depth(self) -> int:
        """Price levels a side."""
        return self._settings.depth

    @property
    def book(self) -> BookView:
        """The book by price as it stands, for any thread."""
        return self._book

    @property
    def orders(self) -> OrdersView:
        """The book's orders as they stand, for any thread."""
        return self._orders


def _sides(book: Any) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    return book.bid_levels, book.ask_levels
