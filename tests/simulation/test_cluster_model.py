"""The model of a cluster's nodes held against real ones: what each says to each call about a slot
that stays, one that is on its way, key by key, and one that has arrived; with ASKING and without.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import redis

from publisher.redis_url import Node
from tests.servers import Kind, RedisServer
from tests.simulation.keyspace import Keyspace
from tests.simulation.nodes import ClusterNode, View, slot_of
from tests.simulation.server import Command
from tests.simulation.world import World
from tests.topology.cluster import Cluster, cluster

KEYS = ("{a}:s", "{a}:s.own", "{a}:s.snap")
MISSING = ("{a}:t", "{a}:t.own")
CALLS: tuple[Command, ...] = (
    *(("XREVRANGE", key, "+", "-", "COUNT", 1) for key in (*KEYS, *MISSING)),
    *(("EVALSHA", "", len(keys), *keys) for keys in (KEYS, KEYS[:2], MISSING, (KEYS[0], "{b}:s"))),
    ("EVALSHA", "", 2, KEYS[0], MISSING[0]),
    ("EVALSHA", "", 2, MISSING[0], MISSING[0]),
    ("XREAD", "COUNT", 1, "STREAMS", KEYS[0], KEYS[2], "0-0", "0-0"),
    ("XREAD", "COUNT", 1, "STREAMS", KEYS[0], MISSING[0], "0-0", "0-0"),
    ("DEL", *MISSING),
    ("CLUSTER", "SLOTS"),
)
SLOT = slot_of(KEYS[0])


@pytest.mark.parametrize("kind", ["redis", "valkey"])
def test_model_and_nodes_agree(tmp_path: Path, kind: Kind) -> None:
    """Before, at each key of the way, and behind it."""
    with cluster(tmp_path, kind=kind) as group:
        for key in KEYS:
            group.client().xadd(key, {"d": "x"}, "1-1")
        source = group.owner(SLOT)
        at = group.primaries.index(source)
        target = group.primaries[(at + 1) % 3]
        seen = set[str]()
        for moved in range(len(KEYS) + 1):
            with group.moving(SLOT, target, keys=moved):
                model = _model(group, source, target, is_moving=True)
                seen |= _compare(group, model)
            seen |= _compare(group, _model(group, source, target, is_moving=False))
            group.move(SLOT, source)
        seen |= _compare(group, _model(group, target, source, is_moving=False))
        assert seen == {"", "MOVED", "ASK", "TRYAGAIN", "CROSSSLOT"}


def _model(
    group: Cluster, source: RedisServer, target: RedisServer, *, is_moving: bool
) -> list[ClusterNode]:
    """Return the nodes as the model has them; their keys are those that the real ones have."""
    homes = [Node("127.0.0.1", node.port) for node in group.primaries]
    view = View(homes)
    view.moved[SLOT] = group.primaries.index(source if is_moving else target)
    nodes = []
    for real, home in zip(group.primaries, homes, strict=True):
        db = Keyspace(10)
        with real.client() as client:
            names = client.execute_command("KEYS", "*")
        db.values = {name.decode(): b"" for name in names}
        nodes.append(ClusterNode(World(1), db, {}, node=home, view=view))
    if is_moving:
        at, to = (group.primaries.index(node) for node in (source, target))
        nodes[at].migrating[SLOT] = homes[to]
        nodes[to].importing.add(SLOT)
    return nodes


def _compare(group: Cluster, model: list[ClusterNode]) -> set[str]:
    """Ask each node each thing; return the kinds of answers that there were."""
    seen = set[str]()
    for (real, node), call, is_asking in product(
        zip(group.primaries, model, strict=True), CALLS, (False, True)
    ):
        found = node.elsewhere(call, is_asking=is_asking)
        words = "" if found is None else str(found)
        name = f"{call} of {node.node}, asking {is_asking}"
        assert _said(real, call, is_asking=is_asking) == _short(words), name
        seen.add(words.split(" ")[0])
    return seen


def _said(real: RedisServer, call: Command, *, is_asking: bool) -> str:
    command: tuple[Any, ...] = call
    if call[0] == "EVALSHA":
        command = ("EVAL", "return 1", *call[2:])
    with real.client() as client:
        connection: Any = client.connection_pool.get_connection()
        try:
            if is_asking:
                connection.send_command("ASKING")
                connection.read_response()
            connection.send_command(*command)
            connection.read_response()
        except redis.ResponseError as error:
            return _short(_whole(error))
        finally:
            client.connection_pool.release(connection)
    return ""


def _whole(error: redis.ResponseError) -> str:
    """Return an error's text with the code that redis-py took off."""
    for kind, code in (
        (redis.exceptions.MovedError, "MOVED"),
        (redis.exceptions.AskError, "ASK"),
        (redis.exceptions.TryAgainError, "TRYAGAIN"),
        (redis.exceptions.ClusterCrossSlotError, "CROSSSLOT"),
    ):
        if isinstance(error, kind):
            return f"{code} {error}"
    return str(error)


def _short(words: str) -> str:
    """Return a redirection whole, of any other error the code."""
    return words if words.startswith(("MOVED", "ASK")) else words.split(" ")[0]
