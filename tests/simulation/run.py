"""One run: faults for a while, then calm, then everybody must stand where they should."""

from __future__ import annotations

import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest import mock

import structlog

from publisher import wire
from publisher.bus.stream import StreamState
from tests.simulation.stage import CHAOS_S, Parts, Stage
from tests.simulation.streams import show_id
from tests.simulation.world import Violation, World

POINTER_BYTES = (wire.POINTER_BYTES, wire.POINTER_BYTES, 100)
"""Now and then every snapshot event is a pointer: these books are too small for it otherwise."""
CALM_S = 100.0
"""How long everybody may take to recover: silence is noticed after 15 s, twice, and Kraken's
subscriptions wait up to 30 s after failures."""
SETTLE_S = 60.0
"""A reader on a branch that is gone looks twice, 15 s apart, before it takes that for true."""


@dataclass
class Result:
    """What one seed gave; `failure` is empty when all promises held."""

    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    failure: str = ""
    trace: list[str] = field(default_factory=list)


def simulate(
    seed: int, parts: Parts | None = None, chaos: Callable[[Stage], None] = Stage.chaos
) -> Result:
    """Run one seed from its first second to its last; `chaos` plans its faults."""
    world = World(seed)
    pointer_bytes = world.random.choice(POINTER_BYTES)
    try:
        with mock.patch.object(wire, "POINTER_BYTES", pointer_bytes), _silence():
            stage = Stage(world, parts or Parts())
            chaos(stage)
            world.run(CHAOS_S)
            _calm(stage)
    except Violation as violation:
        return Result(seed, world.counts, str(violation), violation.trace)
    except Exception as error:  # noqa: BLE001 - whatever breaks a shipped part is a finding
        broken = world.violated(f"nothing raises {type(error).__name__}", str(error))
        tail = traceback.format_exc().splitlines()[-12:]
        return Result(seed, world.counts, str(broken), [*broken.trace, *tail])
    return Result(seed, world.counts)


def _calm(stage: Stage) -> None:
    """End all faults and wait until everything is well, or too long."""
    world = stage.world
    world.is_calm = True
    world.tell("calm")
    _heal(stage)
    _wait(stage, unwell, "calm heals everything", CALM_S)
    world.counts["seconds to recover"] += round(world.now - CHAOS_S)
    stage.add_reader()
    stage.rate = 0.0
    _wait(stage, behind, "all stand at the head in the end", SETTLE_S)


def _wait(stage: Stage, wrong: Callable[[Stage], str], promise: str, limit_s: float) -> None:
    world = stage.world
    deadline = world.now + limit_s
    world.run(world.now + 1.0)
    while why := wrong(stage):
        if world.now >= deadline:
            raise world.violated(promise, why)
        world.run(world.now + 1.0)


def _heal(stage: Stage) -> None:
    now = stage.world.now
    stage.network.loss = 0.0
    stage.network.cut_off.clear()
    server = stage.server
    server.stalled_until = server.full_until = now
    for connection in stage.market.connections:
        connection.spoil = None  # one that is silent stays so: TCP does not go on after a hole
    for publisher in stage.publishers:
        publisher.turn_every_s = 0.0


def unwell(stage: Stage) -> str:
    """Return what is not yet as it should be; empty when all is well."""
    alive = [p for p in stage.publishers if p.is_alive]
    leaders = stage.leaders
    if len(leaders) != 1 or len(alive) < 2:
        return f"leaders {[p.name for p in leaders]} of {[p.name for p in alive]}"
    for stream in leaders[0].publication.streams:
        if stream.state is not StreamState.OPEN:
            return f"{leaders[0].name} has {stream.keys.stream} {stream.state}"
    for reader in stage.readers:
        if reader.paused_until > stage.world.now:
            return f"{reader.name} is paused"
        for name, replica in reader.replicas.items():
            if not replica.state.is_valid or replica.state.is_stale:
                return f"{reader.name} has {name} {replica.state!r}, wants {replica.wants}"
    return ""


def behind(stage: Stage) -> str:
    """Return who does not stand at the head of its stream; empty when all do."""
    if why := unwell(stage):
        return why
    (leader,) = stage.leaders
    for stream in leader.publication.books.values():
        value = stage.server.db.stream(stream.keys.stream)
        head = value.last if value is not None else (0, 0)
        if head != (stream.epoch, stream.last_seq):
            return f"{leader.name} at {stream.epoch}-{stream.last_seq}, Redis at {show_id(head)}"
        for reader in stage.readers:
            cursor = reader.replicas[stream.keys.stream].cursor
            if cursor != head:
                return f"{reader.name} at {cursor}, {stream.keys.stream} at {show_id(head)}"
    return ""


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the shipped parts' logs away while a run lasts."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
