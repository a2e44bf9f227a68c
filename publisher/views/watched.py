"""A book as a watcher sees it: counts what happened and says what state it is in. Pure.

Events of the consumer library go in together with the time; a `View` for the ladder comes out.
"""

from __future__ import annotations

from pykraken_consumer import (
    Book,
    Bye,
    Disconnected,
    Epoch,
    Event,
    Gap,
    Heartbeat,
    Joined,
    Jump,
    LineDown,
    LineUp,
    Missed,
    OrderBook,
    Orders,
    OrdersSnapshot,
    Quarantined,
    Reconnected,
    Regression,
    Reset,
    Snapshot,
    Stale,
    TrimWarning,
    Update,
)

from publisher.views.ladder import State, View
from publisher.views.meter import Hop, Meter, Stamps

STAMPED = (Update, Orders, Snapshot, OrdersSnapshot, Epoch, Reset, Heartbeat, Bye)


class Watched:
    """What was seen of one stream since the watcher began."""

    def __init__(self, stream: str, symbol: str) -> None:
        self.stream = stream
        self._symbol = symbol
        self._meter = Meter()
        self._book: Book | OrderBook | None = None
        self._was_valid = self._is_away = self._said_bye = False
        self._gaps = self._resets = self._epochs = 0
        self._last = ""

    def observe(self, event: Event, now_ns: int) -> None:
        """Take in one event, here at `now_ns`."""
        book, body = event.book, event.body
        self._book = book
        self._was_valid |= book.is_valid
        if isinstance(body, STAMPED):
            self._is_away, self._said_bye = False, isinstance(body, Bye)
            # A heartbeat bears the venue's stamp of an event long past.
            ts_event = 0 if isinstance(body, Heartbeat) else body.ts_event
            self._meter.observe(Stamps(ts_event, body.ts_recv, body.ts_pub, now_ns))
        self._remark(body)

    def view(self, now_ns: int, rows: int) -> View:
        """Return the present moment with at most `rows` levels a side."""
        hops, rate = self._meter.hops(now_ns), self._meter.per_second(now_ns)
        book: Book | OrderBook = self._book or Book()
        return view_of(
            self.stream,
            book,
            rows,
            symbol=book.symbol or self._symbol,
            state=self._state(),
            per_second=rate,
            hops=tuple(hops),
            counts=(self._gaps, self._resets, self._epochs),
            last=self._last,
        )

    def _state(self) -> State:
        if self._is_away:
            return "disconnected"
        if self._book is None or not self._book.is_valid:
            return "invalid" if self._was_valid else "waiting"
        if self._said_bye:
            return "stopped"
        return "stale" if self._book.is_stale else "live"

    def _remark(self, body: object) -> None:
        """Count and remember what a person should know."""
        match body:
            case Reset(reason=reason):
                self._resets += 1
                self._last = f"reset: {reason}"
            case Epoch(reason=reason):
                self._epochs += 1
                self._last = f"epoch: {reason}"
            case Gap(cursor=cursor, found=found):
                self._gaps += 1
                self._last = f"gap: {cursor} to {found}"
            case Missed(missed=missed) if missed is not None:
                self._last = f"missed: {missed.first} to {missed.last}"
            case Quarantined(code=code, entry_id=entry_id):
                self._last = f"quarantined: {entry_id} {code}"
            case Regression(head=head):
                self._last = f"regression: to {head}"
            case Stale(age_s=age_s):
                self._last = f"stale: {age_s:.0f} s"
            case TrimWarning():
                self._last = "falling behind: entries will be trimmed before they are read"
            case Disconnected(reason=reason):
                self._is_away = True
                self._last = f"disconnected: {reason}"
            case Reconnected() | Joined():
                self._is_away = False
            case LineDown() | LineUp() | Jump():
                self._remark_line(body)

    def _remark_line(self, body: LineDown | LineUp | Jump) -> None:
        match body:
            case LineDown(line=line, cause=cause):
                self._last = f"line {line} lost: {type(cause).__name__.lower()}"
            case LineUp(line=line):
                self._last = f"line {line} is up"
            case Jump(line=line):
                self._gaps += 1
                self._last = f"jump: to line {line}"


def view_of(
    stream: str,
    book: Book | OrderBook,
    rows: int,
    *,
    symbol: str = "",
    state: State | None = None,
    per_second: float = 0.0,
    hops: tuple[Hop, ...] = (),
    counts: tuple[int, int, int] = (0, 0, 0),
    last: str = "",
) -> View:
    """Return a book as a view; `counts` are gaps, resets, epochs."""
    gaps, resets, epochs = counts
    return View(
        stream=stream,
        symbol=symbol or book.symbol,
        state=state or ("live" if book.is_valid else "invalid"),
        epoch=book.epoch,
        seq=book.seq,
        price_precision=book.price_precision,
        qty_precision=book.qty_precision,
        bids=book.levels("bid", rows),
        asks=book.levels("ask", rows),
        per_second=per_second,
        hops=hops,
        gaps=gaps,
        resets=resets,
        epochs=epochs,
        last=last,
    )
