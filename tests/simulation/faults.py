"""What goes wrong: one function a kind of fault, and the plan that draws them.

A fault only touches the stage (processes, server, network, Kraken); the shipped parts notice by
their own means. Each is counted by kind and told in the trace.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.simulation.judge import STRAY
from tests.simulation.keyspace import Keyspace

if TYPE_CHECKING:
    from tests.simulation.stage import Stage

Fault = Callable[["Stage"], None]


def kill(stage: Stage) -> None:
    """SIGKILL of a publisher, mostly the leader; another comes later."""
    victim = stage.some_publisher()
    stage.world.fault("kill", victim.name)
    victim.kill()
    stage.replace(victim, stage.draw(0.1, 8.0))


def stop(stage: Stage) -> None:
    """SIGTERM of a publisher; another comes later."""
    victim = stage.some_publisher()
    stage.world.fault("stop", victim.name)
    victim.stop()
    stage.replace(victim, stage.draw(1.0, 6.0))


def pause(stage: Stage) -> None:
    """A publisher stands still, for less or more than a lease: a zombie in the end."""
    seconds = stage.world.random.choice((0.3, 1.0, 2.0, 4.0, 8.0)) * stage.draw(0.5, 1.2)
    victim = stage.some_publisher()
    stage.world.fault("pause", f"{victim.name} {seconds:.2f} s")
    victim.pause(seconds)


def slow(stage: Stage) -> None:
    """A publisher's turns take long."""
    victim = stage.some_publisher()
    victim.turn_every_s = stage.draw(0.05, 0.6)
    stage.world.fault("slow", victim.name)
    stage.world.at(stage.draw(1.0, 6.0), lambda: setattr(victim, "turn_every_s", 0.0))


def wall_clock(stage: Stage) -> None:
    """A publisher's or the server's wall clock jumps, forwards or back."""
    jump_ms = stage.world.random.choice((-60_000, -2_000, -5, 5, 2_000, 60_000))
    stage.world.fault("wall clock", f"{jump_ms} ms")
    if stage.world.chance(0.5):
        stage.some_publisher().skew_ns += jump_ms * 1_000_000
    else:
        stage.server.clock_skew_ms += jump_ms


def reader_pause(stage: Stage) -> None:
    """A reader is busy, perhaps for longer than the stream keeps entries."""
    victim = stage.world.random.choice(stage.readers)
    seconds = stage.world.random.choice((1.0, 6.0, 15.0, 25.0)) * stage.draw(0.5, 1.2)
    stage.world.fault("reader pause", f"{victim.name} {seconds:.2f} s")
    victim.pause(seconds)


def stall(stage: Stage) -> None:
    """Redis stands still; what comes meanwhile it does afterwards."""
    seconds = stage.world.random.choice((0.3, 1.0, 3.0)) * stage.draw(0.5, 1.3)
    stage.world.fault("stall", f"{seconds:.2f} s")
    stage.server.stalled_until = stage.world.now + seconds


def full(stage: Stage) -> None:
    """Redis is out of memory for a while."""
    stage.world.fault("OOM")
    stage.server.full_until = stage.world.now + stage.draw(0.1, 4.0)


def scripts_flushed(stage: Stage) -> None:
    """SCRIPT FLUSH."""
    stage.world.fault("scripts flushed")
    stage.server.loaded.clear()


def total_loss(stage: Stage) -> None:
    """Redis dies and comes back empty."""
    stage.world.fault("total loss")
    stage.restart_server(stage.empty(), away_s=stage.draw(0.05, 3.0))


def restart(stage: Stage) -> None:
    """Redis dies and comes back with all of its data, loading for a while."""
    stage.world.fault("restart")
    stage.restart_server(stage.server.db, away_s=stage.draw(0.05, 3.0))


