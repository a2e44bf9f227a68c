"""The judge of best bids and offers: each top in its place, what was left out flagged (WIRE 4.11).

It knows of each writer the row of tops that its verified books had, with None where there was no
book, and asks of each entry which places in that row it may hold, given those of the one before it:
the next one, or a later one if it says that it was conflated. No place left is a broken promise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.simulation.exchange import Level, Levels
from tests.simulation.world import World

CONFLATED = 16

Top = tuple[Level | None, Level | None]
"""Best bid and best offer, each with the qty of its level."""


def top_of(levels: Levels | None) -> Top | None:
    """Return the top of a book, None of none."""
    if levels is None:
        return None
    bids, asks = levels
    return (bids[0] if bids else None), (asks[0] if asks else None)


def told_top(event: dict[str, Any]) -> Top:
    """Return the top that an event tells, its numbers as ints (WIRE 3.5)."""
    sides = (event.get("bp"), event.get("bq")), (event.get("ap"), event.get("aq"))
    bid, ask = (None if price is None else (int(price), int(qty)) for price, qty in sides)
    return bid, ask


class TopRows:
    """What each writer's books showed, and where each of its epochs stands in that."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rows: dict[tuple[str, str], list[Top | None]] = {}
        self._places: dict[tuple[str, str, int], set[int]] = {}

    def saw(self, writer: str, stream: str, top: Top | None) -> None:
        """Note what a writer's verified book shows from now on."""
        row = self._rows.setdefault((writer, stream), [])
        if not row or row[-1] != top:
            row.append(top)

    def had(self, writer: str, stream: str, top: Top) -> bool:
        """True when the writer's book ever showed that."""
        return top in self._rows.get((writer, stream), [])

    def strayed(self, stream: str, epoch: int) -> None:
        """Somebody else's entry holds an id in an epoch: what the writer has there may not land."""
        for known in [known for known in self._places if known[1:] == (stream, epoch)]:
            del self._places[known]

    def take(self, writer: str, stream: str, epoch: int, event: dict[str, Any]) -> None:
        """Judge an entry of a writer's epoch that lands for the first time, in the order of ids."""
        kind = event["t"]
        if kind not in ("snapshot", "top", "reset"):
            return
        row = self._rows.get((writer, stream), [])
        places = self._places.get((writer, stream, epoch))
        if places is None:
            found = set(range(len(row)))  # an opening, or behind a stray
        elif kind == "top" and event["f"] & CONFLATED:
            self._world.counts["tops conflated"] += 1
            found = {later for place in places for later in _further(row, place)}
        else:
            found = {place + 1 for place in places if place + 1 < len(row)}
            if kind == "snapshot":  # of a doubled snapshot of Kraken's: the same top once more
                found |= places
        fitting = {place for place in found if _fits(row[place], event)}
        if not fitting:
            detail = f"{stream} of {writer} in {epoch}: {event}, behind {places}"
            raise self._world.violated("tops come in order, what is left out is flagged", detail)
        self._places[writer, stream, epoch] = fitting
        self._world.counts["tops"] += kind == "top"


def _further(row: list[Top | None], place: int) -> Iterator[int]:
    """Yield the places that lie further than the next, as far as the book lived."""
    for later in range(place + 1, len(row)):
        if row[later] is None:
            return
        if later > place + 1:
            yield later


def _fits(top: Top | None, event: dict[str, Any]) -> bool:
    if event["t"] == "reset":
        return top is None
    return top is not None and ("ptr" in event or told_top(event) == top)
