"""Runs in which symbols come and go and nothing goes wrong: who stays must not notice, and who
leaves says farewell.

A stream's epoch then begins where the stream does, or behind a `bye` (but for a burst that a tiny
ring could not hold), there is no `reset`, and a symbol that is configured no more ends in a `bye`
with its snapshot there.
"""

from __future__ import annotations

from typing import Any

import msgpack

from tests.simulation.faults import asked, hang_up
from tests.simulation.keyspace import Keyspace
from tests.simulation.run import Result, simulate
from tests.simulation.stage import CHAOS_S, Stage
from tests.simulation.streams import Fields, Id, show_id

LAST_S = CHAOS_S - 8.0
JUDGED_S = CHAOS_S - 0.5
"""Every SIGHUP, and the one that takes it back, has been obeyed long before."""


def simulate_hang_ups(seed: int) -> Result:
    """Run one seed without any other fault."""
    return simulate(seed, chaos=_plan)


def _plan(stage: Stage) -> None:
    undisturbed = _Undisturbed(stage)
    stage.server.db.on_add = undisturbed.added
    for _ in range(6):
        stage.world.at(stage.draw(3.0, LAST_S), lambda: hang_up(stage))
    for _ in range(4):
        stage.world.at(stage.draw(3.0, LAST_S), lambda: asked(stage))
    stage.world.at(JUDGED_S, undisturbed.end)


class _Undisturbed:
    """Looks at each entry after the judge has, and at the ends of the streams."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._last: dict[str, dict[str, Any]] = {}

    def added(self, db: Keyspace, key: str, entry_id: Id, fields: Fields) -> None:
        """Judge an entry that Redis has just taken."""
        self._stage.judge.added(db, key, entry_id, fields)
        if key not in self._stage.streams:
            return
        event = msgpack.unpackb(fields[1])
        before = self._last.get(key)
        self._last[key] = event
        is_first = before is None or before["t"] == "bye"
        is_unasked = event["t"] == "epoch" and not is_first and event["why"] != "overrun"
        if event["t"] == "reset" or is_unasked:
            name = f"{key} {show_id(entry_id)}: {event} behind {before}"
            raise self._stage.world.violated("who stays does not notice", name)

    def end(self) -> None:
        """Judge the streams of the symbols that are configured no more."""
        stage = self._stage
        kept = {name for leader in stage.leaders for name in leader.streams}
        for key in self._last.keys() - kept:
            stream, snap = (stage.server.db.stream(key + end) for end in ("", ".snap"))
            assert stream is not None
            if self._last[key]["t"] != "bye" or snap is None or snap.last != stream.last:
                detail = f"{key} {show_id(stream.last)}: {self._last[key]}, snapshot {snap}"
                raise stage.world.violated("who leaves says farewell", detail)
            stage.world.counts["farewells"] += 1
