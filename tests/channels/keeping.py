"""A keeper at a desk: messages as Kraken writes them in, actions out."""

from __future__ import annotations

from typing import Any

import msgspec

from publisher.actions import Action, Emit
from publisher.channels.channel import Channel
from publisher.model import Instrument, Now
from publisher.timestamps import nanoseconds
from publisher.wire import AnySnapshot, Event

SYMBOL = "ALGO/USD"
SECOND_NS = 1_000_000_000


class Bench:
    """One keeper of a channel, its clock, and everything that it did."""

    def __init__(self, channel: Channel, *, price: int = 5, qty: int = 8) -> None:
        self.channel = channel
        self.keeper = channel.keeper(SYMBOL)
        self.now = Now(1000.0, nanoseconds("2026-01-02T03:04:05Z"))
        self.keeper.is_of(Instrument(SYMBOL, price, qty, "online"))
        self.out: list[Action] = []

    def wait(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        mono, unix = self.now.mono + seconds, self.now.unix + int(seconds * SECOND_NS)
        self.now = Now(mono, unix)

    def take(self, payload: bytes) -> list[Event]:
        """Hand over a message of the symbol alone; return the events."""
        message = self.channel.decode(payload)
        (data,) = message.data
        done: list[Action] = []
        if message.type == "snapshot":
            self.keeper.replaced(data, self.now, done)
        else:
            self.keeper.updated(data, self.now, done)
        return self._did(done)

    def tick(self, seconds: float = 0.0) -> list[Event]:
        """Let time pass and say so; return the events."""
        self.wait(seconds)
        done: list[Action] = []
        self.keeper.ticked(self.now, done)
        return self._did(done)

    def capture(self) -> AnySnapshot | None:
        """Return the state."""
        return self.keeper.capture()

    def _did(self, done: list[Action]) -> list[Event]:
        self.out += done
        emitted = [action for action in done if isinstance(action, Emit)]
        assert {action.symbol for action in emitted} <= {SYMBOL}
        return [action.event for action in emitted]


def keys(event: Event | None) -> dict[str, Any]:
    """Return an event as it stands on the wire, without its stamps."""
    assert event is not None
    found: dict[str, Any] = msgspec.to_builtins(event)
    return {key: value for key, value in found.items() if key not in ("te", "tr", "tp")}
