"""What stories of two lines are made of (§7.7): what a line is handed, and what is told.

The book is CUT, whose updates have checksums of old; `ts_event` says which message of Kraken's each
is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.spec.vectors.events import Event, event, short
from tests.spec.vectors.packing import pack
from tests.spec.vectors.scenes import E1, E2, cut_snapshot, cut_update

Step = dict[str, Any]
Told = dict[str, Any]
Place = int | str
"""An entry: its seq in the line's first epoch, or its whole id."""
EPOCHS = {"a": E1, "b": E2}
T0 = 1767323045000000000


def stamp(number: int) -> str:
    """Return the stamp of Kraken's message so many after the join."""
    return str(T0 + number * 1000)


def id_of(line: str, at: Place) -> str:
    """Return an entry's id."""
    return at if isinstance(at, str) else f"{EPOCHS[line]}-{at}"


def hand(line: str, kind: str, at: Place, what: Event | bytes) -> Step:
    """Return a step that hands an entry to a line."""
    data = what if isinstance(what, bytes) else pack(short(what))
    return {"line": line, kind: {"id": id_of(line, at), "hex": data.hex()}}


def look(line: str, head: Place) -> Step:
    """Return a step with the last id of a line's stream."""
    return {"line": line, "heads": {"snap": id_of(line, head), "stream": id_of(line, head)}}


def joins(line: str, at: Place, updates: int = 0) -> Step:
    """Return a join at CUT after so many updates."""
    return hand(line, "snap", at, cut_snapshot(updates, ts_event=stamp(updates)))


def change(line: str, at: Place, number: int) -> Step:
    """Return CUT's update 1 to 4."""
    return hand(line, "entry", at, cut_update(number, ts_event=stamp(number)))


def reset(line: str, at: Place) -> Step:
    """Return a reset."""
    return hand(line, "entry", at, event("reset", ts_event="0", reason="disconnected"))


def bye(line: str, at: Place) -> Step:
    """Return a farewell."""
    return hand(line, "entry", at, event("bye", ts_event="0"))


def renew(line: str, at: Place, updates: int) -> Step:
    """Return the snapshot event of CUT after so many updates."""
    return hand(line, "entry", at, cut_snapshot(updates, ts_event=stamp(updates)))


def now(seconds: str) -> Step:
    """Return a step in which only time passes."""
    return {"now": seconds}


def up(line: str) -> Told:
    """A line is up."""
    return {"line": line, "type": "line_up"}


def down(line: str) -> Told:
    """A line is up no more."""
    return {"line": line, "type": "line_down"}


def jump(line: str) -> Told:
    """It goes on with this line."""
    return {"line": line, "type": "jump"}


def told(line: str, kind: str, at: Place) -> Told:
    """An event is told of a line."""
    return {"line": line, "type": kind, "id": id_of(line, at)}


def ids(kind: str, first: int, last: int) -> Told:
    """Trades are told, or their gap."""
    return {"type": kind, "first": str(first), "last": str(last)}


def story(
    name: str, about: str, steps: Sequence[Step], expect: Sequence[Told], stream: str = "book"
) -> dict[str, Any]:
    """Return a story; its name gets `lines-` before it."""
    sentence = f"{about[0].upper()}{about[1:]}."
    body: dict[str, Any] = {"name": f"lines-{name}", "clause": "7.7", "about": sentence}
    if stream != "book":
        body["stream"] = stream
    return {**body, "steps": list(steps), "expect": list(expect)}


JOINED = [joins("a", 10), joins("b", 20)]
BOTH_UP = [up("a"), told("a", "joined", 10), up("b")]
