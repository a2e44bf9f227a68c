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
from publisher.bus import keys
from publisher.bus.stream import StreamState
from tests.simulation.judge import State
from tests.simulation.stage import CHAOS_S, Parts, Stage
from tests.simulation.streams import show_id
from tests.simulation.tops import top_of
from tests.simulation.world import Violation, World

POINTER_BYTES = (wire.POINTER_BYTES, wire.POINTER_BYTES, 100)
"""Now and then every snapshot event is a pointer: these books are too small for it otherwise."""
CALM_S = 100.0
"""How long everybody may take to recover: silence is noticed after 15 s, twice, and Kraken's
subscriptions wait up to 30 s after failures."""
SETTLE_S = 60.0
"""A reader on a branch that is gone looks twice, 15 s apart, before it takes that for true."""

FLOOD_S = 4
QUIET_S = 6.0
"""So long the feed stays away from the requests of a server that was full, and a bit."""
HEARD_S = 3.0
"""A look at the requests twice a second, each symbol once a second, and the way there and back."""


@dataclass
class Result:
    """What one seed gave; `failure` is empty when all promises held."""

    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    failure: str = ""
    trace: list[str] = field(default_factory=list)


def simulate(
    seed: int,
    parts: Parts | None = None,
    chaos: Callable[[Stage], None] | None = None,
    on: Callable[[World, Parts], Stage] = Stage,
) -> Result:
    """Run one seed from its first second to its last, `on` a stage; `chaos` plans its faults."""
    world = World(seed)
    pointer_bytes = world.random.choice(POINTER_BYTES)
    try:
        with mock.patch.object(wire, "POINTER_BYTES", pointer_bytes), _silence():
            stage = on(world, parts or Parts())
            with stage:
                (chaos or type(stage).chaos)(stage)
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
    if world.chance(0.25):
        _flood(stage)
    stage.add_reader()
    stage.rate = 0.0
    for _ in range(5):  # a message that was swallowed shows with the next one
        for symbol in stage.symbols:
            stage.market.change(symbol)
    _wait(stage, behind, "all stand at the head in the end", SETTLE_S)
    _ask(stage)


def _flood(stage: Stage) -> None:
    """Ask for one symbol again and again: it is heard once a second."""
    world, symbol = stage.world, stage.symbols[0]
    stream = keys.data_keys(stage.plan, symbol).stream
    before, opened = stage.judge.written.copy(), stage.judge.opened.copy()
    for _ in range(FLOOD_S * 20):
        stage.asker.ask(symbol, 5)
        stage.market.change(symbol)
        world.run(world.now + 0.05)
    # Its own turns stand beside them; each epoch that it opens, as a ring too small for the flood
    # makes it do, brings one of its own.
    most = FLOOD_S + 2 + FLOOD_S / min(stage.plan.snapshot_interval_s, stage.plan.retention_s)
    # Each by itself: of two branches of a split that just ends, one may still be written to.
    for (writer, key), written in (stage.judge.written - before).items():
        written -= (stage.judge.opened - opened)[writer, key]
        if key == stream and written > most:
            detail = f"{written} of {writer}"
            raise world.violated("a flood of requests costs one snapshot a second", detail)


def _ask(stage: Stage) -> None:
    """Ask for a snapshot of each symbol: it comes, and is not older than the question."""
    world = stage.world
    world.run(world.now + QUIET_S)
    (leader,) = stage.leaders
    heads = {stream.keys: (stream.epoch, stream.last_seq) for stream in leader.publication.data}
    for symbol in stage.symbols:
        stage.asker.ask(symbol)
    world.run(world.now + HEARD_S)
    for names, head in heads.items():
        snap = stage.server_of(names.snap).db.stream(names.snap)
        if snap is None or snap.last < head:
            found = show_id(snap.last) if snap is not None else "nothing"
            detail = f"{names.snap} has {found}, asked for at {show_id(head)}"
            raise world.violated("who asks for a snapshot has it soon", detail)


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
    for server in stage.servers:
        server.stalled_until = server.full_until = now
    for connection in stage.market.connections:
        connection.spoil = None  # one that is silent stays so: TCP does not go on after a hole
    for publisher in stage.publishers:
        publisher.turn_every_s = 0.0


def unwell(stage: Stage) -> str:
    """Return what is not yet as it should be; empty when all is well."""
    if stage.promotions_due:
        return "a failover is under way"
    if why := stage.unsettled():
        return why
    alive = [p for p in stage.publishers if p.is_alive]
    leaders = stage.leaders
    if len(leaders) != 1 or len(alive) < 2:
        return f"leaders {[p.name for p in leaders]} of {[p.name for p in alive]}"
    if set(leaders[0].group.symbols) != set(stage.symbols):
        return f"{leaders[0].name} publishes {list(leaders[0].group.symbols)}"
    for stream in leaders[0].publication.streams:
        if stream.state is not StreamState.OPEN:
            return f"{leaders[0].name} has {stream.keys.stream} {stream.state}"
    for reader in stage.readers:
        if reader.paused_until > stage.world.now:
            return f"{reader.name} is paused"
        for name, replica in reader.replicas.items():
            if name not in leaders[0].streams:
                continue
            if not replica.state.is_valid or replica.state.is_stale:
                return f"{reader.name} has {name} {replica.state!r}, wants {replica.wants}"
    return ""


def behind(stage: Stage) -> str:
    """Return who does not stand at the head of its stream; empty when all do."""
    if why := unwell(stage):
        return why
    (leader,) = stage.leaders
    if leaving := [stream.keys.stream for stream in leader.publication.data.leaving]:
        return f"{leader.name} has yet to leave {leaving}"
    for stream in leader.publication.data:
        value = stage.server_of(stream.keys.stream).db.stream(stream.keys.stream)
        head = value.last if value is not None else (0, 0)
        if head != (stream.epoch, stream.last_seq):
            return f"{leader.name} at {stream.epoch}-{stream.last_seq}, Redis at {show_id(head)}"
        for reader in stage.readers:
            cursor = reader.replicas[stream.keys.stream].cursor
            if cursor != head:
                return f"{reader.name} at {cursor}, {stream.keys.stream} at {show_id(head)}"
        levels = stage.market.levels(stream.symbol or "")
        truth: State | None = levels
        if stream.keys.stream in stage.judge.tops:
            truth = top_of(levels)
        is_served = leader.exchange is not None and stream.symbol in leader.exchange.subscribed
        if is_served and stage.judge.state_at(stream.keys.stream, head) != truth:
            return f"{stream.keys.stream} at {show_id(head)} is not what Kraken has"
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
