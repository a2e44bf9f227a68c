"""What consumers ask of a feed, and when it hears them (WIRE.md 7.6). Pure.

The leader takes requests out of their stream, a bounded number a time, so that whoever floods it
makes others wait and costs no more. A symbol is heard at most once a second: what is asked sooner
is heard when the second is over, since the asker may need a snapshot newer than the last.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Literal

import msgspec

from publisher.bus import calls
from publisher.bus.calls import Call

TAKE_EVERY_S = 0.5
HEAR_EVERY_S = 1.0
# A server that refuses this serves all else: it is asked again later. What passes (full, scripts
# flushed) soon does; the right is missing until a person gives it.
PASSING_S = 5.0
REFUSED_S = 60.0


class _Request(msgspec.Struct, rename={"kind": "t", "symbol": "y"}):
    kind: Literal["snapshot"]
    symbol: str


_DECODER = msgspec.msgpack.Decoder(_Request)


class Requests:
    """The requests of one feed. `known`: its symbols."""

    def __init__(self, key: str, known: Container[str]) -> None:
        self._key = key
        self._known = known
        self._wanted: dict[str, None] = {}
        self._deaf_until: dict[str, float] = {}
        self._due = 0.0
        self._is_asked = False
        self.skipped = 0
        """How many were not understood, or named a symbol that the feed has not."""

    def ticked(self, now: float) -> Call | None:
        """Return the call that is due."""
        if self._is_asked or now < self._due:
            return None
        self._is_asked = True
        self._due = now + TAKE_EVERY_S
        return calls.take_requests(self._key)

    def heard(self, now: float) -> list[str]:
        """Return the symbols of which a snapshot is to be written now."""
        heard = [each for each in self._wanted if now >= self._deaf_until.get(each, now)]
        for symbol in heard:
            del self._wanted[symbol]
            self._deaf_until[symbol] = now + HEAR_EVERY_S
        return heard

    def answered(self, payloads: list[str]) -> None:
        """Take requests, each in hex."""
        self._is_asked = False
        for payload in payloads:
            try:
                symbol = _DECODER.decode(bytes.fromhex(payload)).symbol
            except msgspec.DecodeError:
                self.skipped += 1
                continue
            if symbol in self._known:
                self._wanted[symbol] = None
            else:
                self.skipped += 1

    def refused(self, now: float, wait_s: float = REFUSED_S) -> None:
        """The call was answered with an error that leaves the link as it is."""
        self._is_asked = False
        self._due = now + wait_s

    def began(self) -> None:
        """A link is up: whatever the server before it refused, this one may take."""
        self._is_asked = False
        self._due = 0.0

    def failed(self) -> None:
        """The call outstanding will not be answered."""
        self._is_asked = False
