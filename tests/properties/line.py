"""A line between the small exchange and a session that can spoil one message, and who watches.

`Watcher` is the plainest consumer: it applies what is emitted to a model book and compares the best
ten levels with what the exchange knows to be true after that very message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from publisher.actions import Action, Close, Emit, Send
from publisher.model import Now
from publisher.session import Session
from publisher.wire import Flag, Reset, Snapshot, Update
from tests.model import ModelBook, rescaled, unscaled
from tests.properties.exchange import PRICE_PRECISION, QTY_PRECISION, Exchange, Truth

Spoil = Callable[[list[bytes]], list[bytes]]
"""Takes the messages that are on their way, returns what arrives of them."""

STEP_S = 0.05


@dataclass
class Watcher:
    """The book of one symbol as the emitted events tell it, and what it saw."""

    depth: int
    book: ModelBook = field(init=False)
    is_valid: bool = False
    resets: list[str] = field(default_factory=list)
    compared: int = 0

    def __post_init__(self) -> None:
        self.book = ModelBook(depth=self.depth)

    def take(self, event: object, truth: Truth | None) -> None:
        """Apply one event; `truth` belongs to the message that caused it."""
        match event:
            case Reset(reason=reason):
                assert self.is_valid, "a reset without a live book"
                self.is_valid = False
                self.resets.append(reason)
            case Snapshot(bids=bids, asks=asks):
                self.book.snapshot(_texts(bids), _texts(asks))
                self.is_valid = True
                self._compare(event, truth)
            case Update(bids=bids, asks=asks):
                assert self.is_valid, "an update to a book that was reset"
                self.book.update(_texts(bids), _texts(asks))
                if not event.flags & Flag.UNVERIFIED:
                    self._compare(event, truth)
            case _:
                raise AssertionError(f"no event of a book: {event}")

    def _compare(self, event: Snapshot | Update, truth: Truth | None) -> None:
        assert self.book.checksum() == event.checksum
        if truth is not None:
            assert self.top() == ([*map(_pair, truth.bids)], [*map(_pair, truth.asks)])
            self.compared += 1

    def top(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the best ten bids and asks as scaled integers."""
        return (
            [*map(_pair, self.book.sorted_bids()[:10])],
            [*map(_pair, self.book.sorted_asks()[:10])],
        )


def _pair(level: tuple[str, str]) -> tuple[int, int]:
    return rescaled(level[0]), rescaled(level[1])


def _texts(levels: list[tuple[int, int]] | None) -> list[tuple[str, str]]:
    assert levels is not None
    return [
        (unscaled(price, PRICE_PRECISION), unscaled(qty, QTY_PRECISION)) for price, qty in levels
    ]


@dataclass
class Line:
    """Session and exchange, joined; every message passes `spoil` at its number, counted from 0."""

    exchange: Exchange
    session: Session
    spoil: dict[int, Spoil] = field(default_factory=dict)
    watchers: dict[str, Watcher] = field(default_factory=dict)
    pending: list[bytes] = field(default_factory=list)
    clock: float = 100.0
    delivered: int = 0
    closed: list[str] = field(default_factory=list)
    held: bytes | None = None

    def __post_init__(self) -> None:
        for symbol in self.exchange.symbols:
            self.watchers[symbol] = Watcher(self.exchange.depth)

    def connect(self) -> None:
        """Open the connection."""
        self.pending = self.exchange.connect()
        self._obey(self.session.connected(self.now()), None)

    def now(self) -> Now:
        """Return the instant on both clocks."""
        return Now(self.clock, 1_767_323_045_000_000_000 + int(self.clock * 1e9))

    def change(self, symbol: str) -> None:
        """Let a book change, and deliver what is on its way."""
        self.pending += self.exchange.change(symbol)
        self.deliver()

    def deliver(self) -> None:
        """Deliver all messages on their way, then let a little time pass."""
        while self.pending:
            spoil = self.spoil.pop(self.delivered, None)
            if spoil is not None:
                self.pending = spoil(self.pending)
                if not self.pending:
                    self.delivered += 1
                    break
            payload = self.pending.pop(0)
            self.delivered += 1
            truth = self.exchange.sent.get(payload)
            self._obey(self.session.received(payload, self.now()), truth)
        self.clock += STEP_S
        self._obey(self.session.ticked(self.now()), None)

    def rest(self, seconds: float) -> None:
        """Let time pass with a heartbeat now and then."""
        for _ in range(int(seconds / STEP_S / 10)):
            self.clock += STEP_S * 9
            self.pending.append(b'{"channel":"heartbeat"}')
            self.deliver()

    def _obey(self, actions: list[Action], truth: Truth | None) -> None:
        for action in actions:
            match action:
                case Send(request):
                    self.pending += self.exchange.answer(request)
                case Emit(symbol, event):
                    own = truth if truth is not None and truth.symbol == symbol else None
                    self.watchers[symbol].take(event, own)
                case Close(reason):
                    self.closed.append(reason)
                    self.pending.clear()
                    self._obey(self.session.disconnected(self.now()), None)
                    self.connect()
                    return
