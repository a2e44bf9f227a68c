"""What the core asks of its shell. Frozen facts; the shell obeys in order."""

from __future__ import annotations

from typing import Literal

import msgspec

from publisher.model import Instrument
from publisher.wire import Event, Top, TopSnapshot


class Send(msgspec.Struct, frozen=True):
    """Send this request to Kraken."""

    request: bytes

    def __repr__(self) -> str:  # the request may hold a token
        return f"Send({len(self.request)} bytes)"


class Emit(msgspec.Struct, frozen=True, gc=False):
    """Publish this event in the symbol's stream."""

    symbol: str
    event: Event


class EmitTop(msgspec.Struct, frozen=True, gc=False):
    """Publish the best prices of the symbol's book in a stream of their own (WIRE.md 4.11)."""

    symbol: str
    event: Top | TopSnapshot


class Notify(msgspec.Struct, frozen=True):
    """Tell people, in the feed's status stream and the log (WIRE.md 4.8). `symbol` may be empty;
    so may `report`, Kraken's own words as JSON text. `gist` is what of a report is news when it
    changes: connections that hear the same have the same one.
    """

    kind: str
    symbol: str
    note: str
    report: str = ""
    gist: bytes = b""


class Close(msgspec.Struct, frozen=True):
    """Close the connection and make a new one. `cause` is one of few words, for counting."""

    reason: str
    cause: str


class Log(msgspec.Struct, frozen=True):
    """Write one line `event` into the log; nothing depends on it."""

    event: str
    detail: str
    level: Literal["info", "warning"] = "warning"


class Capture(msgspec.Struct, frozen=True):
    """Keep the connection's last messages for people: this symbol's checksum did not match."""

    symbol: str


class Listed(msgspec.Struct, frozen=True):
    """Hand these instruments to the sessions that are given theirs; `is_all`: no others exist."""

    is_all: bool
    pairs: list[Instrument]


class Fetch(msgspec.Struct, frozen=True):
    """Ask Kraken's REST for the trades of a symbol after `since` (ns of Unix time); the answer goes
    to the session's `fetched`.
    """

    symbol: str
    since: int


Action = Send | Emit | EmitTop | Notify | Close | Log | Capture | Listed | Fetch
