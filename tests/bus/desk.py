"""The publication at a desk: the pure rules, with a naive Redis of dicts to answer its calls."""

from __future__ import annotations

from publisher import wire
from publisher.bus.calls import Call, Kind
from publisher.bus.publication import Publication
from publisher.bus.scripts import Code
from publisher.model import BookState, FeedPlan, Now

MS = 1_795_360_000_000
"""About now, in ms: the first epoch, in the residue of WRITER."""
WRITER = 0
A, B = "A/USD", "B/USD"


def plan(**changes: object) -> FeedPlan:
    """Return a plan of two symbols; `changes` override its fields."""
    fields: dict[str, object] = {
        "namespace": "t", "feed": "f", "symbols": (A, B), "channel": "book", "depth": 10,
        "line": "", "checksum_freq": 1, "snapshot_interval_s": 5.0, "retention_s": 60.0,
        "heartbeat_s": 5.0, "ring_seconds": 60.0, "ring_bytes": 1 << 20,
        "stream_max_bytes": 1 << 28,
    }  # fmt: skip
    return FeedPlan(**(fields | changes))  # type: ignore[arg-type]


def update(number: int = 0) -> wire.Update:
    return wire.Update(number, 0, 0, 0, [(100, number + 1)], [], 0)


def snapshot(symbol: str, checksum: int = 0) -> wire.Snapshot:
    return wire.Snapshot(
        ts_event=0, ts_recv=0, ts_pub=0, flags=0, version=1, channel="book", symbol=symbol,
        depth=10, price_precision=1, qty_precision=8, checksum=checksum, bids=[], asks=[],
    )  # fmt: skip


def top(bid: int = 1) -> wire.Top:
    return wire.Top(ts_event=0, ts_recv=0, ts_pub=0, flags=0, bid=bid, bid_qty=1)


def top_snapshot(symbol: str) -> wire.TopSnapshot:
    return wire.TopSnapshot(
        ts_event=0, ts_recv=0, ts_pub=0, flags=0, version=1, channel="bbo", symbol=symbol,
        depth=10, source="book", price_precision=1, qty_precision=8,
    )  # fmt: skip


STATE = wire.FeedState(
    ts_event=0, ts_recv=0, ts_pub=0, flags=0, state="live", symbols=2, live=2, system="online"
)


class Desk:
    """A publication whose books are live from the start, unless taken out of `live`."""

    def __init__(self, **changes: object) -> None:
        self.live = {A, B}
        self.now = 100.0
        self.publication = Publication(
            plan(**changes), WRITER, self._capture, self._state_of, self._capture_top
        )
        self.sent: list[Call] = []

    def _capture(self, symbol: str) -> wire.Snapshot | None:
        return snapshot(symbol) if symbol in self.live else None

    def _capture_top(self, symbol: str) -> wire.TopSnapshot | None:
        return top_snapshot(symbol) if symbol in self.live else None

    def _state_of(self, symbol: str) -> tuple[BookState, int | None, int]:
        is_live = symbol in self.live
        return (BookState.LIVE, 0, 5) if is_live else (BookState.AWAITING_SNAPSHOT, None, 5)

    def instant(self) -> Now:
        return Now(self.now, int((MS / 1000 + self.now) * 1e9))

    def calls(self) -> list[Call]:
        """Return what is sent now."""
        out = self.publication.calls(self.instant())
        self.sent += out
        return out

    def tick(self, seconds: float = 0.0) -> None:
        self.now += seconds
        self.publication.ticked(self.instant(), STATE)

    def update(self, symbol: str = A, count: int = 1) -> None:
        for number in range(count):
            self.publication.publish(symbol, update(number), 1)

    def answer(self, *calls: Call, last: str = "0-0", feed: str = "") -> None:
        """Answer calls as a Redis in which everything succeeds."""
        for call in calls:
            reply: list[int | str]
            match call.kind:
                case Kind.INSPECT:
                    reply = [last, feed] * len(call.streams)
                case Kind.PLAIN:
                    reply = []
                case _:
                    reply = [Code.OK, 0] * max(1, len(call.streams))
            self.publication.answered(call, reply)

    def fail(self, call: Call, code: Code, detail: str) -> None:
        """Answer each stream of a call with a code."""
        self.publication.answered(call, [code, detail] * len(call.streams))

    def settle(self) -> None:
        """Answer everything until nothing more is sent."""
        while calls := self.calls():
            self.answer(*calls)

    def lead(self) -> None:
        """Begin to write: the streams whose books are live open."""
        self.publication.inspect()
        self.publication.connected()
        self.settle()
        self.publication.lead(MS, "start")
        self.settle()
        self.tick()
        self.settle()

    @classmethod
    def opened(cls, **changes: object) -> Desk:
        """Return a desk whose streams are open and idle."""
        desk = cls(**changes)
        desk.lead()
        desk.sent.clear()
        return desk


def of(calls: list[Call], kind: Kind) -> list[Call]:
    return [call for call in calls if call.kind is kind]
