"""A session at a desk: hand-made frames and hand-moved time, and what it did about them.

Books are the model's, so that checksums are never those of the code under test.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from publisher.actions import Action, Close, Emit, Log, Notify, Send
from publisher.channels.book import BookChannel
from publisher.model import Now
from publisher.session import Session
from publisher.session.subscription import State
from publisher.wire import Event
from tests.model import ModelBook

Text = tuple[str, str]

BTC, ETH = "BTC/USD", "ETH/USD"
BIDS: list[Text] = [(f"{100 - i}.0", "1.00000000") for i in range(10)]
ASKS: list[Text] = [(f"{101 + i}.0", "2.00000000") for i in range(10)]
START = 1000.0


def pair(symbol: str, *, price: int = 1, qty: int = 8, status: str = "online") -> dict[str, Any]:
    """Return one pair of the instrument channel."""
    precisions = {"price_precision": price, "qty_precision": qty}
    return {"symbol": symbol, "status": status, **precisions}


def book_frame(
    kind: str, symbol: str, bids: Sequence[Text], asks: Sequence[Text], checksum: int
) -> bytes:
    """Return a book message with numbers as Kraken prints them."""

    def text(levels: Sequence[Text]) -> str:
        return ",".join(f'{{"price":{price},"qty":{qty}}}' for price, qty in levels)

    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}","bids":[{text(bids)}],'
        f'"asks":[{text(asks)}],"checksum":{checksum},'
        f'"timestamp":"2026-01-02T03:04:05.123456Z"}}]}}'
    ).encode()


class Desk:
    """A session with everything that it ever did."""

    def __init__(self, *symbols: str, depth: int = 10, checksum_freq: int = 1) -> None:
        self.symbols = symbols or (BTC, ETH)
        self.session = Session(self.symbols, BookChannel(depth, checksum_freq))
        self.now = START
        self.actions: list[Action] = []
        self.books = {symbol: ModelBook(depth) for symbol in self.symbols}

    # What happens to it

    def _did(self, actions: list[Action]) -> list[Action]:
        self.actions += actions
        return actions

    def _now(self) -> Now:
        return Now(self.now, int(self.now * 1e9))

    def connect(self) -> list[Action]:
        return self._did(self.session.connected(self._now()))

    def disconnect(self) -> list[Action]:
        return self._did(self.session.disconnected(self._now()))

    def receive(self, message: bytes | dict[str, Any]) -> list[Action]:
        payload = message if isinstance(message, bytes) else json.dumps(message).encode()
        return self._did(self.session.received(payload, self._now()))

    def tick(self, seconds: float = 0.0) -> list[Action]:
        """Let time pass in one step."""
        self.now += seconds
        return self._did(self.session.ticked(self._now()))

    def rest(self, seconds: float) -> list[Action]:
        """Let time pass as it does: heartbeats every second, ticks all the time."""
        done: list[Action] = []
        end = self.now + seconds
        while self.now < end:
            done += self.receive({"channel": "heartbeat"})
            for _ in range(10):
                done += self.tick(0.1)
        return done

    def instruments(self, *pairs: dict[str, Any], kind: str = "snapshot") -> list[Action]:
        listed = list(pairs) if pairs else [pair(symbol) for symbol in self.symbols]
        data = {"assets": [], "pairs": listed}
        return self.receive({"channel": "instrument", "type": kind, "data": data})

    def ack(
        self, symbol: str, method: str = "subscribe", req_id: int | None = None
    ) -> list[Action]:
        """Answer the symbol's last request with yes."""
        result = {"channel": "book", "depth": 10, "snapshot": True, "symbol": symbol}
        asked = self.session.subscriptions[symbol].req_id if req_id is None else req_id
        return self.receive({"method": method, "req_id": asked, "result": result, "success": True})

    def error(
        self, error: str, symbol: str = "", *, req_id: int | None = None, method: str = "subscribe"
    ) -> list[Action]:
        """Answer with no; `symbol` may be empty, as Kraken's sometimes is."""
        asked = self.session.subscriptions[symbol or self.symbols[0]].req_id
        body: dict[str, Any] = {"method": method, "success": False, "error": error}
        body["req_id"] = asked if req_id is None else req_id
        return self.receive(body | ({"symbol": symbol} if symbol else {}))

    def snapshot(
        self, symbol: str, *, bids: Sequence[Text] = BIDS, asks: Sequence[Text] = ASKS, off: int = 0
    ) -> list[Action]:
        """Send the symbol's whole book; `off` is added to its checksum."""
        book = self.books[symbol]
        book.snapshot(bids, asks)
        return self.receive(book_frame("snapshot", symbol, bids, asks, book.checksum() + off))

    def update(
        self, symbol: str, bids: Sequence[Text] = (), asks: Sequence[Text] = (), *, off: int = 0
    ) -> list[Action]:
        """Change the symbol's book; `off` is added to the checksum."""
        book = self.books[symbol]
        book.update(bids, asks)
        return self.receive(book_frame("update", symbol, bids, asks, book.checksum() + off))

    def live(self, *symbols: str) -> None:
        """Bring symbols (all) to a live book, from wherever they are asked for."""
        for symbol in symbols or self.symbols:
            self.ack(symbol)
            self.snapshot(symbol)

    @classmethod
    def begun(cls, *symbols: str, depth: int = 10, checksum_freq: int = 1) -> Desk:
        """Return a desk with all books live."""
        desk = cls(*symbols, depth=depth, checksum_freq=checksum_freq)
        desk.connect()
        desk.instruments()
        desk.live()
        desk.actions.clear()
        return desk

    # What it did

    def state(self, symbol: str) -> State:
        return self.session.subscriptions[symbol].state


def requests(actions: list[Action]) -> list[dict[str, Any]]:
    """Return the requests among actions."""
    return [json.loads(action.request) for action in actions if isinstance(action, Send)]


def asked(actions: list[Action], method: str) -> list[list[str]]:
    """Return the symbols of each request of a method."""
    return [r["params"]["symbol"] for r in requests(actions) if r["method"] == method]


def events(actions: list[Action], symbol: str = "") -> list[Event]:
    """Return the events emitted, all or a symbol's."""
    return [a.event for a in actions if isinstance(a, Emit) and symbol in ("", a.symbol)]


def closes(actions: list[Action]) -> list[str]:
    return [action.reason for action in actions if isinstance(action, Close)]


def notices(actions: list[Action]) -> list[Notify]:
    return [action for action in actions if isinstance(action, Notify)]


def logs(actions: list[Action], event: str) -> list[str]:
    return [a.detail for a in actions if isinstance(a, Log) and a.event == event]
