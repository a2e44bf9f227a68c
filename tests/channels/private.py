"""One private channel's keeper, fed with Kraken's messages as text; events come out with their JSON
texts joined and read, every number a Decimal.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from publisher.actions import Action, Emit
from publisher.channels.balances import BalancesChannel
from publisher.channels.executions import ExecutionsChannel
from publisher.model import Now
from publisher.wire import Event, Json

ACCOUNT = "main"
NOW = Now(1000.0, 7_000)


def told(text: Json | None) -> Any:
    """Return what a JSON text of the wire says, its numbers exact, digits counted."""
    assert text is not None
    joined = text if isinstance(text, str) else "".join(text)
    return json.loads(joined, parse_float=Decimal, parse_int=Decimal)


class Desk:
    """A keeper of `executions` or `balances`."""

    def __init__(self, channel: ExecutionsChannel | BalancesChannel) -> None:
        self.channel = channel
        self.keeper: Any = channel.keeper("")
        self.sequence = 0

    def message(self, kind: str, items: Sequence[str], sequence: int) -> Any:
        """Return the one item that the session hands to the keeper."""
        text = (
            f'{{"channel":"{self.channel.name}","type":"{kind}",'
            f'"data":[{",".join(items)}],"sequence":{sequence}}}'
        )
        message = self.channel.decode(text.encode())
        assert message.type == kind
        (item,) = message.data
        assert item.symbol == ""
        return item

    def snapshot(self, *items: str, sequence: int = 1) -> list[Event]:
        """Take a snapshot; return the events."""
        self.sequence = sequence
        out: list[Action] = []
        self.keeper.replaced(self.message("snapshot", items, sequence), NOW, out)
        return events(out)

    def update(self, *items: str, sequence: int | None = None) -> list[Event]:
        """Take an update, by default the next in sequence; return the events."""
        self.sequence = self.sequence + 1 if sequence is None else sequence
        out: list[Action] = []
        self.keeper.updated(self.message("update", items, self.sequence), NOW, out)
        return events(out)


def events(out: list[Action]) -> list[Event]:
    """Return the events among actions, all of which must be some."""
    found: list[Event] = []
    for action in out:
        assert isinstance(action, Emit)
        assert action.symbol == ""
        found.append(action.event)
    return found


def executions() -> Desk:
    return Desk(ExecutionsChannel(ACCOUNT))


def balances() -> Desk:
    return Desk(BalancesChannel(ACCOUNT))