def failover(stage: Stage) -> None:
    """A replica that was cut off some time ago becomes the primary: acknowledged entries vanish."""
    lag = stage.world.random.choice((0.02, 0.2, 1.0, 4.0, 10.0)) * stage.draw(0.3, 1.5)
    replica = stage.cut_replica()

    def promote() -> None:
        stage.world.fault("failover", f"{lag:.2f} s behind")
        stage.promote(replica, old_lives_s=0.0)

    stage.promoting(lag, promote)


def split_brain(stage: Stage) -> None:
    """A failover after which the old primary goes on serving its clients for a while."""
    lag = stage.draw(0.0, 0.5)
    replica = stage.cut_replica()

    def promote() -> None:
        stage.world.fault("split brain")
        stage.promote(replica, old_lives_s=stage.draw(0.5, 10.0))

    stage.promoting(lag, promote)


def failover_across_epochs(stage: Stage) -> None:
    """A replica from before a change of leader is promoted; the new leader may be dead."""
    replica = stage.cut_replica()
    leader = stage.some_publisher()
    leader.kill()
    wait = stage.draw(1.5, 5.0)
    stage.replace(leader, wait + stage.draw(0.0, 6.0))

    def promote() -> None:
        stage.world.fault("failover across epochs")
        if stage.world.chance(0.7):
            last = stage.some_publisher()
            last.kill()
            stage.replace(last, stage.draw(0.5, 12.0))
        stage.promote(replica, old_lives_s=0.0)

    stage.promoting(wait, promote)


def mass_disconnect(stage: Stage) -> None:
    """Redis closes every connection."""
    stage.world.fault("mass disconnect")
    stage.server.break_connections()


def partition(stage: Stage) -> None:
    """One publisher's or reader's links reach nothing for a while."""
    seconds = stage.draw(0.3, 6.0)
    if stage.world.chance(0.3):
        victims = [stage.world.random.choice(stage.readers).name]
    else:
        name = stage.some_publisher().name
        links = [f"{name}:data", f"{name}:lease"]
        victims = stage.world.random.choice((links, links[:1], links[1:]))
    stage.world.fault("partition", f"{victims} {seconds:.2f} s")
    for victim in victims:
        stage.network.cut_off[victim] = stage.world.now + seconds


def lossy(stage: Stage) -> None:
    """Requests and replies get lost, cut and delayed for a while."""
    stage.network.loss = stage.draw(0.005, 0.05)
    stage.world.tell(f"network loses {stage.network.loss:.3f}")
    stage.world.at(stage.draw(1.0, 5.0), lambda: setattr(stage.network, "loss", 0.0))


def stray(stage: Stage) -> None:
    """Somebody writes `XADD *` to a book's stream."""
    key = stage.world.random.choice(stage.streams)
    fields = stage.world.random.choice((("who", "me"), ("d", "junk"), ("d", b"\x81\xa1t\xa1x")))
    stage.world.fault("stray", key)
    server = stage.server_of(key)
    if not server.is_replica:
        server.execute(("XADD", key, "*", *fields), STRAY)


def delete(stage: Stage) -> None:
    """Somebody deletes a stream, or what stands beside it."""
    key = stage.world.random.choice(stage.streams)
    keys = [*(key + end for end in ("", ".own", ".snap")), stage.lease_key]
    doomed = stage.world.random.choice(([key], [key + ".own"], [key + ".snap"], keys[-1:], keys))
    stage.world.fault("delete", ",".join(doomed))
    for key in doomed:
        stage.server_of(key).execute(("DEL", key), STRAY)


def exchange_drop(stage: Stage) -> None:
    """Kraken closes a connection."""
    stage.world.fault("exchange drop")
    connections = stage.market.connections
    if connections:
        stage.world.random.choice(connections).drop()


def exchange_silence(stage: Stage) -> None:
    """A connection to Kraken stands and says nothing more, or one book is never served."""
    connections = stage.market.connections
    if not connections:
        return
    victim = stage.world.random.choice(connections)
    if stage.world.chance(0.5):
        stage.world.fault("exchange silence")
        victim.is_silent = True
    else:
        stage.world.fault("exchange mute")
        victim.mute.add(stage.world.random.choice(stage.symbols))
        victim.subscribed -= victim.mute


