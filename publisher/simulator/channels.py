"""What a channel of the venue is: the one shape that `exchange` knows every channel by.

A channel judges what a client asks for, words its acknowledgement, makes its snapshot, and says
what its watchers get after each move of a market. One that is not about symbols is subscribed
under the symbol "". Pure; connections are numbers here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

from publisher.simulator.market import Change, Market
from publisher.simulator.requests import Frame, Kind, Request

Host = Literal["public", "level3", "auth"]
"""The endpoint that serves a channel (protocol.md 1)."""

Option = int | str
"""What else a subscription chose: a depth, an interval or a trigger; 0 where there is nothing."""


@dataclass(slots=True)
class Publication:
    """One message of a channel for the connections (by number) that watch its (symbol, option)."""

    channel: str
    symbol: str
    option: Option
    text: str
    watchers: Collection[int]

    def frame(self) -> Frame:
        """Return the message as faults see it."""
        kind: Kind = "instrument" if self.channel == "instrument" else "update"
        return Frame(kind, self.text, self.symbol, self.channel)


class Channel(Protocol):
    """One channel."""

    name: str
    host: Host
    option_name: str
    """The parameter that holds the option; empty where there is none."""
    has_symbols: bool

    @property
    def symbols(self) -> Collection[str]:
        """Return the symbols whose markets must move for the sake of this channel's watchers."""
        ...

    def option(self, request: Request) -> Option | None:
        """Return the option that the request asks for, with its default; None when it has none
        that could be read."""
        ...

    def objection(self, number: int, request: Request, held: Option | None) -> str | None:
        """Return why connection `number`, which holds the symbol already under `held`, may not
        subscribe; None when it may."""
        ...

    def result(self, request: Request, symbol: str, option: Option) -> dict[str, object]:
        """Return the `result` of the acknowledgement of a subscribe or unsubscribe."""
        ...

    def wants_snapshot(self, request: Request) -> bool:
        """Return whether a snapshot follows this subscription."""
        ...

    def watch(self, number: int, symbol: str, option: Option, request: Request) -> None:
        """Let connection `number` follow; its snapshot is that of this moment."""
        ...

    def unwatch(self, number: int, symbol: str, option: Option) -> None:
        """Let connection `number` follow no longer."""
        ...

    def snapshot(self, number: int, symbol: str, option: Option, now_ns: int) -> str:
        """Return the present state as a snapshot message."""
        ...

    def publish(self, market: Market, change: Change, now_ns: int) -> list[Publication]:
        """Return what goes out after a move of a market."""
        ...

    def reopen(self, symbol: str) -> None:
        """Take the present book as every client's starting point: its market was restated."""
        ...
