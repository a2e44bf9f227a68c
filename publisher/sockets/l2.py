"""The order book of one symbol, by price."""

from __future__ import annotations

from typing import Any, Unpack

from publisher.channels.book import BookChannel
from publisher.sockets.books import BookView, LiveBook
from publisher.sockets.keeper import TellingKeeper
from publisher.sockets.kraken_socket import KrakenSocket, OnInvalid, Tell
from publisher.sockets.terms import Place, settings_of


class KrakenL2Socket(KrakenSocket):
    """Kraken's `book` of `depth` levels a side: 10, 25, 100, 500 or 1000. Every `checksum_freq`th
    update is compared with Kraken's checksum.
    """

    def __init__(
        self,
        symbol: str,
        depth: int = 10,
        checksum_freq: int = 1,
        *,
        on_message: Tell | None = None,
        on_invalid: OnInvalid | None = None,
        **place: Unpack[Place],
    ) -> None:
        """Check the arguments; raise ConfigurationError. `place`: terms.py."""
        terms = {"depth": depth, "checksum_freq": checksum_freq}
        settings = settings_of("book", symbol, place, terms)
        live = LiveBook()

        def channel(tell: Tell) -> BookChannel:
            return BookChannel(
                settings.depth,
                settings.checksum_freq,
                around=lambda keeper: TellingKeeper(keeper, live, tell),
            )

        super().__init__(settings, channel, live, on_message=on_message, on_invalid=on_invalid)
        self._book = BookView(live, _sides)

    @property
    def depth(self) -> int:
        """Levels a side."""
        return self._settings.depth

    @property
    def book(self) -> BookView:
        """The book as it stands, for any thread."""
        return self._book


def _sides(book: Any) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    return book.bids, book.asks
