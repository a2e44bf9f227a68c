"""Best bid and offer of a verified book, beside its own events (WIRE.md 4.11).

A keeper put around a book's: it lets the book do its work, and then tells the best level of each
side where that is another than before. What the book's keeper refuses is never told. Pure.
"""

from __future__ import annotations

from typing import Any

from publisher.actions import Action, EmitTop, Fetch
from publisher.channels.book import UNVERIFIED, BookKeeper
from publisher.model import Instrument, Now
from publisher.numbers import Level
from publisher.wire import WIRE_VERSION, AnySnapshot, Top, TopSnapshot

BestLevels = tuple[Level | None, Level | None]
"""The best bid's level and the best offer's."""

NOTHING = None, None


class TopKeeper:
    """A book's keeper, and the top that was told last."""

    def __init__(self, keeper: BookKeeper) -> None:
        self.keeper = keeper
        self._told: BestLevels = None, None

    @property
    def ts_event(self) -> int:
        """The book's."""
        return self.keeper.ts_event

    @property
    def ts_recv(self) -> int:
        """The book's."""
        return self.keeper.ts_recv

    @property
    def crossed_since(self) -> float | None:
        """The book's."""
        return self.keeper.crossed_since

    @property
    def checksum(self) -> int | None:
        """The book's."""
        return self.keeper.checksum

    def is_of(self, instrument: Instrument) -> None:
        """Hand the instrument on."""
        self.keeper.is_of(instrument)

    def updated(self, data: Any, now: Now, out: list[Action]) -> None:
        """Let the book take an update; tell the top if it changed."""
        keeper = self.keeper
        keeper.updated(data, now, out)
        top = keeper.book.top()
        if top == self._told:
            return
        self._told = top
        (bid, bid_qty), (ask, ask_qty) = top[0] or NOTHING, top[1] or NOTHING
        event = Top(
            ts_event=keeper.ts_event,
            ts_recv=keeper.ts_recv,
            ts_pub=0,
            flags=keeper.flags,
            bid=bid,
            bid_qty=bid_qty,
            ask=ask,
            ask_qty=ask_qty,
        )
        out.append(EmitTop(keeper.symbol, event))

    def replaced(self, data: Any, now: Now, out: list[Action]) -> None:
        """Let the book take a snapshot; its top is one too."""
        self.keeper.replaced(data, now, out)
        self._told = self.keeper.book.top()
        out.append(EmitTop(self.keeper.symbol, self._snapshot()))

    def capture(self) -> AnySnapshot | None:
        """Return the book as it stands."""
        return self.keeper.capture()

    def capture_top(self) -> TopSnapshot | None:
        """Return the top as it stands, of a book that proves right once more."""
        return self._snapshot() if self.keeper.proven() is not None else None

    def ticked(self, now: Now, out: list[Action]) -> None:
        """Nothing is due by time."""

    def fetched(self, fetch: Fetch, answer: object, now: Now, out: list[Action]) -> None:
        """Nothing was asked for."""

    def _snapshot(self) -> TopSnapshot:
        keeper = self.keeper
        bid, ask = keeper.book.top()
        (bid_price, bid_qty), (ask_price, ask_qty) = bid or NOTHING, ask or NOTHING
        return TopSnapshot(
            ts_event=keeper.ts_event,
            ts_recv=keeper.ts_recv,
            ts_pub=0,
            flags=keeper.flags & ~UNVERIFIED,
            version=WIRE_VERSION,
            channel="bbo",
            symbol=keeper.symbol,
            depth=keeper.terms.depth,
            source=keeper.terms.name,
            price_precision=keeper.instrument.price_precision,
            qty_precision=keeper.instrument.qty_precision,
            bid=bid_price,
            bid_qty=bid_qty,
            ask=ask_price,
            ask_qty=ask_qty,
        )
