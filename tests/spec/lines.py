"""A second reading of WIRE.md §7.7, naive on purpose: two readers of §7.1 to §7.5, and the rules by
which they are told as one.

`told` lists what §7.7 tells: `line_up`, `line_down`, `jump`, `joined`, and the events that say
something of the state. It shares no code with the consumer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.spec.reader import Reader, parse_id, print_id
from tests.spec.strict import Refused, decode
from tests.spec.vectors.events import Event
from tests.spec.vectors.files import data_of

TRAIL, PATIENCE_S = 1000, 1.0
LIFE = ("epoch", "reset", "heartbeat", "bye")
LAST = ("bbo", "ticker", "ohlc")
OF_EVENT = {
    "instrument": {"instruments": ("pairs", "assets")},
    "executions": {"execution": ("order_id", "report")},
    "balances": {"balance": ("asset", "report")},
}
Mark = tuple[Any, ...]


@dataclass
class Line:
    """One line as it stands."""

    name: str
    reader: Reader
    up: bool = False
    mark: Mark | None = None
    heard: float = 0.0
    stamp: int = 0
    passed: int = 0


@dataclass
class Handed:
    """What a step made a line tell: its kind, its id, and the event where there is one."""

    kind: str
    id: str
    event: Event = field(default_factory=dict)


class LinesReader:
    """A consumer of both lines of one stream, by the letter of §7.7."""

    def __init__(self, channel: str = "book") -> None:
        self.channel = channel
        self.lines = {name: Line(name, Reader(channel)) for name in "ab"}
        self.told: list[dict[str, Any]] = []
        self.lead = "a"
        self.trail: list[Mark] = []
        self.apart = True
        self.owed: list[Mark] = []
        self.clock = 0.0
        self.last = 0
        self.held: set[int] = set()
        self.since: float | None = None

    def hand(self, name: str, step: dict[str, Any]) -> None:
        """Hand a line what a story hands a reader."""
        line = self.lines[name]
        handed = self._handed(line, step)
        if handed is None:
            return
        if handed.kind != "STALE":
            line.heard = self.clock
        was_up = line.up
        line.up = line.reader.valid and handed.kind not in ("bye", "STALE")
        if self.channel == "trade":
            self._trade(line, handed, was_up)
        else:
            self._other(line, handed, was_up)

    def now(self, seconds: float) -> None:
        """Time passes for both lines."""
        self.clock = seconds
        for line in self.lines.values():
            line.reader.now(seconds)
        if self.channel == "trade":
            self._tell_trades("")
            return
        lead, other = self.lines[self.lead], self._beside(self.lead)
        if not (lead.up and other.up and self.apart and lead.mark and other.mark):
            return
        if other.mark[0] > lead.mark[0] and self.clock - lead.heard >= PATIENCE_S:
            self._jump(other)

    def _beside(self, name: str) -> Line:
        return self.lines["b" if name == "a" else "a"]

    def _handed(self, line: Line, step: dict[str, Any]) -> Handed | None:
        reader = line.reader
        told, before = len(reader.told), reader.cursor
        match step:
            case {"snap": None}:
                return None
            case {"snap": entry}:
                reader.snap((entry["id"], data_of(entry)))
                is_joined = reader.wants == "entries" and reader.cursor == parse_id(entry["id"])
                return self._loaded(line, "joined", entry) if is_joined else None
            case {"pointer": None}:
                reader.pointer(None)
            case {"pointer": entry}:
                reader.pointer((entry["id"], data_of(entry)))
                return self._loaded(line, "snapshot", entry)
            case {"heads": ids}:
                reader.heads(ids["stream"])
            case {"entry": entry}:
                reader.entry(entry["id"], data_of(entry))
                if reader.cursor == before and len(reader.told) == told:
                    return None
        if len(reader.told) > told and "code" in reader.told[-1]:
            return Handed(reader.told[-1]["code"], "")
        return self._read(line, step["entry"]) if "entry" in step else None

    def _loaded(self, line: Line, kind: str, entry: dict[str, Any]) -> Handed:
        event = decode(data_of(entry), f"{self.channel}.snap")
        line.stamp = int(event["ts_event"])
        return Handed(kind, entry["id"], event)

    def _read(self, line: Line, entry: dict[str, Any]) -> Handed | None:
        reader = line.reader
        try:
            event = decode(data_of(entry), self.channel)
        except Refused:
            return None
        kind = event["type"]
        is_of_channel = kind not in (*LIFE, "snapshot")
        if is_of_channel and not reader.valid and (kind == "update" or reader.wants == "join"):
            return None  # §7.3: until a snapshot helps
        stamp = int(event.get("ts_event", "0"))
        line.stamp = stamp if kind == "snapshot" else stamp or line.stamp
        return Handed(kind, entry["id"], event)

    # Every channel but `trade` --------------------------------------------------------------------

    def _mark(self, line: Line, handed: Handed) -> Mark | None:
        if not handed.event or not line.reader.valid or handed.kind in LIFE:
            return None
        if self.channel in OF_EVENT:
            of_event = OF_EVENT[self.channel].get(handed.kind)
            return of_event and (line.stamp, *(handed.event[name] for name in of_event))
        shown = line.reader.state.shown()
        if self.channel in LAST:
            names = ("depth", "price_precision", "qty_precision", "source", "trigger", "interval")
            content = {name: value for name, value in shown.items() if name not in names}
            return (line.stamp, *sorted(content.items()))
        return line.stamp, shown["checksum"]

    def _other(self, line: Line, handed: Handed, was_up: bool) -> None:
        other = self._beside(line.name)
        mark = self._mark(line, handed)
        if mark is not None:
            line.mark = mark
        if line.up and not was_up:
            self._step_1(line, other, handed)
        elif was_up and not line.up:
            self._step_2(line, other)
        elif not line.up:
            self._step_3(line, other, handed)
        elif line.name == self.lead:
            self._step_4(line, handed, mark)
        elif mark is not None:
            self._step_5(line, handed, mark)

    def _step_1(self, line: Line, other: Line, handed: Handed) -> None:
        if other.up:
            self._say(line, "line_up")
            self.apart = True
            if line.mark is not None:
                self._place(line.mark)
        else:
            self._say(line, "line_up")
            if line.name != self.lead and handed.kind not in ("joined", "snapshot"):
                self._jump(line)
            self._take_lead(line)
            self._tell(line, handed)

    def _step_2(self, line: Line, other: Line) -> None:
        self._say(line, "line_down")
        if not other.up:
            self.owed = []
        elif line.name != self.lead:
            self.apart = True
        elif self.apart or self.owed:
            self._jump(other)
        else:
            self.owed = self.trail
            self._take_lead(other)

    def _step_3(self, line: Line, other: Line, handed: Handed) -> None:
        if other.up:
            return
        if handed.event and handed.kind not in (*LIFE, "snapshot", "joined"):
            self._take_lead(line)
        if line.name == self.lead:
            self._tell(line, handed)

    def _step_4(self, line: Line, handed: Handed, mark: Mark | None) -> None:
        if mark is not None:
            self._come_by(mark)
        if not self.owed:
            self._tell(line, handed)
        elif mark is not None and mark in self.owed:
            self.owed = self.owed[self.owed.index(mark) + 1 :]
        elif mark is not None:
            self._jump(line)
            self._tell(line, handed)

    def _step_5(self, line: Line, handed: Handed, mark: Mark) -> None:
        level = not self.trail and not self.apart and not self.owed
        if not self._place(mark) and level:
            self._take_lead(line)
            self.apart = False
            self._come_by(mark)
            self._tell(line, handed)

    def _place(self, mark: Mark) -> bool:
        if mark in self.trail:
            self.trail = self.trail[self.trail.index(mark) + 1 :]
            self.apart = False
        elif self.apart and mark == self.lines[self.lead].mark:
            self.trail, self.apart = [], False
        else:
            self.apart = True
        return not self.apart

    def _come_by(self, mark: Mark) -> None:
        other = self._beside(self.lead)
        if other.up and self.apart and other.mark == mark:
            self.trail, self.apart = [], False
            return
        self.trail = [*self.trail, mark]
        if len(self.trail) > TRAIL:
            self.trail, self.apart = self.trail[1:], True

    def _take_lead(self, line: Line) -> None:
        self.lead, self.trail, self.apart = line.name, [], True

    def _jump(self, line: Line) -> None:
        if line.name != self.lead:
            self._take_lead(line)
        self.owed = []
        self._say(line, "jump")

    def _say(self, line: Line, kind: str) -> None:
        self.told.append({"line": line.name, "type": kind})

    def _tell(self, line: Line, handed: Handed) -> None:
        is_known = "flags" in handed.event
        if is_known and handed.kind not in LIFE:
            self.told.append({"line": line.name, "type": handed.kind, "id": handed.id})

    # `trade` --------------------------------------------------------------------------------------

    def _trade(self, line: Line, handed: Handed, was_up: bool) -> None:
        event = handed.event
        if was_up and not line.up:
            line.passed = 0
            self._say(line, "line_down")
        if line.up and not was_up:
            if self.last == 0:
                shown = line.reader.state.shown()
                self.last = int(shown["last_trade_id"])
            self._say(line, "line_up")
        ids = [int(row[0]) for row in event.get("trades", ())]
        match handed.kind:
            case "trades" if ids:
                line.passed = max(line.passed, ids[-1])
            case "gap":
                line.passed = max(line.passed, int(event["last"]))
            case "joined" | "snapshot":
                line.passed = max(line.passed, int(event["last_trade_id"]))
            case _:
                return
        self.held |= {trade for trade in ids if trade > self.last}
        self._tell_trades(line.name)

    def _tell_trades(self, name: str) -> None:
        if self.last == 0 and self.held:
            self.last = min(self.held) - 1
        while True:
            told = []
            while self.last + 1 in self.held:
                self.last += 1
                self.held.remove(self.last)
                told.append(self.last)
            if told:
                self.since = None
                self._say_ids("trades", told[0], told[-1])
            passed = max(line.passed for line in self.lines.values())
            end = min(self.held) - 1 if self.held else passed
            if end <= self.last or self.last == 0:
                self.since = None
                return
            self.since = self.clock if self.since is None else self.since
            waits = any(line.up and line.passed < end for line in self.lines.values())
            if waits and self.clock - self.since < PATIENCE_S:
                return
            first, self.last = self.last + 1, end
            self._say_ids("gap", first, end)

    def _say_ids(self, kind: str, first: int, last: int) -> None:
        self.told.append({"type": kind, "first": str(first), "last": str(last)})


def cursor_of(reader: Reader) -> str | None:
    """Return where a line's reader stands."""
    return print_id(reader.cursor) if reader.cursor else None