def exchange_spoils(stage: Stage) -> None:
    """Frames of a connection are dropped, doubled, swapped or spoilt for a while."""
    connections = stage.market.connections
    if not connections or stage.plan.depth > 10 or stage.plan.checksum_freq > 1:
        return  # only a checksum of every message over the whole book shows each of these
    victim = stage.world.random.choice(connections)
    victim.spoil = _Spoiler(stage)
    stage.world.at(stage.draw(0.2, 3.0), lambda: setattr(victim, "spoil", None))


class _Spoiler:
    """Spoils one message in ten."""

    def __init__(self, stage: Stage) -> None:
        self._world = stage.world
        self._held: list[bytes] = []

    def __call__(self, payload: bytes) -> list[bytes]:
        held, self._held = self._held, []
        if b'"book"' not in payload[:20] or not self._world.chance(0.1):
            return [payload, *held]
        kinds = ("dropped", "doubled", "swapped", "cut", "wrong checksum", "notice")
        kind = self._world.random.choice(kinds)
        self._world.fault(f"frame {kind}")
        match kind:
            case "dropped":
                return held
            case "doubled":
                return [payload, payload, *held]
            case "swapped":
                self._held = [payload]
                return held
            case "cut":
                return [payload[: self._world.random.randrange(1, len(payload))], *held]
            case "wrong checksum":
                return [payload.replace(b'"checksum":', b'"checksum":1', 1), *held]
            case _:
                return [b"error code: 1015", payload, *held]


def asked(stage: Stage) -> None:
    """Consumers ask for snapshots, one or many of them, or write what nobody understands."""
    times = stage.world.random.choice((1, 1, 3, 300))
    stage.world.fault("asked", f"{times} times")
    if stage.world.chance(0.2):
        stage.asker.babble(times)
    stage.asker.ask(stage.world.random.choice(stage.market.symbols), times)


def hang_up(stage: Stage) -> None:
    """SIGHUP: a symbol comes, goes, or goes and comes back while it is still on its way out."""
    symbol = stage.world.random.choice(stage.market.symbols)
    others = tuple(s for s in stage.symbols if s != symbol)
    if symbol not in stage.symbols:
        stage.world.fault("symbol joins", symbol)
        stage.configure((*stage.symbols, symbol))
    elif others:
        before = stage.symbols
        stage.world.fault("symbol leaves", symbol)
        stage.configure(others)
        if stage.world.chance(0.5):
            stage.world.at(stage.draw(0.0, 3.0), lambda: _back(stage, before))


def _back(stage: Stage, symbols: tuple[str, ...]) -> None:
    if not stage.world.is_calm:
        stage.world.fault("symbol comes back")
        stage.configure(tuple(dict.fromkeys((*stage.symbols, *symbols))))


PLAN: tuple[tuple[Fault, int], ...] = (
    (kill, 4),
    (stop, 2),
    (pause, 5),
    (slow, 1),
    (wall_clock, 1),
    (reader_pause, 4),
    (stall, 2),
    (full, 2),
    (scripts_flushed, 1),
    (total_loss, 2),
    (restart, 2),
    (failover, 5),
    (split_brain, 2),
    (failover_across_epochs, 2),
    (mass_disconnect, 1),
    (partition, 3),
    (lossy, 6),
    (stray, 2),
    (delete, 2),
    (exchange_drop, 1),
    (exchange_silence, 1),
    (exchange_spoils, 2),
    (hang_up, 6),
    (asked, 4),
)
"""Every kind of fault with its weight."""


def empty_copy(db: Keyspace) -> Keyspace:
    """Return a keyspace as that of a server that has lost everything."""
    fresh = Keyspace(db.node_entries)
    fresh.on_add = db.on_add
    return fresh
