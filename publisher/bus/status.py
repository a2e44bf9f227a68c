"""The feed's status stream: what is said in it, and how often (WIRE.md 4.8). Pure."""

from __future__ import annotations

from publisher import wire
from publisher.bus import calls
from publisher.bus.calls import Call
from publisher.bus.stream import Stream
from publisher.model import Now

STATUS_EVERY_S = 1.0
STATUS_ENTRIES = 3600
"""The status stream keeps about an hour; it has no snapshots to be trimmed to."""
STATUS_TRIM_EVERY = 60

StatusEvent = wire.FeedState | wire.Notice | wire.Bye


class StatusStream:
    """The stream, and Kraken's state as told last: that is said again where an epoch begins.

    What comes while no epoch is open (a symbol is refused in the first moments, or while this
    process stands by) waits for one: the last notice of each kind and symbol.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._due = 0.0
        self._system: wire.Notice | None = None
        self._untold: dict[tuple[str, str], wire.Notice] = {}

    def announce(self, event: StatusEvent, now: Now) -> bool:
        """Give an event its place; False when no epoch is open."""
        match event:
            case wire.Notice(kind="system"):
                self._system = event
            case wire.Notice(kind=kind, symbol=symbol) if not self.stream.takes_entries:
                self._untold[kind, symbol] = event
        if self.stream.takes_entries:
            self.stream.fresh.append(wire.encode(event, now.unix))
        return self.stream.takes_entries

    def began(self, now: Now) -> None:
        """An epoch was begun: whoever reads from here on hears Kraken's state too."""
        if self._system is not None:
            self.announce(self._system, now)
        for notice in self._untold.values():
            self.announce(notice, now)
        self._untold.clear()

    def is_due(self, now: Now) -> bool:
        """True once a second, when the feed's state is to be told."""
        if now.mono < self._due:
            return False
        self._due = now.mono + STATUS_EVERY_S
        return True

    def trims(self) -> list[Call]:
        """Return the trim that is due, if any; ask behind each feed state."""
        if self.stream.last_seq % STATUS_TRIM_EVERY:
            return []
        return [calls.plain("XTRIM", self.stream.keys.stream, "MAXLEN", "~", STATUS_ENTRIES)]


def braked(symbol: str) -> wire.Notice:
    """Return what is told when the emergency brake strikes a stream (WIRE.md 6)."""
    note = f"{symbol}: over PYKRAKEN_STREAM_MAX_BYTES, older entries are trimmed early"
    return wire.Notice(
        ts_event=0, ts_recv=0, ts_pub=0, flags=0, kind="brake", symbol=symbol, note=note
    )
