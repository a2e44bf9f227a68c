"""Both lines of a stream handed to the consumer's replicas and arbiter, as a story hands them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pykraken_consumer import (
    Event,
    Joined,
    Jump,
    LineDown,
    LineUp,
    OrdersGap,
    Trades,
    TradesGap,
)
from pykraken_consumer._line_trades import TradeLines
from pykraken_consumer._lines import Lines
from pykraken_consumer.replica import Replica
from pykraken_consumer.wire import AnySnapshot, ChannelEvent, parse_id

from tests.spec.vectors.files import data_of

KINDS = {LineUp: "line_up", LineDown: "line_down", Jump: "jump"}


class BothLines:
    """The consumer's side of a story of two lines; `told` is written as the story writes it."""

    def __init__(self, stream: str) -> None:
        self.lines = {name: Replica(f"{stream}/{name}", 0.0) for name in "ab"}
        one, other = self.lines["a"], self.lines["b"]
        self.arbiter: Lines | TradeLines
        self.arbiter = TradeLines((one, other)) if one.channel == "trade" else Lines((one, other))
        self.told: list[dict[str, Any]] = []
        self.events: list[Event] = []
        self.clock = 0.0

    def hand(self, name: str, step: dict[str, Any]) -> None:
        """Hand a line what a step holds."""
        replica = self.lines[name]
        match step:
            case {"snap": None}:
                return
            case {"snap": entry}:
                found = replica.snapshot_read(parse_id(entry["id"]), data_of(entry), self.clock)
            case {"pointer": entry}:
                data = None if entry is None else data_of(entry)
                found = replica.pointer_read(data, self.clock)
            case {"heads": ids}:
                head = parse_id(ids["stream"]) if ids["stream"] else None
                found = replica.heads_read(head, self.clock)
            case {"entry": entry}:
                batch = [(entry["id"].encode(), data_of(entry))]
                self._note(replica, replica.received(batch, self.clock))
                return
            case _:
                raise AssertionError(f"no such step: {step}")
        self._note(replica, found)

    def now(self, seconds: float) -> None:
        """Time passes for both."""
        self.clock = seconds
        for replica in self.lines.values():
            replica.tick(seconds)
        for event in self.arbiter.ticked(seconds):
            self._write(event)

    def _note(self, replica: Replica, events: Iterable[Event]) -> None:
        number = list(self.lines.values()).index(replica)
        for event in events:
            for told in self.arbiter.take(number, event, self.clock):
                self._write(told)

    def _write(self, event: Event) -> None:
        body, line = event.body, event.stream[-1]
        self.events.append(event)
        match body:
            case LineUp() | LineDown() | Jump():
                self.told.append({"line": body.line, "type": KINDS[type(body)]})
            case Trades():
                first, last = body.trades[0][0], body.trades[-1][0]
                self.told.append({"type": "trades", "first": str(first), "last": str(last)})
            case TradesGap():
                told = {"first": str(body.first), "last": str(body.last)}
                self.told.append({"type": "gap", **told})
            case Joined():
                self.told.append({"line": line, "type": "joined", "id": str(body.cursor)})
            case body if isinstance(body, ChannelEvent | AnySnapshot):
                kind = "snapshot" if isinstance(body, AnySnapshot) else type(body).__name__.lower()
                kind = "gap" if isinstance(body, OrdersGap) else kind
                self.told.append({"line": line, "type": kind, "id": str(body.entry_id)})
            case _:
                pass
