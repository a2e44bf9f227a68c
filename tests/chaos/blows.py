"""What is done to the pair, to Redis and to the exchange: each blow at a random moment, each undone
by itself, or by the next look at who should be running.
"""

from __future__ import annotations

import contextlib
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import redis

from tests.chaos.pair import Pair
from tests.faults.scene import BTC, ETH, Scene
from tests.servers import RedisServer
from tests.topology.sentinels import SentinelSet


@dataclass
class Field:
    """Everything that can be hit, and what the hits cost."""

    scene: Scene
    group: SentinelSet
    pair: Pair
    chance: random.Random
    takeovers_s: list[float] = field(default_factory=list)


Blow = Callable[[Field], object]


def _exchange(name: str, **parameters: object) -> Blow:
    return lambda on: on.scene.fault(name, **parameters)


def _of_a_symbol(name: str, **parameters: object) -> Blow:
    def strike(on: Field) -> None:
        on.scene.fault(name, symbol=on.chance.choice((BTC, ETH)), **parameters)

    return strike


def _end_leader(number: signal.Signals) -> Blow:
    def strike(on: Field) -> None:
        leader = on.pair.leader()
        began = time.monotonic()
        leader.signal(number)
        on.pair.wait_for_another(leader)
        on.takeovers_s.append(time.monotonic() - began)
        leader.wait()
        leader.start()

    return strike


def _kill_standby(on: Field) -> None:
    standby = on.pair.standby()
    standby.kill()
    standby.start()


def _freeze_leader(on: Field) -> None:
    leader = on.pair.leader()
    leader.signal(signal.SIGSTOP)
    time.sleep(on.chance.uniform(0.1, 3.0))  # the length of the fault itself
    leader.signal(signal.SIGCONT)


def _freeze_primary(on: Field) -> None:
    primary = on.group.primary
    primary.pause()
    time.sleep(on.chance.uniform(0.1, 2.5))  # the length of the fault itself
    primary.resume()


def _kill_primary(on: Field) -> None:
    primary = on.group.primary
    primary.kill()
    on.group.wait_replaced(primary)
    _start_as_replica(primary, on.group)


def _start_as_replica(server: RedisServer, group: SentinelSet) -> None:
    """Bring a server back empty, as an orchestrator would: Sentinels make it follow."""
    server.restart()
    with server.client() as client:
        client.execute_command("REPLICAOF", "127.0.0.1", group.primary.port)


def _failover(on: Field) -> None:
    with contextlib.suppress(redis.ResponseError):  # one is under way
        on.group.failover()


def _command(*words: object) -> Blow:
    def strike(on: Field) -> Any:
        with on.group.client() as client:
            return client.execute_command(*words)

    return strike


BLOWS: dict[str, Blow] = {
    "exchange reset (X1)": _exchange("reset"),
    "exchange close 1001 (X1)": _exchange("close"),
    "exchange restart (X10)": _exchange("restart"),
    "exchange silent 7 s (X2)": _exchange("silence", for_s=7.0),
    "acked, then mute (X3)": _of_a_symbol("mute", count=400),
    "malformed (X11)": _of_a_symbol("malformed"),
    "binary garbage (X11)": _exchange("binary_garbage"),
    "unknown fields (X12)": _exchange("unknown_field"),
    "wrong checksum (X14)": _of_a_symbol("wrong_checksum"),
    "wrong quantity (X14)": _of_a_symbol("wrong_qty"),
    "update dropped (X15)": _of_a_symbol("drop"),
    "update doubled (X16)": _of_a_symbol("duplicate"),
    "updates swapped (X17)": _of_a_symbol("swap"),
    "thin book (X20)": _of_a_symbol("thin", for_s=2.0),
    "snapshot late (X26)": _of_a_symbol("delay_snapshot"),
    "burst of 50 times (X28)": _exchange("burst", factor=50.0, for_s=0.5),
    "503 on upgrade (X8)": _exchange("upgrade", status=503, count=2),
    "leader SIGTERM (P1)": _end_leader(signal.SIGTERM),
    "leader SIGKILL (P2)": _end_leader(signal.SIGKILL),
    "leader frozen (P3, P4)": _freeze_leader,
    "standby SIGKILL (P2)": _kill_standby,
    "primary frozen (R5, R14)": _freeze_primary,
    "primary SIGKILL (R1, R6)": _kill_primary,
    "failover in order (R4)": _failover,
    "writes paused 700 ms (R15)": _command("CLIENT", "PAUSE", 700, "WRITE"),
    "scripts flushed (R21)": _command("SCRIPT", "FLUSH"),
    "connections killed": _command("CLIENT", "KILL", "TYPE", "normal"),
    "stray entry (R22)": _command("XADD", "{kraken.BTC/USD}:book.10", "*", "d", "x"),
}
